"""Whole selections of Cielo's rows: sealed cards, everything that is wrong at once, the shipped SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
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
from malote.institutions.cielo.documents.money import checks
from malote.institutions.cielo.rules import OPERATIONS
from malote.submission import Document
from malote.trip import Outgoing
from support.orders import AT, CARD, CHAVE, NS, ROWS, Desk, by_token, item, order, problems, rule, said, tid

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


# an empty text is not given: an empty element is what Cielo is reported to refuse


@pytest.mark.parametrize(
    "empty",
    ["validade", "numero", "codigo-seguranca", "indicador", "nome-portador", "cnpj-cpf-portador", "tipo-pessoa"],
)
@pytest.mark.parametrize("blank", ["", "      ", "\u00a0", "\t"], ids=ascii)  # a char(n) pads
def test_an_empty_text_of_a_card_beside_a_token_is_not_written(desk: Desk, empty: str, blank: str) -> None:
    documents = desk.documents([by_token(1, **{f"dados-portador.{empty}": blank}), by_token(2)])
    sent = desk.bytes(documents[0])
    assert f"<{empty}".encode() not in sent.partition(b"<lista-requisicoes>")[2].partition(b"<dados-pedido>")[0]
    assert sent.count(b"<dados-portador><token>") == 2


def test_an_empty_text_of_a_sealed_card_beside_a_token_is_not_written(desk: Desk) -> None:
    card = sealed(desk, **{"token": "T" * 44, "validade": "", "nome-portador": ""})
    row = {name: value for name, value in by_token(1).items() if not name.startswith("dados-portador")}
    sent = desk.bytes(desk.documents([{**row, "dados-portador": card}])[0])
    assert b"<dados-portador><token>" in sent and b"<validade" not in sent


@pytest.mark.parametrize(("empty", "said"), [("token", None), ("indicador", None), ("nome-portador", "nome-portador")])
def test_an_empty_text_beside_a_card_is_not_written_unless_it_is_asked_for(
    desk: Desk, empty: str, said: str | None
) -> None:
    row = {**order(1), f"dados-portador.{empty}": ""}
    if empty == "indicador":
        row["dados-portador.codigo-seguranca"] = ""
    if said:
        assert any(said in path for _, path, _ in problems(desk, [row]))
    else:
        assert f"<{empty}".encode() not in desk.bytes(desk.documents([row])[0])
