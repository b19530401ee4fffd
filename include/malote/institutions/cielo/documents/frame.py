"""What stands around the items of a lot: its head, its file name, and what each item is given besides its own row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from malote.clock import ZONE
from malote.errors import Misconfigured, Problem
from malote.institutions.cielo.documents.rows import LIST
from malote.institutions.cielo.rules import LARGEST_LOT, CieloRules, Operation
from malote.texts import english
from malote.treaty import ESCAPES, Fixed, Leaf, Treaty

KEPT = english("s_kept_rows_there")

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_WITHOUT_EC = frozenset({"02"})
"""Operations whose items leave `dados-ec` to the head of the lot, as in the one recording (sheet 3), unless the EC's
name is to be sent."""

_EC = "dados-ec"
_SETTINGS: Mapping[str, str] = {
    "@id": english("s_cielo_by_schemas"),
    "@versao": english("s_cielo_by_versao"),
    "dados-ec.numero": english("s_cielo_by_login"),
    "dados-ec.chave": english("s_cielo_by_chave"),
    "dados-ec.nome": "extra.nome_ec",
}
"""Of each path that no column may name, where it comes from."""


@dataclass(frozen=True, slots=True, repr=False)
class Sender:
    """Whose lots they are. ``repr`` is that of ``object``: it holds the chave.

    :param ec: number of the EC, 10 digits
    :param environment: of the connection
    :param nome: `dados-ec/nome` of the items of 02, or ""; those of the others take none (sheet 4)
    :param folder: of the user's own treaties, or None
    """

    ec: str
    chave: str
    environment: str
    rules: CieloRules
    nome: str = ""
    folder: Path | None = None

    @property
    def home(self) -> str:
        """What tells its orders from those of other establishments in the same warehouse."""
        return f"{self.environment}/{self.ec}"

    @property
    def sequence(self) -> str:
        """The journal's name for the sequence of its lot numbers."""
        return f"cielo/{self.home}/lote"


class Frame:
    """The frame of one sender's lots of one operation; ``home`` is that of the sender."""

    def __init__(self, agreed: Treaty, operation: Operation, sender: Sender) -> None:
        self._tags = agreed.tags({})
        self._operation, self._sender, self.home = operation, sender, sender.home
        try:
            ec, chave, _ = (Leaf("", "", None, "UTF-8").text(each) for each in (sender.ec, sender.chave, sender.nome))
        except ValueError:
            raise misfit(english("s_cielo_character")) from None
        self._versao = sender.rules.versao.translate(ESCAPES)
        self._numero, self._chave = ec.translate(ESCAPES), chave.translate(ESCAPES)

    def around(self, number: int) -> tuple[str, str]:
        """The text before the items and behind them, without the XML declaration (sheet 3)."""
        head = (
            f"{self._tags[0]}\n<dados-ec><numero>{self._numero}</numero><chave>{self._chave}</chave></dados-ec>"
            f"<numero-lote>{number}</numero-lote><tipo-operacao>{int(self._operation.code)}</tipo-operacao><{LIST}>\n"
        )
        return head, f"</{LIST}>{self._tags[1]}\n"

    def leads(self, number: int, references: Sequence[str]) -> list[str]:
        """The attributes of the items in lot ``number``, as they are written."""
        ids, end = item_ids(self._sender.ec, number, references), f'" versao="{self._versao}"'
        return [f' id="{each}{end}' for each in ids]

    def fixed(self) -> list[Fixed]:
        """What no column may name: attributes and credentials."""
        found = [Fixed("@id", None), Fixed("@versao", None)]
        named = self._operation.code in _WITHOUT_EC
        if not (self._sender.nome if named else self._sender.rules.dados_ec_in_items):
            return found
        found += [Fixed("dados-ec.numero", self._sender.ec), Fixed("dados-ec.chave", self._sender.chave)]
        return found + ([Fixed("dados-ec.nome", self._sender.nome)] if named else [])

    def blamed(self, problem: Problem) -> str | None:
        """The setting of the connection that a problem of an item is about; None where it is about the row."""
        if problem.path in _SETTINGS:
            return _SETTINGS[problem.path]
        if problem.path.startswith("dados-ec") or (problem.path == self._operation.element and _EC in problem.rule):
            return english("s_cielo_by_ec")
        return None

    def name(self, number: int, date: str) -> str:
        """The name of the file (manual, rule 4): what the server checks."""
        return f"ECOMM_{self._sender.ec:0>10}_{self._operation.code}_{date}_{number:010}.xml"


def item_ids(ec: str, number: int, references: Sequence[str]) -> list[str]:
    """Those of :func:`malote.institutions.cielo.rules.item_id`, in a third of the time: 27,000 are made for a lot."""
    before, found = blake2b(f"{ec}\n{number}\n".encode(), digest_size=16), []
    for reference in references:
        one = before.copy()
        one.update(reference.encode())
        found.append(one.hexdigest())
    return found


def lot_number(number: int) -> int:
    """The number, if a lot can have it.

    :raises Misconfigured: where it has more than 9 digits
    """
    if not 0 < number <= LARGEST_LOT:
        raise misfit(english("s_cielo_numbers", number=number, last=LARGEST_LOT))
    return number


def day(at: datetime) -> str:
    """The date in the file name: Brasília's."""
    return f"{at.astimezone(ZONE):%Y%m%d}"


def items_per_lot(params: Mapping[str, Any], most: int) -> int:
    """How many items a lot may have: the rule, or fewer where the order asks for it.

    :raises Misconfigured: where the param is no whole number from 1
    """
    given = str(params.get("items_per_lot") or most)
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given)):
        raise misfit(english("s_param_is", name="items_per_lot", value=given[:40]), english("s_do_whole_or_none"))
    return min(int(given), most)


def misfit(what: str, todo: str = english("s_do_connection")) -> Misconfigured:
    """Nothing was rendered: the connection, the params or the rules are wrong."""
    return Misconfigured(what, institution="cielo", todo=todo, kept=KEPT)
