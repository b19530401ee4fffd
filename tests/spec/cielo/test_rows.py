"""Rows to items: money, cards, tokens and captures by the rules; every kind of bad row, all problems in one error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from malote import place
from malote.errors import Invalid, Misconfigured, Problem
from malote.institutions.cielo.documents import selection
from malote.institutions.cielo.documents.cards import luhn
from malote.institutions.cielo.documents.money import checks
from malote.institutions.cielo.rules import OPERATIONS
from malote.submission import Document
from malote.trip import Outgoing
from support.orders import AT, CARD, CHAVE, EC, ROWS, Desk, by_token, order, tid

NS = "{http://ecommerce.cbmp.com.br}"
CARDS = ("4012001037141112", "4012001038443335", "5453010000066167", "376449047333005", "36490102462661",
         "6362970000457013", "6011020000245045", "3566007770004971", "5078601912345600019")  # fmt: skip
"""Cielo's public test cards (sheet 7)."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def problems(desk: Desk, rows: Any, service: str = "autorizacao", **more: Any) -> list[tuple[str | None, str, str]]:
    before = desk.left()
    with pytest.raises(Invalid) as caught:
        desk.render(rows, service, **more)
    assert desk.left() == before, "nothing of it is kept"
    return [(each.reference, each.path, each.rule) for each in caught.value.problems]


def rule(desk: Desk, row: Any, path: str, service: str = "autorizacao", **more: Any) -> str:
    found = problems(desk, [row], service, **more)
    assert [each[1] for each in found] == [path], found
    return found[0][2]


def item(desk: Desk, row: Any, service: str = "autorizacao", **more: Any) -> Any:
    (document,) = desk.documents([row], service, **more)
    return etree.fromstring(desk.bytes(document))[3][0]


def said(desk: Desk, row: Any, path: str, service: str = "autorizacao") -> str | None:
    return item(desk, row, service).findtext("/".join(NS + name for name in path.split(".")))


# amounts


@pytest.mark.parametrize("value", [1, 102099, 999_999_999, Decimal("102099"), Decimal("1E+2"), "102099", "0010"])
def test_whole_centavos_travel_exactly(desk: Desk, value: Any) -> None:
    assert int(said(desk, order(**{"dados-pedido.valor": value}), "dados-pedido.valor") or "") == int(value)


@pytest.mark.parametrize("value", [10.2, 10.0, Decimal("10.20"), Decimal("10.00"), "10.20", "10,20", "R$ 10", "", True])
def test_what_is_no_whole_number_of_centavos_is_refused_and_says_so(desk: Desk, value: Any) -> None:
    found = problems(desk, [order(**{"dados-pedido.valor": value})])
    assert found[0][:2] == ("PEDIDO0000001", "dados-pedido.valor") and "centavos" in found[0][2]


@pytest.mark.parametrize("value", [0, -1, 10**9, 10**12, "1000000000", Decimal(0)])
def test_an_amount_of_nothing_or_of_ten_digits_is_refused(desk: Desk, value: Any) -> None:
    assert "1 to 999999999 centavos" in rule(desk, order(**{"dados-pedido.valor": value}), "dados-pedido.valor")


# the order


@pytest.mark.parametrize(
    ("number", "word"), [("A-1", "'-'"), ("A 1", "' '"), ("Á1", "'Á'"), ("X" * 21, "21 characters")]
)
def test_an_order_number_is_twenty_letters_and_digits(desk: Desk, number: str, word: str) -> None:
    found = rule(desk, order(number), "dados-pedido.numero")
    assert word in found and "letters and digits only, at most 20" in found
    assert said(desk, order("X" * 20), "dados-pedido.numero") == "X" * 20


def test_the_reference_of_an_authorisation_is_its_order_number_and_of_a_capture_its_tid(desk: Desk) -> None:
    assert "twice, under two names" in rule(desk, order(1, reference="other"), "reference")
    for service in ("captura", "autorizacao_tid"):
        assert "is not tid" in rule(desk, {**ROWS[service], "reference": "other"}, "reference", service)
    assert desk.documents([{**ROWS["cancelamento"], "reference": "mine"}], "cancelamento")


@pytest.mark.parametrize("text", ["Visão", "LOJA-1", "X" * 14, "a&b"])
def test_a_soft_descriptor_has_no_accents_nor_signs(desk: Desk, text: str) -> None:
    found = rule(desk, order(**{"dados-pedido.soft-descriptor": text}), "dados-pedido.soft-descriptor")
    assert "letters without accents" in found


def test_a_soft_descriptor_may_have_blanks_and_stars_or_be_empty(desk: Desk) -> None:
    for text in ("LOJA * 1", "", "x" * 13):
        assert said(desk, order(**{"dados-pedido.soft-descriptor": text}), "dados-pedido.soft-descriptor") == text


def test_instants_are_brasilia_wall_time_to_the_second(desk: Desk) -> None:
    aware = datetime(2026, 11, 22, 13, 0, 5, 123456, tzinfo=timezone.utc)
    assert said(desk, order(**{"dados-pedido.data-hora": aware}), "dados-pedido.data-hora") == "2026-11-22T10:00:05"
    found = problems(desk, [order(**{"dados-pedido.data-hora": date(2026, 11, 22)})])
    assert found[0][1] == "dados-pedido.data-hora" and "give a timestamp" in found[0][2]


def test_free_text_is_escaped_and_control_characters_are_refused(desk: Desk) -> None:
    odd = 'a<b>&"c"\n]]>é€'
    assert said(desk, order(**{"dados-pedido.descricao": odd}), "dados-pedido.descricao") == odd
    assert "U+0007" in rule(desk, order(**{"dados-pedido.descricao": "bell \x07"}), "dados-pedido.descricao")


# card or token


@pytest.mark.parametrize("card", CARDS)
def test_cielos_test_cards_pass(desk: Desk, card: str) -> None:
    assert luhn(card) and said(desk, order(**{"dados-portador.numero": card}), "dados-portador.numero") == card


@pytest.mark.parametrize("card", [CARD[:-1] + "3", "4" * 12, "0" * 20, "4012 0010 3714 1112", "x" * 16, "٤" * 16])
def test_a_card_number_is_13_to_19_digits_that_pass_luhn(desk: Desk, card: str) -> None:
    found = problems(desk, [order(**{"dados-portador.numero": card})])
    assert found[0][1] == "dados-portador.numero" and "Luhn" in found[0][2] and not luhn(card)
    assert card not in str(found)


@given(st.lists(st.sampled_from(CARDS) | st.text("0123456789", min_size=11, max_size=21), max_size=30))
def test_cards_looked_at_together_pass_where_each_passes_alone(cards: list[str]) -> None:
    def plain(number: str) -> bool:
        digits = [int(each) for each in reversed(number)]
        return (sum(digits[::2]) + sum(sum(divmod(2 * each, 10)) for each in digits[1::2])) % 10 == 0

    assert luhn(*cards) is all(13 <= len(each) <= 19 and plain(each) for each in cards)


def test_card_and_token_together_are_refused_and_so_is_neither(desk: Desk) -> None:
    both = rule(desk, order(**{"dados-portador.token": "T"}), "dados-portador.token")
    assert "never both" in both
    nothing = {name: value for name, value in order().items() if not name.startswith("dados-portador")}
    assert "one of them is needed" in rule(desk, nothing, "dados-portador.numero")
    beside = by_token(**{"dados-portador.validade": "203012"})
    assert "send nothing of the card" in rule(desk, beside, "dados-portador.token")


def test_a_token_lot_holds_nothing_of_a_card_and_names_the_brand(desk: Desk) -> None:
    portador = item(desk, by_token()).find(f"{NS}dados-portador")
    assert [etree.QName(each).localname for each in portador] == ["token"]
    assert "beside a token too" in rule(
        desk, by_token(**{"forma-pagamento.bandeira": None}), "forma-pagamento.bandeira"
    )


@pytest.mark.parametrize(
    ("indicador", "codigo", "brand", "path"),
    [
        ("1", None, "visa", "dados-portador.indicador"),
        ("0", "123", "visa", "dados-portador.indicador"),
        (None, "123", "visa", "dados-portador.indicador"),
        ("0", None, "amex", "dados-portador.codigo-seguranca"),
        ("9", None, "visa", None),
        ("0", None, "visa", None),
        (None, None, "visa", None),
        ("1", "1234", "amex", None),
    ],
)
def test_indicador_says_whether_the_security_code_is_there(
    desk: Desk, indicador: Any, codigo: Any, brand: str, path: str | None
) -> None:
    row = order(
        **{
            "dados-portador.indicador": indicador,
            "dados-portador.codigo-seguranca": codigo,
            "forma-pagamento.bandeira": brand,
        }
    )
    if path:
        rule(desk, row, path)
    else:
        assert desk.documents([row])


@pytest.mark.parametrize("expiry", ["203013", "2030", "122030", "20301", "30/12", "203000"])
def test_an_expiry_is_year_and_month(desk: Desk, expiry: str) -> None:
    found = problems(desk, [order(**{"dados-portador.validade": expiry})])
    assert found[0][1] == "dados-portador.validade" and found[0][2] == "is no expiry aaaamm, such as 203012"


# payment


@pytest.mark.parametrize(
    ("how", "what", "times", "paths"),
    [
        ("3", "1", 1, []),
        ("3", "2", 12, []),
        ("3", "3", "2", []),
        ("4", "1", "01", []),
        (3, 1, Decimal(1), []),
        ("0", "1", 1, ["autorizar"]),
        ("1", "1", 1, ["autorizar"]),
        ("2", "1", 1, ["autorizar"]),
        ("4", "2", 2, ["forma-pagamento.produto"]),
        ("3", "A", 1, ["forma-pagamento.produto"]),
        ("4", "A", 2, ["forma-pagamento.produto", "forma-pagamento.parcelas"]),
        ("3", "1", 2, ["forma-pagamento.parcelas"]),
    ],
)
def test_a_lot_takes_direct_and_recurring_credit_only(
    desk: Desk, how: Any, what: Any, times: Any, paths: list[str]
) -> None:
    row = order(autorizar=how, **{"forma-pagamento.produto": what, "forma-pagamento.parcelas": times})
    if paths:
        assert [each[1] for each in problems(desk, [row])] == paths
    else:
        assert desk.documents([row])


def test_a_verdict_on_a_value_never_serves_another_that_looks_alike(desk: Desk) -> None:
    refused = [order(1, autorizar=True), order(1, **{"dados-pedido.taxa-embarque": Decimal("10.00")})]
    good = [order(1, autorizar=4), order(1, **{"dados-pedido.taxa-embarque": 10})]
    for wrong, right in (*zip(refused, good, strict=True), (order(autorizar=True), order(autorizar=3))):
        for _ in range(2):
            problems(desk, [wrong])
            assert desk.documents([right])


# capture and cancellation


def test_a_capture_beyond_what_was_authorised_is_refused(desk: Desk) -> None:
    def row(valor: Any, authorised: Any) -> dict[str, Any]:
        return {**ROWS["captura"], "valor": valor, "autorizado.valor": authorised}

    assert "more than the 5000 centavos" in rule(desk, row(5001, Decimal(5000)), "valor", "captura")
    for good in (row(5000, Decimal(5000)), row("4999", 5000), row(None, Decimal(5000)), row(5001, None)):
        assert b"autorizado" not in desk.bytes(desk.documents([good], "captura")[0])


def test_a_capture_later_than_five_days_is_refused_by_the_orders_own_instant(desk: Desk) -> None:
    def row(since: Any) -> dict[str, Any]:
        return {**ROWS["captura"], "autorizado.data-hora": since}

    late = rule(desk, row(AT - timedelta(days=5, seconds=1)), "autorizado.data-hora", "captura")
    assert "5 days from its authorisation" in late and "2026-11-17 21:59" in late
    assert desk.documents([row(AT - timedelta(days=5))], "captura")
    wall = datetime(2026, 11, 17, 21, 59)
    rule(desk, row(wall), "autorizado.data-hora", "captura")
    assert desk.documents([row(wall + timedelta(minutes=2))], "captura"), "what has no zone is Brasília's"
    assert "give a timestamp" in rule(desk, row(date(2026, 11, 22)), "autorizado.data-hora", "captura")
    assert Desk(desk.folder / "x", capture_within=timedelta(days=6)).documents([row(wall)], "captura")


def test_no_amount_or_zero_captures_or_cancels_all_of_it(desk: Desk) -> None:
    for service, amount in product(("captura", "cancelamento"), (None, 0, 5)):
        assert said(desk, {**ROWS[service], "valor": amount}, "valor", service) == (
            None if amount is None else str(amount)
        )
        rule(desk, {**ROWS[service], "valor": -1}, "valor", service)


@pytest.mark.parametrize("service", ["autorizacao", "autorizacao_tid"])
def test_what_is_authorised_already_in_this_ec_is_refused(desk: Desk, service: str) -> None:
    def row(where: Any) -> dict[str, Any]:
        return {**ROWS[service], "autorizado.em": where}

    assert "charged twice" in rule(desk, row(["producao/1", f"simulator/{EC}"]), "reference", service)
    for good in (row(None), row([f"teste/{EC}", "simulator/1001734898"])):
        assert b"autorizado" not in desk.bytes(desk.documents([good], service)[0])
    assert "array of text" in rule(desk, row(f"simulator/{EC}"), "autorizado.em", service)


def test_two_cancellations_of_one_transaction_are_not_sent_together(desk: Desk) -> None:
    rows = [{"reference": f"C-{n}", "tid": tid(n // 2), "valor": 5} for n in range(3)]
    found = problems(desk, rows, "cancelamento")
    assert [each[:2] for each in found] == [("C-1", "tid")] and "5 seconds" in found[0][2]


def test_a_tokenisation_needs_a_card_and_takes_no_token(desk: Desk) -> None:
    rule(desk, {**ROWS["tokenizacao"], "dados-portador.token": "T"}, "dados-portador.token", "tokenizacao")
    rule(desk, {"reference": "c", "dados-portador.nome-portador": "x"}, "dados-portador.numero", "tokenizacao")
    rule(
        desk, {**ROWS["tokenizacao"], "dados-portador.numero": CARD[:-1] + "0"}, "dados-portador.numero", "tokenizacao"
    )


# sealed cards


def sealed(desk: Desk, **card: Any) -> str:
    return desk.archive._seal.seal_text(json.dumps(card))


def test_a_sealed_card_is_opened_into_its_elements(desk: Desk) -> None:
    row = {name: value for name, value in order().items() if not name.startswith("dados-portador")}
    card = {"numero": CARD, "validade": "203012", "codigo-seguranca": "123", "nome-portador": "JOSÉ"}
    row["dados-portador"] = sealed(desk, **card)
    portador = item(desk, row).find(f"{NS}dados-portador")
    assert {etree.QName(each).localname: each.text for each in portador} == {**card, "indicador": "1"}
    token = {**row, "dados-portador": None, "dados-portador.token": "T"}
    mixed = [{**row, "dados-portador.token": None}, {**token, "reference": "B", "dados-pedido.numero": "B"}]
    assert len(desk.documents(mixed)[0].items) == 2
    assert "never both" in rule(desk, {**row, "dados-portador.token": "T"}, "dados-portador.token")


def test_a_sealed_card_that_is_wrong_is_a_problem_without_a_word_of_it(desk: Desk) -> None:
    bare = {name: value for name, value in order().items() if not name.startswith("dados-portador")}

    def row(number: str, text: str) -> dict[str, Any]:
        return {**bare, "reference": number, "dados-pedido.numero": number, "dados-portador": text}

    rows = [
        row("A", sealed(desk, numero=CARD)),
        row("B", "no sealed text"),
        row("C", sealed(desk, **{CARD: "x"})),
        row("D", desk.archive._seal.seal_text(CARD)),
        row("E", desk.archive._seal.seal_text("[" + CARD)),
        row("F", sealed(desk, numero=CARD[:-1] + "9")),
        row("G", sealed(desk, numero=[CARD])),
        {**row("H", sealed(desk, numero=CARD)), "dados-portador.numero": CARD},
    ]
    found = problems(desk, rows)
    assert {each[0] for each in found} == set("BCDEFGH")
    assert CARD[6:] not in str(found) and CARD[:-1] not in str(found)
    with pytest.raises(Misconfigured, match="malote_archive"):
        desk.render([rows[1]])  # the first one cannot be opened: the key is wrong, not a row


def test_a_reference_that_holds_the_card_is_refused_and_not_repeated(desk: Desk) -> None:
    plain = {**ROWS["tokenizacao"], "reference": CARD}
    bare = {"reference": f"cliente {CARD}", "dados-portador": sealed(desk, numero=CARD)}
    groups = {"reference": f"{CARD[:4]} {CARD[4:8]}-{CARD[8:12]}.{CARD[12:]}", "dados-portador.numero": CARD}
    for row in (plain, bare, groups):
        with pytest.raises(Invalid) as caught:
            desk.render([row, row], "tokenizacao")
        said = str(caught.value)
        assert "holds the number of the card" in said and CARD not in re.sub("[ .-]", "", said)
        assert "401200******1112" in str(caught.value)


# everything that is wrong, at once


def bad_rows() -> list[dict[str, Any]]:
    return [
        order(1),
        order("A-2"),
        order(3, **{"dados-pedido.soft-descriptor": "Visão"}),
        order("X" * 21),
        order(5, **{"dados-pedido.valor": 0}),
        order(6, **{"dados-pedido.valor": 10**9}),
        order(7, **{"dados-portador.numero": CARD[:-1] + "1"}),
        order(8, **{"dados-portador.token": "T"}),
        order(9, **{"tipo-operacao": "04"}),
        order(1),
        order(11, reference=None),
        order(12, reference="  "),
        order(13, **{"dados-pedido.moeda": "BRL", "forma-pagamento.bandeira": "hipercard"}),
        order(14, **{"dados-portador.nome-portador": "", "dados-pedido.idioma": "pt"}),
        order(15, **{"dados-pedido.valor": None}),
        order(16, **{"dados-portador.nome-portador": "x" * 51, "dados-pedido.descricao": "\x00"}),
        order(17, **{"forma-pagamento.parcelas": [1, 2]}),
    ]


WANTED = {
    ("A-2", "dados-pedido.numero", "'-'"),
    ("PEDIDO0000003", "dados-pedido.soft-descriptor", "'ã'"),
    ("X" * 21, "dados-pedido.numero", "21 characters"),
    ("PEDIDO0000005", "dados-pedido.valor", "centavos"),
    ("PEDIDO0000006", "dados-pedido.valor", "centavos"),
    ("PEDIDO0000007", "dados-portador.numero", "Luhn"),
    ("PEDIDO0000008", "dados-portador.token", "never both"),
    ("PEDIDO0000009", "tipo-operacao", "one lot, one operation"),
    ("PEDIDO0000001", "reference", "stands twice"),
    (None, "reference", "is empty"),
    ("PEDIDO0000013", "dados-pedido.moeda", "BRL"),
    ("PEDIDO0000013", "forma-pagamento.bandeira", "visa"),
    ("PEDIDO0000014", "dados-portador.nome-portador", "1 to 50 characters"),
    ("PEDIDO0000014", "dados-pedido.idioma", "PT"),
    ("PEDIDO0000015", "dados-pedido", "valor"),
    ("PEDIDO0000016", "dados-portador.nome-portador", "1 to 50 characters"),
    ("PEDIDO0000016", "dados-pedido.descricao", "U+0000"),
    ("PEDIDO0000017", "forma-pagamento.parcelas", "is a list"),
}


def test_all_problems_of_a_selection_come_in_one_error_and_nothing_is_kept(desk: Desk) -> None:
    found = problems(desk, bad_rows())
    for reference, path, word in WANTED:
        assert any(each[:2] == (reference, path) and word in each[2] for each in found), (reference, path, word, found)
    assert {each[0] for each in found} == {each[0] for each in WANTED}, "the good ones are not named"
    assert not re.search(r"\d{13}", str(found)) and CHAVE not in str(found) and "203012" not in str(found)


def test_with_valid_rest_the_wrong_ones_are_named_and_the_others_travel(desk: Desk) -> None:
    found = desk.render(bad_rows(), params={"valid_rest": True})
    documents = [each for each in found if isinstance(each, Document)]
    named = {(each.reference, each.path) for each in found if isinstance(each, Problem)}
    assert [item.reference for each in documents for item in each.items] == ["PEDIDO0000001"]
    assert named >= {each[:2] for each in WANTED} and len(desk.taken) == 1 and len(desk.left()) == 1
    nothing = desk.render(bad_rows()[1:9], params={"valid_rest": "true"})
    assert nothing and all(isinstance(each, Problem) for each in nothing) and len(desk.taken) == 1


def test_wrong_rows_anywhere_in_a_long_selection_are_found_and_the_rest_travels_once(desk: Desk) -> None:
    bad = {0, 19, 20, 499, 500, 777, 1299}

    def rows() -> Iterator[dict[str, Any]]:
        for n in range(1300):
            wrong = {"dados-pedido.valor": 0} if n % 2 else {"dados-pedido.idioma": "XX"}
            yield by_token(n, **(wrong if n in bad else {}))

    names = [f"PEDIDO{n:07}" for n in range(1300)]
    assert {each[0] for each in problems(desk, rows())} == {names[n] for n in bad}
    found = desk.render(rows(), params={"valid_rest": True, "items_per_lot": 450})
    sent = [item.reference for each in found if isinstance(each, Document) for item in each.items]
    assert sent == [name for n, name in enumerate(names) if n not in bad]
    assert [len(each.items) for each in found if isinstance(each, Document)] == [450, 450, 393]
    assert {each.reference for each in found if isinstance(each, Problem)} == {names[n] for n in bad}


def test_a_reference_that_stands_twice_is_found_however_long_the_selection(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "SMALL", 100)
    rows = [by_token(n) for n in (*range(2100), 1500, 7)]
    found = problems(desk, rows)
    assert [each[0] for each in found] == ["PEDIDO0001500", "PEDIDO0000007"]
    assert all("twice" in each[2] for each in found)


def test_columns_that_name_no_path_stop_everything_and_are_said_once(desk: Desk) -> None:
    columns = {"dados-pedido.nome": 1, "dados-pedido": 1, "..numero": 1, "@id": "x", "dados-pedido..valor": 5}
    rows = [order(n, **columns) for n in range(3)]
    found = {path: said for _, path, said in problems(desk, rows, params={"valid_rest": True})}
    assert set(found) == set(columns) and "holds no text" in found["dados-pedido"]
    assert "filled by malote" in found["@id"] and "same path as dados-pedido.valor" in found["dados-pedido..valor"]
    assert "dados-pedido.numero" in found["..numero"] and "dados-portador.numero" in found["..numero"]
    found = {path: said for _, path, said in problems(desk, [{**ROWS["captura"], "dados-ec.chave": "x"}], "captura")}
    assert "filled by malote" in found["dados-ec.chave"]
    assert (
        said(desk, {**{k: v for k, v in order().items() if k != "autorizar"}, "..autorizar": "3"}, "autorizar") == "3"
    )


def test_a_row_over_the_limits_is_a_problem_of_its_own(tmp_path: Path) -> None:
    desk = Desk(tmp_path, lot_bytes=1500)
    long = order(2, **{"dados-pedido.descricao": "é" * 1000})
    found = desk.render([order(1), long, order(3)], params={"valid_rest": True})
    assert [item.reference for each in found if isinstance(each, Document) for item in each.items] == [
        "PEDIDO0000001", "PEDIDO0000003",
    ]  # fmt: skip
    (problem,) = [each for each in found if isinstance(each, Problem)]
    assert problem.reference == "PEDIDO0000002" and "bytes" in problem.rule


def test_every_item_of_a_wholly_wrong_lot_is_named_and_explained(desk: Desk) -> None:
    found = problems(desk, (order(n, **{"dados-pedido.idioma": "pt"}) for n in range(2000)))
    assert [each[:2] for each in found] == [(f"PEDIDO{n:07}", "dados-pedido.idioma") for n in range(2000)]
    assert all("'PT', 'EN', 'ES'" in each[2] for each in found)


def test_a_credential_that_the_treaty_refuses_is_misconfigured_and_not_shown(desk: Desk) -> None:
    from dataclasses import replace

    for chave in ("", "x" * 101, "a\x00b"):
        desk.sender = replace(desk.sender, chave=chave)
        with pytest.raises(Misconfigured) as caught:
            desk.render([order()])
        assert "chave" in str(caught.value) and "x" * 20 not in str(caught.value)
    assert desk.left() == []


@given(st.lists(st.fixed_dictionaries({
    "dados-portador.numero": st.sampled_from((None, "", CARD, "4012", 4012001037141112)),
    "dados-portador.token": st.sampled_from((None, "", "T")),
    "dados-portador.indicador": st.sampled_from((None, "1", "0", 1, True)),
    "dados-portador.codigo-seguranca": st.sampled_from((None, "123")),
    "dados-portador.validade": st.sampled_from((None, "203012", "1230")),
    "dados-pedido.numero": st.sampled_from(("A", "A-1", "", None, 5, "x" * 21)),
    "dados-pedido.valor": st.sampled_from((1, 0, None, Decimal("1.0"), "7", 1.0, True)),
    "dados-pedido.taxa-embarque": st.sampled_from((None, 0, Decimal("1.00"), 1)),
    "dados-pedido.soft-descriptor": st.sampled_from((None, "LOJA", "é", [1])),
    "forma-pagamento.bandeira": st.sampled_from((None, "visa", "amex")),
    "forma-pagamento.produto": st.sampled_from(("1", "A", 1, True, None)),
    "forma-pagamento.parcelas": st.sampled_from((1, "1", 2, Decimal("1"), None)),
    "autorizar": st.sampled_from(("3", "4", 3, 4.0, "0", None, True)),
}), min_size=1, max_size=4))  # fmt: skip
@settings(max_examples=400)
def test_rows_that_look_clean_together_break_no_rule_alone(rows: list[dict[str, Any]]) -> None:
    asked = checks("autorizacao", timedelta(days=5))
    values = [[row.get(path) for path in asked.paths] for row in rows]
    if asked.clean([list(column) for column in zip(*values, strict=True)]):
        assert [asked.broken(each, AT) for each in values] == [[]] * len(rows)


# the shipped SQL


def test_the_shipped_sql_selects_what_the_shipped_treaty_takes(warehouse: str, desk: Desk) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        card = sealed(desk, numero=CARD, validade="203012", **{"codigo-seguranca": "123", "nome-portador": "MARIA"})
        connection.execute(
            """insert into outgoing.cielo_autorizacao
               (numero_pedido, valor, cartao_selado, token, bandeira, soft_descriptor, autorizar, capturar)
               values ('P1', 102099, %s, null, 'visa', 'LOJA', '3', true),
                      ('P2', 1, null, 'T', 'elo', null, '4', false)""",
            (card,),
        )
        connection.execute("insert into outgoing.cielo_cancelamento values ('C1', %s, null)", (tid(),))
        connection.execute("insert into outgoing.cielo_captura values (%s, 5000, null)", (tid(),))
        connection.execute("insert into outgoing.cielo_tokenizacao values ('cliente', %s)", (card,))
        connection.execute("insert into outgoing.cielo_consulta values ('Q1', %s)", (tid(),))
        connection.execute("insert into outgoing.cielo_consulta_chsec values ('Q1', 'P1')")
        connection.execute("insert into outgoing.cielo_autorizacao_tid values (%s)", (tid(),))
        columns = connection.execute(
            """select table_name, column_name from information_schema.columns
               where table_schema = 'outgoing' and column_name ~ 'numero_cartao|validade|seguranca|portador'"""
        ).fetchall()
        assert columns == []
    for service in OPERATIONS:
        rows = Outgoing(warehouse, place.sql("outgoing", f"cielo__{service}.sql").read_text(encoding="utf-8"))
        (document,) = desk.documents(rows, service)
        lot = etree.fromstring(desk.bytes(document))
        assert len(lot[3]) == len(document.items) == (2 if service == "autorizacao" else 1)
        if service == "autorizacao":
            assert [each.text for each in lot.iter(f"{NS}url-retorno")] == ["null", "null"]
            assert [each.text for each in lot.iter(f"{NS}capturar")] == ["true", "false"]


@pytest.mark.parametrize("operation", ["02", "06", "07", "08"])
@pytest.mark.parametrize("column", ["autorizacao_valor", "valor"])
def test_the_shipped_capture_is_held_against_the_authorisation_that_landed(
    warehouse: str, desk: Desk, operation: str, column: str
) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")  # the row below has no submission
        connection.execute(
            f"""insert into cielo.transacao (submission_id, ordem, operacao, tid, status, {column},
                                             autorizacao_data_hora, landed_at)
                values ('cielo-1', 1, %s, %s, '4', 5000, %s, now())""",
            (operation, tid(), AT - timedelta(days=1)),
        )
        connection.execute("insert into outgoing.cielo_captura values (%s, 5001, null)", (tid(),))
    rows = Outgoing(warehouse, place.sql("outgoing", "cielo__captura.sql").read_text(encoding="utf-8"))
    assert [each[1] for each in problems(desk, rows, "captura")] == ["valor"]
    assert [each[1] for each in problems(desk, rows, "captura", at=AT + timedelta(days=5))] == [
        "valor", "autorizado.data-hora",
    ]  # fmt: skip
