"""One exchange each with BNDES APA: the form that is posted, the protocol that is asked for, the searches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import quote, urlencode

from malote.address import base_of
from malote.errors import Malformed, Misconfigured, Refused, Unavailable
from malote.institution import Access, Body, Call, Reply, Request
from malote.institutions.bndes.answers import Fields, Reading, about, gateway, operation_of
from malote.institutions.bndes.codes import BY_CODE
from malote.institutions.bndes.rules import BndesRules, Service, misfit
from malote.reading import markup
from malote.submission import Pending, Progress, Ready, Receipt, Submission
from malote.texts import english

T = TypeVar("T")

ENVIRONMENTS: Mapping[str, str] = {
    "producao": "https://ws.bndes.gov.br/apa",
    "homologacao": "https://ws-h.bndes.gov.br/apa",
}
"""Manual 4."""

PROBED = "0"
"""A protocol that nobody has."""


class Calls:
    """The exchanges of one connection.

    :param services: the catalogue, with the connection's corrections
    """

    def __init__(self, access: Access, rules: BndesRules, services: Mapping[str, Service], reading: Reading) -> None:
        self._rules, self._services, self._reading = rules, services, reading
        self._base = base_of(access, ENVIRONMENTS, "bndes.gov.br")

    def submit(self, submission: Submission, document: bytes) -> Call[Receipt]:
        """POST of one document; the reply brings its protocol (manual 5 b, d)."""
        service = self._services[submission.service]
        return Call(
            service.name,
            self._form(service, document),
            partial(self._reading.receipt, service, submission),
            timeout=self._rules.send_timeout.total_seconds(),
            submits=True,
        )

    def check(self, submission: Submission) -> Call[Progress]:
        """GET of the result; it comes with the answer (manual 5.6, 5.8, 5.10, 5.13)."""
        service = self._services[submission.service]
        protocol = protocol_of(submission)
        return self._result(submission, partial(self._progress, service, protocol))

    def look(self, submission: Submission, document: bytes) -> Call[Progress]:
        """As :meth:`check` for what has no protocol: by the pesquisa that found it."""
        pesquisa, service = self._services["pesquisa"], self._services[submission.service]

        def progress(reply: Reply) -> Progress:
            root = self._reading.complete(pesquisa, reply)
            fields = operation_of(submission, root, self._rules.tags)
            return self._judged(service, fields, reply.body)

        seconds = self._rules.ask_timeout.total_seconds()
        request = self._form(pesquisa, document)
        return Call(pesquisa.name, request, progress, self._rules.answer_bytes, timeout=seconds)

    def fetch(self, submission: Submission) -> Call[Pending | None]:
        """As :meth:`check`, into a sink."""
        return self._result(submission, partial(self._fetched, protocol_of(submission)))

    def log(self, submission: Submission) -> Call[list[tuple[str | None, ...]]]:
        """GET of the críticas of a protocol, as rows of bndes.critica (manual 5.15)."""
        service, protocol = self._services["logCriticas"], protocol_of(submission)
        read = partial(self._logged, submission.service, protocol)
        return self._get(service, protocol, read, limit=self._rules.answer_bytes)

    def search(self, document: bytes) -> Call[bytes]:
        """POST of a pesquisa; reads into the answer's bytes. No sink: the whole is looked at (manual 5.3)."""
        service = self._services["pesquisa"]
        seconds = self._rules.ask_timeout.total_seconds()
        read = partial(self._complete, service)
        return Call(service.name, self._form(service, document), read, self._rules.answer_bytes, timeout=seconds)

    def detail(self, number: str) -> Call[bytes]:
        """GET of a subcrédito by numeroContratoBNDES; reads into the answer's bytes. No sink (manual 5.4)."""
        service = self._services["consultaSubcredito"]
        return self._get(service, number, partial(self._complete, service), limit=self._rules.answer_bytes)

    def status(self) -> Call[str]:
        """GET of api/status; reads into its text, which is for people (manual 5.11)."""
        return self._get(self._services["status"], "", self._up)

    def probe(self) -> Call[str]:
        """The críticas of a protocol that does not exist: any answer but a denial shows that the e-CNPJ is taken."""
        return self._get(self._services["logCriticas"], PROBED, self._welcome)

    def _form(self, service: Service, document: bytes) -> Request:
        body = Body.of(urlencode({service.form_field: document}).encode())
        return Request(
            service.method, self._url(service.path), {"Content-Type": "application/x-www-form-urlencoded"}, body
        )

    def _result(self, submission: Submission, read: Callable[[Reply], T]) -> Call[T]:
        service = self._services[submission.service]
        url = self._url(service.return_path, protocol_of(submission))
        seconds = self._rules.ask_timeout.total_seconds()
        return Call(f"{service.name}/retorno", Request("GET", url), read, self._rules.answer_bytes, timeout=seconds)

    def _get(self, service: Service, asked: str, read: Callable[[Reply], T], limit: int = 1 << 20) -> Call[T]:
        seconds = self._rules.ask_timeout.total_seconds()
        return Call(service.name, Request("GET", self._url(service.path, asked)), read, limit, timeout=seconds)

    def _url(self, path: str, asked: str = "") -> str:
        return f"{self._base}/{path.lstrip('/').replace('{}', quote(asked, safe=''))}"

    def _progress(self, service: Service, protocol: str, reply: Reply) -> Progress:
        root = self._reading.final(reply, protocol)
        if root is None:
            return Pending(english("s_bndes_processing"))
        return self._judged(service, Fields(root, self._rules.tags), reply.body)

    def _judged(self, service: Service, fields: Fields, answer: bytes) -> Progress:
        verdict, status = self._reading.judged(service, fields), fields.get("status")
        if verdict in ("yes", "no"):
            return Ready(answer)
        if verdict == "unknown":
            return Pending(self._reading.unknown(status), unread=True)
        return Pending(english("s_bndes_status_is", status=repr(status))[:80])

    def _fetched(self, protocol: str, reply: Reply) -> Pending | None:
        if reply.status != 200:
            self._reading.final(reply, protocol)
            return Pending(english("s_bndes_processing"))
        return None

    def _logged(self, service: str, protocol: str, reply: Reply) -> list[tuple[str | None, ...]]:
        log = self._services["logCriticas"]
        try:
            root = self._reading.complete(log, reply)
        except Refused:
            return list(self._reading.reasons(markup.parse(reply.body), service, protocol, "log recusado"))
        return list(self._reading.reasons(root, service, protocol, "log"))

    def _complete(self, service: Service, reply: Reply) -> bytes:
        self._reading.complete(service, reply)
        return reply.body

    def _up(self, reply: Reply) -> str:
        if reply.status == 200:
            return " ".join(reply.body[:500].decode("utf-8", "replace").split()) or english("s_bndes_up")
        if reply.status in (401, 403):
            raise about(Misconfigured, english("s_bndes_http", status=reply.status), str(reply.status))
        if reply.status == 503:
            known = BY_CODE["503"]
            raise Unavailable(
                english("s_bndes_says_down"), institution="bndes", code="503", meaning=known.meaning, todo=known.action
            )
        if reply.status in (404, 405):
            what = english("s_bndes_no_apa", path=self._services["status"].path, base=self._base, status=reply.status)
            raise misfit(what, english("s_do_apa"))
        raise gateway(reply)

    def _welcome(self, reply: Reply) -> str:
        try:
            self._reading.complete(self._services["logCriticas"], reply)
        except Refused:
            pass
        except Malformed as unread:
            if reply.status not in (200, 202, 400, 404):
                raise
            if reply.status != 404 and unread.todo and "own_roots" in unread.todo:
                return english("s_bndes_lets_unread", what=unread.what, todo=unread.todo)
        return english("s_bndes_lets")


def protocol_of(submission: Submission) -> str:
    """The protocol of a submission.

    :raises Misconfigured: where it has none
    """
    if not submission.receipt:
        raise misfit(english("s_bndes_no_receipt", id=submission.id), english("s_do_resolve_protocol"))
    return submission.receipt
