"""What each command about the journal shows or decides."""

from __future__ import annotations

import argparse
import getpass
from datetime import datetime
from zoneinfo import ZoneInfo

from malote.desk import Decision, Way, decide
from malote.errors import Misconfigured
from malote.journal import Journal
from malote.scope import Scope
from malote.submission import Standing, Submission

_BRASILIA = ZoneInfo("America/Sao_Paulo")
_OPEN = (Standing.PREPARED, Standing.SENDING, Standing.RECEIVED, Standing.OVERDUE, Standing.ANSWERED, Standing.IN_DOUBT)


def status(journal: Journal, _: argparse.Namespace) -> None:
    tally = journal.tally(Scope.everything())
    if not tally:
        print("the journal is empty: nothing was ever sent")
        return
    for standing in Standing:
        if standing.value in tally:
            print(f"{standing.value:10} {tally[standing.value]:>8}")
    for submission in journal.submissions(Scope.everything(), *_OPEN, limit=50):
        print(_line(submission))


def _line(submission: Submission) -> str:
    receipt = f"receipt {submission.receipt}" if submission.receipt else "no receipt"
    return (
        f"{submission.id:12} {submission.standing.value:9} {submission.service}/{submission.operation} "
        f"{submission.item_count} items, {receipt}, sent {_when(submission.sent_at)}, pouch {submission.pouch}"
    )


def story(journal: Journal, options: argparse.Namespace) -> None:
    print(_line(journal.submission(options.submission)))
    for event in journal.story(options.submission):
        detail = ", ".join(f"{name} {value}" for name, value in event["detail"].items())
        print(f"  {_when(event['at'])}  {event['what']}{': ' if detail else ''}{detail}")


def doubts(journal: Journal, _: argparse.Namespace) -> None:
    doubts = journal.submissions(Scope.everything(), Standing.IN_DOUBT)
    for submission in doubts:
        print(_line(submission))
        for event in journal.story(submission.id):
            if event["what"] == "in doubt":
                print(f"  evidence: {event['detail'].get('evidence')}\n  look for: {event['detail'].get('search')}")
        print(f"  then:     malote resolve {submission.id} --receipt R | --resend | --withdraw [--absent] --why TEXT")
    if not doubts:
        print("nothing is in doubt")


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
    found = journal.unanswered(Scope.everything())
    for each in found:
        named = ", ".join(each.some) + (", …" if each.items > len(each.some) else "")
        asked = f"asked again {_when(each.ask_at)}" if each.ask_at else f"malote ask-again {each.submission}"
        print(f"{each.submission:12} {each.items} items ({named}), {asked}" + (f"; {each.words}" if each.words else ""))
        print(f"  then:     malote settle {each.submission} ITEM --accepted | --refused --why TEXT")
    if not found:
        print("nothing that landed is unanswered")


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
            print(f"{name:40} {f'held back until {_when(until)}' if until else 'free'}")


def _when(at: datetime | None) -> str:
    return at.astimezone(_BRASILIA).strftime("%Y-%m-%d %H:%M:%S %z") if at else "never"
