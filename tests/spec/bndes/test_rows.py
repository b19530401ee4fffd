"""Outgoing rows to BNDES documents: layout, references, own schemas; rows that break the XSD, an XSD that breaks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from malote import place
from malote.archive import Archive
from malote.errors import Invalid, Misconfigured, Problem
from malote.institutions.bndes.rules import SERVICES, TRAVELLING, UNDOCUMENTED
from malote.submission import Document, Item, Order
from support import ROOT
from support.bndes import CNPJ, bndes, pretended
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
    return [(each.reference, each.path, each.rule) for each in caught.value.problems]


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


ROWS: dict[str, dict[str, Any]] = {
    "financiamento": row(),
    "contratacao": {"reference": "2026/17", "numeroBNDES": "0012345", "dataContratacao": date(2026, 11, 23)},
    "liberacao": {"reference": "2026/17-L1", "numeroBNDES": "0012345", "valor": Decimal("10.00"),
                  "notaFiscal[].chaveAcesso": ["3" * 44]},
    "cancelamento": {"reference": "2026/17-C1", "numeroBNDES": "0012345", "motivo": "desistência"},
    **{name: {"reference": "X-1", "numeroBNDES": "0012345", "motivo": "ção"} for name in TRAVELLING[4:]},
}  # fmt: skip


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
        with pytest.raises(Misconfigured, match="no service that travels"):
            render(archive, [row()], name)


# schemas are data

OFFICIAL = """<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:apa:fin" xmlns:t="urn:apa:tipos"
  targetNamespace="urn:apa:fin" elementFormDefault="qualified">
  <xs:import namespace="urn:apa:tipos" schemaLocation="tipos_basicos.xsd"/>
  <xs:element name="Solicitacao"><xs:complexType><xs:sequence>
    <xs:element name="proposta" type="t:Proposta"/>
    <xs:element name="valor" type="xs:decimal"/>
  </xs:sequence><xs:attribute name="versao" use="required"/></xs:complexType></xs:element>
</xs:schema>"""
TYPES = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:apa:tipos"
  elementFormDefault="FORM">
  <xs:complexType name="Proposta"><xs:sequence><xs:element name="anoProposta" type="xs:gYear"/>
    <xs:element name="numeroProposta" type="xs:int"/></xs:sequence></xs:complexType></xs:schema>"""


@pytest.mark.parametrize("form", ["qualified", "unqualified"])
def test_an_official_schema_with_namespaces_of_its_own_is_dropped_in_without_code(
    archive: Archive, tmp_path: Path, form: str
) -> None:
    folder = tmp_path / "apa" / "v1_0"
    folder.mkdir(parents=True)
    (folder / "financiamento.xsd").write_text(OFFICIAL)
    (folder / "tipos_basicos.xsd").write_text(TYPES.replace("FORM", form))
    one = {"reference": "2026/17", "@versao": "1.0", "proposta.anoProposta": "2026", "..numeroProposta": 17,
           "valor": Decimal("10.50")}  # fmt: skip
    (document,) = render(archive, [one], schemas=str(tmp_path / "apa"))
    made = etree.fromstring(data(archive, document))
    etree.XMLSchema(etree.parse(str(folder / "financiamento.xsd"))).assertValid(made)
    assert made.tag == "{urn:apa:fin}Solicitacao" and made.get("versao") == "1.0"
    assert facts(document) == {"reference": "2026/17", "anoProposta": "2026", "numeroProposta": "17"}
    assert data(archive, document).startswith(b'<?xml version="1.0" encoding="UTF-8"?><')
    assert data(archive, render(archive, [one], schemas=str(tmp_path / "apa"))[0]) == data(archive, document)


def test_what_the_folder_lacks_is_the_shipped_one_and_a_changed_file_counts(archive: Archive, tmp_path: Path) -> None:
    for name in ("cancelamento.xsd", "tipos_basicos.xsd"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    extra = {"schemas": str(tmp_path)}
    assert len(render(archive, [row()], **extra)) == 1
    assert len(render(archive, [ROWS["cancelamento"]], "cancelamento", **extra)) == 1
    text = (tmp_path / "cancelamento.xsd").read_text()
    (tmp_path / "cancelamento.xsd").write_text(text.replace('"motivo"', '"justificativa"'))
    found = problems(archive, [ROWS["cancelamento"]], service="cancelamento", **extra)
    assert (None, "motivo") in {each[:2] for each in found}


def test_a_root_of_another_name_is_named_by_a_rule(archive: Archive, tmp_path: Path) -> None:
    text = (SHIPPED / "cancelamento.xsd").read_text()
    two = text.replace("</xs:schema>", '<xs:element name="outro" type="xs:string"/></xs:schema>')
    (tmp_path / "tipos_basicos.xsd").write_bytes((SHIPPED / "tipos_basicos.xsd").read_bytes())
    (tmp_path / "cancelamento.xsd").write_text(two.replace('"cancelamento"', '"Cancelar"'))
    with pytest.raises(Misconfigured, match="Cancelar, outro"):
        render(archive, [ROWS["cancelamento"]], "cancelamento", schemas=str(tmp_path))
    rules = {"services": {"cancelamento": {"root": "Cancelar"}}}
    (document,) = render(archive, [ROWS["cancelamento"]], "cancelamento", schemas=str(tmp_path), rules=rules)
    assert b"<Cancelar>" in data(archive, document)
    assert document.operation == "cancelamento"


@pytest.mark.parametrize("text", ["<xs:schema", "", "<html/>", "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
                                  "<xs:element name='financiamento' type='Missing'/></xs:schema>",
                                  "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>"])  # fmt: skip
def test_an_xsd_that_does_not_parse_is_misconfigured_and_says_which(
    archive: Archive, tmp_path: Path, text: str
) -> None:
    (tmp_path / "financiamento.xsd").write_text(text)
    with pytest.raises(Misconfigured, match="financiamento.xsd"):
        render(archive, [row()], schemas=str(tmp_path))


def test_a_folder_that_is_none_is_misconfigured(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no folder"):
        bndes(schemas=str(tmp_path / "absent"))


@pytest.mark.parametrize("service", TRAVELLING[4:])
def test_what_has_no_layout_travels_to_bndes_only_by_a_users_own(
    archive: Archive, tmp_path: Path, service: str
) -> None:
    for environment in ("producao", "homologacao"):
        with pytest.raises(Misconfigured, match="no layout"):
            render(archive, [ROWS[service]], service, there=bndes(environment))
    for name in ("sem_leiaute.xsd", "tipos_basicos.xsd"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    (tmp_path / "sem_leiaute.xsd").rename(tmp_path / "oficial.xsd")
    rules = {"services": {service: {"schema_in": "oficial.xsd", "root": service}}}
    there = bndes(schemas=str(tmp_path), rules=rules)
    assert len(render(archive, [ROWS[service]], service, there=there)) == 1


@pytest.mark.parametrize("service", TRAVELLING)
def test_what_is_undocumented_is_marked_in_its_sql_its_schema_the_log_and_the_docs(
    archive: Archive, caplog: pytest.LogCaptureFixture, service: str
) -> None:
    undocumented = service in UNDOCUMENTED
    render(archive, [ROWS[service]], service)
    assert ("undocumented" in caplog.text and SERVICES[service].path in caplog.text) == undocumented
    assert place.outgoing("bndes", service).startswith("-- UNDOCUMENTED") == undocumented
    assert (f'name="{service}"' in (SHIPPED / "sem_leiaute.xsd").read_text()) == undocumented
    page = (ROOT / "docs" / "bndes.md").read_text()
    section = page.partition("## The undocumented services")[2].partition("\n## ")[0]
    assert (f"`{service}`" in section) == undocumented


def test_a_service_that_the_connection_adds_travels(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "assuncao.xsd").write_text(OFFICIAL)
    (tmp_path / "tipos_basicos.xsd").write_text(TYPES.replace("FORM", "qualified"))
    rules = {"services": {"assuncao": {"path": "api/v1/assuncao", "schema_in": "assuncao.xsd", "identity": "proposta"}}}
    one = {"reference": "2026/17", "@versao": "1", "..anoProposta": "2026", "..numeroProposta": 17, "valor": 1}
    there = bndes("producao", schemas=str(tmp_path), rules=rules)
    (document,) = render(archive, [one], "assuncao", there=there)
    assert document.operation == "assuncao" and document.facts["numeroProposta"] == "17"


def test_the_reconstruction_says_so_when_it_is_used_for_bndes(
    archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    render(archive, [row()])
    assert "reconstruction" not in caplog.text
    render(archive, [row()], there=bndes())
    assert "reconstruction" in caplog.text


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.xsd")), ids=lambda path: path.name)
def test_each_shipped_layout_compiles_and_says_that_it_is_a_reconstruction(path: Path) -> None:
    etree.XMLSchema(etree.parse(str(path)))
    head = path.read_text()[:400]
    assert "RECONSTRUCTION" in head or "NOT A LAYOUT OF BNDES" in head


def test_every_layout_of_the_manuals_table_is_shipped() -> None:
    table = {
        "financiamento", "financiamento_retorno", "contratacao", "contratacao_retorno", "liberacao",
        "liberacao_retorno", "tipos_basicos", "retorno_basico", "cancelamento", "cancelamento_retorno",
        "pesquisa_operacao", "pesquisa_operacao_retorno", "subcreditoRetorno", "consulta_verificacao_retorno",
    }  # fmt: skip
    assert {path.stem for path in SHIPPED.glob("*.xsd")} == table | {"sem_leiaute"}
    for service in SERVICES.values():
        for name in filter(None, (service.schema_in, service.schema_out)):
            assert not service.documented or (SHIPPED / name).is_file(), name


def test_the_documented_tags_are_exact() -> None:
    texts = {path.stem: path.read_text() for path in SHIPPED.glob("*.xsd")}
    for stem, names in {
        "retorno_basico": ["status"],
        "financiamento": ["anoProposta", "numeroProposta"],
        "financiamento_retorno": ["numeroBNDES"],
        "contratacao": ["numeroBNDES"],
        "contratacao_retorno": ["dataTerminoCarencia", "dataPrimeiraAmortizacao", "dataUltimaAmortizacao"],
    }.items():
        for name in names:
            assert f'<xs:element name="{name}"' in texts[stem]
