"""Rows to contract files: paths, values, order, files; and every kind of bad row, all problems in one error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from lxml import etree

from malote import place
from malote.archive import Archive
from malote.errors import Invalid, Misconfigured
from malote.institution import Access
from malote.institutions.ccee.institution import Ccee
from malote.submission import Document, Item, Order
from malote.trip import Outgoing
from support import portuguese
from support.selections import all_free, unnumbered


def wall(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Brasília wall time, as a `timestamp without time zone` column gives it."""
    return datetime(year, month, day, hour, minute)


VALUE = "Contrato.MontanteMedio..@montanteMedio"


def row(reference: Any = "ADV-1", **more: Any) -> dict[str, Any]:
    given = {
        "reference": reference,
        "Contrato.@tipoGravacao": "R",
        "Contrato.@dataDeInicio": wall(2026, 12, 1),
        "Contrato.@dataDeFim": wall(2026, 12, 31, 23),
        "Contrato.@idComprador": "64983",
        "Contrato.@idVendedor": "66242",
        "Contrato.@idSubMerEntrega": "1",
        "Contrato.@referencia": reference,
        VALUE: Decimal("1.500000"),
    }
    return {**given, **more}


def render(
    archive: Archive, rows: Iterable[Any], free: Any = all_free, params: Any = None, **extra: Any
) -> list[Document]:
    there = Ccee(Access("ccee", "piloto", extra={"codigo_perfil_agente": "1234", **extra}))
    return list(there.render(Order("p", "contratos", params or {}), rows, archive, free, unnumbered))


def text(archive: Archive, document: Document) -> str:
    with archive.open(document.stored) as file:
        return file.read().decode("iso-8859-1")


def problems(archive: Archive, rows: Iterable[Any], **more: Any) -> list[tuple[str | None, str, str]]:
    with pytest.raises(Invalid) as caught:
        render(archive, rows, **more)
    portuguese.read(caught.value.problems)
    return [(each.reference, each.path, each.rule) for each in caught.value.problems]


def test_rows_become_one_file_in_the_order_of_the_schema_with_the_masks_of_the_treaty(archive: Archive) -> None:
    (document,) = render(archive, [row("ADV-2"), row("ADV-1", **{"Contrato.@observacao": 'geração <&> "x"\nlinha'})])
    assert document.operation == "ContratosCCEAL-1"
    assert document.items == (Item("ADV-2", "ADV-2"), Item("ADV-1", "ADV-1"))
    assert text(archive, document) == (
        '<?xml version="1.0" encoding="ISO-8859-1"?><ContratosCCEAL tipoGeracao="1" tipoCCEAL="1">\n'
        '<Contrato sequencialControle="1" tipoGravacao="R" dataDeInicio="01/12/2026 00" dataDeFim="31/12/2026 23"'
        ' idComprador="64983" idVendedor="66242" idSubMerEntrega="1" referencia="ADV-2"><MontanteMedio>'
        '<MontanteMedioContratoCCEALFirme montanteMedio="1,500000"/></MontanteMedio></Contrato>\n'
        '<Contrato sequencialControle="2" tipoGravacao="R" dataDeInicio="01/12/2026 00" dataDeFim="31/12/2026 23"'
        ' idComprador="64983" idVendedor="66242" idSubMerEntrega="1" referencia="ADV-1"'
        ' observacao="geração &lt;&amp;&gt; &quot;x&quot;&#10;linha"><MontanteMedio>'
        '<MontanteMedioContratoCCEALFirme montanteMedio="1,500000"/></MontanteMedio></Contrato>\n</ContratosCCEAL>'
    )


def test_elements_stand_in_the_schemas_order_whatever_the_columns_order(archive: Archive) -> None:
    columns = {
        "reference": "A",
        "Contrato.MontanteMedio.LimiteModulacao.@limiteMaximoModulacao": Decimal("2.500"),
        "Contrato.MontanteMedio.MesAno[2].@mesAno": date(2027, 1, 1),
        "Contrato.MontanteMedio.MesAno[1].@mesAno": "12/2026",
    }
    made = text(archive, render(archive, [columns])[0])
    assert made.index("LimiteModulacao") < made.index('mesAno="12/2026"') < made.index('mesAno="01/2027"')


def test_what_says_how_much_how_it_is_spread_and_hour_by_hour_are_siblings(archive: Archive) -> None:
    below = "Contrato.MontanteMedio"
    columns = {
        "reference": "A",
        f"{below}.AtivoAssociadoModulacao.@idAtivoAssociadoModulacao": "1108",
        f"{below}.MesAno.@mesAno": "12/2026",
        f"{below}..Hora.@hora": "00",
        f"{below}..Dia.@dia": "01",
        f"{below}..@montanteHorario": Decimal("1.500"),
        f"{below}.LimiteModulacao.@limiteMaximoModulacao": Decimal("2.500"),
        f"{below}..@tipoModulacao": "F",
        VALUE: Decimal("1.500000"),
    }
    made = text(archive, render(archive, [columns], params={"tipoGeracao": "16"})[0])
    assert made.partition("<MontanteMedio>")[2].partition("</MontanteMedio>")[0] == (
        '<MontanteMedioContratoCCEALFirme montanteMedio="1,500000"/><TipoModulacao tipoModulacao="F"/>'
        '<LimiteModulacao limiteMaximoModulacao="2,500"/><MesAno mesAno="12/2026"><Dia dia="01">'
        '<Hora hora="00" montanteHorario="1,500"/></Dia></MesAno>'
        '<AtivoAssociadoModulacao idAtivoAssociadoModulacao="1108"/>'
    )


@pytest.mark.parametrize("column", ["..TipoModulacao.MesAno.@mesAno", "..LimiteModulacao.AtivoAssociadoModulacao.@x",
                                    ".MontanteMedioContratoCCEALFirme.TipoModulacao.@tipoModulacao"])  # fmt: skip
def test_a_column_that_nests_them_names_no_path(archive: Archive, column: str) -> None:
    found = problems(archive, [row("A", **{f"Contrato.MontanteMedio{column}": "F"})])
    assert "names no" in found[0][2]


@pytest.mark.parametrize(
    ("sign", "value", "written"),
    [
        (None, Decimal("1.5"), "1,5"),
        (",", Decimal("1.5"), "1,5"),
        (".", Decimal("1.5"), "1.5"),
        (".", Decimal("1E+2"), "100"),
        (",", "1,5", "1,5"),
        (".", "1.5", "1.5"),
    ],
)
def test_the_decimal_sign_is_a_rule(archive: Archive, sign: str | None, value: Any, written: str) -> None:
    rules = {} if sign is None else {"rules": {"decimal_sign": sign}}
    assert f'montanteMedio="{written}"' in text(archive, render(archive, [row(**{VALUE: value})], **rules)[0])


@pytest.mark.parametrize(("sign", "value"), [(",", "1.5"), (".", "1,5"), (".", "1,234.50"), (",", "1,234.50")])
def test_a_text_with_the_other_sign_is_a_problem(archive: Archive, sign: str, value: str) -> None:
    found = problems(archive, [row(**{VALUE: value})], rules={"decimal_sign": sign})
    assert found[0][1] == VALUE and "amounts are written with" in found[0][2]


def test_a_decimal_sign_that_is_none_is_misconfigured(archive: Archive) -> None:
    with pytest.raises(Misconfigured, match="decimal_sign"):
        render(archive, [row()], rules={"decimal_sign": "·"})


def test_a_schema_that_takes_one_sign_only_decides(archive: Archive, tmp_path: Path) -> None:
    shipped = (place.schemas("ccee") / "contratos" / "ContratosCCEAL.xsd").read_text(encoding="utf-8")
    (tmp_path / "own.xsd").write_text(shipped.replace("[,.]", "[.]"), encoding="utf-8")
    made = render(archive, [row()], rules={"decimal_sign": ","}, schemas=str(tmp_path))
    assert 'montanteMedio="1.500000"' in text(archive, made[0])


def test_two_renders_give_the_same_bytes(archive: Archive) -> None:
    rows = [row(f"A-{n}") for n in range(7)]
    first, second = (render(archive, rows, params={"records_per_file": 3}) for _ in range(2))
    assert first == second and len({each.stored.sha256 for each in first}) == 3


def test_a_selection_becomes_files_of_so_many_records_each_counted_from_one(archive: Archive) -> None:
    documents = render(archive, [row(f"A-{n}") for n in range(5)], params={"records_per_file": "2"})
    assert [[item.reference for item in each.items] for each in documents] == [["A-0", "A-1"], ["A-2", "A-3"], ["A-4"]]
    assert 'sequencialControle="1"' in text(archive, documents[2])
    assert len(render(archive, (row(f"A-{n}") for n in range(501)))) == 2


def test_only_rows_that_are_free_travel_and_they_are_asked_for_in_chunks(archive: Archive) -> None:
    asked: list[tuple[str, int]] = []

    def free(operation: str, references: Sequence[str]) -> set[str]:
        asked.append((operation, len(references)))
        return {each for each in references if each.endswith("7")}

    (document,) = render(archive, (row(f"A-{n}") for n in range(1200)), free, {"tipoGeracao": "1"})
    assert len(document.items) == 120 and asked == [("ContratosCCEAL-1", 500)] * 2 + [("ContratosCCEAL-1", 200)]
    assert 'sequencialControle="120"' in text(archive, document)
    assert render(archive, [row()], lambda *_: set()) == []


def test_an_empty_selection_makes_no_document(archive: Archive) -> None:
    assert render(archive, []) == []


def test_values_are_written_as_the_treaty_asks(archive: Archive) -> None:
    aware = datetime(2026, 12, 1, 3, tzinfo=timezone.utc)
    odd = {"Contrato.@dataDeInicio": aware, "Contrato.@idComprador": 7, "Contrato.@idSubMerEntrega": None}
    made = text(archive, render(archive, [row(**odd, **{VALUE: Decimal("1E+2")})])[0])
    assert 'dataDeInicio="01/12/2026 00"' in made and 'idComprador="7"' in made and 'montanteMedio="100"' in made
    assert "idSubMerEntrega" not in made


def test_arrays_repeat_an_element(archive: Archive) -> None:
    months = {
        "reference": "A",
        "Contrato.MontanteMedio[].@dataDeInicio": [wall(2026, 12, 1), wall(2027, 1, 1)],
        "Contrato.MontanteMedio[]..@montanteMedio": [Decimal("1"), Decimal("2.5")],
        "Contrato.MontanteMedio[]..MesAno[].@mesAno": [["12/2026"], ["01/2027", "02/2027"]],
    }
    root = etree.fromstring(text(archive, render(archive, [months])[0]).encode("iso-8859-1"))
    assert root.xpath("//MontanteMedio/@dataDeInicio") == ["01/12/2026 00", "01/01/2027 00"]
    assert root.xpath("//MontanteMedio[2]//@montanteMedio") == ["2,5"]
    assert root.xpath("//MontanteMedio[2]//@mesAno") == ["01/2027", "02/2027"]
    wrong = problems(archive, [{**months, "Contrato.MontanteMedio[]..@montanteMedio": [Decimal("1")]}])
    assert "arrays of 2 and 1" in wrong[0][2]
    wrong = problems(archive, [{**months, "Contrato.MontanteMedio[]..@montanteMedio": Decimal("1")}])
    assert wrong[0][2] == "is repeated ([]) and its value is no array"


def test_an_edit_is_echoed_by_the_contracts_number(archive: Archive) -> None:
    rows = [
        {"reference": f"1922021/2026-{month}", "Contrato.@numeroContrato": "1922021",
         "Contrato.MontanteMedio.@vigenciaDeInicio": wall(2026, month, 1)}
        for month in (11, 12)
    ]  # fmt: skip
    (document,) = render(archive, rows, params={"tipoGeracao": 13})
    assert document.operation == "ContratosCCEAL-13" and document.facts == {"echoes": 1}
    assert {item.echo for item in document.items} == {"1922021"}


# bad rows


def test_all_problems_of_a_selection_come_in_one_error_and_nothing_is_made(archive: Archive, tmp_path: Path) -> None:
    rows = [
        row("A-1"),
        row("A-2", **{"Contrato.@idComprador": "1234567", "Contrato.@tipoGravacao": "X"}),
        row("A-1"),
        row(None),
        row("  "),
        row("A-3", **{VALUE: Decimal("1.1234567")}),
        row("A-4", **{"Contrato.@observacao": "preço em €"}),
        row("A-5", **{"Contrato.@observacao": "bell \x07"}),
        row("R" * 31),
        row("A-6", **{"Contrato.@referencia": "A-7"}),
        row("A-7"),
        row("S" * 31, **{"Contrato.@referencia": "S"}),
        row("A-8", **{"Contrato.@dataDeInicio": wall(2026, 12, 1, 10, 30)}),
        row("A-9", **{"Contrato.@dataDeFim": date(2026, 12, 31)}),
        row("A-10", **{VALUE: 1.5}),
        row("A-11", **{VALUE: Decimal("NaN")}),
    ]
    found = problems(archive, rows, params={"records_per_file": 3})
    wanted = {
        ("A-2", "Contrato.@idComprador", "pattern"),
        ("A-2", "Contrato.@tipoGravacao", "'R', 'C'"),
        ("A-1", "reference", "stands twice"),
        (None, "reference", "is empty"),
        ("  ", "reference", "is empty"),
        ("A-3", "Contrato.MontanteMedio.MontanteMedioContratoCCEALFirme.@montanteMedio", "pattern"),
        ("A-4", "Contrato.@observacao", "U+20AC"),
        ("A-5", "Contrato.@observacao", "U+0007"),
        ("R" * 31, "Contrato.@referencia", "length"),
        ("A-6", "reference", "under two names"),
        ("S" * 31, "reference", "under two names"),
        ("A-8", "Contrato.@dataDeInicio", "more than the treaty can carry"),
        ("A-9", "Contrato.@dataDeFim", "give a timestamp"),
        ("A-10", VALUE, "is a float"),
        ("A-11", VALUE, "no finite number"),
    }
    for reference, path, word in wanted:
        same = [rule for *where, rule in found if where == [reference, path]]
        assert any(word in rule for rule in same), (reference, path, word)
    assert len(found) == len(wanted)
    assert not [path for path in (tmp_path / "archive").rglob("*") if path.name.endswith(".part")]


def test_columns_that_name_no_path_are_said_once(archive: Archive) -> None:
    long = "Contrato.MontanteMedio.MontanteMedioContratoCCEALFirme.@montanteMedio"[:63]
    columns = ["Contrato.@refrencia", "Contract.@x", "Contrato.MontanteMedio", "Contrato..@dataDeInicio"]
    columns += ["Contrato..@x", long]
    found = problems(archive, [row(f"A-{n}", **dict.fromkeys(columns)) for n in range(3)])
    rules = {path: rule for _, path, rule in found}
    assert set(rules) == set(columns) and len(found) == len(columns)
    assert "Contrato.@dataDeInicio, Contrato.MontanteMedio.@dataDeInicio" in rules["Contrato..@dataDeInicio"]
    assert "63 bytes" in rules[long] and "what fits: none" in rules["Contrato..@x"]


def test_a_selection_without_a_reference_column_is_one_problem(archive: Archive) -> None:
    without = [{name: value for name, value in row(f"A-{n}").items() if name != "reference"} for n in range(3)]
    assert problems(archive, without) == [(None, "reference", "the selection has no such column")]


def test_a_wrong_root_attribute_is_said_once_a_file(archive: Archive) -> None:
    found = problems(archive, [row("A"), row("B")], params={"tipoCCEAL": "9"})
    assert len(found) == 1 and found[0][:2] == (None, "ContratosCCEAL") and "tipoCCEAL" in found[0][2]


def test_a_selection_of_bad_rows_only_names_every_one(archive: Archive) -> None:
    found = problems(archive, (row(f"A-{n}", **{"Contrato.@tipoGravacao": "X"}) for n in range(2000)))
    assert [each[0] for each in found] == [f"A-{n}" for n in range(2000)]


@pytest.mark.parametrize("params", [{"encoding": "UTF-16"}, {"records_per_file": 0}, {"records_per_file": "many"},
                                    {"root": "ContratosCBR"}])  # fmt: skip
def test_params_that_do_not_fit_are_misconfigured(archive: Archive, params: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        render(archive, [row()], params=params)


# the treaty is data

OWN = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="ContratosCBR"><xs:complexType><xs:sequence>
<xs:element name="Contrato" maxOccurs="unbounded"><xs:complexType><xs:sequence>
  <xs:element name="código" type="xs:string"/>
  <xs:element name="início" type="xs:dateTime"/>
  <xs:element name="valor" minOccurs="0"><xs:complexType><xs:simpleContent><xs:extension base="xs:decimal">
    <xs:attribute name="unidade"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
</xs:sequence><xs:attribute name="referencia"/></xs:complexType></xs:element></xs:sequence>
<xs:attribute name="tipoGeracao"/><xs:attribute name="sistemaOrigem"/></xs:complexType></xs:element></xs:schema>"""


def test_a_users_own_schema_decides_what_is_made_without_code(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "treaties"
    folder.mkdir()
    (folder / "oficial.xsd").write_text(OWN)
    one = {
        "reference": "B-1",
        "Contrato.valor": Decimal("10.50"),
        "Contrato.valor.@unidade": "MWh",
        "Contrato.início": wall(2026, 12, 1, 10, 30),
        "Contrato.código": "é",
        "Contrato.@referencia": "B-1",
    }
    params = {"root": "ContratosCBR", "tipoGeracao": "16", "sistemaOrigem": "ERP", "encoding": "utf-8"}
    (document,) = render(archive, [one], params=params, schemas=str(folder))
    with archive.open(document.stored) as file:
        made = file.read().decode()
    assert document.operation == "ContratosCBR-16"
    assert made == (
        '<?xml version="1.0" encoding="UTF-8"?><ContratosCBR tipoGeracao="16" sistemaOrigem="ERP">\n'
        '<Contrato referencia="B-1"><código>é</código><início>2026-12-01T10:30:00</início>'
        '<valor unidade="MWh">10.50</valor></Contrato>\n</ContratosCBR>'
    )
    (folder / "oficial.xsd").write_text(OWN.replace("código", "codigo"))
    found = problems(archive, [one], params=params, schemas=str(folder))
    assert (None, "Contrato.código") in {each[:2] for each in found}  # a changed file is compiled again


@pytest.mark.parametrize("lies_there", ["", "v1/ImportarArquivoBSv1.wsdl", "contratos/cbr.xsd"])
def test_a_folder_without_a_schema_of_the_contract_file_leaves_it_to_the_shipped_one(
    archive: Archive, tmp_path: Path, lies_there: str, caplog: pytest.LogCaptureFixture
) -> None:
    if lies_there:
        (tmp_path / lies_there).parent.mkdir()
        (tmp_path / lies_there).write_text(OWN)
    assert text(archive, render(archive, [row()], schemas=str(tmp_path))[0]).count("<Contrato ") == 1
    assert "no schema in" in caplog.text and "reconstruction" in caplog.text


def test_a_broken_schema_is_misconfigured(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "x.xsd").write_text("<xs:schema")
    for folder in (str(tmp_path), str(tmp_path / "absent")):
        with pytest.raises(Misconfigured):
            render(archive, [row()], schemas=folder)


# the shipped SQL


def test_the_shipped_sql_selects_what_the_shipped_treaty_takes(warehouse: str, archive: Archive) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute(
            """insert into outgoing.ccee_contratos (
                referencia, tipo_gravacao, data_de_inicio, data_de_fim, id_comprador, id_vendedor,
                id_submercado_entrega, montante_medio)
            values
                ('ADV-2', 'C', '2026-12-01 00:00', '2026-12-31 23:00', '64983', '66242', '1', 1.500000),
                ('ADV-1', 'R', '2026-12-01 00:00', '2026-12-31 23:00', '00083', '66242', '4', 0.000001)"""
        )
    rows = Outgoing(warehouse, place.sql("outgoing", "ccee__contratos.sql").read_text())
    (document,) = render(archive, rows)
    assert [item.reference for item in document.items] == ["ADV-1", "ADV-2"]
    root = etree.fromstring(text(archive, document).encode("iso-8859-1"))
    assert root.xpath("//@montanteMedio") == ["0,000001", "1,500000"] and root.xpath("//@tipoModulacao") == ["F", "F"]


def test_memory_does_not_grow_into_a_tree_of_the_file(archive: Archive) -> None:
    import tracemalloc

    def many() -> Iterator[dict[str, Any]]:
        return (row(f"A-{n}") for n in range(5000))

    render(archive, [row()])
    tracemalloc.start()
    (document,) = render(archive, many(), params={"records_per_file": 5000})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # what stays is one Item and its reference a row, about 600 bytes; a row's dict and text would be another 2,000
    assert len(document.items) == 5000 and peak < 9_000_000
