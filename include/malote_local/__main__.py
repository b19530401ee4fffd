"""``python -m malote_local demo | up | clean``."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys


def main() -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="malote_local", description="malote on one machine, with simulators")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="run the whole trip and stop")
    commands.add_parser("up", help="start Airflow and the simulators, and run until Ctrl-C")
    commands.add_parser("clean", help="throw away what demo and up have kept in .malote")
    chosen = parser.parse_args().command

    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        return _run(chosen)
    except KeyboardInterrupt:
        return 130
    except RuntimeError as error:  # PostgresError, AirflowError, StageError: their text is all that helps
        print(f"\n{error}", file=sys.stderr)
        return 1


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one is enough: what follows is the orderly stop, which is bounded
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _run(command: str) -> int:
    if command == "demo":
        from malote_local.demo import demo

        return demo()
    if command == "up":
        from malote_local.up import up

        return up()
    from malote_local.postgres import EmbeddedPostgres
    from malote_local.stage import STATE

    EmbeddedPostgres(STATE / "postgres").erase()
    shutil.rmtree(STATE, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
