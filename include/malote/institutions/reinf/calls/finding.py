"""What became of a lote whose reply was lost: `reciboevento` by the keys of its events, which changes nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from lxml import etree

from malote.archive import Archive
from malote.errors import Refused
from malote.institution import Call
from malote.institutions.reinf.calls.calls import Calls
from malote.institutions.reinf.calls.recibo import Recibo
from malote.institutions.reinf.rules import EVENTS, Event
from malote.reading import markup
from malote.submission import Absent, CannotTell, Finding, Found, Receipt, Submission
from malote.texts import english

Asked = Generator[Call[Any], Any, Finding]


def find(calls: Calls, submission: Submission, archive: Archive) -> Asked:
    """Ask for the events of the lote, one by one, until one shows that it arrived.

    It arrived where an event is shown under its own Id. Then its protocol is that of the answer; where that says none,
    the same bytes go again, which the Receita tells apart itself (`evtDupl`, X), and the new protocol is that of the
    receipts of then. It is absent where no event of it is shown.
    """
    event = EVENTS[submission.service]
    if not event.asked:
        return _cannot(submission, english("s_reinf_unaskable", event=event.code))
    asked = others = 0
    for id, path in _keys(submission, archive, event):
        if path is None:
            continue
        shown: Recibo | None = yield calls.recibo(path)
        asked += 1
        if shown is None:
            continue
        if id in shown.ids:
            protocol, at = shown.of_event(id)
            if protocol:
                return Found(Receipt(protocol, received_at=at, facts={"found": "reciboevento"}))
            return (yield from _again(calls, submission, archive))
        if not shown.ids:
            return _cannot(submission, english("s_reinf_whose"))
        others += 1
    if not asked:
        return _cannot(submission, english("s_reinf_no_key"))
    beside = english("s_reinf_beside", others=others) if others else ""
    return Absent(english("s_reinf_none_shown", asked=asked, beside=beside))


def _again(calls: Calls, submission: Submission, archive: Archive) -> Asked:
    try:
        receipt: Receipt = yield calls.submit(submission, archive)
    except Refused as refused:
        return _cannot(submission, english("s_reinf_again", said=refused.what))
    return Found(receipt)


def _keys(submission: Submission, archive: Archive, event: Event) -> Iterator[tuple[str, list[str] | None]]:
    """Each event's Id, and the path that asks for it; None where it has not all of its key."""
    with archive.open(submission.stored) as file:
        root = markup.parse(file.read())
    for each in root.iter("{*}evento"):
        yield str(each.get("Id")), _path(each, event)


def _path(element: etree._Element, event: Event) -> list[str] | None:
    def said(name: str) -> str:
        return markup.first_text(element, name) or ""

    lead = [event.code.replace("-", "")]
    values = [said(name) for name in event.key]
    if values and not values[-1] and event.nameless:
        word, name = event.nameless
        lead.append(word)
        values[-1] = said(name)
    held = next(element.iter("{*}ideContri"), None)
    whose = [markup.first_text(held, name) or "" for name in ("tpInsc", "nrInsc")] if held is not None else [""]
    path = [*lead, *whose, *values]
    return path if all(path) else None


def search(submission: Submission) -> str:
    """What a person looks for in the portal, and types then."""
    events = (submission.facts.get("eventos") or {}).values()
    months = sorted({str(each["perApur"]) for each in events if each.get("perApur")})
    of = f" ({', '.join(months)})" if months else ""
    what = f"{submission.item_count} {submission.operation}{of}, {submission.name}"
    return english("s_reinf_search", account=submission.account, id=submission.id, what=what)


def _cannot(submission: Submission, evidence: str) -> CannotTell:
    return CannotTell(evidence, search(submission))
