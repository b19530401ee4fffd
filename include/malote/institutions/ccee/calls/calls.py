"""One exchange each with CCEE: what is sent, built by zeep from the WSDL, and how a reply is read, by local names."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from lxml import etree

from malote.address import base_of
from malote.errors import Malformed, Refused, Throttled, Unavailable
from malote.institution import Access, Body, Call, Reply, Request
from malote.institutions.ccee.answers import details
from malote.institutions.ccee.calls.codec import PLACEHOLDER, envelope, misfit
from malote.institutions.ccee.calls.faults import Fault, denial, denied, doubt, gateway
from malote.institutions.ccee.rules import PROCESSAMENTO, CceeRules
from malote.reading import Repairs, markup
from malote.submission import Pending, Progress, Ready, Receipt, Submission
from malote.texts import english

IMPORTAR, RESULTADO = "ImportarArquivoBSv1", "ResultadoProcessamentoBSv1"

ENVIRONMENTS: Mapping[str, str] = {
    "producao": "https://servicos.ccee.org.br:443",
    "piloto": "https://piloto-servicos.ccee.org.br:443",
}
"""Manual 2: the service on 443, its WSDL on 442."""

_CODE = re.compile(rb"<(?:[\w.-]{1,80}:)?codigoProcessamento(?:\s[^<>]{0,500})?>\s{0,80}([0-9A-Za-z-]{1,64})\s{0,80}</")
_ASIDE = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(?:[\w.-]{1,80}:)?Fault[\s>].*?(?:</(?:[\w.-]{1,80}:)?Fault\s{0,80}>|\Z)", re.DOTALL
)
_NUMBER = re.compile(r"[0-9A-Za-z-]{1,64}")
_SLM = re.compile(r"\bSLM\b|throttl|rate limit|limite de requisi", re.IGNORECASE)


class Calls:
    """The exchanges of one connection.

    :param profile: codigoPerfilAgente
    :param folder: of the user's own treaties, or None
    """

    def __init__(self, access: Access, rules: CceeRules, profile: str, folder: Path | None) -> None:
        self._access, self._rules, self._profile, self._folder = access, rules, profile, folder
        self._base = base_of(access, ENVIRONMENTS, "ccee.org.br")
        self._envelopes: dict[str, tuple[bytes, bytes]] = {}

    def submit(self, submission: Submission, file: bytes) -> Call[Receipt]:
        """`importarArquivo`: the file's text as CDATA, decoded by the encoding that it declares (sheet 2, 6)."""
        text = file.decode(markup.declared_encoding(file)).removeprefix("\ufeff")
        head, tail = self._envelope(IMPORTAR, "importarArquivo", {"arquivo": etree.CDATA(PLACEHOLDER)})
        # "]]>" inside the file would end the section: it is cut in two between "]]" and ">".
        body = head + text.replace("]]>", "]]]]><![CDATA[>").encode() + tail
        return Call(
            "importarArquivo",
            self._post(IMPORTAR, "importarArquivo", body),
            partial(self.receipt, submission),
            timeout=self._rules.send_timeout.total_seconds(),
            submits=True,
        )

    def check(self, submission: Submission) -> Call[Progress]:
        """`obterResultadoProcessamento`; the answer comes with it when it is whole."""
        return self._ask(submission, partial(self._progress, submission))

    def fetch(self, submission: Submission) -> Call[None]:
        """The same exchange, into a sink."""
        return self._ask(submission, partial(self._fetched, submission))

    def preflight(self) -> Call[str]:
        """GET of the WSDL, on port 442 where the host is CCEE's (manual 2)."""
        url = urlsplit(self._base)
        origin = f"{url.scheme}://{url.netloc}"
        if f"https://{url.hostname}:443" in ENVIRONMENTS.values():
            origin = f"https://{url.hostname}:442"
        request = Request("GET", f"{origin}{url.path}/ws/cntr/{IMPORTAR}?wsdl")
        return Call(f"{IMPORTAR}?wsdl", request, self._wsdl, timeout=self._rules.ask_timeout.total_seconds())

    def probe(self) -> Call[str]:
        """A question for code 0, which no file has: any answer but a denial proves the credentials."""
        return self._query("0", self._welcome, 1 << 20)

    def _ask(self, submission: Submission, read: Any) -> Call[Any]:
        if not submission.receipt:
            raise misfit(english("s_ccee_no_receipt", id=submission.id), english("s_do_resolve_receipt"))
        return self._query(submission.receipt, read, (256 << 10) + (8 << 10) * submission.item_count)

    def _query(self, code: str, read: Any, limit: int) -> Call[Any]:
        # zeep takes 1.2 ms to build an envelope and thousands of codes are asked for in turn: it builds one, with a
        # placeholder, and only the escaped code is put in.
        operation = "obterResultadoProcessamento"
        asked = {"processamento": {"codigoProcessamento": PLACEHOLDER, "tipoProcessamento": PROCESSAMENTO}}
        head, tail = self._envelope(RESULTADO, operation, asked)
        request = self._post(RESULTADO, operation, head + escape(code).encode() + tail)
        return Call(operation, request, read, limit=limit, timeout=self._rules.ask_timeout.total_seconds())

    def _post(self, service: str, operation: str, body: bytes) -> Request:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": operation}
        return Request("POST", f"{self._base}/ws/cntr/{service}", headers, Body.of(body))

    def _envelope(self, service: str, operation: str, body: Mapping[str, Any]) -> tuple[bytes, bytes]:
        if service not in self._envelopes:
            access = self._access
            if not access.login or not access.password:
                raise misfit(english("s_ccee_no_user"), english("s_do_wsse"))
            headers = {
                "MessageHeader": {"codigoPerfilAgente": self._profile},
                "Security": {"UsernameToken": {"Username": access.login, "Password": access.password}},
            }
            self._envelopes[service] = envelope(self._folder, service, operation, headers, body)
        return self._envelopes[service]

    def receipt(self, submission: Submission, reply: Reply) -> Receipt:
        """The code first, leniently, whatever else is odd: a receipt that is overlooked is a contract sent twice.

        :raises Refused, Misconfigured: nothing was taken
        :raises InDoubt: everything else
        """
        repairs = Repairs()
        try:
            root = markup.parse(reply.body, repairs=repairs)
        except Malformed as broken:
            found = {code.decode() for code in _CODE.findall(_ASIDE.sub(b"", reply.body))}
            if len(found) == 1:
                return Receipt(found.pop(), facts={"read": english("s_leniently")})
            if not found and (refusal := denial(reply.body)):
                raise denied(refusal, self._profile) from None
            what = english("s_ccee_unreadable", status=reply.status, what=broken.what)
            raise doubt(submission, what) from None
        faults = list(root.iter("{*}Fault"))
        inside = {element for fault in faults for element in fault.iter("{*}codigoProcessamento")}
        outside = [each for each in root.iter("{*}codigoProcessamento") if each not in inside]
        texts = {markup.first_text(each, "codigoProcessamento") or "" for each in outside}
        codes = {text for text in texts if _NUMBER.fullmatch(text)}
        if len(codes) == 1:
            transaction = markup.first_text(root, "transactionId")
            facts = {"transactionId": transaction[:200]} if transaction else {}
            return Receipt(codes.pop(), facts=facts | repairs.facts())
        if codes:
            some = ", ".join(sorted(codes)[:10])
            raise doubt(submission, english("s_ccee_codes", n=len(codes)), codes=some)
        if not faults:
            what = english("s_ccee_xml_without", status=reply.status, root=markup.local(root.tag))
            raise doubt(submission, what)
        fault = Fault.of(faults[0])
        if fault.kind == "misconfigured":
            raise denied(fault, self._profile)
        if fault.kind == "refused":
            what = english("s_ccee_door")
            raise fault.told(Refused, what, todo=fault.action, kept=english("s_kept_items"))
        said = fault.message or fault.code or english("s_ccee_wordless")
        raise doubt(submission, english("s_ccee_unsaid", said=said), fault)

    def _progress(self, submission: Submission, reply: Reply) -> Progress:
        expected = int(submission.facts.get("echoes") or submission.item_count)
        named: set[str] = set()
        unknown: set[str] = set()
        count = mark = 0
        try:
            for row in self._rows(submission.receipt, reply):
                count += 1
                # A sum, so that the order of the detalhe does not matter.
                mark += int.from_bytes(hashlib.sha256(repr(row[:7]).encode()).digest(), "big")
                if row[7]:
                    named.add(row[7])
                if row[8] == "unanswered":
                    unknown.add(row[9] or "none")
        except _NoData as nothing:
            return Pending(english("s_ccee_nothing_yet", nothing=nothing))
        if not count:
            return Pending(english("s_ccee_no_detail"))
        partial_ = hashlib.sha256(str(mark).encode()).hexdigest()
        if len(named) < expected:
            return Pending(english("s_ccee_partly", n=len(named), of=expected), partial=partial_)
        if unknown:
            shown = ", ".join(status[:60] for status in sorted(unknown)[:5])
            return Pending(english("s_ccee_strange_status", shown=shown), partial=partial_)
        return Ready(reply.body)

    def _fetched(self, submission: Submission, reply: Reply) -> None:
        try:
            for _ in self._rows(submission.receipt, reply):
                return
        except _NoData:
            pass
        raise Malformed(english("s_ccee_no_answer"), institution="ccee", todo=english("s_do_ask_again"))

    def _welcome(self, reply: Reply) -> str:
        try:
            for _ in self._rows(None, reply, refused=True):
                break
        except _NoData:
            pass
        return english("s_ccee_knows", profile=self._profile)

    def _rows(self, code: str | None, reply: Reply, *, refused: bool = False) -> Any:
        """The rows of a reply to a query, or what its status or fault means."""
        if reply.status == 429:
            raise gateway(reply)
        try:
            yield from details(io.BytesIO(reply.body), code, partial(self._fault, refused))
        except Malformed as wrong:
            if reply.status == 200 or wrong.facts:
                raise
            raise gateway(reply) from None
        if reply.status >= 300:
            raise gateway(reply)

    def _fault(self, refused: bool, element: etree._Element) -> NoReturn:
        fault = Fault.of(element)
        if fault.kind == "wait" or (refused and fault.kind == "refused"):
            raise _NoData(f"{fault.code or fault.element}: {fault.message or english('s_ccee_wordless')}")
        if fault.kind == "misconfigured":
            raise denied(fault, self._profile)
        if _SLM.search(fault.message):
            raise fault.told(Throttled, english("s_ccee_throttled"), todo=english("s_do_wait_rules"))
        if fault.kind == "doubt":
            raise fault.told(Unavailable, english("s_ccee_could_not"), todo=english("s_do_asked_again"))
        todo = english("s_do_transaction")
        raise fault.told(Malformed, english("s_ccee_fault"), todo=todo)

    def _wsdl(self, reply: Reply) -> str:
        if reply.status in (401, 403, 429, 502, 503, 504):
            raise gateway(reply)
        try:
            root = markup.local(markup.parse(reply.body).tag)
        except Malformed as wrong:
            if reply.status == 200 and b"definitions" in reply.body[:4096]:
                raise
            root = wrong.what
        if reply.status != 200 or root != "definitions":
            raise misfit(
                english("s_ccee_no_wsdl", base=self._base, service=IMPORTAR, status=reply.status, root=root),
                english("s_do_ccee_ports"),
            )
        return english("s_ccee_wsdl", service=IMPORTAR)


class _NoData(Exception):
    """A fault that means "no data", which while processing may mean "not yet"."""
