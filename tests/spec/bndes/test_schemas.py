"""BNDES's schemas are data: official ones, where they come, replace what is shipped."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from malote import place
from malote.archive import Archive
from malote.errors import Misconfigured
from malote.institutions.bndes.rules import SERVICES, TRAVELLING, UNDOCUMENTED
from support import ROOT
from support.bndes import bndes
from support.proposals import ROWS, SHIPPED, data, facts, problems, render, row

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
