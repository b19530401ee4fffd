"""What the pretended Cielo remembers of its stores: transactions, tokens, and how often each order was charged."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from malote_sim.cielo.codes import APPROVED
from malote_sim.cielo.item import Card, Item
from malote_sim.cielo.outcome import Outcome, Renewed, Token, Transaction

CAPTURE_DAYS, CANCEL_DAYS, QUERY_DAYS = 5, 300, 365
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Refuses(Exception):
    """The item gets an erro with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Store:
    """All stores' transactions. What an item does depends on these, on the settings and on the instant alone."""

    def __init__(self) -> None:
        self.transactions: dict[str, Transaction] = {}
        self.newest: dict[tuple[str, str], str] = {}
        self.cards: dict[tuple[str, str], Card] = {}
        self.charged: Counter[str] = Counter()

    def act(self, item: Item, *, ec: str, tid: str, at: datetime, settings: Mapping[str, Any]) -> Outcome:
        """Do what one item of a lot of `ec` asks for; a new transaction gets `tid`."""
        verbs: dict[str, Callable[[_Case], Outcome]] = {
            "02": self._authorise,
            "03": self._cancel,
            "04": self._capture,
            "05": self._tokenise,
            "06": self._query,
            "07": self._query,
            "08": self._authorise_tid,
        }
        told = next((settings["fail"][name] for name in item.names if name in settings["fail"]), item.wrong)
        try:
            if told:
                raise Refuses(int(told))
            return verbs[item.operation](_Case(item, ec, tid, at, settings))
        except Refuses as refuses:
            return Outcome(item, wrong=refuses.code)

    def put(self, transaction: Transaction) -> Transaction:
        """Remember a transaction as it now stands."""
        if transaction.tid not in self.transactions:
            self.newest[transaction.ec, transaction.item.pedido] = transaction.tid
        self.transactions[transaction.tid] = transaction
        return transaction

    def _authorise(self, case: _Case) -> Outcome:
        item, settings = case.item, case.settings
        card = item.card or self.cards.get((case.ec, item.token))
        if card is None:
            raise Refuses(52)
        if item.produto == "A" or item.autorizar not in ("3", "4"):
            raise Refuses(11)  # both would need the cardholder, whom no lot can ask
        if item.autorizar == "4" and not settings["recurring"]:
            raise Refuses(53)
        if (item.produto == "1" and int(item.parcelas) != 1) or (item.autorizar == "4" and item.produto != "1"):
            raise Refuses(12)
        expired = card.validade < case.at.strftime("%Y%m")
        lr = _lr(item, expired=expired, settings=settings)
        made = self.put(self._judged(Transaction(case.tid, case.ec, item, card.pan, 0, case.at), lr, case.at))
        token = self._token(case, card) if item.gerar_token else None
        renewed = None
        if expired and item.autorizar == "4":
            renewed = _renewed(card, by_token=bool(item.token), ec=case.ec, at=case.at)
            self._renew(renewed, case.ec, card)
        return Outcome(item, made, token, renewed)

    def _judged(self, transaction: Transaction, lr: str, at: datetime) -> Transaction:
        number = hashlib.sha256(transaction.tid.encode()).digest()
        nsu = f"{int.from_bytes(number[:4], 'big') % 100_000:06d}"
        if lr not in APPROVED:
            return replace(transaction, status=5, authorised_at=at, lr=lr, nsu=nsu)
        self.charged[transaction.item.pedido] += 1
        arp = "".join(_DIGITS[each % 36] for each in number[4:10])
        judged = replace(transaction, status=4, authorised_at=at, lr=lr, nsu=nsu, arp=arp)
        if transaction.item.capturar:
            return replace(judged, status=6, captured=transaction.item.valor, captured_at=at)
        return judged

    def _authorise_tid(self, case: _Case) -> Outcome:
        found = self._found(case)
        if found.status not in (2, 3):
            raise Refuses(20)
        lr = _lr(found.item, expired=False, settings=case.settings)
        return Outcome(case.item, self.put(self._judged(found, lr, case.at)))

    def _capture(self, case: _Case) -> Outcome:
        found, valor = self._found(case), case.item.valor
        if found.status != 4:
            raise Refuses(30)
        if _days(found.authorised_at or found.made_at, case.at) > CAPTURE_DAYS:
            raise Refuses(31)
        if valor > found.item.valor:
            raise Refuses(32)
        return Outcome(
            case.item, self.put(replace(found, status=6, captured=valor or found.item.valor, captured_at=case.at))
        )

    def _cancel(self, case: _Case) -> Outcome:
        found = self._found(case)
        if found.status not in (4, 6):
            raise Refuses(41)
        if _days(found.authorised_at or found.made_at, case.at) > CANCEL_DAYS:
            raise Refuses(40)
        left = (found.captured or found.item.valor) - sum(valor for valor, _ in found.cancelled)
        valor = case.item.valor or left
        if valor > left or (valor < left and found.status != 6):
            raise Refuses(41)
        cancelled = (*found.cancelled, (valor, case.at))
        return Outcome(
            case.item, self.put(replace(found, status=9 if valor == left else found.status, cancelled=cancelled))
        )

    def _tokenise(self, case: _Case) -> Outcome:
        if case.item.card is None:
            raise Refuses(10)
        return Outcome(case.item, token=self._token(case, case.item.card))

    def _query(self, case: _Case) -> Outcome:
        return Outcome(case.item, self._found(case))

    def _found(self, case: _Case) -> Transaction:
        tid = case.item.tid or self.newest.get((case.ec, case.item.pedido), "")
        found = self.transactions.get(tid)
        if found is None or found.ec != case.ec or _days(found.made_at, case.at) > QUERY_DAYS:
            raise Refuses(3)
        return found

    def _token(self, case: _Case, card: Card) -> Token:
        if any(name in case.settings["token_fails"] for name in case.item.names):
            return Token(wrong=57)
        code = _token_code(case.ec, card.pan)
        self.cards[case.ec, code] = card
        return Token(code, card.truncated)

    def _renew(self, renewed: Renewed, ec: str, card: Card) -> None:
        if renewed.token:
            self.cards[ec, renewed.token] = replace(card, validade=renewed.validade)


@dataclass(frozen=True, slots=True)
class _Case:
    item: Item
    ec: str
    tid: str
    at: datetime
    settings: Mapping[str, Any]


def tid_of(ec: str, numero: int, place: int) -> str:
    """The tid of the transaction that the item at `place` of a lot makes: 20 characters, the same at every run."""
    return f"{ec[-10:]:0>10}{_base36(numero, 6)}{_base36(place, 4)}"


def _base36(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _lr(item: Item, *, expired: bool, settings: Mapping[str, Any]) -> str:
    told = settings["deny_orders"].get(item.pedido) or settings["deny_amounts"].get(str(item.valor))
    if told:
        return str(told)
    if expired:
        return "54"
    return "20" if settings["environment"] == "test" and item.valor % 100 else "00"


def _days(since: datetime, until: datetime) -> int:
    return (until.date() - since.date()).days  # simulated instants are in Brasília's zone


def _token_code(*parts: str) -> str:
    return base64.b64encode(hashlib.sha256("\n".join(parts).encode()).digest()).decode()


def _renewed(card: Card, *, by_token: bool, ec: str, at: datetime) -> Renewed:
    validade = f"{at.year + 4}{at.month:02d}"
    if by_token:
        return Renewed("", _token_code(ec, card.pan, validade), validade)
    seed = int.from_bytes(hashlib.sha256(card.pan.encode()).digest()[:4], "big") % 10**9
    digits = f"{card.truncated[:6].replace('*', '4')}{seed:09d}"
    doubled = (sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(digits))
    return Renewed(f"{digits}{-sum(doubled) % 10}", "", validade)
