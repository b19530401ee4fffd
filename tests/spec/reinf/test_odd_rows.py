"""Rows as ledgers have them, one line each: what travels as it is, and what is a problem that names the column."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import malote_sim
from malote.archive import Archive
from malote.errors import Invalid, Problem
from malote.institutions.reinf.institution import Reinf
from malote.institutions.reinf.masking import cpf, discreet, masked
from support import portuguese
from support.reinf import PERSON, ROW, access_to, cnpj_number, lote, rendered

BENEF, PGTO = "ideEstab.ideBenef.", "ideEstab..idePgto[].infoPgto[]."
NAME, IR = f"{BENEF}nmBenef", f"{PGTO}retencoes.vlrIR"

GOOD: list[tuple[dict[str, Any], str, str | None]] = [
    # changes to a row, an element, its text as it travels
    ({NAME: "A & B <S.A.> \"x\" 'y' ]]>"}, "nmBenef", "A & B <S.A.> \"x\" 'y' ]]>"),
    ({NAME: "AC\u0327U\u0301CAR \N{GRINNING FACE}"}, "nmBenef", "AC\u0327U\u0301CAR \N{GRINNING FACE}"),
    ({NAME: "\u00a0 EMPRESA \u2003"}, "nmBenef", "EMPRESA"),
    ({NAME: "-" * 70}, "nmBenef", "-" * 70),
    ({"ideEvento.perApur": date(2026, 10, 1)}, "perApur", "2026-10"),
    ({"ideEvento.indRetif": 1}, "indRetif", "1"),
    ({"ideEvento.indRetif": 2, "ideEvento.nrRecibo": "7-01-4020-2610-7"}, "nrRecibo", "7-01-4020-2610-7"),
    ({"ideEstab.ideBenef.idePgto[].natRend": [15001, 17001]}, "natRend", "15001"),
    ({f"{PGTO}vlrBruto": [[Decimal("1000.00"), Decimal("0.00")], [Decimal("1.00")]]}, "vlrBruto", "1000,00"),
    ({f"{PGTO}dtFG": [[date(2026, 10, 31), "2026-10-06"], ["2026-10-07"]]}, "dtFG", "2026-10-31"),
    ({f"{BENEF}ideEvtAdic": "A/1"}, "ideEvtAdic", "A/1"),
    ({f"{BENEF}cnpjBenef": None, NAME: "SEM CNPJ"}, "cnpjBenef", None),
    ({IR: [["", "  "], [None]]}, "vlrIR", None),
    ({"reference": 7}, "natRend", "15001"),
    ({"reference": f"2026-10/{cnpj_number(1)}/{cnpj_number(2)}"}, "natRend", "15001"),
]
BAD: list[tuple[dict[str, Any], str]] = [
    # changes to a row, and what the problem says of which column
    ({NAME: "\x01"}, "nmBenef: holds the control character"),
    ({NAME: "A" * 71}, "nmBenef"),
    ({"ideEvento.perApur": "2026-13"}, "perApur"),
    ({"ideEvento.perApur": "10/2026"}, "perApur"),
    ({"ideEvento.perApur": None}, "perApur"),
    ({"ideEvento.indRetif": "3"}, "indRetif"),
    ({"ideEvento.indRetif": 2}, "nrRecibo: a rectification needs the receipt"),
    ({f"{BENEF}cnpjBenef": "1234567800019"}, "cnpjBenef"),
    ({"ideEstab.ideBenef.idePgto[].natRend": []}, "idePgto"),
    ({"ideEstab.ideBenef.idePgto[].natRend": ["15001"]}, "infoPgto"),
    ({f"{PGTO}vlrBruto": [["1000,00"], ["1,00"]]}, "vlrBruto"),
    ({f"{PGTO}vlrBruto": [[1000.0, 500.0], [1.0]]}, "vlrBruto: is a float"),
    ({f"{PGTO}vlrBruto": [["1.000,00", "500,00"], ["1,00"]]}, "vlrBruto"),
    ({f"{PGTO}vlrBruto": [["-1,00", "500,00"], ["1,00"]]}, "vlrBruto"),
    ({f"{PGTO}vlrBruto": [[Decimal("1.001"), "500,00"], ["1,00"]]}, "vlrBruto"),
    ({f"{PGTO}vlrBruto": [[Decimal("NaN"), "500,00"], ["1,00"]]}, "vlrBruto: is no finite number"),
    ({f"{PGTO}vlrBruto": [[True, "500,00"], ["1,00"]]}, "vlrBruto"),
    ({f"{PGTO}dtFG": "2026-10-05"}, "dtFG"),
    ({f"{PGTO}dtFG": [["2026-10-32", "2026-10-06"], ["2026-10-07"]]}, "dtFG"),
    ({"ideEstab.ideBenef.naoHa": "x"}, "naoHa"),
    ({"reference": None}, "reference: is empty"),
    ({"reference": " \t"}, "reference: is empty"),
    ({"reference": PERSON}, "reference: holds a CPF"),
    ({"reference": "x/529.982.247-25/1"}, "reference: holds a CPF"),
    ({"reference": "func-52998224725"}, "reference: holds a CPF"),
]


@pytest.fixture
def institution(sim: malote_sim.Running) -> Reinf:
    return Reinf(access_to(sim))


@pytest.mark.parametrize(("changes", "element", "text"), GOOD)
def test_it_travels(
    institution: Reinf, archive: Archive, changes: dict[str, Any], element: str, text: str | None
) -> None:
    (document,) = rendered(institution, [{**ROW, **changes}], archive)
    assert not isinstance(document, Problem)
    assert lote(document, archive).findtext(f".//{{*}}{element}") == text


@pytest.mark.parametrize(("changes", "told"), BAD)
def test_it_is_a_problem_that_names_the_column(
    institution: Reinf, archive: Archive, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(Invalid) as wrong:
        rendered(institution, [{**ROW, **changes}], archive)
    portuguese.read(wrong.value.problems)
    column, _, words = told.partition(": ")
    assert any(column in line and words in line for line in str(wrong.value).splitlines()), str(wrong.value)
    assert PERSON not in str(wrong.value)


def test_a_cnpj_that_begins_like_a_cpf_is_none(institution: Reinf, archive: Archive) -> None:
    alike = [number for number in map(cnpj_number, range(3000)) if cpf(number[:11])]
    assert len(alike) > 30, "one company in forty"
    rows = [{**ROW, "reference": f"2026-10/{number}", f"{BENEF}cnpjBenef": number} for number in alike[:50]]
    (document,) = rendered(institution, rows, archive)
    assert [item.reference for item in document.items] == [row["reference"] for row in rows]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /consulta/reciboevento/R4010/1/11222333/52998224725", "…/***982247**"),
        ("529.982.247-25", "***982247**"),
        ("529982247-25", "***982247**"),
        ("CPF:52998224725.", "***982247**."),
        ("529 982 247 25", "***982247**"),
        ("529.982.247-26 não existe", "***982247** não existe"),
        ("O CPF do beneficiário é 52998224726", "***982247**"),
        ("cpfBenef=52998224726", "***982247**"),
        ("CPF do CNPJ 11222333000181", "11222333000181"),
        ("11222333000181", "11222333000181"),
        ("52998224726", "52998224726"),
    ],
)
def test_a_cpf_is_masked_however_it_is_written(text: str, shown: str) -> None:
    assert masked(text).endswith(shown.lstrip("…"))


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("value doesn't match any pattern of ['[0-9]{6}']", "value doesn't match any pattern of ['…']"),
        ("attribute n='Ana': value doesn't match 'a'", "attribute n='…': value doesn't match '…'"),
        ("'Ana D'Ávila' is not a valid value of type 'x'.", "'…' is not a valid value of type '…'."),
        ("invalid value \"Ana D'Ávila\" for xs:decimal", "invalid value '…' for xs:decimal"),
        ("value must be one of ['Ana', 'Bia']", "value must be one of ['…', '…']"),
    ],
)  # fmt: skip
def test_what_a_schema_quotes_is_hidden_and_its_own_words_are_not(rule: str, shown: str) -> None:
    assert discreet("ideEstab.ideBenef.nmBenef", rule) == shown
