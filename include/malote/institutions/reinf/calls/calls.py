"""One exchange each with the EFD-Reinf: the lote that is posted, the protocol that is asked for, receipts by key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from malote.address import base_of
from malote.archive import Archive
from malote.errors import Malformed, MaloteError, Misconfigured, Refused, Throttled, Unavailable
from malote.institution import Access, Body, Call, Reply, Request
from malote.institutions.reinf.answers import Retorno, events
from malote.institutions.reinf.calls.recibo import Recibo
from malote.institutions.reinf.codes import ALREADY_THERE, BY_CODE
from malote.institutions.reinf.rules import (
    INTERNAL,
    NOT_FOUND,
    NOT_RECEIVED,
    SOME,
    TAKEN,
    WELL,
    WRONG_QUERY,
    ReinfRules,
    misfit,
)
from malote.reading import Repairs, markup
from malote.submission import Pending, Progress, Ready, Receipt, Submission
from malote.texts import english

T = TypeVar("T")
E = TypeVar("E", bound=MaloteError)

ENVIRONMENTS: Mapping[str, str] = {
    "producao": "https://reinf.receita.economia.gov.br",
    "producao_restrita": "https://pre-reinf.receita.economia.gov.br",
}
"""M 4.4, P."""

PROBED = "0"
"""A protocol that nobody has."""

_PROTOCOL = re.compile(rb"<(?:[\w.-]{1,80}:)?protocoloEnvio(?:\s[^<>]{0,200})?>\s{0,80}([0-9A-Za-z.-]{1,49})\s{0,80}</")


class Calls:
    """The exchanges of one connection."""

    def __init__(self, access: Access, rules: ReinfRules) -> None:
        self._rules = rules
        self._base = base_of(access, ENVIRONMENTS, "receita.economia.gov.br", "receita.fazenda.gov.br")

    def submit(self, submission: Submission, archive: Archive) -> Call[Receipt]:
        """POST of a lote; the reply brings its protocol (M 4.4.1)."""
        stored = submission.stored
        body = Body(stored.size, lambda: archive.open(stored))
        return Call(
            "recepcao/lotes",
            Request("POST", f"{self._base}/recepcao/lotes", {"Content-Type": "application/xml"}, body),
            partial(self.receipt, submission),
            timeout=self._rules.send_timeout.total_seconds(),
            submits=True,
        )

    def check(self, submission: Submission) -> Call[Progress]:
        """GET of the result of a lote; the answer comes with it (M 4.4.2)."""
        return self._ask(submission, partial(self._progress, submission))

    def fetch(self, submission: Submission) -> Call[Pending | None]:
        """As :meth:`check`, into a sink."""
        return self._ask(submission, partial(self._fetched, submission))

    def ocorrencias(self, submission: Submission) -> Call[list[tuple[str | None, ...]]]:
        """As :meth:`check`, as rows of reinf.ocorrencia."""

        def read(reply: Reply) -> list[tuple[str | None, ...]]:
            return list(self.answer(reply, submission).ocorrencias(submission.receipt))

        return self._ask(submission, read)

    def recibo(self, path: Sequence[str]) -> Call[Recibo | None]:
        """GET of the receipts under the key of an event; reads into None where there is none (P, N).

        :param path: the event's code and the parts of its key
        """
        url = "/".join((self._base, "consulta", "reciboevento", *(quote(part, safe="") for part in path)))
        return self._get("consulta/reciboevento", url, self.shown)

    def probe(self) -> Call[str]:
        """A question for a protocol that nobody has: any answer but a denial shows that the e-CNPJ is taken."""
        return self._get("consulta/lotes", f"{self._base}/consulta/lotes/{PROBED}", self._welcome)

    def _ask(self, submission: Submission, read: Callable[[Reply], T]) -> Call[T]:
        if not submission.receipt:
            raise misfit(english("s_reinf_no_receipt", id=submission.id), english("s_do_resolve_protocol"))
        return self._get("consulta/lotes", f"{self._base}/consulta/lotes/{quote(submission.receipt, safe='')}", read)

    def _get(self, name: str, url: str, read: Callable[[Reply], T]) -> Call[T]:
        seconds = self._rules.ask_timeout.total_seconds()
        return Call(name, Request("GET", url), read, self._rules.answer_bytes, timeout=seconds)

    # ---- a send

    def receipt(self, submission: Submission, reply: Reply) -> Receipt:
        """The protocol first, whatever else is odd: one that is overlooked is a lote sent twice."""
        _denied(reply)
        repairs = Repairs()
        try:
            said = Retorno.of(reply.body, repairs)
        except Malformed as broken:
            found = {each.decode() for each in _PROTOCOL.findall(reply.body)}
            if reply.status < 300 and len(found) == 1:
                return Receipt(found.pop(), facts={"read": english("s_leniently")})
            if reply.status == 415:
                what = english("s_reinf_says_no_xml")
                raise _about(Refused, what, "415", kept=english("s_kept_not_taken")) from None
            raise _doubt(reply, broken.what) from None
        if said.strange_to(submission):
            raise _doubt(reply, english("s_reinf_other_contributor"))
        if said.protocol and (reply.status < 300 or said.code == NOT_RECEIVED):
            # Of a lote that they have already a refusal may name the protocol: it is no refusal then.
            return Receipt(said.protocol, received_at=said.received_at, facts=repairs.facts())
        if said.code == NOT_RECEIVED and (reply.status < 300 or reply.status == 422):
            raise self._not_received(submission, said)
        if reply.status == 415:
            raise _about(Refused, english("s_reinf_says_no_xml"), "415")
        raise _doubt(reply, english("s_reinf_code_only", code=said.code, said=said.told()))

    def _not_received(self, submission: Submission, said: Retorno) -> Refused:
        rows, words = list(said.ocorrencias(None)), said.words().lower()
        again = submission.attempt > 1 or submission.repeats > 0
        there = again and any(word.lower() in words for word in self._rules.there)
        what = english("s_reinf_not_taken", said=said.told())
        return _about(Refused, what, ALREADY_THERE if there else "7", reasons=rows)

    # ---- a question

    def answer(self, reply: Reply, submission: Submission) -> Retorno:
        """The result of a lote, or what the reply means else."""
        _denied(reply)
        if reply.status in (401, 403, 429) or reply.status >= 500:
            raise _gateway(reply)
        try:
            said = Retorno.of(reply.body)
        except Malformed:
            if reply.status == 200:
                raise
            raise _gateway(reply) from None
        if reply.status == 404 or said.code == NOT_FOUND:
            raise _about(Malformed, english("s_reinf_unknown_lote", protocol=submission.receipt), "9")
        if said.code == INTERNAL:
            raise _about(Unavailable, english("s_reinf_could_not", said=said.told()), "99")
        if said.code not in (TAKEN, WELL, SOME):
            wrong = BY_CODE["8"] if said.code == WRONG_QUERY else None
            raise Malformed(
                english("s_reinf_odd_code", code=said.code, said=said.told()), institution="reinf",
                code=wrong.code if wrong else None, meaning=wrong.meaning if wrong else None, todo=BY_CODE["8"].action,
            )  # fmt: skip
        if said.strange_to(submission) or (said.protocol and said.protocol != submission.receipt):
            raise Malformed(
                english("s_reinf_other_lote"), institution="reinf",
                facts={"said": said.protocol or english("s_reinf_other"), "asked": submission.receipt or ""},
                todo=english("s_do_ask_receita"),
            )  # fmt: skip
        return said

    def _progress(self, submission: Submission, reply: Reply) -> Progress:
        said = self.answer(reply, submission)
        if said.code == TAKEN:
            return Pending(english("s_reinf_processing"))
        rows = list(events(said, submission, self._rules))
        waited = set(submission.facts.get("eventos") or ())
        silent = waited - {row[-4] for row in rows if row[-3] != "unanswered"}
        if not silent:
            return Ready(reply.body)
        mark = hashlib.sha256(repr(sorted((row[-4], row[-3], row[-2]) for row in rows)).encode()).hexdigest()
        return Pending(
            english("s_reinf_partly", n=len(waited) - len(silent), of=len(waited)), partial=mark if rows else None
        )

    def _fetched(self, submission: Submission, reply: Reply) -> Pending | None:
        if reply.status == 200:
            try:
                return Pending(english("s_reinf_in_process")) if self.answer(reply, submission).code == TAKEN else None
            except Malformed:
                return None  # of a long answer a driver keeps the beginning: the whole is read where it lands
        self.answer(reply, submission)
        raise _gateway(reply)

    def shown(self, reply: Reply) -> Recibo | None:
        """What an answer of `reciboevento` shows; None where nothing is there."""
        _denied(reply)
        if reply.status not in (200, 404, 422):
            raise _gateway(reply)
        if reply.status == 404 and not reply.body.strip():
            return None
        try:
            root = markup.parse(reply.body)
        except Malformed as broken:  # the page of something in between, of whichever form
            raise (broken if reply.status == 200 else _gateway(reply)) from None
        if found := Recibo.of(root, self._rules.tags):
            return found
        # Only what says that nothing is there is an absence: not an error over there, nor a question that it mistook.
        code, told = (said := Retorno(root)).code, said.told()
        if code in (TAKEN, INTERNAL):
            raise _about(Unavailable, english("s_reinf_could_not", said=told), str(code))
        if (code is None and reply.status != 422 and said.empty) or code in (WELL, SOME, NOT_FOUND):
            return None
        if reply.status != 200 and markup.local(root.tag) != "Reinf":
            raise _gateway(reply)
        raise _about(Malformed, english("s_reinf_odd_code", code=code, said=told), "8")

    def _welcome(self, reply: Reply) -> str:
        _denied(reply)
        if reply.status in (200, 404, 422):
            return english("s_reinf_lets")
        raise _gateway(reply)


def _denied(reply: Reply) -> None:
    if reply.status in (495, 496):
        what = english("s_certificate_turned_down", status=reply.status)
        raise _about(Misconfigured, what, str(reply.status), kept=english("s_kept_undone_there"))


def _doubt(reply: Reply, what: str) -> Malformed:
    return Malformed(
        english("s_reinf_unsaid", status=reply.status, what=what), institution="reinf",
        code=str(reply.status), todo=english("s_do_looked_for"),
        kept=english("s_kept_lote"),
    )  # fmt: skip


def _gateway(reply: Reply) -> MaloteError:
    what = english("s_reinf_or_between", status=reply.status)
    if reply.status == 429:
        return Throttled(what, institution="reinf", code="429", retry_after=reply.retry_after)
    if reply.status >= 500 or reply.status in (401, 403):
        return Unavailable(what, institution="reinf", code=str(reply.status), todo=english("s_do_asked_again"))
    return Malformed(what, institution="reinf", todo=english("s_do_look_address"))


def _about(kind: type[E], what: str, code: str, **more: object) -> E:
    """An error with what the table of codes says."""
    known = BY_CODE[code]
    told: dict[str, object] = {"todo": known.action, **more}
    return kind(what, institution="reinf", code=code, meaning=known.meaning, **told)  # type: ignore[arg-type]
