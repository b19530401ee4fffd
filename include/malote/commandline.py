"""The ``malote`` command: what stands where, the story of a submission, and a person's way out of doubt."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from malote import __version__
from malote.desk import Decision, Way, decide
from malote.errors import MaloteError, Misconfigured
from malote.journal import Journal
from malote.scope import Scope
from malote.submission import Standing, Submission

_BRASILIA = ZoneInfo("America/Sao_Paulo")
_OPEN = (Standing.PREPARED, Standing.SENDING, Standing.RECEIVED, Standing.OVERDUE, Standing.ANSWERED, Standing.IN_DOUBT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 refused with an explanation, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "seal":
            _seal()
            return 0
        dsn = warehouse(options.warehouse)
        if options.command == "migrate":
            from malote.migrations import upgrade

            upgrade(dsn, roles={} if options.roles else None)
            print("the warehouse is up to date")
            return 0
        with Journal(dsn) as journal:
            options.run(journal, options)
    except MaloteError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def warehouse(given: str | None) -> str:
    """The dsn of the warehouse: as given, else ``AIRFLOW_CONN_MALOTE_WAREHOUSE``, else that of a local ``make up``.

    :raises Misconfigured: where none of them says one
    """
    text = given or os.environ.get("AIRFLOW_CONN_MALOTE_WAREHOUSE", "")
    local = Path(".malote/warehouse.dsn")
    if not text and local.is_file():
        text = local.read_text(encoding="utf-8").strip()
    if text.startswith("{"):
        parts = json.loads(text)
        login = ":".join(quote(str(parts.get(name) or ""), safe="") for name in ("login", "password"))
        port = f":{parts['port']}" if parts.get("port") else ""
        return f"postgresql://{login}@{parts.get('host') or 'localhost'}{port}/{parts.get('schema') or ''}"
    if "://" in text:
        return urlunsplit(urlsplit(text)._replace(scheme="postgresql"))
    if not text:
        raise Misconfigured(
            "nobody said where the warehouse is",
            todo="give --warehouse postgresql://…, or set AIRFLOW_CONN_MALOTE_WAREHOUSE as Airflow has it",
        )
    return text


def archive_key() -> str | None:
    """The key that seals card data: password of ``AIRFLOW_CONN_MALOTE_ARCHIVE``, else that of a local ``make up``."""
    text = os.environ.get("AIRFLOW_CONN_MALOTE_ARCHIVE", "")
    local = Path(".malote/archive.key")
    if text.startswith("{"):
        return str(json.loads(text).get("password") or "") or None
    if text:
        return unquote(urlsplit(text).password or "") or None
    return local.read_text(encoding="utf-8").strip() if local.is_file() else None


def _seal() -> None:
    """Each line that comes in is a card as a JSON object; each line that goes out is it sealed, for a column."""
    from malote.archive import Seal

    seal = Seal(archive_key())
    for number, line in enumerate(sys.stdin, 1):
        try:
            card = json.loads(line)
        except ValueError:
            card = None
        if not isinstance(card, dict):
            raise Misconfigured(
                f"line {number} is no JSON object",
                todo='give one card a line: {"numero": "…", "validade": "aaaamm", "codigo-seguranca": "…"}',
            )
        print(seal.seal_text(json.dumps(card, ensure_ascii=False)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="malote", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--warehouse", metavar="DSN", help="postgresql://… of the warehouse")
    commands = parser.add_subparsers(dest="command", required=True)
    migrate = commands.add_parser("migrate", help="create or upgrade the tables and views of the warehouse")
    migrate.add_argument("--roles", action="store_true", help="and the roles malote_owner, _runtime, _select, _reader")
    commands.add_parser("seal", help="cards in (one JSON object a line), sealed text for a column out")
    commands.add_parser("status", help="how many submissions stand where, and the open ones").set_defaults(run=_status)
    story = commands.add_parser("story", help="everything that happened to a submission")
    story.add_argument("submission", metavar="SUBMISSION")
    story.set_defaults(run=_story)
    commands.add_parser("doubts", help="the submissions in doubt: evidence, where to look, what to type").set_defaults(
        run=_doubts
    )
    resolve = commands.add_parser("resolve", help="decide about a submission, after looking at the institution")
    resolve.add_argument("submission", metavar="SUBMISSION")
    way = resolve.add_mutually_exclusive_group(required=True)
    way.add_argument("--receipt", metavar="R", help="it arrived, under this receipt: its answer will be collected")
    way.add_argument("--resend", action="store_true", help="it did not arrive: the same bytes are sent again")
    way.add_argument("--withdraw", action="store_true", help="give it up; its items stay locked unless --absent")
    resolve.add_argument(
        "--absent", action="store_true", help="with --withdraw: you saw that it is not there; frees items"
    )
    resolve.add_argument("--why", default="", help="what you saw, and where; kept in its story; --withdraw demands it")
    resolve.set_defaults(run=_resolve)
    again = commands.add_parser("ask-again", help="ask anew for an answer that left items unanswered")
    again.add_argument("submission", metavar="SUBMISSION")
    again.add_argument("--why", default="", help="kept in its story")
    again.set_defaults(run=_ask_again)
    settle = commands.add_parser(
        "settle", help="say what became of an unanswered item, e.g. settle ccee-42 ADV-12 --refused --why '…'"
    )
    settle.add_argument("submission", metavar="SUBMISSION", help="that holds it, e.g. ccee-42")
    settle.add_argument("item", metavar="ITEM", help="its reference, e.g. ADV-12 (`malote unanswered` lists them)")
    became = settle.add_mutually_exclusive_group(required=True)
    became.add_argument("--accepted", action="store_true", help="they have it: it stays locked for ever")
    became.add_argument("--refused", action="store_true", help="you saw that nothing was done: it may travel again")
    settle.add_argument("--why", required=True, help="what you saw, and where; kept in its story")
    settle.set_defaults(run=_settle)
    commands.add_parser("unanswered", help="what landed with items that no answer settled").set_defaults(
        run=_unanswered
    )
    pace = commands.add_parser("pace", help="the shared request budgets: which are held back, and until when")
    pace.add_argument("budget", metavar="NAME", nargs="?", help="one of them, e.g. ccee/producao/1234")
    pace.add_argument("--reset", action="store_true", help="forget its penalty: the next request goes at once")
    pace.set_defaults(run=_pace)
    return parser


def _status(journal: Journal, _: argparse.Namespace) -> None:
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


def _story(journal: Journal, options: argparse.Namespace) -> None:
    print(_line(journal.submission(options.submission)))
    for event in journal.story(options.submission):
        detail = ", ".join(f"{name} {value}" for name, value in event["detail"].items())
        print(f"  {_when(event['at'])}  {event['what']}{': ' if detail else ''}{detail}")


def _doubts(journal: Journal, _: argparse.Namespace) -> None:
    doubts = journal.submissions(Scope.everything(), Standing.IN_DOUBT)
    for submission in doubts:
        print(_line(submission))
        for event in journal.story(submission.id):
            if event["what"] == "in doubt":
                print(f"  evidence: {event['detail'].get('evidence')}\n  look for: {event['detail'].get('search')}")
        print(f"  then:     malote resolve {submission.id} --receipt R | --resend | --withdraw [--absent] --why TEXT")
    if not doubts:
        print("nothing is in doubt")


def _resolve(journal: Journal, options: argparse.Namespace) -> None:
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


def _ask_again(journal: Journal, options: argparse.Namespace) -> None:
    _decide(journal, options, Way.ASK_AGAIN)
    print("it is asked again by the next `land` of its service: clear land, or let the next run do it")


def _settle(journal: Journal, options: argparse.Namespace) -> None:
    _decide(journal, options, Way.ACCEPTED if options.accepted else Way.REFUSED, item=options.item)
    print(
        f"{options.item} is settled; it " + ("stays locked" if options.accepted else "may travel again when asked for")
    )


def _unanswered(journal: Journal, _: argparse.Namespace) -> None:
    found = journal.unanswered(Scope.everything())
    for each in found:
        named = ", ".join(each.some) + (", …" if each.items > len(each.some) else "")
        asked = f"asked again {_when(each.ask_at)}" if each.ask_at else f"malote ask-again {each.submission}"
        print(f"{each.submission:12} {each.items} items ({named}), {asked}" + (f"; {each.words}" if each.words else ""))
        print(f"  then:     malote settle {each.submission} ITEM --accepted | --refused --why TEXT")
    if not found:
        print("nothing that landed is unanswered")


def _pace(journal: Journal, options: argparse.Namespace) -> None:
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
