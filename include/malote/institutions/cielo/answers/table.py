"""The table in which Cielo's answers land, and what a row may hold: nothing that stops a lot, nothing of a card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from malote.institution import Table
from malote.institutions.cielo.answers.outcomes import SEM_RETORNO
from malote.institutions.cielo.masking import masked, truncated

TABLE = Table(
    "cielo.transacao",
    (
        "operacao", "numero_lote", "item_id", "tid", "numero_pedido", "valor", "moeda", "pedido_data_hora", "bandeira",
        "produto", "parcelas", "status", "situacao", "autorizacao_codigo", "autorizacao_mensagem",
        "autorizacao_data_hora", "autorizacao_valor", "lr", "lr_significado", "permite_retentativa", "arp", "nsu",
        "eci", "captura_mensagem", "captura_data_hora", "captura_valor", "cancelamentos", "cancelado_valor",
        "cancelamento_data_hora", "cancelamento_mensagem", "codigo_token", "token_status", "numero_cartao_truncado",
        "token_erro_codigo", "token_erro_mensagem", "renova_facil", "renova_cartao_truncado", "erro_codigo",
        "erro_mensagem",
    ),
)  # fmt: skip
"""One row per item that was sent, one more for each that the return holds beyond (sheet 4.3)."""

AT: Mapping[str, int] = {name: at for at, name in enumerate(TABLE.columns)}
"""Each column's place in a row."""

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
    """What PostgreSQL would not take becomes None: one bad value may not stop a lot. What is a card is truncated."""
    # Every item of every lot passes here: no call where a look will do.
    row[:] = [text.strip() or None if text else None for text in row]
    for at in _AMOUNTS:
        text = row[at]
        if text is not None and not (text.isdigit() and len(text) < 10 and text.isascii()):
            row[at] = amount(text)
    for at in _INSTANTS:
        text = row[at]
        if text is not None and not (_minute(text[:16]) and _ZONED(text, 16)):
            row[at] = instant(text)
    for at in _MESSAGES:
        text = row[at]
        if text is not None and text not in _HARMLESS:
            row[at] = masked(text)
            if row[at] == text and len(text) < 200 and len(_HARMLESS) < 1000:
                _HARMLESS.add(text)
    parcelas = amount(row[_PARCELAS])
    row[_PARCELAS] = parcelas if parcelas and len(parcelas) < 5 else None
    card = row[_TRUNCADO]
    if card is not None:
        row[_TRUNCADO] = truncated(card)


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
