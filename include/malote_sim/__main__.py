"""Command line: `python -m malote_sim --ccee-port 0` serves simulators until it is told to stop."""

from __future__ import annotations

import argparse
import re
import signal
import threading
from pathlib import Path

from malote_sim.server import SIMULATORS, running


def main(arguments: list[str] | None = None) -> None:
    """Serve, print one ready line an institution and one for control, and stop on SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m malote_sim", description="The institutions, pretended faithfully.")
    for name in SIMULATORS:
        parser.add_argument(f"--{name}-port", type=int, metavar="P", help=f"serve {name} on this port (0: a free one)")
    parser.add_argument(
        "--control-port", type=int, default=0, metavar="P", help="plain HTTP for /_sim/ (default: a free one)"
    )
    parser.add_argument(
        "--clock-speed", type=float, default=1.0, metavar="N", help="simulated seconds in a real one (1)"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(".malote/simulators"), help="where certificates are made and kept"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--journal", type=Path, help="JSON lines file that keeps what was accepted over a restart")
    given, rest = parser.parse_known_args(arguments)
    for argument in rest:
        if absent := re.match(r"--(\w+)-port", argument):
            parser.error(f"there is no simulator {absent[1]!r}; known: {', '.join(SIMULATORS)}")
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    ports = {name: port for name in SIMULATORS if (port := getattr(given, f"{name}_port")) is not None}
    if not ports:
        parser.error(f"give at least one of {', '.join(f'--{name}-port' for name in SIMULATORS)}")
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    try:
        with running(
            folder=given.folder,
            ports=ports,
            control_port=given.control_port,
            clock_speed=given.clock_speed,
            host=given.host,
            journal=given.journal,
        ) as run:
            for name in ports:
                print(f"{name} {run.url(name)} certificates in {given.folder}", flush=True)
            print(f"control {run.control}", flush=True)
            told_to_stop.wait()
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
