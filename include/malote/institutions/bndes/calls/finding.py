"""What became of a request whose reply was lost: pesquisa by proposal, then consultaSubcredito; else a person looks."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any

from malote.errors import Invalid, Malformed, Misconfigured, Refused
from malote.institution import Call, Row
from malote.institutions.bndes.answers import (
    BY_NUMBER,
    PROTOCOL,
    REHEARSE,
    Fields,
    Reading,
    events,
    instant,
    is_of,
    is_unnamed,
    shown,
    texts,
    unread,
)
from malote.institutions.bndes.calls.calls import Calls
from malote.reading import markup
from malote.submission import Absent, CannotTell, Finding, Found, Receipt, Submission
from malote.texts import english

SKEW = timedelta(minutes=5)
"""How far BNDES's clock may be behind ours: what it received earlier than that was not this."""

Asked = Generator[Call[Any], Any, Finding]


class Finder:
    """Asks what became of submissions.

    :param question: a row to the document of a pesquisa
    """

    def __init__(self, calls: Calls, reading: Reading, question: Callable[[Row], bytes], account: str) -> None:
        self._calls, self._reading, self._question, self._account = calls, reading, question, account

    def find(self, submission: Submission) -> Asked:
        """By service: a financiamento is settled by its proposal; a contratação or cancelamento where the subcrédito
        shows one with a protocol; nothing on the wire tells one liberação from another."""
        if submission.service == "financiamento":
            return self._proposal(submission)
        if submission.service in ("contratacao", "cancelamento", "liberacao"):
            return self._event(submission)
        return self._unknowable(submission)

    def asked(self, submission: Submission) -> bytes:
        """The pesquisa that looks for the operation of a submission.

        :raises Invalid, Misconfigured: where the layout of the pesquisa has no place for it
        """
        tags, facts = self._reading.rules.tags, submission.facts
        keys = ("anoProposta", "ano_proposta"), ("numeroProposta", "numero_proposta")
        if not facts.get("numeroProposta"):
            keys = (("numeroBNDES", "numero_bndes"),)  # type: ignore[assignment]
        return self._question({f"..{tags[column][0]}": facts.get(fact) for fact, column in keys})

    def _proposal(self, submission: Submission) -> Asked:
        what = english("s_bndes_proposal", reference=submission.facts.get("reference"))
        found = yield from self._searched(submission)
        if not isinstance(found, list):
            return found
        mine = [each for each in found if is_of(each, submission)]
        if not found:
            return Absent(english("s_bndes_pesquisa_none", what=what))
        if not mine and (unnamed := next((each for each in found if is_unnamed(each, submission)), None)):
            raise _unread(markup.local(unnamed.element.tag))
        if not mine:
            return self._cannot(submission, english("s_bndes_none_is_it", what=what, n=len(found)))
        now = [each for each in self._requests(mine) if not self._earlier(each, submission)]
        if not now:
            return Absent(english("s_bndes_pesquisa_earlier", what=what))
        times = [at for each in now if (at := _received(each))]
        if len(times) == len(now):
            now = [now[times.index(max(times))]]
        protocols = {text for each in now if (text := _protocol(each))}
        if len(protocols) > 1:
            shown_under = ", ".join(sorted(protocols))
            return self._cannot(submission, english("s_bndes_protocols", what=what, protocols=shown_under))
        if protocols:
            return Found(self._receipt(protocols.pop(), now[0], english("s_bndes_by_proposal")))
        if number := mine[0].get("numero_bndes"):
            return Found(self._receipt(f"{BY_NUMBER}{number}", mine[0], english("s_bndes_by_proposal_bare")))
        return self._cannot(submission, english("s_bndes_bare", what=what))

    def _requests(self, operations: list[Fields]) -> list[Fields]:
        """Each time that a financiamento was asked for, where an operation shows them; else the operation itself."""
        tags, found = self._reading.rules.tags, list[Fields]()
        for each in operations:
            asked = [event.fields for event in events(each.element, tags) if event.is_of("financiamento")]
            found += [fields for fields in asked if _protocol(fields)] or [each]
        return found

    def _event(self, submission: Submission) -> Asked:
        name, facts = submission.service, submission.facts
        number = facts.get("numeroBNDES")
        found = yield from self._searched(submission)
        if not isinstance(found, list):
            return found
        for each in found:
            if is_of(each, submission):
                number = each.get("numero_contrato_bndes") or each.get("numero_bndes") or number
        if not number:
            return self._cannot(submission, english("s_bndes_no_operation"))
        try:
            answer: bytes = yield self._calls.detail(str(number))
        except Refused as refused:
            return self._cannot(submission, f"consultaSubcredito {number}: {refused.what}")
        every = events(markup.parse(answer), self._reading.rules.tags)
        same = [each.fields for each in every if each.is_of(name)]
        said = ", ".join(f"{_protocol(each) or '–'} {each.get('status') or ''}".strip() for each in same)
        shows = f" ({said})" if said else ""
        now = [each for each in same if _protocol(each) and not self._earlier(each, submission)]
        if name == "cancelamento":  # there may be several, so the time has to speak for it
            now = [each for each in now if each.get("recebido_em")]
        if name != "liberacao" and len(now) == 1:
            return Found(self._receipt(_protocol(now[0]) or "", now[0], "consultaSubcredito"))
        return self._cannot(submission, english("s_bndes_events", number=number, n=len(same), service=name, said=shows))

    def _unknowable(self, submission: Submission) -> Asked:
        yield from ()
        return self._cannot(submission, english("s_bndes_nothing", service=submission.service))

    def _searched(self, submission: Submission) -> Generator[Call[Any], Any, list[Fields] | Finding]:
        try:
            document = self.asked(submission)
        except (Invalid, Misconfigured) as unaskable:
            return self._cannot(submission, english("s_bndes_no_place", why=unaskable.what))
        try:
            answer: bytes = yield self._calls.search(document)
        except Refused as refused:
            if self._reading.finds_none([refused.what]):
                return Absent(f"pesquisa: {refused.what}") if submission.service == "financiamento" else []
            return self._cannot(submission, f"pesquisa: {refused.what}")
        root = markup.parse(answer)
        operations = shown(root, self._reading.rules.tags)
        silent = not operations and submission.service == "financiamento" and not self._reading.finds_none(texts(root))
        if silent and (where := unread(root, self._reading.rules.words["yes"])):
            raise _unread(where)
        return operations

    def _earlier(self, fields: Fields, submission: Submission) -> bool:
        """Whether BNDES had it before this was sent for the first time: a rejected one under the same proposal.

        Of a second attempt that is not asked: where their clock is behind ours, it is what finds the first one.
        """
        said = fields.get("recebido_em")
        at = instant(said) if said else None
        return (
            at is not None
            and submission.sent_at is not None
            and submission.attempt <= 1
            and at < submission.sent_at - SKEW
        )

    def _receipt(self, number: str, fields: Fields, how: str) -> Receipt:
        return Receipt(number, received_at=_received(fields), facts={"found": how})

    def _cannot(self, submission: Submission, evidence: str) -> CannotTell:
        return CannotTell(evidence, self.search(submission))

    def search(self, submission: Submission) -> str:
        """What a person does where asking does not settle it."""
        facts = submission.facts
        what = english("s_bndes_proposal", reference=facts.get("reference"))
        if facts.get("numeroBNDES"):
            what = f"numeroBNDES {facts['numeroBNDES']}"
        return english("s_bndes_search", what=what, cnpj=self._account, id=submission.id)


def _unread(where: str) -> Malformed:
    what, todo = english("s_bndes_pesquisa_unread", where=where), english("s_do_tags", rehearse=REHEARSE)
    return Malformed(what, institution="bndes", todo=todo)


def _protocol(fields: Fields) -> str | None:
    text = fields.get("numero_protocolo")
    return text if text and PROTOCOL.fullmatch(text) else None


def _received(fields: Fields) -> datetime | None:
    said = fields.get("recebido_em")
    return instant(said) if said else None
