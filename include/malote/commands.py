"""What each command about the journal shows or decides."""

from __future__ import annotations

import argparse
import dataclasses
import getpass
import json
from datetime import datetime

from malote import desk
from malote.desk import Decision, Way, decide
from malote.errors import MaloteError, Misconfigured
from malote.journal import Journal
from malote.scope import Scope
from malote.submission import OPEN, Standing
from malote.surroundings import archive_keys, archive_url, bytes_of, extra_of

_COUNTED = 10_000  # so many are counted; nobody waits for a count of years


def status(journal: Journal, _: argparse.Namespace) -> None:
    everything = Scope.everything()
    tally = journal.tally(everything, *OPEN) | journal.tally(everything, Standing.REFUSED, Standing.WITHDRAWN)
    if landed := journal.landed(_COUNTED + 1):
        tally["landed"] = landed
    if not tally:
        print("the journal is empty: nothing was ever sent")
        return
    for standing in Standing:
        if standing.value in tally:
            more = " and more" * (tally[standing.value] > _COUNTED)
            print(f"{standing.value:10} {min(tally[standing.value], _COUNTED):>8}{more}")
    for submission in journal.submissions(everything, *OPEN, limit=50):
        print(desk.line_of(submission))


def health(journal: Journal, options: argparse.Namespace) -> bool:
    """Show the figures; returns whether one says that a person is needed."""
    measures = desk.health(journal)
    needs = desk.needs_a_person(measures)
    if options.json:
        print(json.dumps({"needs_a_person": needs, "measures": [dataclasses.asdict(each) for each in measures]}))
    else:
        print("\n".join(desk.told(measures)) or "nothing is open, and nothing landed in the last 24 hours")
    return needs


def story(journal: Journal, options: argparse.Namespace) -> None:
    print(desk.line_of(journal.submission(options.submission)))
    events = journal.story(options.submission)
    if not events:
        print("  its items and its story were retired, see docs/years.md")
    for event in events:
        detail = ", ".join(f"{name} {value}" for name, value in event["detail"].items())
        print(f"  {desk.when(event['at'])}  {event['what']}{': ' if detail else ''}{detail}")


def find(journal: Journal, options: argparse.Namespace) -> None:
    lines = list(desk.found(journal, options.reference))
    print("\n".join(lines) if lines else f"no document held {options.reference!r}")


def items(journal: Journal, options: argparse.Namespace) -> None:
    for line in desk.items_of(journal, options.submission):
        print(line)


def doubts(journal: Journal, options: argparse.Namespace) -> None:
    lines = [desk.doubts_as_json(journal)] if options.json else list(desk.doubts(journal))
    print("\n".join(lines) if lines else "nothing is in doubt")


def resolve(journal: Journal, options: argparse.Namespace) -> None:
    if options.absent and not options.withdraw:
        raise Misconfigured("--absent goes with --withdraw", todo="what is not there may also be resent: --resend")
    if options.receipt is not None:
        _decide(journal, options, Way.RECEIPT, receipt=options.receipt)
        print("it is waited for again: clear `wait`, or let the next run collect it")
    elif options.resend:
        _decide(journal, options, Way.RESEND)
        print("it will be sent again when its `submit` is cleared or the next run of its pouch starts")
    else:
        _decide(journal, options, Way.ABSENT if options.absent else Way.WITHDRAW)
        print("withdrawn; its items " + ("may travel again" if options.absent else "stay locked (see --absent)"))


def _decide(journal: Journal, options: argparse.Namespace, way: Way, *, receipt: str = "", item: str = "") -> None:
    decide(journal, Decision(options.submission, way, options.why, receipt, item, getpass.getuser()))


def ask_again(journal: Journal, options: argparse.Namespace) -> None:
    _decide(journal, options, Way.ASK_AGAIN)
    print("it is asked again by the next `land` of its service: clear land, or let the next run do it")


def settle(journal: Journal, options: argparse.Namespace) -> None:
    _decide(journal, options, Way.ACCEPTED if options.accepted else Way.REFUSED, item=options.item)
    print(
        f"{options.item} is settled; it " + ("stays locked" if options.accepted else "may travel again when asked for")
    )


def unanswered(journal: Journal, _: argparse.Namespace) -> None:
    print("\n".join(desk.unanswered(journal)) or "nothing that landed is unanswered")


def retire(journal: Journal, options: argparse.Namespace) -> None:
    from malote import trip
    from malote.archive import Archive
    from malote.hours import ZONE

    try:
        day = datetime.strptime(options.before, "%Y-%m-%d").replace(tzinfo=ZONE)
    except ValueError:
        raise Misconfigured(f"--before is {options.before!r}", todo="give a day, such as 2021-01-01") from None
    parts = options.only or trip.PARTS
    archive = Archive(archive_url(options.archive, local=options.local)) if "files" in parts else None
    print(trip.retire(journal, dict.fromkeys(parts, day), archive))


def export(journal: Journal, options: argparse.Namespace) -> None:
    from malote.export import Folder, export

    folder = Folder(options.to)
    if options.forget:
        known = journal.forget_export(folder.name)
        print(f"{folder.name} is {'forgotten' if known else 'not known'}; its files stay, nothing is kept back for it")
        return
    done = export(journal, folder, everything=options.everything)
    print(done)
    done.complain()


def pace(journal: Journal, options: argparse.Namespace) -> None:
    from malote.hours import budgets, reset

    if options.reset:
        if not options.budget:
            raise Misconfigured("--reset needs the name of a budget", todo="`malote pace` lists them")
        reset(journal.connection, options.budget)
        print(f"{options.budget}: the next request goes at once; what is planned for later is not moved")
        return
    for name, until in budgets(journal.connection):
        if options.budget in (None, name):
            print(f"{name:40} {f'held back until {desk.when(until)}' if until else 'free'}")


def rekey(journal: Journal, options: argparse.Namespace) -> None:
    from malote.archive import Archive
    from malote.trip import rekey

    archive = Archive(archive_url(options.url, local=options.local), archive_keys(local=options.local))
    done = rekey(archive, journal)
    print(f"{done.files} files ({done.bytes} bytes) sealed anew under the key {archive.key_id}")
    if done.in_use:
        print(f"{done.in_use} in use by a run: do it again later; the old keys are needed until then")
    if done.unheld:
        print(
            f"{done.unheld} that no submission holds, of a run that goes on or died: purged in their time (purge_after)"
        )
    for problem in done.problems:
        print(problem)
    if done.problems:
        raise MaloteError(
            f"{len(done.problems)} files could not be sealed anew", kept="they lie where they were, as they were",
            todo="see above; then run it again, and keep the old keys until it says nothing of them",
        )  # fmt: skip
    if not done.in_use + done.unheld:
        print("no file of the archive needs another key; sealed texts in your tables: `malote seal --again`")


def explain(options: argparse.Namespace) -> None:
    from malote.institution import load

    extra, said = extra_of(options.institution, options.extra)
    print(f"by {said}")
    for line in load(options.institution).explain(
        bytes_of(options.answer), extra, service=options.service, status=options.status
    ):
        print(line)
