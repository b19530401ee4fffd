"""One stage for each institution: its simulator, driver and rows, and what it accepted; the crash suites play there."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import malote_sim
from malote.institution import Access, Institution, load
from malote.submission import Submission
from malote.tls import context
from malote.wire import SyncDriver, session
from notary import Notary, Office, make_table


class Stage(ABC):
    """An institution as the crash suites see it."""

    name: str
    service: str
    table: str
    faults: tuple[str, ...]
    """Faults that it can be told to play on the next exchange; each must leave the promise whole."""

    @abstractmethod
    def institution(self) -> Institution: ...

    @abstractmethod
    def driver(self) -> Any: ...

    @abstractmethod
    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        """Outgoing rows number ``first`` and on."""

    @abstractmethod
    def accepted(self) -> Counter[str]:
        """How often the institution accepted each reference."""

    @abstractmethod
    def play(self, fault: str) -> None: ...

    @abstractmethod
    def calm(self) -> None:
        """No more faults; whatever was held up is answered at once."""

    @abstractmethod
    def truth(self, submission: Submission) -> str | None:
        """The receipt under which this submission really was accepted, as a person would find it over there."""

    def prepare_warehouse(self, dsn: str) -> None:
        """Make what the migrations do not."""

    def close(self) -> None:
        """Let go of the simulator."""


class NotaryStage(Stage):
    """The made-up institution: it can be asked, and its answer is fetched apart."""

    name, service, table = "notary", "deeds", "notary.verdict"
    faults = ("lost_reply", "timeout", "lost_before", "reset_before", "html", "malformed", "503", "throttle", "late")

    def __init__(self, folder: Path) -> None:
        self.office = Office()

    def institution(self) -> Institution:
        return Notary()

    def driver(self) -> Any:
        return self.office

    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        return [{"reference": f"D{i:03}", "text": f"deed {i}"} for i in range(first, first + n)]

    def accepted(self) -> Counter[str]:
        return self.office.accepted

    def play(self, fault: str) -> None:
        self.office.faults.append(fault)

    def calm(self) -> None:
        self.office.faults.clear()
        self.office.pending = -1000

    def truth(self, submission: Submission) -> str | None:
        return self.office.keys.get(submission.stored.sha256)

    def prepare_warehouse(self, dsn: str) -> None:
        make_table(dsn)


class CceeStage(Stage):
    """The CCEE: real HTTPS to the simulator, in another thread; it cannot be asked, so a lost reply is a doubt."""

    name, service, table = "ccee", "contratos", "ccee.resultado_processamento"
    faults = (
        "lost_reply", "reset_before", "timeout", "500", "503", "throttle", "malformed", "truncated", "html", "late",
        "partial", "wrong_code",
    )  # fmt: skip

    def __init__(self, folder: Path) -> None:
        self._running = malote_sim.running("ccee", folder=Path(tempfile.gettempdir()) / "malote-test-certificates")
        self.sim = self._running.__enter__()
        self.sim.ccee.set(result_after=0)

    def access(self, **extra: Any) -> Access:
        """The connection of this simulator."""
        certificates = self.sim.certificates
        return Access(
            "ccee",
            "simulator",
            self.sim.url("ccee"),
            "usuario",
            "senha",
            {
                "codigo_perfil_agente": "1234",
                "ca_bundle": str(certificates.ca),
                "client_certificate": str(certificates.client),
                "client_certificate_password": certificates.password,
                "rules": {"send_timeout": "PT1S", "ask_timeout": "PT1S", "requests": 0},
                **extra,
            },
        )

    def institution(self) -> Institution:
        return load("ccee")(self.access())

    def driver(self) -> Any:
        certificates = self.sim.certificates
        trust = context(
            certificate=str(certificates.client), password=certificates.password, ca_bundle=str(certificates.ca)
        )
        return SyncDriver(session(trust))

    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        return [
            {
                "reference": f"C{i:03}",
                "Contrato.@tipoGravacao": "R",
                "Contrato.@dataDeInicio": datetime(2027, 1, 1),
                "Contrato.@dataDeFim": datetime(2027, 12, 31, 23),
                "Contrato.@idComprador": "64983",
                "Contrato.@idVendedor": "66242",
                "Contrato.@idSubMerEntrega": "1",
                "Contrato.@referencia": f"C{i:03}",
                "Contrato.MontanteMedio.@dataDeInicio": datetime(2027, 1, 1),
                "Contrato.MontanteMedio.@dataDeFim": datetime(2027, 12, 31, 23),
                "Contrato.MontanteMedio..@montanteMedio": Decimal("1.500000"),
                "Contrato.MontanteMedio..@tipoModulacao": "F",
            }
            for i in range(first, first + n)
        ]

    def accepted(self) -> Counter[str]:
        return self.sim.ccee.accepted

    def play(self, fault: str) -> None:
        self.sim.ccee.play(fault)

    def calm(self) -> None:
        self.sim.ccee.faults.queued.clear()
        self.sim.clock.advance(7200)

    def truth(self, submission: Submission) -> str | None:
        there = self.sim.ccee.submissions
        return next((code for code, each in there.items() if each.sha256 == submission.stored.sha256), None)

    def close(self) -> None:
        self._running.__exit__(None, None, None)


STAGES: dict[str, type[Stage]] = {"notary": NotaryStage, "ccee": CceeStage}
