"""Lotes of signed events: Ids, size, signatures (judged by xmlsec), and their events by the official XSDs."""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import xmlsec
from lxml import etree

import malote_sim
from malote.archive import Archive
from malote.errors import Invalid, Misconfigured
from malote.institutions.reinf.institution import Reinf
from malote.submission import Document
from malote.wire import tls
from malote_sim.certificates import CNPJ
from support.reinf import CONTRIBUTOR, MONTH, NOW, ROW, Desk, access_to, lote, pay, pay_person, reinf, rendered
from support.sim.reinf import XSD

official = pytest.mark.skipif(not XSD.is_dir(), reason=f"the official XSDs are not in {XSD} (REINF_XSD): not committed")


def rows(n: int) -> list[dict[str, Any]]:
    return [{**ROW, "reference": f"E{each}"} for each in range(n)]


def ids(documents: list[Document]) -> list[str]:
    return [str(item.echo) for document in documents for item in document.items]


@pytest.fixture
def institution(sim: malote_sim.Running) -> Reinf:
    return Reinf(access_to(sim))


def test_a_lote_holds_fifty_events_at_most_in_the_order_of_the_rows(institution: Reinf, archive: Archive) -> None:
    documents = rendered(institution, rows(102), archive)
    assert [len(each.items) for each in documents] == [50, 50, 2]
    assert [item.reference for each in documents for item in each.items] == [row["reference"] for row in rows(102)]
    fewer = rendered(institution, rows(5), archive, eventos_por_lote=2)
    assert [len(each.items) for each in fewer] == [2, 2, 1]
    assert [each.get("Id") for each in lote(documents[0], archive).iter("{*}evento")] == ids(documents[:1])


def test_ids_have_36_characters_and_are_never_given_twice(institution: Reinf, archive: Archive) -> None:
    found = ids(rendered(institution, rows(120), archive)) + ids(rendered(institution, rows(120), archive, taken=3))
    assert len(set(found)) == 240
    assert all(re.fullmatch(rf"ID1{CNPJ[:8]}000000[0-9]{{19}}", each) for each in found)


def test_where_a_second_is_full_the_next_one_numbers_on(institution: Reinf, archive: Archive) -> None:
    first, last = (ids(rendered(institution, rows(1), archive, taken=taken))[0] for taken in (1999, 2000))
    stamp = NOW - timedelta(hours=3)
    assert first.endswith(f"{stamp:%Y%m%d%H%M%S}99950")
    assert last[17:31] == f"{stamp + timedelta(seconds=1):%Y%m%d%H%M%S}"


def test_the_same_rows_and_numbers_give_the_same_bytes(institution: Reinf, archive: Archive) -> None:
    once, again = (rendered(institution, rows(3), archive) for _ in range(2))
    assert [each.stored for each in once] == [each.stored for each in again]


def test_every_signature_is_good_by_another_library_inside_the_lote_and_alone(
    institution: Reinf, archive: Archive, sim: malote_sim.Running
) -> None:
    (document,) = rendered(institution, rows(3), archive)
    root = lote(document, archive)
    key = xmlsec.Key.from_file(str(sim.certificates.client), xmlsec.constants.KeyDataFormatPkcs12, "malote-sim")
    for each in root.iter("{*}evento"):
        for tree in (root, etree.fromstring(etree.tostring(copy.deepcopy(each[0])))):
            main = next(held for held in tree.iter("{*}evtRetPJ") if held.get("id") == each.get("Id"))
            context = xmlsec.SignatureContext()
            context.key = key
            context.register_id(main, "id")
            signature = main.getparent()[-1]
            context.verify(signature)
            assert signature.getparent()[0] is main and len(list(signature.iter("{*}X509Certificate"))) == 1


def test_a_signature_is_bad_when_one_digit_is_changed(
    institution: Reinf, archive: Archive, sim: malote_sim.Running
) -> None:
    (document,) = rendered(institution, rows(1), archive)
    root = lote(document, archive)
    next(root.iter("{*}vlrIR")).text = "15,01"
    main = next(root.iter("{*}evtRetPJ"))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(sim.certificates.client), xmlsec.constants.KeyDataFormatPkcs12, "malote-sim")
    context.register_id(main, "id")
    with pytest.raises(xmlsec.Error):
        context.verify(main.getparent()[-1])


def test_nothing_is_formatted_and_there_is_one_declaration(institution: Reinf, archive: Archive) -> None:
    (document,) = rendered(institution, rows(2), archive)
    with archive.open(document.stored) as file:
        data = file.read()
    assert data.count(b"<?xml") == 1 and b"\n" not in data and b"> <" not in data and b"<!--" not in data


@pytest.mark.parametrize("name", ["ideEvento.tpAmb", "ideContri.nrInsc", "ideEvento.verProc"])
def test_what_malote_fills_in_no_column_may_name(institution: Reinf, archive: Archive, name: str) -> None:
    with pytest.raises(Invalid, match="filled by malote"):
        rendered(institution, [{**ROW, name: "1"}], archive)


def test_blanks_and_empty_texts_are_left_out(institution: Reinf, archive: Archive) -> None:
    row = {**ROW, "ideEstab.ideBenef.nmBenef": " EMPRESA ", "ideEstab.ideBenef.isenImun": "  "}
    (document,) = rendered(institution, [row], archive)
    root = lote(document, archive)
    assert root.findtext(".//{*}nmBenef") == "EMPRESA" and root.find(".//{*}isenImun") is None


def test_the_environment_is_in_every_event(archive: Archive, sim: malote_sim.Running) -> None:
    extra = dict(access_to(sim).extra)
    for environment, ambiente in (("producao", "1"), ("producao_restrita", "2")):
        (document,) = rendered(reinf(environment, **extra), rows(1), archive)
        assert lote(document, archive).findtext(".//{*}tpAmb") == ambiente


@pytest.mark.parametrize(
    ("given", "inscription", "kind"),
    [({}, CNPJ[:8], "1"), ({"contribuinte": "52998224725"}, "52998224725", "2"), ({"contribuinte": CNPJ}, CNPJ, "1")],
)
def test_the_contributor_is_the_root_of_the_cnpj_or_who_is_named(
    sim: malote_sim.Running, archive: Archive, given: dict[str, str], inscription: str, kind: str
) -> None:
    institution = Reinf(access_to(sim, **given))
    (document,) = rendered(institution, rows(1), archive)
    found = next(lote(document, archive).iter("{*}ideContribuinte"))
    assert [each.text for each in found] == [kind, inscription] and institution.account == inscription


@pytest.mark.parametrize(
    ("given", "inscription"),
    [
        ({"contribuinte": "12abc345"}, "12ABC345"),
        ({"contribuinte": "12.ABC.345/01DE-35"}, "12ABC34501DE35"),
        ({"cnpj": "12.ABC.345/01DE-35"}, "12ABC345"),
        ({"contribuinte": "529.982.247-25"}, "52998224725"),
        ({"contribuinte": "5299822472A"}, None),
        ({"contribuinte": "12ABC34501DEXY"}, None),
        ({"contribuinte": "1222"}, None),
        ({"cnpj": ""}, None),
    ],
)
def test_a_contributor_may_have_letters_where_a_cnpj_may(given: dict[str, str], inscription: str | None) -> None:
    if inscription is None:
        with pytest.raises(Misconfigured, match="who is declared for"):
            reinf(**given)
    else:
        assert reinf(**given).account == inscription


def test_an_event_without_a_shipped_layout_says_where_one_is_to_be_had(institution: Reinf, archive: Archive) -> None:
    with pytest.raises(Misconfigured, match="R-2098") as wrong:
        rendered(institution, [{"reference": "1", "ideEvento.perApur": MONTH}], archive, "r2098")
    assert "extra.schemas" in str(wrong.value.todo)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client_certificate": ""}, "to sign with"),
        ({"client_certificate": "/nowhere/x.p12"}, "cannot be read"),
        ({"client_certificate_password": "wrong"}, "does not open"),
    ],
)
def test_a_certificate_that_cannot_sign_is_one_error_and_no_number_is_taken(
    sim: malote_sim.Running, archive: Archive, changes: dict[str, str], told: str
) -> None:
    with pytest.raises(Misconfigured, match=told):
        rendered(Reinf(access_to(sim, **changes)), rows(1), archive)


def test_an_expired_certificate_signs_nothing(sim: malote_sim.Running, archive: Archive) -> None:
    over = tls.describe(str(sim.certificates.client), sim.certificates.password).not_after + timedelta(days=1)
    with pytest.raises(Misconfigured, match="expired"):
        rendered(Reinf(access_to(sim)), rows(1), archive, at=over)


# ---- by the official XSDs


def judged(document: Document, archive: Archive) -> list[str]:
    """The code of each event that its official XSD takes; it sees a copy: a judge registers Ids."""
    schema = next(XSD.glob("envioLoteEventosAssincrono-*.xsd"))
    root = lote(document, archive)
    etree.XMLSchema(etree.parse(str(schema))).assertValid(etree.fromstring(etree.tostring(root)))
    found = []
    for each in root.iter("{*}evento"):
        event = etree.fromstring(etree.tostring(each[0]))
        space = str(event.tag).partition("}")[0][1:]
        paths = [path for path in sorted(XSD.glob("R-*.xsd")) if f'targetNamespace="{space}"' in path.read_text()]
        etree.XMLSchema(etree.parse(str(paths[-1]))).assertValid(event)
        found.append(paths[-1].name[:6])
    return found


@official
@pytest.mark.parametrize("schemas", [{}, {"schemas": str(XSD)}], ids=["shipped", "official"])
def test_what_the_shipped_sql_selects_is_valid_by_the_official_xsds(
    desk: Desk, archive: Archive, schemas: dict[str, str]
) -> None:
    desk.sql(CONTRIBUTOR)
    desk.sql("insert into outgoing.reinf_r1000 (acao, ini_valid, class_trib) values ('exclusao', '2019-01', null)")
    for n, nature in enumerate(("15001", "15001", "17001", "15001")):
        pay(desk, n, n // 3, nature=nature)
    pay_person(desk, 1)
    desk.sql("insert into outgoing.reinf_r4099 (per_apur, nm_resp, cpf_resp) values ('2026-10', 'ANA', '52998224725')")
    desk.sql("insert into outgoing.reinf_r9000 values ('7-01-4020-2610-7', 'R-4020', '2026-10')")
    institution = Reinf(access_to(desk.sim, **schemas))
    with psycopg.connect(desk.dsn) as connection:
        connection.execute("delete from malote.pouch")
    for service, n in (("r1000", 2), ("r4010", 1), ("r4020", 2), ("r4099", 1), ("r9000", 1)):
        documents = rendered(institution, desk.rows(service), archive, service)
        found = [code for each in documents for code in judged(each, archive)]
        assert found == [f"R-{service[1:]}"] * n


@official
@pytest.mark.parametrize(
    ("service", "row"),
    [
        ("r2098", {}),
        ("r2099", {f"infoFech.{name}": "N" for name in (
            "evtServTm", "evtServPr", "evtAssDespRec", "evtAssDespRep", "evtComProd", "evtCPRB", "evtAquis")}),
        ("r2010", {
            "ideEvento.indRetif": "1",
            "infoServTom.ideEstabObra.tpInscEstab": "1",
            "infoServTom.ideEstabObra.nrInscEstab": CNPJ,
            "infoServTom.ideEstabObra.indObra": "0",
            "..idePrestServ.cnpjPrestador": "33000167000101",
            "..idePrestServ.vlrTotalBruto": "1000,00",
            "..idePrestServ.vlrTotalBaseRet": "1000,00",
            "..idePrestServ.vlrTotalRetPrinc": "110,00",
            "..idePrestServ.indCPRB": "0",
            "..nfs[].serie": ["1"],
            "..nfs[].numDocto": ["7"],
            "..nfs[].dtEmissaoNF": ["2026-10-05"],
            "..nfs[].vlrBruto": ["1000,00"],
            "..nfs[].infoTpServ.tpServico": ["100000001"],
            "..nfs[].infoTpServ.vlrBaseRet": ["1000,00"],
            "..nfs[].infoTpServ.vlrRetencao": ["110,00"],
        }),
    ],
)  # fmt: skip
def test_any_other_event_travels_by_the_official_xsd_alone(
    sim: malote_sim.Running, archive: Archive, service: str, row: dict[str, Any]
) -> None:
    given = {"reference": "1", "ideEvento.perApur": MONTH, **row}
    (document,) = rendered(Reinf(access_to(sim, schemas=str(XSD))), [given], archive, service)
    assert judged(document, archive) == [f"R-{service[1:]}"]


@official
def test_of_several_versions_of_a_layout_the_last_is_taken(sim: malote_sim.Running, tmp_path: Path) -> None:
    from malote.institutions.reinf.layouts import layout_of
    from malote.institutions.reinf.rules import EVENTS

    assert len(list(XSD.glob("R-4010-*.xsd"))) > 1
    assert layout_of(EVENTS["r4010"], XSD)._agreed.path.name.endswith("_C.xsd")
