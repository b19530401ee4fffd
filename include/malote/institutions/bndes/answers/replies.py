"""What BNDES's replies say: receipt, progress, reasons, errors; read leniently, by local names, then by pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from malote.errors import Malformed, MaloteError, Misconfigured, Refused, Unavailable
from malote.institution import Reply
from malote.institutions.bndes.answers.elements import Fields, name_of, texts
from malote.institutions.bndes.answers.failing import about, closed, gateway
from malote.institutions.bndes.answers.tables import CRITICA
from malote.institutions.bndes.answers.words import REHEARSE, Words, brief
from malote.institutions.bndes.codes import ALREADY_THERE
from malote.institutions.bndes.layouts import roots
from malote.institutions.bndes.rules import Service
from malote.reading import Repairs, instant, markup
from malote.submission import Receipt, Submission
from malote.texts import english

PROTOCOL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,63}")

REASONS = 1000
"""Reasons of one answer, at most: each is a row that lands."""

_FACTS = ("status", "ano_proposta", "numero_proposta", "numero_bndes", "numero_protocolo", "recebido_em")

_ASIDE = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_GATEWAY = re.compile(
    r"upstream|gateway|proxy|backend|nginx|envoy|haproxy|varnish|balancer|time-?d? ?out", re.IGNORECASE
)
_TLS = re.compile(rb"(?:required )?SSL certificate", re.IGNORECASE)


@dataclass(frozen=True)
class Reading(Words):
    """How replies of one connection are read.

    :param folder: of the user's schemas, or None
    """

    folder: Path | None = None

    # ---- submit

    def receipt(self, service: Service, submission: Submission, reply: Reply) -> Receipt:
        """The answer to a submission: the protocol first, whatever else is odd.

        :raises Refused: 400 in BNDES's XML; after an earlier attempt with :data:`ALREADY_THERE`, which means it arrived
        :raises Closed: its 400 or 503 that says that the counter is closed (manual 2.5)
        :raises Unavailable: BNDES's own 500 and 503, after which nothing was done (manual 5.2)
        :raises Misconfigured: 401, 403, a certificate that was turned down
        :raises Malformed: everything else, which is doubt
        """
        repairs = Repairs()
        root = _parsed(reply.body, repairs)
        protocol = self._protocol(root, reply.body) if reply.status < 300 else None
        if protocol:
            fields = Fields(root, self.rules.tags) if isinstance(root, etree._Element) else None
            said = fields.get("recebido_em") if fields else None
            facts = {"status": status[:200]} if fields and (status := fields.get("status")) else {}
            return Receipt(protocol, received_at=instant(said) if said else None, facts=facts | repairs.facts())
        self._denied(reply)
        if reply.status == 400 and isinstance(root, etree._Element):
            raise self._refused(service, submission, root, reply)
        if reply.status in (404, 405) and not service.documented:
            raise about(
                Misconfigured, english("s_bndes_no_path", path=service.path), "404",
                todo=english("s_do_service_path", name=service.name), kept=english("s_kept_not_taken"),
            )  # fmt: skip
        if self._nothing_done(service, reply, root):
            words = texts(root) if isinstance(root, etree._Element) else [reply.body.decode("utf-8", "replace")]
            if reply.status == 503 and self.says("closed", words):
                raise closed(reply)
            raise about(
                Unavailable,
                english("s_bndes_http", status=reply.status),
                str(reply.status),
                kept=english("s_kept_undone"),
            )
        what = root.what if isinstance(root, Malformed) else _unread(root, taken=reply.status < 300)
        raise Malformed(
            english("s_bndes_unsaid", status=reply.status, what=what), institution="bndes",
            code=str(reply.status), todo=english("s_do_looked_for"),
            kept=english("s_kept_document"),
        )  # fmt: skip

    def _refused(self, service: Service, submission: Submission, root: etree._Element, reply: Reply) -> MaloteError:
        found = list(self.reasons(root, service.name, None, "porta"))
        texts = [text for row in found for text in (row[3], row[4]) if text]
        if self.says("closed", texts):
            return closed(reply)
        there = submission.attempt > 0 and self.says("there", map(brief, texts), service.there)
        what = english("s_bndes_refused", why="; ".join(texts)[:500] or english("s_no_reason"))
        return about(Refused, what, ALREADY_THERE if there else "400", reasons=found)

    def _nothing_done(self, service: Service, reply: Reply, root: etree._Element | Malformed) -> bool:
        """Whether it is BNDES's own 500 or 503, and not a page of something in between (manual 5.2)."""
        own = isinstance(root, etree._Element) and self.is_own(root, service) and not self._protocol(root, b"")
        if reply.status == 500:
            return own and "xml" in reply.headers.get("content-type", "").lower()
        if reply.status != 503:
            return False
        text = reply.body[:4096].decode("utf-8", "replace").strip()
        worded = reply.headers.get("content-type", "").lower().startswith("text/plain")
        return own or (worded and bool(text) and not _HTML.match(reply.body) and not _GATEWAY.search(text))

    def is_own(self, root: etree._Element, service: Service) -> bool:
        """Whether BNDES wrote it: by its root element, which is one of its layouts' or says `retorno`."""
        names = {
            *roots(service.schema_out, self.folder), *roots("retorno_basico.xsd", self.folder), *self.rules.own_roots,
        }  # fmt: skip
        name = name_of(str(root.tag))
        return name in set(map(name_of, names)) or name.startswith("retorno") or name.endswith("retorno")

    def _protocol(self, root: etree._Element | Malformed, body: bytes) -> str | None:
        if isinstance(root, etree._Element):
            text = Fields(root, self.rules.tags).get("numero_protocolo")
            return text if text and PROTOCOL.fullmatch(text) else None
        if _HTML.match(body):
            return None
        names = "|".join(re.escape(tag) for tag in self.rules.tags["numero_protocolo"])
        # A start tag, or a name and a sign: each is looked at from where it begins, and never far.
        before = rf"""<(?:[\w.-]{{1,80}}:)?(?:{names})(?:\s[^<>]{{0,500}})?>|\b(?:{names})\b["']?\s{{0,20}}[:=]"""
        pattern = rf"""(?:{before})\s{{0,80}}["']?([0-9A-Za-z][\w./-]{{0,63}})(?=[\s"'<,}}]|$)"""
        found = set(re.findall(pattern.encode(), _ASIDE.sub(b"", body), re.IGNORECASE))
        return found.pop().decode("ascii", "replace") if len(found) == 1 else None

    # ---- questions

    def final(self, reply: Reply, asked: str) -> etree._Element | None:
        """The result that a reply to `…/retorno/{numeroProtocolo}` brings; None where it is still in process.

        :raises Malformed: 404, or a 200 that is no result of this protocol
        :raises Misconfigured, Unavailable, Throttled: what the status says
        """
        self._denied(reply)
        if reply.status == 404:
            raise about(Malformed, english("s_bndes_no_request", protocol=asked), "404")
        if reply.status not in (200, 202):
            raise gateway(reply)
        if reply.status == 202:
            return None
        root = markup.parse(reply.body)
        said = Fields(root, self.rules.tags).get("numero_protocolo")
        if said and said.lstrip("0") != asked.lstrip("0"):
            raise Malformed(
                english("s_bndes_other_protocol"), institution="bndes", facts={"said": said[:64], "asked": asked},
                todo=english("s_do_ask_bndes"),
            )  # fmt: skip
        return root

    def complete(self, service: Service, reply: Reply) -> etree._Element:
        """The answer to one of the searches, of which 202 is the complete one (manual 5.3, 5.4).

        :raises Refused: 400; ``reasons`` say why
        :raises Malformed: a reply that is none
        """
        self._denied(reply)
        meaning = service.statuses.get(reply.status)
        if meaning is None:
            raise gateway(reply)
        root = markup.parse(reply.body)
        if not self.is_own(root, service):
            name = markup.local(root.tag)
            raise Malformed(
                english("s_bndes_no_answer", service=service.name, root=name), institution="bndes",
                todo=english("s_do_own_roots", name=repr(name), rehearse=REHEARSE),
            )  # fmt: skip
        if meaning == "refused":
            found = list(self.reasons(root, service.name, None, "porta"))
            texts = [row[4] for row in found if row[4]]
            what = english("s_bndes_refused_question", why="; ".join(texts)[:500] or english("s_no_reason"))
            raise about(Refused, what, "400", reasons=found, todo=english("s_do_question"))
        return root

    def reasons(
        self, root: etree._Element, service: str, protocol: str | None, origin: str
    ) -> Iterator[tuple[str | None, ...]]:
        """The reasons in an answer, as rows of bndes.critica: the outermost elements that are named as one.

        At most :data:`REASONS`, and one row that counts the rest.
        Where none is, all that is said and is no known field stands as one, so that nothing is lost.
        """
        tags = self.rules.tags
        found, more, names = list[etree._Element](), 0, set(map(name_of, tags["critica"]))
        for each in markup.outermost(root, lambda tag: name_of(tag) in names):
            if len(found) < REASONS:
                found.append(each)
            else:
                more += bool(len(each) or each.attrib or (each.text or "").strip())
        known = {name_of(tag) for column in _FACTS for tag in tags[column]}
        if not found and any(name_of(str(leaf.tag)) not in known for leaf in root.iter() if (leaf.text or "").strip()):
            found = [root]
        for element in found:
            fields = Fields(element, self.rules.tags)
            text = fields.get("texto") or " ".join(texts(element))
            yield fields.row(
                CRITICA.columns, servico=service, numero_protocolo=protocol, origem=origin, codigo=fields.get("codigo"),
                mensagem=text[:2000] or None, campo=fields.get("campo"), tipo=fields.get("tipo"),
            )  # fmt: skip
        if more:
            said = {"servico": service, "numero_protocolo": protocol, "origem": origin}
            said["mensagem"] = f"… e mais {more} ocorrências"
            yield tuple(said.get(name) for name in CRITICA.columns)

    def _denied(self, reply: Reply) -> None:
        if reply.status in (401, 403):
            raise about(
                Misconfigured,
                english("s_bndes_http", status=reply.status),
                str(reply.status),
                kept=english("s_kept_undone"),
            )
        if reply.status in (495, 496) or (reply.status == 400 and _HTML.match(reply.body) and _TLS.search(reply.body)):
            what = english("s_certificate_turned_down", status=reply.status)
            raise about(Misconfigured, what, "401", kept=english("s_kept_undone"))


def _unread(root: etree._Element, *, taken: bool) -> str:
    name = f"<{markup.local(root.tag)}>"
    if not taken:
        return english("s_bndes_strange_root", name=name)
    return english("s_bndes_no_protocol", name=name)


def _parsed(body: bytes, repairs: Repairs) -> etree._Element | Malformed:
    try:
        return markup.parse(body, repairs=repairs)
    except Malformed as wrong:
        return wrong
