"""The ``malote`` command: what stands where, the story of a submission, and a person's way out of doubt."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import psycopg

from malote import INSTITUTIONS, __version__, commands, place
from malote.errors import MaloteError, Misconfigured
from malote.journal import Journal
from malote.surroundings import WAREHOUSE, archive_keys, passwords, warehouse
from malote.texts import english
from malote.trip import PARTS
from malote.warehouse import holds_password, told


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 refused in words or a person is needed, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no ç still shows the rest
    options = _parser().parse_args(arguments)
    try:
        needs_a_person = _run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read what we say has seen enough
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # whatever it is, a person reads it
        print(_in_words(error), file=sys.stderr)
        return 1
    return 1 if needs_a_person else 0


def _run(options: argparse.Namespace) -> bool:
    if options.command in _WITHOUT_JOURNAL:
        _WITHOUT_JOURNAL[options.command](options)
        return False
    dsn = warehouse(options.warehouse, options.warehouse_file, local=options.local)
    if options.warehouse and holds_password(dsn):
        print("all users of this machine see a password on the command line: use --warehouse-file", file=sys.stderr)
    if options.command == "migrate":
        _migrate(dsn, options)
        return False
    with Journal(dsn) as journal:
        return bool(options.run(journal, options))


def _in_words(error: Exception) -> MaloteError:
    if isinstance(error, MaloteError):
        return error
    if isinstance(error, (psycopg.Error, UnicodeError)):
        return told(error, english("s_db_journal"))
    if isinstance(error, OSError):
        return MaloteError(f"the system does not do that: {(error.strerror or type(error).__name__).lower()}")
    at = traceback.extract_tb(error.__traceback__)[-1]
    return MaloteError(
        f"malote itself failed: {type(error).__name__} at {Path(at.filename).name}:{at.lineno}",
        todo="tell its authors this line and what you typed, without secrets",
    )


def _migrate(dsn: str, options: argparse.Namespace) -> None:
    from malote.migrations import pending, upgrade

    if options.passwords and not options.roles:
        raise Misconfigured("--passwords goes with --roles", todo="add --roles")
    if options.check:
        print("\n".join(pending(dsn)) or "nothing to do: the warehouse is up to date")
        return
    upgrade(dsn, roles=passwords(options.passwords) if options.roles else None)
    print("the warehouse is up to date" + ("; its roles are there" if options.roles else ""))


def _dags(options: argparse.Namespace) -> None:
    """The shipped DAG files into a folder; what somebody has changed there stays as it is."""
    options.to.mkdir(parents=True, exist_ok=True)
    changed = []
    for file in sorted(place.dags().glob("*.py")):
        there, text = options.to / file.name, file.read_bytes()
        if not there.exists() or (options.replace and there.read_bytes() != text):
            there.write_bytes(text)
            print(f"{there}: written")
        elif there.read_bytes() != text:
            changed.append(file.name)
        else:
            print(f"{there}: there already")
    if changed:
        raise Misconfigured(
            f"{', '.join(changed)} of {options.to} are not as shipped, and were left as they are",
            todo="--replace writes the shipped ones over them; with another dag_id both can stand side by side",
            kept="the files that were there",
        )


def _seal(options: argparse.Namespace) -> None:
    """Each line that comes in is a card as a JSON object; each line that goes out is it sealed, for a column.

    With ``--again`` what comes in is sealed already, under whichever known key.
    """
    from malote.archive import Seal

    seal = Seal(archive_keys(local=options.local))
    for number, line in enumerate(getattr(sys.stdin, "buffer", sys.stdin), 1):
        try:
            text = line.decode("utf-8-sig") if isinstance(line, bytes) else line
            if options.again:
                text = seal.open_text(text)
            card = json.loads(text)
            if not isinstance(card, dict):
                raise ValueError("no object")
            text = json.dumps(card, ensure_ascii=False)
            text.encode()
        except Misconfigured as unopened:
            raise Misconfigured(f"line {number}: {unopened.what}", todo=unopened.todo) from None
        except (ValueError, RecursionError):
            raise Misconfigured(
                f"line {number} is no JSON object in UTF-8",
                todo='give one card a line: {"numero": "…", "validade": "aaaamm", "codigo-seguranca": "…"}',
            ) from None
        print(seal.seal_text(text))


_WITHOUT_JOURNAL = {"seal": _seal, "dags": _dags, "explain": commands.explain}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="malote", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--warehouse", metavar="DSN", help="postgresql://… of the warehouse, without a password")
    where.add_argument("--warehouse-file", metavar="FILE", help=f"that holds it; else {WAREHOUSE} is read")
    where.add_argument("--local", action="store_true", help="that of the `make up` that runs in this folder")
    known = parser.add_subparsers(dest="command", required=True)
    migrate = known.add_parser("migrate", help="create or upgrade the tables and views of the warehouse")
    migrate.add_argument("--roles", action="store_true", help="make the four roles too, see docs/roles.md")
    migrate.add_argument("--passwords", metavar="FOLDER", help="with --roles: a file for each role that gets one")
    migrate.add_argument("--check", action="store_true", help="only say what would be done, a line each")
    seal = known.add_parser("seal", help="cards in (one JSON object a line), sealed text for a column out")
    seal.add_argument("--again", action="store_true", help="sealed text in: the same, under the present key, out")
    explain = known.add_parser("explain", help="rehearse how an answer of an institution would be read")
    explain.add_argument("institution", choices=INSTITUTIONS)
    explain.add_argument("answer", metavar="FILE", help="that holds it; - for what is piped in")
    explain.add_argument("--service", default="", help="that it answers, e.g. liberacao; else the first of them")
    explain.add_argument("--status", type=int, default=200, help="HTTP status that it came with; 200")
    explain.add_argument("--extra", metavar="FILE", help="JSON of the connection's extra; else Airflow's environment")
    archive = known.add_parser("archive", help="the bytes at rest").add_subparsers(dest="deed", required=True)
    rekey = archive.add_parser("rekey", help="seal everything anew under the present key, see docs/archive.md")
    rekey.add_argument("--url", metavar="URL", help="of the archive; else as Airflow's environment has it")
    rekey.set_defaults(run=commands.rekey)
    dags = known.add_parser("dags", help="put the shipped DAG files, three lines each, into a DAGs folder")
    dags.add_argument("--to", metavar="FOLDER", type=Path, required=True, help="made where it is not there")
    dags.add_argument("--replace", action="store_true", help="write over files that are not as shipped")
    known.add_parser("status", help="how many submissions stand where, and the open ones").set_defaults(
        run=commands.status
    )
    health = known.add_parser("health", help="the figures that alerts hang on; exit code 1 where a person is needed")
    health.add_argument("--json", action="store_true", help="as one JSON object, for a program")
    health.set_defaults(run=commands.health)
    story = known.add_parser("story", help="everything that happened to a submission")
    story.add_argument("submission", metavar="SUBMISSION")
    story.set_defaults(run=commands.story)
    doubt = known.add_parser("doubts", help="the submissions in doubt: evidence, where to look, what to type")
    doubt.add_argument("--json", action="store_true", help="as one JSON list, for a program")
    doubt.set_defaults(run=commands.doubts)
    find = known.add_parser("find", help="where an item is: every document it was in, what was said, what holds it")
    find.add_argument("reference", metavar="REFERENCE", help="e.g. ADV-12")
    find.set_defaults(run=commands.find)
    items = known.add_parser("items", help="the items of a submission, with what the institution says of each")
    items.add_argument("submission", metavar="SUBMISSION")
    items.set_defaults(run=commands.items)
    resolve = known.add_parser("resolve", help="decide about a submission, after looking at the institution")
    resolve.add_argument("submission", metavar="SUBMISSION")
    way = resolve.add_mutually_exclusive_group(required=True)
    way.add_argument("--receipt", metavar="R", help="it arrived, under this receipt: its answer will be collected")
    way.add_argument("--resend", action="store_true", help="it did not arrive: the same bytes are sent again")
    way.add_argument("--withdraw", action="store_true", help="give it up; its items stay locked unless --absent")
    resolve.add_argument(
        "--absent", action="store_true", help="with --withdraw: you saw that it is not there; frees items"
    )
    resolve.add_argument("--why", default="", help="what you saw, and where; kept in its story; --withdraw demands it")
    resolve.set_defaults(run=commands.resolve)
    again = known.add_parser("ask-again", help="ask anew for an answer that left items unanswered")
    again.add_argument("submission", metavar="SUBMISSION")
    again.add_argument("--why", default="", help="kept in its story")
    again.set_defaults(run=commands.ask_again)
    settle = known.add_parser(
        "settle", help="say what became of an unanswered item, e.g. settle ccee-42 ADV-12 --refused --why '…'"
    )
    settle.add_argument("submission", metavar="SUBMISSION", help="that holds it, e.g. ccee-42")
    settle.add_argument("item", metavar="ITEM", help="its reference, e.g. ADV-12 (`malote unanswered` lists them)")
    became = settle.add_mutually_exclusive_group(required=True)
    became.add_argument("--accepted", action="store_true", help="they have it: it stays locked for ever")
    became.add_argument("--refused", action="store_true", help="you saw that nothing was done: it may travel again")
    settle.add_argument("--why", required=True, help="what you saw, and where; kept in its story")
    settle.set_defaults(run=commands.settle)
    known.add_parser("unanswered", help="what landed with items that no answer settled").set_defaults(
        run=commands.unanswered
    )
    pace = known.add_parser("pace", help="the shared request budgets: which are held back, and until when")
    pace.add_argument("budget", metavar="NAME", nargs="?", help="one of them, e.g. ccee/producao/1234")
    pace.add_argument("--reset", action="store_true", help="forget its penalty: the next request goes at once")
    pace.set_defaults(run=commands.pace)
    export = known.add_parser("export", help="what landed since the last one as Parquet files, see docs/export.md")
    export.add_argument("--to", metavar="URL", required=True, help="a folder, or what fsspec knows: s3://bucket/malote")
    how = export.add_mutually_exclusive_group()
    how.add_argument("--everything", action="store_true", help="write also what its manifests should list and do not")
    how.add_argument("--forget", action="store_true", help="nothing goes there any more: `retire` need not wait for it")
    export.set_defaults(run=commands.export)
    retire = known.add_parser("retire", help="let go of what was over before a day; what may not travel twice stays")
    retire.add_argument("--before", metavar="DAY", required=True, help="e.g. 2021-01-01, in Brasília")
    retire.add_argument(
        "--only", metavar="PART", action="append", choices=PARTS,
        help="files (of the archive), landed (rows) or story (items and events); more than once for more; else all"
    )  # fmt: skip
    retire.add_argument("--archive", metavar="URL", help="where the files are; else as Airflow's environment has it")
    retire.set_defaults(run=commands.retire)
    return parser
