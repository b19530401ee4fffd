"""Outgoing rows of Cielo's seven operations, and what renders them into lots."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from malote.archive import Archive
from malote.errors import Invalid, Problem
from malote.institutions.cielo.documents import Sender, lots
from malote.institutions.cielo.rules import CieloRules
from malote.submission import Document, Order
from support import portuguese
from support.planted import ARCHIVE_KEY
from support.selections import all_free

EC, CHAVE = "1006993069", "chave-de-teste-0123456789"
CARD = "4012001037141112"
AT = datetime(2026, 11, 23, 1, tzinfo=timezone.utc)
"""22 November in Brasília."""


def order(n: int | str = 1, **more: Any) -> dict[str, Any]:
    """One row of an authorisation, by card."""
    number = n if isinstance(n, str) else f"PEDIDO{n:07}"
    return {
        "reference": number,
        "dados-portador.numero": CARD,
        "dados-portador.validade": "209912",
        "dados-portador.indicador": "1",
        "dados-portador.codigo-seguranca": "123",
        "dados-portador.nome-portador": "MARIA DA SILVA",
        "dados-pedido.numero": number,
        "dados-pedido.valor": 102099,
        "dados-pedido.moeda": "986",
        "dados-pedido.data-hora": "2026-11-22T10:00:00",
        "forma-pagamento.bandeira": "visa",
        "forma-pagamento.produto": "1",
        "forma-pagamento.parcelas": 1,
        "autorizar": "3",
        "capturar": False,
        **more,
    }


def by_token(n: int = 1, **more: Any) -> dict[str, Any]:
    """One row of an authorisation, by token."""
    row = {name: value for name, value in order(n).items() if not name.startswith("dados-portador")}
    return {**row, "dados-portador.token": f"TOKEN{n:040}", **more}


def tid(n: int = 1) -> str:
    """A tid of 20 characters."""
    return f"10069930690{n:09}"


ROWS: dict[str, dict[str, Any]] = {
    "autorizacao": order(),
    "cancelamento": {"reference": "C-1", "tid": tid(), "valor": 0},
    "captura": {"reference": tid(), "tid": tid(), "valor": 5000, "taxa-embarque": None},
    "tokenizacao": {
        "reference": "cliente 1",
        "dados-portador.numero": CARD,
        "dados-portador.validade": "209912",
        "dados-portador.nome-portador": "MARIA",
    },
    "consulta": {"reference": "Q-1", "tid": tid()},
    "consulta_chsec": {"reference": "Q-1", "numero-pedido": "PEDIDO1"},
    "autorizacao_tid": {"reference": tid(), "tid": tid()},
}
"""One good row of each service."""


class Desk:
    """Renders selections as one EC, with an archive and a sequence of its own."""

    def __init__(self, folder: Path, key: str | None = ARCHIVE_KEY, **rules: Any) -> None:
        self.archive = Archive(str(folder / "archive"), key)
        self.folder = folder / "archive"
        self.sender = Sender(EC, CHAVE, "simulator", CieloRules(**rules))
        self.taken: list[tuple[str, int]] = []

    def number(self, sequence: str, start: int) -> int:
        """The next number."""
        self.taken.append((sequence, start))
        return start + len(self.taken) - 1

    def render(
        self,
        rows: Iterable[Any],
        service: str = "autorizacao",
        free: Any = all_free,
        params: dict[str, Any] | None = None,
        at: datetime = AT,
    ) -> list[Document | Problem]:
        """What comes of a selection, in its order."""
        asked = Order("pouch", service, params or {}, at)
        return list(lots(asked, rows, self.archive, free, self.number, self.sender))

    def documents(self, rows: Iterable[Any], service: str = "autorizacao", **more: Any) -> list[Document]:
        """The lots of a selection in which nothing is wrong."""
        found = self.render(rows, service, **more)
        assert all(isinstance(each, Document) for each in found), found
        return [each for each in found if isinstance(each, Document)]

    def bytes(self, document: Document) -> bytes:
        """What will be uploaded."""
        with self.archive.open(document.stored) as file:
            return file.read()

    def left(self) -> list[Path]:
        """Every file in the archive, unfinished ones too."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


NS = "{http://ecommerce.cbmp.com.br}"


def problems(desk: Desk, rows: Any, service: str = "autorizacao", **more: Any) -> list[tuple[str | None, str, str]]:
    before = desk.left()
    with pytest.raises(Invalid) as caught:
        desk.render(rows, service, **more)
    assert desk.left() == before, "nothing of it is kept"
    portuguese.read(caught.value.problems)
    return [(each.reference, each.path, each.rule) for each in caught.value.problems]


def rule(desk: Desk, row: Any, path: str, service: str = "autorizacao", **more: Any) -> str:
    found = problems(desk, [row], service, **more)
    assert [each[1] for each in found] == [path], found
    return found[0][2]


def item(desk: Desk, row: Any, service: str = "autorizacao", **more: Any) -> Any:
    (document,) = desk.documents([row], service, **more)
    return etree.fromstring(desk.bytes(document))[3][0]


def said(desk: Desk, row: Any, path: str, service: str = "autorizacao") -> str | None:
    return item(desk, row, service).findtext("/".join(NS + name for name in path.split(".")))
