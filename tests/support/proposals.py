"""Rows of BNDES's services, rendered into documents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from malote import place
from malote.archive import Archive
from malote.errors import Invalid
from malote.institutions.bndes.rules import TRAVELLING
from malote.submission import Document, Order
from support import portuguese
from support.bndes import pretended
from support.selections import all_free, unnumbered

SHIPPED = place.schemas("bndes") / "v1_0"


def row(numero: Any = "17", **more: Any) -> dict[str, Any]:
    given = {
        "reference": f"2026/{numero}",
        "anoProposta": "2026",
        "numeroProposta": numero,
        "beneficiario.cpfCnpj": "33657248000189",
        "beneficiario.nome": "Fazenda São João & Filhos",
        "valorFinanciado": Decimal("150000.00"),
        "prazoCarencia": 12,
    }
    return {**given, **more}


def render(
    archive: Archive, rows: Iterable[Any], service: str = "financiamento", free: Any = all_free, params: Any = None,
    there: Any = None, **extra: Any,
) -> list[Any]:  # fmt: skip
    institution = there or pretended(**extra)
    return list(institution.render(Order("p", service, params or {}), rows, archive, free, unnumbered))


def data(archive: Archive, document: Document) -> bytes:
    with archive.open(document.stored) as file:
        return file.read()


def facts(document: Document) -> dict[str, Any]:
    """What is frozen of a row; when it was prepared is left out."""
    return {name: value for name, value in document.facts.items() if name != "preparado_em"}


def problems(archive: Archive, rows: Iterable[Any], **more: Any) -> list[tuple[str | None, str, str]]:
    with pytest.raises(Invalid) as caught:
        render(archive, rows, **more)
    portuguese.read(caught.value.problems)
    return [(each.reference, each.path, each.rule) for each in caught.value.problems]


ROWS: dict[str, dict[str, Any]] = {
    "financiamento": row(),
    "contratacao": {"reference": "2026/17", "numeroBNDES": "0012345", "dataContratacao": date(2026, 11, 23)},
    "liberacao": {"reference": "2026/17-L1", "numeroBNDES": "0012345", "valor": Decimal("10.00"),
                  "notaFiscal[].chaveAcesso": ["3" * 44]},
    "cancelamento": {"reference": "2026/17-C1", "numeroBNDES": "0012345", "motivo": "desistência"},
    **{name: {"reference": "X-1", "numeroBNDES": "0012345", "motivo": "ção"} for name in TRAVELLING[4:]},
}  # fmt: skip
