"""The table in which Cielo's answers land, and what a row may hold: nothing that stops a lot, nothing of a card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from malote.institution import Table
from malote.institutions.cielo.answers.outcomes import SEM_RETORNO
from malote.institutions.cielo.masking import masked, truncated
from malote.reading import figures

TABLE = Table(
    "cielo.transacao",
    (
        "operacao", "numero_lote", "item_id", "tid", "numero_pedido", "valor", "moeda", "pedido_data_hora", "bandeira",
        "produto", "parcelas", "status", "situacao", "autorizacao_codigo", "autorizacao_mensagem",
        "autorizacao_data_hora", "autorizacao_valor", "lr", "lr_significado", "permite_retentativa", "arp", "nsu",
        "eci", "captura_mensagem", "captura_data_hora", "captura_valor", "cancelamentos", "cancelado_valor",
        "cancelamento_data_hora", "cancelamento_mensagem", "codigo_token", "token_status", "numero_cartao_truncado",
        "token_erro_codigo", "token_erro_mensagem", "renova_facil", "renova_cartao_truncado", "erro_codigo",
        "erro_mensagem", "nao_lido",
    ),
    shown=(
        "situacao", "status", "tid", "autorizacao_mensagem", "lr", "lr_significado", "permite_retentativa",
        "captura_mensagem", "cancelamento_mensagem", "erro_codigo", "erro_mensagem",
    ),
    secret=("codigo_token",),  # a card can be charged with it
)  # fmt: skip
"""One row per item that was sent, one more for each that the return holds beyond (sheet 4.3)."""

AT: Mapping[str, int] = {name: at for at, name in enumerate(TABLE.columns)}
"""Each column's place in a row."""

NAO_LIDO = AT["nao_lido"]

Columns = list[str | None]
"""The table's own columns while a row is made, raw."""

_AMOUNTS = tuple(AT[name] for name in ("valor", "autorizacao_valor", "captura_valor"))
_INSTANTS = tuple(
    AT[name] for name in ("pedido_data_hora", "autorizacao_data_hora", "captura_data_hora", "cancelamento_data_hora")
)
_MESSAGES = tuple(
    AT[name] for name in ("autorizacao_mensagem", "captura_mensagem", "cancelamento_mensagem", "token_erro_mensagem")
)
_PARCELAS, _TRUNCADO = AT["parcelas"], AT["numero_cartao_truncado"]


def unmentioned(operation: str, number: str) -> tuple[str | None, ...]:
    """The own columns of the row that lands for an item which the return does not mention."""
    own = {"operacao": operation, "numero_lote": number, "situacao": SEM_RETORNO, "permite_retentativa": "f"}
    return tuple(own.get(name) for name in TABLE.columns)


def tidy(row: Columns) -> None:
    """What PostgreSQL would not take is kept in `nao_lido`: one bad value may not stop a lot. A card is truncated."""
    # Every item of every lot passes here: no call where a look will do.
    row[:] = [text.strip() or None if text else None for text in row]
    _figures(row)
    for at in _MESSAGES:
        text = row[at]
        if text is not None and text not in _HARMLESS:
            row[at] = masked(text)
            if row[at] == text and len(text) < 200 and len(_HARMLESS) < 1000:
                _HARMLESS.add(text)
    card = row[_TRUNCADO]
    if card is not None:
        row[_TRUNCADO] = truncated(card)


def _figures(row: Columns) -> None:
    """Amounts and instants as PostgreSQL takes them; what is none is kept as it came."""
    unread: dict[int, str] = {}
    for at in _AMOUNTS:
        text = row[at]
        if text is not None and not (text.isdigit() and len(text) < 10 and text.isascii()):
            row[at] = _read(unread, at, text, amount(text))
    for at in _INSTANTS:
        text = row[at]
        if text is not None and not (_minute(text[:16]) and _ZONED(text, 16)):
            row[at] = _read(unread, at, text, instant(text))
    text = row[_PARCELAS]
    if text is not None:
        parcelas = amount(text)
        row[_PARCELAS] = _read(unread, _PARCELAS, text, parcelas if parcelas and len(parcelas) < 5 else None)
    text = row[NAO_LIDO]
    if text is not None:
        unread[AT["cancelado_valor"]] = text
    if unread:
        row[NAO_LIDO] = figures.kept({TABLE.columns[at]: masked(text) for at, text in unread.items()})


def _read(unread: dict[int, str], at: int, text: str, found: str | None) -> str | None:
    if found is None:
        unread[at] = text
    return found


_HARMLESS: set[str] = set()
"""Messages that were looked through and hold nothing to mask: Cielo has a few, and says them millions of times."""


def amount(text: str | None) -> str | None:
    """Centavos, or another whole number; None where it is none."""
    return text if text and text.isascii() and text.isdigit() and len(text) <= 30 else None


_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)
_ZONED = re.compile(r":[0-5]\d(?:\.\d{1,20})?[+-](?:0\d|1[0-4]):[0-5]\d", re.ASCII).fullmatch
_REST = re.compile(r":[0-5]\d(?:\.\d{1,20})?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?", re.ASCII)


def instant(text: str) -> str | None:
    """An xsd:dateTime that PostgreSQL takes; one without an offset is in Cielo's time zone."""
    rest = _REST.fullmatch(text, 16)
    if rest is None or not _minute(text[:16]):
        return None
    return text if rest[1] else f"{text} America/Sao_Paulo"


@lru_cache(4096)
def _minute(text: str) -> bool:
    if not _MINUTE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(f"{text}:00+00:00")
    except ValueError:
        return False
    return True
