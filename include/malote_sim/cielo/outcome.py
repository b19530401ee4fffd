"""What the pretended Cielo knows of one transaction, of a token, and of what became of one item: unchanging values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from malote_sim.cielo.item import Item

_ECI = {"mastercard": "0", "aura": "0"}  # of a direct authorisation; 7 for all others


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction as it stood at some moment: a change makes another. Amounts in centavos, instants simulated."""

    tid: str
    ec: str
    item: Item
    """The authorisation that made it, or what stands for it."""
    pan: str
    status: int
    made_at: datetime
    authorised_at: datetime | None = None
    lr: str = ""
    arp: str = ""
    nsu: str = ""
    captured: int = 0
    captured_at: datetime | None = None
    cancelled: tuple[tuple[int, datetime], ...] = ()

    @property
    def eci(self) -> str:
        """Of a transaction that was not authenticated."""
        return _ECI.get(self.item.bandeira, "7")


@dataclass(frozen=True, slots=True)
class Token:
    """What a token step gave: a token for a card, or an erro."""

    code: str = ""
    truncated: str = ""
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Renewed:
    """Renova Fácil: what a denied recurring authorisation says of the card that came after; a number, or a token."""

    number: str
    token: str
    validade: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: a transaction, a token, or an erro (`wrong`, its code)."""

    item: Item
    transaction: Transaction | None = None
    token: Token | None = None
    renewed: Renewed | None = None
    wrong: int = 0
