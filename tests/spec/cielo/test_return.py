"""The return file of Cielo, read in one pass: its fields, and the outcome of every item."""

from __future__ import annotations

import json
from typing import Any

import pytest

from malote.institutions.cielo.answers import TABLE, outcomes
from support.returns import PAID, answer, denied, erro, rows

CARD = "4012001037141112"
CANCELAMENTO = """<cancelamento><codigo>9</codigo><mensagem>{0}</mensagem><data-hora>{1}</data-hora>
<valor>{2}</valor></cancelamento>"""
CANCELAMENTOS = "".join(
    ["<cancelamentos>", CANCELAMENTO.format("Parcial", "2026-11-23T08:00:00-03:00", 2000),
     CANCELAMENTO.format("Última", "2026-11-24T08:00:00-03:00", 99), "</cancelamentos>"]
)  # fmt: skip


def token(inside: str, id: str = "x") -> str:
    return f'<retorno-token id="{id}" versao="1.2.1"><token>{inside}</token></retorno-token>'


def row(item: str, operation: str = "02", **how: Any) -> dict[str, Any]:
    (only,) = rows(answer(item, **how), operation)
    return only


# ---- the fields


def test_every_field_of_a_transaction_lands_as_it_was_written() -> None:
    found = row(PAID.replace("</transacao>", f"{CANCELAMENTOS}</transacao>").format(id="abc"))
    assert {name: value for name, value in found.items() if value is not None} == {
        "operacao": "02", "numero_lote": "86", "item_id": "abc", "tid": "10069930690000000001", "numero_pedido": "P1",
        "valor": "102099", "moeda": "986", "pedido_data_hora": "2026-11-22T10:00:00.123-03:00", "bandeira": "visa",
        "produto": "2", "parcelas": "3", "status": "6", "situacao": "Capturada", "autorizacao_codigo": "6",
        "autorizacao_mensagem": "Transação autorizada", "autorizacao_data_hora": "2026-11-22T23:00:01.5-03:00",
        "autorizacao_valor": "102099", "lr": "00", "lr_significado": "Transação autorizada", "arp": "036318",
        "nsu": "000123", "eci": "7", "captura_mensagem": "Transacao capturada com sucesso",
        "captura_data_hora": "2026-11-22T23:00:02Z", "captura_valor": "102000", "cancelamentos": "2",
        "cancelado_valor": "2099", "cancelamento_data_hora": "2026-11-24T08:00:00-03:00",
        "cancelamento_mensagem": "Última", "codigo_token": "TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=",
        "token_status": "1", "numero_cartao_truncado": "455187******0183", "echo": ("abc", "P1"),
        "outcome": "accepted", "code": "00", "message": "Transação autorizada",
    }  # fmt: skip


def test_pan_and_chave_land_nowhere() -> None:
    assert not {"pan", "chave"} & set(TABLE.columns)
    assert "IqVz7P9z" not in repr(row(PAID)) and "segredo" not in repr(row(PAID))


def test_the_old_single_cancellation_counts_once_beside_the_list() -> None:
    single = CANCELAMENTO.format("Única", "2026-11-23T08:00:00-03:00", 5)
    for inside, n, total in (
        (single, "1", "5"),
        (single + CANCELAMENTOS, "2", "2099"),
        (CANCELAMENTOS + single, "2", "2099"),
    ):
        found = row(PAID.replace("</transacao>", f"{inside}</transacao>"))
        assert (found["cancelamentos"], found["cancelado_valor"]) == (n, total)


def test_a_failed_token_inside_a_good_transaction_keeps_the_transaction_and_its_own_error() -> None:
    broken = "<token><erro><codigo>057</codigo><mensagem>Erro gerando token</mensagem></erro></token></transacao>"
    item = PAID.partition("<token>")[0] + broken
    first, second = rows(answer(item.format(id="a"), PAID.format(id="b")))
    assert (first["outcome"], first["tid"], first["valor"]) == ("accepted", "10069930690000000001", "102099")
    assert (first["token_erro_codigo"], first["token_erro_mensagem"]) == ("057", "Erro gerando token")
    assert first["erro_codigo"] is None and second["token_erro_codigo"] is None


def test_renova_facil_lands_first_6_and_last_4_of_the_new_card_and_nothing_else_of_it() -> None:
    new = f"<numero>{CARD}</numero><validade>203012</validade><nome-portador>FULANO</nome-portador>"
    found = row(denied("54", more=f"<dados-portador>{new}</dados-portador>"))
    assert (found["renova_facil"], found["renova_cartao_truncado"]) == ("t", "401200******1112")
    assert not {CARD, "203012", "FULANO"} & set(map(str, found.values()))
    assert row(denied("54"))["renova_facil"] is None


def test_renova_facil_by_token_lands_the_new_token() -> None:
    assert row(denied("54", more="<dados-portador><token>T2=</token></dados-portador>"))["codigo_token"] == "T2="


@pytest.mark.parametrize(
    ("printed", "shown"),
    [("401200******3335", "401200******3335"), (CARD, "401200******1112"), ("4551 8700 0000 0183", "455187******0183"),
     ("4551870183", "4551870183"), (f"no {CARD}", "no 401200******1112")],
)  # fmt: skip
def test_a_truncated_number_that_is_not_truncated_is_truncated_here(printed: str, shown: str) -> None:
    found = row(
        token(
            f"<dados-token><codigo-token>T</codigo-token><numero-cartao-truncado>{printed}</numero-cartao-truncado></dados-token>"
        ),
        "05",
    )
    assert found["numero_cartao_truncado"] == shown


def test_a_card_that_a_message_quotes_is_masked_wherever_a_message_lands() -> None:
    quoted = f"cartão {CARD}, valor '123'"
    item = PAID.replace("Transação autorizada", quoted).replace("Transacao capturada com sucesso", quoted)
    more = (
        CANCELAMENTO.format(quoted, "", "")
        + f"<token><erro><codigo>57</codigo><mensagem>{quoted}</mensagem></erro></token>"
    )
    found = rows(answer(item.replace("</transacao>", f"{more}</transacao>"), erro("010", "x", quoted)))
    assert CARD not in repr(found) and "'123'" not in repr(found)
    assert repr(found).count("cartão 401200******1112, valor '…'") == 7  # five columns, and what the journal keeps


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ("<valor>102099</valor>", "valor"),
        ("<valor>102000</valor>", "captura_valor"),
        ("<parcelas>3</parcelas>", "parcelas"),
    ],
)
@pytest.mark.parametrize("text", ["", "x", "1,50", "-1", "１２", "9" * 31, "1e5"])
def test_a_number_that_does_not_parse_is_null_and_stops_nothing(wrong: str, column: str, text: str) -> None:
    element = wrong[: wrong.index(">") + 1], wrong[wrong.index("</") :]
    found = row(PAID.replace(wrong, text.join(element)), encoding="UTF-8")
    assert found[column] is None and found["tid"] and found["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("text", "landed"),
    [
        ("2026-02-28T23:59:59", "2026-02-28T23:59:59 America/Sao_Paulo"),
        (" 2026-02-28T23:59:59.1Z\n", "2026-02-28T23:59:59.1Z"),
        *((each, None) for each in (
            "", "ontem", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "2026-W01-1T00:00:00Z",
            "20260228T000000", "2026-02-28T24:00:00Z", "2026-02-28T00:60:00Z", "2026-02-28T00:00:00+15:00",
            "2026-02-28", "2026-02-28T00:00:00Z; drop table", "２０２６-02-28T00:00:00Z", "-2026-02-28T00:00:00Z",
        )),
    ],
)  # fmt: skip
def test_an_instant_lands_with_its_zone_or_not_at_all(text: str, landed: str | None) -> None:
    found = row(PAID.replace("2026-11-22T23:00:02Z", text), encoding="UTF-8")
    assert found["captura_data_hora"] == landed and found["outcome"] == "accepted"


# ---- the outcomes


def test_the_statuses_are_those_of_the_manual_in_words() -> None:
    assert outcomes.STATUS == {
        "0": "Criada", "1": "Em andamento", "2": "Autenticada", "3": "Não autenticada", "4": "Autorizada",
        "5": "Não autorizada", "6": "Capturada", "9": "Cancelada", "10": "Em autenticação", "12": "Em cancelamento",
    }  # fmt: skip


@pytest.mark.parametrize("operation", ["02", "08"])
@pytest.mark.parametrize("status", ["0", "1", "2", "3", "4", "6", "7", "8", "9", "10", "11", "12", "99", "x", ""])
def test_an_authorisation_is_accepted_when_authorised_or_captured_and_locked_when_unclear(
    operation: str, status: str
) -> None:
    found = row(PAID.replace("<status>6</status>", f"<status>{status}</status>"), operation)
    assert found["outcome"] == ("accepted" if status in ("4", "6") else "unanswered")
    assert found["situacao"] == outcomes.STATUS.get(status, "status desconhecido")
    assert found["status"] == (status or None)
    assert found["permite_retentativa"] == (None if status in ("4", "6") else "f")


def test_the_lr_table_has_its_107_rows_and_the_30_that_permit_a_retry() -> None:
    assert (len(outcomes.LR_ROWS), len(outcomes.LR)) == (107, 106)
    again = "05 19 25 28 51 57 60 61 62 65 67 70 89 91 92 96 98 99 999 AA AE AV BL BO DF DM DS EB EK R1"
    assert " ".join(sorted(code for code, lr in outcomes.LR.items() if lr.retry)) == again
    assert [lr.code for lr in outcomes.LR_ROWS].count("FG") == 2
    assert {code for code, lr in outcomes.LR.items() if lr.meaning} == outcomes.LR_AUTHORISED | {"FF"}


@pytest.mark.parametrize("lr", [*outcomes.LR, "9", "0051", "BP176", "ZZ", " 51 ", "aa", None, ""])
@pytest.mark.parametrize("operation", ["02", "08"])
def test_a_denial_may_travel_again_only_where_its_lr_permits(lr: str | None, operation: str) -> None:
    found = row(denied(lr), operation)
    known = outcomes.LR.get((lr or "").strip().upper())
    again = known is not None and known.retry
    assert found["outcome"] == ("refused" if again else "refused_for_good")
    assert found["permite_retentativa"] == ("t" if again else "f")
    assert found["lr"] == ((lr or "").strip() or None)
    assert bool(found["lr_significado"]) == bool((lr or "").strip())
    assert (found["code"], found["message"]) == ((lr or "").strip() or "5", "Autorizacao negada")


def test_a_denial_says_in_words_whether_a_retry_is_permitted() -> None:
    said = {lr: row(denied(lr))["lr_significado"] for lr in ("51", "04", "ZZ")}
    assert said == {
        "51": "Não autorizada: permite retentativa",
        "04": "Não autorizada: não permite retentativa",
        "ZZ": "LR fora da tabela: não permite retentativa",
    }


@pytest.mark.parametrize("code", [*outcomes.ERROS, 4, 79, 100, 9999])
@pytest.mark.parametrize("operation", ["02", "03", "04", "05", "06", "07", "08"])
def test_each_error_of_an_item_frees_it_or_says_look_first(code: int, operation: str) -> None:
    for printed in (f"{code}", f"{code:03}"):
        found = row(erro(printed, "abc"), operation)
        locked = code in (16, 97, 98, 99, 475) or code not in outcomes.ERROS
        assert found["outcome"] == ("unanswered" if locked else "refused")
        assert (found["situacao"], found["erro_codigo"], found["erro_mensagem"]) == ("erro", printed, "Motivo")
        assert (found["echo"], found["code"], found["message"]) == (("abc", None), printed, "Motivo")
        assert found["permite_retentativa"] == ("f" if locked else "t")


def test_the_table_of_errors_has_the_codes_of_the_sheet() -> None:
    listed = (
        "1 2 3 8 10 11 12 13 14 15 16 17 18 19 20 21 22 25 30 31 32 33 34 35 36 40 41 42 43 51 52 53 54 55 56 57 61 "
    )
    listed += "77 78 86 87 88 89 90 95 97 98 99 475"
    assert sorted(outcomes.ERROS) == [int(code) for code in listed.split()]


@pytest.mark.parametrize("code", outcomes.ERROS)
def test_each_error_has_words(code: int) -> None:
    said = row(erro(str(code), "a", ""))["message"]
    assert said and said[0].isupper() and not said.startswith("it may")


def test_errors_of_one_family_are_told_apart() -> None:
    assert len({each.meaning for each in outcomes.ERROS.values()}) == len(outcomes.ERROS)


_GIVEN = "<dados-token><codigo-token>T</codigo-token><status>1</status></dados-token>"


@pytest.mark.parametrize("operation", ["02", "03", "04", "06", "07", "08"])
@pytest.mark.parametrize("inside", [_GIVEN, "<erro><codigo>057</codigo><mensagem>x</mensagem></erro>", ""])
def test_a_token_alone_accepts_and_frees_nothing_but_a_tokenisation(operation: str, inside: str) -> None:
    found = row(token(inside), operation)
    assert (found["outcome"], found["permite_retentativa"]) == ("unanswered", "f")
    assert "tokenização" in found["message"]


def test_an_error_without_words_or_code_is_told_by_the_table_and_locked() -> None:
    assert row(erro("052", "a", ""))["message"] == "Token inválido"
    assert row("<erro/>")["outcome"] == "unanswered"
    assert row("<erro><codigo> </codigo></erro>")["code"] is None


def test_a_message_in_a_cdata_section_with_line_breaks_is_one_line() -> None:
    found = row(erro("030", "a", "<![CDATA[\nStatus inválido\n  para captura]]>"), "04")
    assert found["erro_mensagem"] == "Status inválido para captura"


@pytest.mark.parametrize(
    ("status", "cancelled", "outcome"),
    [("9", False, "accepted"), ("9", True, "accepted"), ("6", True, "accepted"), ("4", True, "accepted"),
     ("6", False, "unanswered"), ("4", False, "unanswered"), ("12", True, "unanswered"), ("5", True, "unanswered")],
)  # fmt: skip
def test_a_cancellation_is_accepted_whole_or_in_part_only_where_it_shows(
    status: str, cancelled: bool, outcome: str
) -> None:
    item = PAID.replace("<status>6<", f"<status>{status}<").replace(
        "</transacao>", f"{CANCELAMENTOS * cancelled}</transacao>"
    )
    found = row(item, "03")
    assert (found["outcome"], found["echo"][1]) == (outcome, "10069930690000000001")


@pytest.mark.parametrize(
    ("status", "captured", "outcome"),
    [("6", True, "accepted"), ("6", False, "unanswered"), ("4", True, "unanswered"), ("4", False, "unanswered")],
)
def test_a_capture_is_accepted_where_it_is_there_and_the_status_says_so(
    status: str, captured: bool, outcome: str
) -> None:
    item = PAID.replace("<status>6<", f"<status>{status}<")
    item = item if captured else item.partition("<captura>")[0] + "</transacao>"
    assert row(item, "04")["outcome"] == outcome


@pytest.mark.parametrize(("operation", "name"), [("06", "10069930690000000001"), ("07", "P1")])
@pytest.mark.parametrize("status", ["0", "5", "6", "12", "99"])
def test_a_query_is_answered_whatever_it_says(operation: str, name: str, status: str) -> None:
    found = row(PAID.replace("<status>6<", f"<status>{status}<").format(id="q"), operation)
    assert (found["outcome"], found["echo"]) == ("accepted", ("q", name))


@pytest.mark.parametrize(
    ("inside", "outcome", "situacao"),
    [
        ("<dados-token><codigo-token>T=</codigo-token></dados-token>", "accepted", "Tokenizada"),
        ("<erro><codigo>010</codigo><mensagem>Cartão</mensagem></erro>", "refused", "erro"),
        ("<erro><codigo>057</codigo></erro>", "refused", "erro"),
        ("<erro><codigo>098</codigo></erro>", "unanswered", "erro"),
        ("<dados-token/>", "unanswered", "status desconhecido"),
        ("", "unanswered", "status desconhecido"),
    ],
)
def test_a_tokenisation_is_accepted_with_a_token_and_judged_by_its_error(
    inside: str, outcome: str, situacao: str
) -> None:
    for item in (token(inside), f'<transacao id="x"><token>{inside}</token></transacao>'):
        found = row(item, "05")
        assert (found["outcome"], found["situacao"], found["item_id"]) == (outcome, situacao, "x")


@pytest.mark.parametrize(
    ("column", "inside"),
    [
        ("valor", "<dados-pedido><valor>1.234,50</valor></dados-pedido>"),
        ("valor", "<dados-pedido><valor>10.00</valor></dados-pedido>"),
        ("autorizacao_valor", "<autorizacao><valor>1e3</valor></autorizacao>"),
        ("captura_valor", "<captura><valor>-5</valor></captura>"),
        ("parcelas", "<forma-pagamento><parcelas>10.5</parcelas></forma-pagamento>"),
        ("pedido_data_hora", "<dados-pedido><data-hora>23/11/2026</data-hora></dados-pedido>"),
        ("cancelado_valor", "<cancelamentos><cancelamento><valor>100</valor></cancelamento><cancelamento><valor>1,00"
         "</valor></cancelamento></cancelamentos>"),
    ],
)  # fmt: skip
def test_a_figure_that_is_not_plain_is_null_kept_as_it_came_and_counted(column: str, inside: str) -> None:
    found = row(f'<transacao id="a"><tid>t</tid><status>6</status>{inside}</transacao>')
    assert found[column] is None and list(json.loads(found["nao_lido"])) == [column]


def test_a_figure_that_is_kept_shows_no_card() -> None:
    found = row('<transacao id="a"><dados-pedido><valor>x 4012001037141112</valor></dados-pedido></transacao>')
    assert "4012001037141112" not in found["nao_lido"] and "1112" in found["nao_lido"]


def test_plain_figures_leave_nothing_unread() -> None:
    assert row(token("<dados-token><codigo-token>T</codigo-token></dados-token>"), "05")["nao_lido"] is None
