"""``python -m malote_local demo | up | down | psql | clean``."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path


def main() -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="malote_local", description="malote on one machine, with simulators")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="run the whole trip and stop")
    up = commands.add_parser("up", help="start Airflow and the simulators, and run until Ctrl-C or `down`")
    up.add_argument("--scheduled", action="store_true", help="DAGs run by their timetables too")
    down = commands.add_parser("down", help="stop what `up` or `demo` runs in another terminal")
    psql = commands.add_parser("psql", help="psql on the warehouse of what runs")
    psql.add_argument("-c", "--command", dest="statement", default="", help="run that and end")
    for each in (up, down, psql):
        each.add_argument("--state", type=Path, default=None, help="where everything is kept (.malote)")
    commands.add_parser("dictionary", help="write docs/dicionario.md from a fresh warehouse")
    commands.add_parser("dbt-sources", help="write dbt/models/sources.yml from a fresh warehouse")
    commands.add_parser("clean", help="throw away what demo and up have kept in .malote")
    chosen = parser.parse_args()

    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        return _run(chosen)
    except KeyboardInterrupt:
        return 0 if chosen.command == "up" else 130  # it runs until somebody says so
    except RuntimeError as error:  # PostgresError, AirflowError, StageError, Occupied: their text is all that helps
        print(f"\n{error}", file=sys.stderr)
        return 1


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one is enough: what follows is the orderly stop, which is bounded
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _run(chosen: argparse.Namespace) -> int:
    from malote_local.stage import STATE

    state = getattr(chosen, "state", None) or STATE
    if chosen.command == "demo":
        from malote_local.demo import demo

        return demo()
    if chosen.command == "up":
        from malote_local.up import up

        return up(state, scheduled=chosen.scheduled)
    if chosen.command == "down":
        from malote_local.presence import stop
        from malote_local.welcome import Told

        return stop(state, say=print, told=Told(os.environ))
    if chosen.command == "psql":
        from malote_local.console import psql

        psql(state, chosen.statement)
    if chosen.command == "dbt-sources":
        from malote_local.dbt import write as write_sources

        write_sources()
        return 0
    if chosen.command == "dictionary":
        from malote_local.dictionary import write

        write()
        return 0
    from malote_local.postgres import EmbeddedPostgres

    EmbeddedPostgres(STATE / "postgres").erase()
    shutil.rmtree(STATE, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
