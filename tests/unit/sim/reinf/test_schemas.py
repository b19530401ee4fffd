"""The simulated EFD-Reinf against the official XSDs: what it takes, and what it says. Skipped where they are absent."""

from __future__ import annotations

import copy

import pytest
from lxml import etree

from malote_sim.reinf.form import official
from malote_sim.reinf.kinds import KINDS
from support.sim.reinf import (
    OTHER_SUPPLIER,
    PERSON,
    SCHEMAS,
    XSD,
    codes,
    outcomes,
    r1000,
    r1070,
    r2010,
    r2098,
    r2099,
    r4010,
    r4020,
    r4099,
    r9000,
    text,
    texts,
)
from support.sim.reinf_others import OTHERS

pytestmark = pytest.mark.skipif(
    not XSD.is_dir(), reason=f"the official XSDs of the EFD-Reinf are not in {XSD}, and are not part of the project"
)


def schema_of(namespace: str) -> etree.XMLSchema:
    """The official XSD; that of R-9005 has a minLength without a value, which libxml2 refuses: it is read without."""
    path = official(str(XSD))[namespace]
    content = path.read_bytes().replace(b'<xs:minLength value=""/>', b"")
    return etree.XMLSchema(etree.fromstring(content, base_url=str(path)))


def test_its_kinds_are_those_of_the_official_package():
    assert {kind.namespace for kind in KINDS.values()} <= set(official(str(XSD)))
    for path in XSD.glob("R-[1-4]*.xsd"):
        document = etree.parse(path).getroot()
        kind = KINDS[path.name[:6]]
        names = {each.get("name") for each in document.iter("{*}element")}
        assert document.get("targetNamespace") == kind.namespace and kind.main in names
        assert {*kind.key, kind.flag} - {""} <= names | {kind.flag}
        assert {part for path in kind.needs for part in path.split("/")} - {"*"} <= names


EVENTS = {
    "R-1000": r1000,
    "R-1000 alteracao": lambda: r1000("alteracao"),
    "R-1000 exclusao": lambda: r1000("exclusao"),
    "R-1070": r1070,
    "R-2010": r2010,
    "R-2098": r2098,
    "R-2099": r2099,
    "R-4010": r4010,
    "R-4020": r4020,
    "R-4020 without number": lambda: r4020(name="FULANO"),
    "R-4020 rectified": lambda: r4020(retif="9-02-4020-2610-9"),
    "R-4099": r4099,
    "R-9000": lambda: r9000("9-02-4020-2610-9"),
    **{make.__name__: make for make in OTHERS},
}


@pytest.mark.parametrize("folder", ["", str(XSD)], ids=["own check", "official"])
@pytest.mark.parametrize("which", EVENTS)
def test_its_own_check_and_the_official_one_take_the_same_events(caller, which, folder):
    caller.sim.reinf.set(schemas=folder)
    assert caller.send(EVENTS[which]()).status_code == 201


@pytest.mark.parametrize(
    ("change", "own"),
    [
        (("<vlrBruto>1000,00</vlrBruto>", ""), True),
        (("15,00", "15.00"), True),
        (("<natRend>15001</natRend>", "<natRend>ABC</natRend>"), True),
        (("<tpInscEstab>1</tpInscEstab>", "<tpInscEstab>9</tpInscEstab>"), False),
        (("<vlrIR>15,00</vlrIR>", "<vlrNada>15,00</vlrNada>"), False),
        (
            (
                "<vlrBaseIR>1000,00</vlrBaseIR><vlrIR>15,00</vlrIR>",
                "<vlrIR>15,00</vlrIR><vlrBaseIR>1000,00</vlrBaseIR>",
            ),
            False,
        ),
    ],
)
def test_where_the_official_ones_are_given_they_decide(caller, change, own):
    event = r4020().replace(*change)
    assert caller.send(event).status_code == (422 if own else 201)
    caller.sim.reinf.set(schemas=str(XSD))
    reply = caller.send(r4020().replace(*change))
    assert reply.status_code == 422 and set(texts(reply, "codigo")) == {"MS0030"}


def test_a_lote_too_is_checked_by_the_official_one(caller):
    caller.sim.reinf.set(schemas=str(XSD))
    good = caller.send(r1000())
    assert good.status_code == 201
    body = b'<?xml version="1.0"?><Reinf xmlns="' + f"{SCHEMAS}envioLoteEventosAssincrono/v1_00_00".encode() + b'"/>'
    assert text(caller.post(body), "codigo") == "MS1002"


def test_all_that_it_says_is_valid_by_the_official_ones(caller):
    caller.declare(r1000(), r1070())
    replies = [caller.send(r4020(), r4020().replace("<tpAmb>2", "<tpAmb>1"))]
    result = caller.run(
        r2010(), r4010(), r4020(), r4020(supplier=OTHER_SUPPLIER, process="123"), r4020(supplier=PERSON + "000"),
        r4010("52998224726"), r2099(), r2099(evtServTm="S"), r2098(), r4099(), r4099(reopen=True), r2098(),
    )  # fmt: skip
    assert outcomes(result) == ["0", "0", "0", "0", "1", "1", "1", "0", "0", "0", "0", "1"], codes(result)
    replies.append(caller.run(*(make() for make in OTHERS)))
    yes = ("evtServTm", "evtServPr", "evtAssDespRec", "evtAssDespRep", "evtComProd", "evtCPRB", "evtAquis")
    replies.append(caller.run(r2099(**dict.fromkeys(yes, "S")), r4099(), r4099(period="2026-09"), r2099("2026-09")))
    assert {*outcomes(replies[-1]), *outcomes(replies[-2])} == {"0"}
    replies += [result, caller.ask("1.1.1"), caller.ask("x"), caller.post(b"<a/>")]
    caller.sim.reinf.play("own_500")
    replies.append(caller.send(r4020()))
    for reply in replies:
        document = etree.fromstring(reply.content)
        schema_of(f"{SCHEMAS}retornoLoteEventosAssincrono/v1_00_00").assertValid(document)
        for told in document.iter("{*}retornoEvento"):
            alone = copy.deepcopy(told[0])
            schema_of(etree.QName(alone).namespace).assertValid(alone)
    assert {
        etree.QName(each[0]).namespace.split("/")[-2]
        for each in etree.fromstring(result.content).iter("{*}retornoEvento")
    } == {
        *("evtTotal", "evtRet", "evtTotalContrib", "evtRetCons"),
    }
