"""Runs the simulated institutions as a process of their own, which may be killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import requests

from malote_local.guarded import Guarded, tail


class PretendedError(RuntimeError):
    """Raised when the simulators do not answer; the text says where their log is."""


class Pretended:
    """The simulators, on ports of their own. What they accepted is in their journal, so a crash forgets none of it.

    :param state: folder of certificates and journal; the log is ``state/logs/simulators.log``
    :param ports: of each institution, all different
    :param control: port of their control page
    """

    def __init__(self, state: Path, *, ports: dict[str, int], control: int) -> None:
        doors = [part for name, port in ports.items() for part in (f"--{name}-port", str(port))]
        doors += ["--folder", str(state / "certificates"), "--journal", str(state / "simulators.jsonl")]
        self._command = [sys.executable, "-m", "malote_sim", *doors, "--control-port", str(control)]
        self._log = state / "logs" / "simulators.log"
        self._names = tuple(ports)
        self.ports = ports
        self.control = f"http://127.0.0.1:{control}"
        """Base URL of the control page."""
        self._process = self._started()

    def crash(self) -> None:
        """Kill them with SIGKILL: their doors are shut, and settings and faults are forgotten."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.stop()

    def start(self) -> None:
        """Start them again after :meth:`crash`, and return when they answer. :raises PretendedError:"""
        self._process = self._started()
        self.wait()

    def stop(self) -> None:
        """Stop them; may be called twice."""
        self._process.stop()

    def wait(self, seconds: float = 300) -> None:
        """Return when they answer. :raises PretendedError:"""
        deadline = time.monotonic() + seconds
        while self._process.running and time.monotonic() < deadline:
            with contextlib.suppress(requests.ConnectionError):
                if self._ask("GET", f"{self._names[0]}/").ok:
                    return
            time.sleep(0.1)
        said = tail(self._process.said())
        raise PretendedError(f"The simulators do not answer. The end of {self._process.log}:\n{said}")

    def shown(self, institution: str) -> dict[str, Any]:
        """What one of them says it has accepted, see its ``/_sim/`` page."""
        reply = self._ask("GET", f"{institution}/")
        reply.raise_for_status()
        shown: dict[str, Any] = reply.json()
        return shown

    def tell(self, institution: str, what: str, said: Any) -> None:
        """Give one faults, settings or another clock, see its ``/_sim/`` page."""
        self._ask("POST", f"{institution}/{what}", said).raise_for_status()

    def hush(self, institution: str) -> None:
        """Have what faults are still queued not played."""
        self._ask("DELETE", f"{institution}/faults").raise_for_status()

    def _started(self) -> Guarded:
        return Guarded(self._command, log=self._log, patience=5)

    def _ask(self, verb: str, path: str, said: Any = None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(verb, f"{self.control}/_sim/{path}", json=said, timeout=30)
