"""One stage for each institution: its simulator, its driver, rows for it, and what it accepted. The crash suites play on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any

from malote.institution import Institution
from malote.submission import Submission
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


STAGES: dict[str, type[Stage]] = {"notary": NotaryStage}
