"""Return files of Cielo, written by hand, and what is read out of them."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from typing import Any, BinaryIO

import psycopg
from psycopg.rows import dict_row

from malote.archive import Archive
from malote.clock import HeldClock
from malote.institution import Access
from malote.institutions.cielo.answers import TABLE
from malote.institutions.cielo.institution import Cielo
from malote.institutions.cielo.rules import NAMESPACE, OPERATIONS
from malote.submission import Standing, Stored, Submission
from malote.trip import Landing

EC, LOT = "1006993069", 86
SERVICE = {operation.code: service for service, operation in OPERATIONS.items()}
# Sheet 4.3: the nodes of an on-line answer in their order.
PAID = """<transacao id="{id}" versao="1.2.1">
<tid>10069930690000000001</tid><pan>IqVz7P9zaIgTYdU41HaW/OB/d7Idwttqwb2vaTt8MT0=</pan>
<dados-pedido><numero>P1</numero><valor>102099</valor><moeda>986</moeda><data-hora>2026-11-22T10:00:00.123-03:00</data-hora>
<descricao>Pedido 1</descricao><idioma>PT</idioma><taxa-embarque>0</taxa-embarque></dados-pedido>
<forma-pagamento><bandeira>visa</bandeira><produto>2</produto><parcelas>3</parcelas></forma-pagamento><status>6</status>
<autenticacao><codigo>6</codigo><mensagem>Transacao sem autenticacao</mensagem>
<data-hora>2026-11-22T23:00:00-03:00</data-hora><valor>102099</valor><eci>7</eci></autenticacao>
<autorizacao><codigo>6</codigo><mensagem>Transação autorizada</mensagem>
<data-hora>2026-11-22T23:00:01.5-03:00</data-hora><valor>102099</valor><lr>00</lr><arp>036318</arp><nsu>000123</nsu></autorizacao>
<captura><codigo>6</codigo><mensagem>Transacao capturada com sucesso</mensagem>
<data-hora>2026-11-22T23:00:02Z</data-hora><valor>102000</valor></captura>
<token><dados-token><codigo-token>TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=</codigo-token><status>1</status>
<numero-cartao-truncado>455187******0183</numero-cartao-truncado></dados-token></token>
</transacao>"""


def denied(lr: str | None, id: str = "", more: str = "", status: str = "5") -> str:
    inside = f"<lr>{lr}</lr>" if lr is not None else ""
    return (
        f'<transacao id="{id}"><tid>t2</tid><dados-pedido><numero>P2</numero><valor>100</valor></dados-pedido>'
        f"<status>{status}</status><autorizacao><codigo>5</codigo><mensagem>Autorizacao negada</mensagem>{inside}"
        f"</autorizacao>{more}</transacao>"
    )


def erro(code: str, id: str | None = None, message: str = "Motivo") -> str:
    return f"<erro{'' if id is None else f' id={id!r}'}><codigo>{code}</codigo><mensagem>{message}</mensagem></erro>"


def answer(*items: str, lot: str | None = "86", encoding: str = "ISO-8859-1", declared: bool = True) -> bytes:
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n' if declared else ""
    number = "" if lot is None else f"<numero-lote>{lot}</numero-lote>"
    return (
        f'{head}<retorno-lote xmlns="{NAMESPACE}"><dados-ec><numero>{EC}</numero><chave>segredo</chave></dados-ec>'
        f"{number}<lista>{''.join(items)}</lista></retorno-lote>"
    ).encode(encoding)


def cielo() -> Cielo:
    return Cielo(Access("cielo", "simulator", "https://localhost", EC, "chave"))


def one(operation: str = "02", **changes: Any) -> Submission:
    values: dict[str, Any] = {"facts": {"numero_lote": LOT}, "receipt": str(LOT)} | changes
    return Submission(
        "cielo-1", "p", "cielo", "simulator", EC, SERVICE[operation], operation, Standing.ANSWERED, "n",
        Stored("s", "0" * 64, 1, True), 3, **values,
    )  # fmt: skip


def rows(data: bytes | BinaryIO, operation: str = "02") -> list[dict[str, Any]]:
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    names = (*TABLE.columns, "echo", "outcome", "code", "message")
    return [dict(zip(names, row, strict=True)) for row in cielo().read(one(operation), stream)]


NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def landed(
    dsn: str, archive: Archive, data: bytes, references: list[str], operation: str = "02"
) -> list[dict[str, Any]]:
    with archive.write("answers", "cielo-1.xml", sealed=True) as sheet:
        sheet.write(data)
    with psycopg.connect(dsn) as c:
        c.execute(
            "insert into malote.pouch values ('p', 'cielo', 'simulator', %s, %s, '{}', now()) on conflict do nothing",
            (EC, SERVICE[operation]),
        )
        c.execute(
            """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
               standing, name, document, document_sha256, document_size, sealed, item_count, facts, prepared_at,
               sent_at, moved_at, receipt, answer, answer_sha256, answer_size)
               values ('cielo-1', 'p', 'cielo', 'simulator', %s, %s, %s, 'answered', 'n', 'd', 'x', 1, true, %s,
               '{"numero_lote": 86}', now(), '2026-11-22T02:00:00Z', now(), '86', %s, 'x', 1)
               on conflict do nothing""",
            (EC, SERVICE[operation], operation, len(references), sheet.stored.name),
        )
        for ordinal, reference in enumerate(references, 1):
            c.execute(
                "insert into malote.item_row (submission, ordinal, scope, reference) values ('cielo-1', %s, 's', %s)",
                (ordinal, reference),
            )
    submission = one(operation, answer=sheet.stored)
    Landing(dsn, archive, HeldClock(NOW)).land(cielo(), [submission])
    return select(dsn, "select * from cielo.transacao order by ordem")


def select(dsn: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row) as c:
        c.execute("set time zone 'UTC'")
        return c.execute(query).fetchall()
