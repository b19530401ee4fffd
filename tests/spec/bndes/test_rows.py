"""Rows of BNDES become documents: names, references, and what breaks the layout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from malote.archive import Archive
from malote.errors import Invalid, Misconfigured, Problem
from malote.institutions.bndes.rules import SERVICES, TRAVELLING
from malote.submission import Document, Item, Order
from support.bndes import CNPJ, pretended
from support.proposals import ROWS, SHIPPED, data, facts, problems, render, row
from support.selections import all_free, unnumbered

# documents


def test_one_row_is_one_document_in_the_order_of_the_layout_with_one_declaration(archive: Archive) -> None:
    columns = dict(reversed(row().items()))
    (document,) = render(
        archive, [{**columns, "item[].descricao": ["Trator", "Arado"], "item[].valor": [None, Decimal("7.5")]}]
    )
    assert data(archive, document).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><financiamento><anoProposta>2026</anoProposta>'
        "<numeroProposta>17</numeroProposta><beneficiario><cpfCnpj>33657248000189</cpfCnpj>"
        "<nome>Fazenda São João &amp; Filhos</nome></beneficiario><valorFinanciado>150000.00</valorFinanciado>"
        "<prazoCarencia>12</prazoCarencia><item><descricao>Trator</descricao></item>"
        "<item><descricao>Arado</descricao><valor>7.5</valor></item></financiamento>"
    )
    assert document.operation == "financiamento" and document.items == (Item("2026/17"),)
    assert facts(document) == {"reference": "2026/17", "anoProposta": "2026", "numeroProposta": "17"}
    assert data(archive, document).count(b"<?xml") == 1 and not document.stored.sealed


def test_two_renders_give_the_same_bytes_and_nothing_of_the_run_is_in_them(archive: Archive) -> None:
    rows = [row(str(n)) for n in range(20)]
    order = Order("another pouch", "financiamento", {}, datetime(2030, 1, 1, tzinfo=timezone.utc))
    first = render(archive, rows)
    again = list(pretended().render(order, list(map(dict, rows)), archive, all_free, unnumbered))
    assert [(each.name, each.stored, each.items) for each in first] == [
        (each.name, each.stored, each.items) for each in again
    ]
    assert len({each.stored.sha256 for each in first}) == 20
    assert again[0].facts["preparado_em"] == "2030-01-01T00:00:00+00:00"


def test_only_rows_that_are_free_travel_and_the_journal_is_asked_in_chunks(archive: Archive) -> None:
    asked: list[tuple[str, int]] = []

    def free(operation: str, references: Sequence[str]) -> set[str]:
        asked.append((operation, len(references)))
        return {each for each in references if each.endswith("7")}

    found = render(archive, (row(str(n)) for n in range(1, 1201)), free=free)
    assert len(found) == 120 and asked == [("financiamento", 500)] * 2 + [("financiamento", 200)]


def test_a_selection_without_rows_makes_nothing(archive: Archive) -> None:
    assert render(archive, []) == []


@pytest.mark.parametrize("service", TRAVELLING)
def test_every_service_makes_documents_that_are_valid_by_its_layout(archive: Archive, service: str) -> None:
    (document,) = render(archive, [ROWS[service]], service)
    root = etree.fromstring(data(archive, document))
    assert root.tag == service and document.operation == service
    path = SHIPPED / SERVICES[service].schema_in
    etree.XMLSchema(etree.parse(str(path if path.is_file() else SHIPPED / "sem_leiaute.xsd"))).assertValid(root)
    assert document.facts["reference"] == ROWS[service]["reference"]
    assert document.facts.get("numeroBNDES") == ROWS[service].get("numeroBNDES")


# references


def test_a_financiamento_is_named_by_its_proposal_and_by_nothing_else(archive: Archive) -> None:
    found = problems(archive, [row("17", reference="2026/18"), row("19", reference="A-1"), row("20")])
    assert [(each[0], each[1]) for each in found] == [("2026/18", "reference"), ("A-1", "reference")]
    assert "2026/17" in found[0][2]


def test_a_contratacao_is_named_by_its_proposal_or_its_number(archive: Archive) -> None:
    base = {"numeroBNDES": "77"}
    good = [
        {"reference": "77", **base},
        {"reference": "2026/17", **base},
        {"reference": "2026/18", **base, "anoProposta": "2026", "numeroProposta": "18"},
    ]
    made = [render(archive, [each], "contratacao")[0] for each in good]
    assert facts(made[1]) == {
        "reference": "2026/17", "numeroBNDES": "77", "anoProposta": "2026", "numeroProposta": "17",
    }  # fmt: skip
    for bad in ({"reference": "78", **base}, {**good[2], "reference": "2026/19"}):
        assert problems(archive, [bad], service="contratacao")[0][1] == "reference"


ALIKE = [
    ("financiamento", [row("1000", reference="2026/1000"), row("01000", reference="2026/01000")], "2026/1000"),
    ("financiamento", [row("1000", reference="2026/01000"), row("001000", reference="2026/1000")], "2026/1000"),
    ("contratacao", [{"reference": "77", "numeroBNDES": "77"}, {"reference": "077", "numeroBNDES": "077"}], "77"),
    ("contratacao", [{"reference": "2026/17", "numeroBNDES": "77"}, {"reference": "2026/017", "numeroBNDES": "77"}],
     "2026/17"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "rows", "reference"), ALIKE)
def test_one_operation_has_one_reference_however_its_number_is_padded(
    archive: Archive, service: str, rows: list[dict[str, Any]], reference: str
) -> None:
    assert [render(archive, [each], service)[0].items[0].reference for each in rows] == [reference] * 2
    assert problems(archive, rows, service=service)[0][:2] == (reference, "reference")


def test_several_liberacoes_of_one_operation_and_value_travel_by_their_own_references(archive: Archive) -> None:
    same = {"numeroBNDES": "77", "valor": Decimal("10.00")}
    found = render(archive, [{"reference": "L-1", **same}, {"reference": "L-2", **same}], "liberacao")
    assert [each.items for each in found] == [(Item("L-1"),), (Item("L-2"),)]
    assert found[0].stored.sha256 == found[1].stored.sha256  # nothing on the wire tells them apart


def test_a_reference_is_there_and_is_there_once(archive: Archive) -> None:
    lines = [{"reference": each, "numeroBNDES": "7", "valor": 1} for each in ("A", "A", None, "  ")]
    found = problems(archive, lines, service="liberacao")
    assert [(each[0], each[2].split(":")[0]) for each in found] == [
        ("A", "stands twice in the selection"), (None, "is empty"), (None, "is empty"),
    ]  # fmt: skip
    without = [{"numeroBNDES": "7", "valor": 1}] * 3
    assert problems(archive, without, service="liberacao") == [(None, "reference", "the selection has no such column")]


def test_a_row_travels_only_where_its_number_came_from(archive: Archive) -> None:
    lines = [
        {"reference": f"L-{n}", "ambiente": ambiente, "conta": conta, "numeroBNDES": "7", "valor": 1}
        for n, (ambiente, conta) in enumerate(
            [("simulator", CNPJ), ("producao", CNPJ), ("simulator", "0" * 14), (None, None), ("simulator", None)]
        )
    ]
    assert [each.items[0].reference for each in render(archive, lines, "liberacao")] == ["L-0", "L-3", "L-4"]


def test_the_wish_to_be_held_after_the_cut_off_is_frozen(archive: Archive) -> None:
    for said in (True, "True", "true"):
        (document,) = render(archive, [ROWS["liberacao"]], "liberacao", params={"hold_after_cut_off": said})
        assert document.facts["hold_after_cut_off"] is True
    (document,) = render(archive, [ROWS["liberacao"]], "liberacao", params={"hold_after_cut_off": "False"})
    assert "hold_after_cut_off" not in document.facts


# rows that break the layout


def test_all_problems_of_a_selection_come_in_one_error_and_nothing_is_kept(archive: Archive, tmp_path: Path) -> None:
    rows = [
        row("1"),
        row("2", anoProposta="26", reference="26/2"),
        row("3", **{"beneficiario.cpfCnpj": "123"}),
        row("4", valorFinanciado=Decimal("1.234")),
        row("5", valorFinanciado=Decimal("NaN")),
        row("6", **{"beneficiario.nome": "bell \x07"}),
        row("7", valorFinanciado=1.5),
        row("8", prazoCarencia=-1),
        row("9", valorFinanciado=None),
        row("10", municipio="x"),
    ]
    found = problems(archive, rows)
    wanted = {
        ("26/2", "anoProposta", "pattern"),
        ("2026/3", "beneficiario.cpfCnpj", "pattern"),
        ("2026/4", "valorFinanciado", "fraction"),
        ("2026/5", "valorFinanciado", "finite"),
        ("2026/6", "beneficiario.nome", "U+0007"),
        ("2026/7", "valorFinanciado", "float"),
        ("2026/8", "prazoCarencia", ""),
        ("2026/9", "financiamento", "valorFinanciado"),
        ("2026/10", "municipio", "pattern"),
    }
    for reference, path, word in wanted:
        assert any(each[:2] == (reference, path) and word in each[2] for each in found), (reference, path, found)
    assert {each[0] for each in found} == {each[0] for each in wanted}
    assert not [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]


def test_the_valid_rest_travels_where_that_is_asked_for(archive: Archive) -> None:
    rows = [row("1"), row("2", valorFinanciado=None), row("3")]
    found = render(archive, rows, params={"valid_rest": True})
    assert [each.reference for each in found if isinstance(each, Problem)] == ["2026/2"]
    assert [each.items[0].reference for each in found if isinstance(each, Document)] == ["2026/1", "2026/3"]
    with pytest.raises(Invalid):  # a column that names nothing is wrong in every row
        render(archive, [row("1", nada="x")], params={"valid_rest": True})


def test_an_error_never_holds_what_was_sent(archive: Archive) -> None:
    with pytest.raises(Invalid) as caught:
        render(archive, [row("1", **{"beneficiario.nome": "Maria da Silva \x07"}, reference="2026/9")])
    assert "Maria" not in str(caught.value)


def test_columns_that_name_no_path_are_said_once(archive: Archive) -> None:
    found = problems(archive, [row(str(n), valorFinancado=1, **{"beneficiario.@id": 1}) for n in range(1, 4)])
    assert sorted(each[:2] for each in found) == [(None, "beneficiario.@id"), (None, "valorFinancado")]


def test_thousands_of_bad_rows_are_all_named(archive: Archive) -> None:
    found = problems(archive, (row(str(n), municipio="x") for n in range(1, 2001)))
    assert len({each[0] for each in found}) == 2000


def test_a_service_that_does_not_travel_is_misconfigured(archive: Archive) -> None:
    for name in ("pesquisa", "status", "nada"):
        with pytest.raises(Misconfigured, match="no service travels"):
            render(archive, [row()], name)
