"""Rows of Cielo's operations: amounts, orders, cards and tokens, payment, capture and cancellation."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from malote.cards import luhn
from support.orders import AT, CARD, EC, NS, ROWS, Desk, by_token, item, order, problems, rule, said, tid

CARDS = ("4012001037141112", "4012001038443335", "5453010000066167", "376449047333005", "36490102462661",
         "6362970000457013", "6011020000245045", "3566007770004971", "5078601912345600019")  # fmt: skip
"""Cielo's public test cards (sheet 7)."""


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
