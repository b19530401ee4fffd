"""What the simulated EFD-Reinf does with events: precedence, rectification, exclusion, closing, totals."""

from __future__ import annotations

import pytest

from malote_sim.certificates import CNPJ
from malote_sim.reinf.judge import inscribed
from support.sim.reinf import (
    MONTH,
    OTHER_SUPPLIER,
    PERSON,
    SUPPLIER,
    codes,
    events,
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
    receipts,
    root,
    text,
    texts,
)
from support.sim.reinf_others import OTHERS

KEY = f"R-4020 {MONTH} 1 {CNPJ} {SUPPLIER}"

# Precedence


def test_events_are_processed_in_the_order_of_the_file(caller):
    result = caller.run(r4020(), r1000(), r4020(supplier=OTHER_SUPPLIER))
    assert outcomes(result) == ["1", "0", "0"] and codes(result) == [["MS0040"], [], []]
    assert text(result, "cdResposta") == "3"


def test_lotes_are_processed_in_the_order_in_which_they_fall_due(caller):
    caller.sim.reinf.play("late", on="recepcao", seconds=60)
    first, second = (text(caller.send(event), "protocoloEnvio") for event in (r1000(), r4020()))
    assert codes(caller.later(second)) == [["MS0040"]]
    caller.sim.clock.advance(60)
    assert outcomes(caller.later(first)) == ["0"]


@pytest.mark.parametrize(
    ("before", "event", "code"),
    [
        ([], r4020, "MS0040"),
        ([], r4099, "MS0040"),
        ([], lambda: r9000("1-02-4020-2610-1"), "MS0040"),
        ([], r1070, "MS0040"),
        ([lambda: r1000(start="2026-11")], r4020, "MS0040"),
        ([lambda: r1000(start="2026-10")], r4020, ""),
        ([r1000], r1000, "MS0036"),
        ([r1000], lambda: r1000("alteracao"), ""),
        ([r1000], lambda: r1000("alteracao", start="2021-01"), "MS0042"),
        ([], lambda: r1000("exclusao"), "MS0042"),
        ([r1000, lambda: r1000("exclusao")], r4020, "MS0040"),
        ([r1000, lambda: r1000("exclusao")], r1000, ""),
        ([r1000], lambda: r4020(process="123"), "MS0041"),
        ([r1000, r1070], lambda: r4020(process="123"), ""),
        ([r1000, r4020], r4020, "MS0036"),
        ([r1000, r4020], lambda: r4020(supplier=OTHER_SUPPLIER), ""),
        ([r1000, r4020], lambda: r4020(period="2026-09"), ""),
        ([r1000, r4099], r4020, "MS0060"),
        ([r1000, r4099], r4010, "MS0060"),
        ([r1000, r4099], lambda: r4020(period="2026-09"), ""),
        ([r1000, r4099], r2010, ""),
        ([r1000, r4099], r4099, "MS0060"),
        ([r1000], lambda: r4099(reopen=True), "MS0061"),
        ([r1000, r4099], lambda: r4099(reopen=True), ""),
        ([r1000, r4099, lambda: r4099(reopen=True)], r4020, ""),
        ([r1000, r2099], r2010, "MS0060"),
        ([r1000, r2099], r4020, ""),
        ([r1000, r2099, r2098], r2010, ""),
        ([r1000], r2098, "MS0061"),
        ([r1000, r2010], r2099, "MS0063"),
        ([r1000], lambda: r2099(evtServTm="S"), "MS0062"),
        ([r1000, r2010], lambda: r2099(evtServTm="S"), ""),
    ],
)
def test_what_comes_before_decides_what_is_accepted(caller, before, event, code):
    if before:
        caller.declare(*(make() for make in before))
    result = caller.run(event())
    assert (codes(result), outcomes(result)) == ([[code] if code else []], ["1" if code else "0"])


# What an event declares


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (r4020, ""),
        (lambda: r4020(supplier="33000167000102"), "MS0070"),
        (lambda: r4010("52998224726"), "MS0070"),
        (lambda: r4020(tax="1000,01"), "MS0072"),
        (lambda: r4020(tax="0,00"), "MS0073"),
        (lambda: r4020().replace("dtFG>2026-10", "dtFG>2026-09"), "MS0071"),
        (lambda: r2010(retained="1000,01"), "MS0072"),
        (lambda: r4020(name="PESSOA SEM CNPJ LTDA"), ""),
    ],
)
def test_an_event_is_refused_by_what_it_declares(caller, event, code):
    caller.registered()
    result = caller.run(event())
    assert set(codes(result)[0]) == ({code} if code else set())
    assert bool(receipts(result)[0]) == (not code)
    assert text(result, "cdRetorno") == ("1" if code else "0")


@pytest.mark.parametrize(
    ("number", "right"),
    [(CNPJ, True), (SUPPLIER, True), (PERSON, True), ("11222333000180", False), ("00000000000000", False)],
)
def test_check_digits_are_counted(number, right):
    assert inscribed(number) is right


def test_whom_and_with_what_it_refuses_or_warns_can_be_set(caller):
    caller.registered()
    caller.sim.reinf.set(
        reject={KEY: ["excess", "4711"]}, warn={"R-4010": ["zero"]}, messages={"zero": ["MS9", "Zero."]}
    )
    result = caller.run(r4020(), r4010())
    assert codes(result) == [["MS0072", "4711"], ["MS9"]] and outcomes(result) == ["1", "0"]
    assert [each.findtext(".//{*}tpOcorr") for each in events(result)] == ["1", "2"]
    caller.sim.reinf.set(reject={}, check_digits=False)
    assert outcomes(caller.run(r4020(supplier="33000167000102"))) == ["0"]


# Rectification and exclusion


def test_a_rectification_needs_the_receipt_of_what_is_active(caller):
    _, first = caller.declare(r1000(), r4020())
    assert codes(caller.run(r4020(retif="9-02-4020-2610-9"))) == [["MS0050"]]
    assert codes(caller.run(r4020(retif=first, period="2026-09"))) == [["MS0050"]]
    assert codes(caller.run(r4020(retif=first, supplier=OTHER_SUPPLIER))) == [["MS0052"]]
    (second,) = caller.declare(r4020("16,00", retif=first))
    assert second != first
    assert codes(caller.run(r4020("17,00", retif=first))) == [["MS0051"]]
    caller.declare(r4020("17,00", retif=second))
    assert caller.sim.reinf.accepted[f"{KEY} retifica {second}"] == 1
    assert caller.sim.reinf.accepted[f"{KEY} retifica {first}"] == 2  # the same receipt was rectified twice


def test_an_exclusion_frees_the_key(caller):
    _, first = caller.declare(r1000(), r4020())
    assert codes(caller.run(r9000(first, code="R-4010"))) == [["MS0050"]]
    assert codes(caller.run(r9000(first, period="2026-09"))) == [["MS0050"]]
    assert codes(caller.run(r9000(first, code="R-1000"))) == [["MS0053"]]
    caller.declare(r9000(first))
    assert codes(caller.run(r9000(first))) == [["MS0051"]]
    caller.declare(r4020())
    assert caller.sim.reinf.accepted[KEY] == caller.sim.reinf.accepted[f"{KEY} #2"] == 1
    assert caller.sim.reinf.declared_more_than_once == 0


def test_nothing_is_excluded_from_a_closed_month(caller):
    _, first, _ = caller.declare(r1000(), r4020(), r4099())
    assert codes(caller.run(r9000(first))) == [["MS0060"]]
    caller.declare(r4099(reopen=True), r9000(first), r4099())
    assert caller.sim.reinf.described()["meses"] == {f"{CNPJ[:8]}/4/{MONTH}": "fechado"}
    accepted = caller.sim.reinf.accepted
    assert accepted[f"R-4099 {MONTH}"] == accepted[f"R-4099 reabertura {MONTH}"] == 1
    assert accepted[f"R-4099 {MONTH} #2"] == 1


# What it comes to


def told(result, place: int) -> str:
    return events(result)[place].find(".//{*}Reinf")[0].tag.rpartition("}")[2]


def test_each_event_comes_back_as_the_total_of_its_kind(caller):
    *_, paid = caller.declare(r1000(), r1070(), r4020(supplier=OTHER_SUPPLIER))
    result = caller.run(
        r2010(), r4010(), r4020(), r9000(paid), r2099(evtServTm="S"), r2098(), r4099(), r4099(reopen=True)
    )
    assert [told(result, place) for place in range(8)] == [
        *("evtTotal", "evtRet", "evtRet", "evtRet", "evtTotalContrib", "evtTotal", "evtRetCons", "evtRetCons"),
    ]
    assert outcomes(result) == ["0"] * 8


def test_a_refusal_comes_back_as_its_own_total_or_as_r9001(caller):
    caller.registered()
    assert told(caller.run(r4020(supplier="33000167000102")), 0) == "evtRet"
    caller.sim.reinf.set(refused_in="R-9001")
    assert told(caller.run(r4020(supplier="33000167000103")), 0) == "evtTotal"


def test_an_event_tells_its_totals_by_nature_and_code_of_revenue(caller):
    caller.registered()
    result = caller.run(r4020("15,00"))
    (total,) = root(result).iter("{*}totApurMen")
    assert [each.text for each in total.iter() if len(each) == 0] == ["170806", "1000,00", "15001", "15,00", "15,00"]
    assert text(result, "nrInscBenef") == SUPPLIER
    result = caller.run(r2010())
    assert [text(result, name) for name in ("vlrTotalBaseRet", "CRTom", "vlrCRTom")] == [
        *("1000,00", "116201", "110,00"),
    ]


def test_a_closing_tells_the_sums_of_what_is_active(caller):
    _, first, _, _ = caller.declare(r1000(), r4020("15,00"), r4020("20,50", OTHER_SUPPLIER), r4010())
    caller.declare(r4020("10,00", retif=first), r4020("5,00", period="2026-09", day="07"))
    result = caller.run(r4099())
    (cr,) = root(result).iter("{*}infoTotalCR")
    sums = {each.findtext("{*}CRMen"): each.findtext("{*}vlrCRMenDCTF") for each in cr}
    assert sums == {"170806": "30,50", "058806": "7,50"} and text(result, "indExistInfo") == "1"
    caller.declare(r4099(reopen=True), r4020("1,00", "00000000000191"))
    assert "31,50" in texts(caller.run(r4099()), "vlrCRMenDCTF")
    assert text(caller.run(r4099(period="2026-08")), "indExistInfo") == "3"


def test_the_closing_of_the_social_security_series_tells_its_own(caller):
    caller.declare(r1000(), r2010())
    result = caller.run(r2099(evtServTm="S"))
    assert [text(result, name) for name in ("indExistInfo", "cnpjPrestador", "vlrCRTom")] == ["1", SUPPLIER, "110,00"]


@pytest.mark.parametrize(("event", "totals"), OTHERS.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_every_other_kind_is_taken_and_told_with_its_totals(caller, event, totals):
    caller.registered()
    result = caller.run(event())
    assert outcomes(result) == ["0"], result.text
    told = {
        name: [each.text for one in root(result).iter(f"{{*}}{name}") for each in one.iter() if len(each) == 0]
        for name in totals
    }
    assert told == totals and bool(texts(result, "infoTotal")) == bool(totals)
    assert caller.sim.reinf.declared_more_than_once == 0 and codes(caller.run(event())) == [["MS0036"]]


def test_the_closings_of_a_month_with_every_kind_of_event(caller):
    caller.declare(r1000(), r2010(), r4010(), r4020(), *(make() for make in OTHERS))
    names = ("evtServTm", "evtServPr", "evtAssDespRec", "evtAssDespRep", "evtComProd", "evtCPRB", "evtAquis")
    social, income = caller.run(r2099(**dict.fromkeys(names, "S"))), caller.run(r4099())
    assert outcomes(social) == outcomes(income) == ["0"]
    groups = [each.tag.rpartition("}")[2] for each in next(root(social).iter("{*}infoTotalContrib"))]
    assert groups == [
        *("indExistInfo", "identEscritDCTF", "RTom", "RPrest", "RRecRepAD"),
        *("RComl", "RComl", "RComl", "RAquis", "RAquis", "RAquis", "RCPRB"),
    ]
    assert text(social, "vlrCRRecRepAD") == "10,00"
    cr = next(root(income).iter("{*}infoTotalCR"))
    told = [[each.text for each in one] for one in cr]
    assert sorted(told) == [["058806", "7,50"], ["170806", "15,00"], ["5", "521701", "35,00"], ["804506", "1,50"]]
