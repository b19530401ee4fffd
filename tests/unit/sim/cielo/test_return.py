"""The return file of the simulated Cielo, tokens and Renova Fácil, and what becomes of a transaction."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from support.sim.cielo import (
    CHAVE,
    EC,
    ELEMENTS,
    MASTER,
    NS,
    STORE,
    TID,
    VISA,
    VISA_TRUNCATED,
    Caller,
    by_tid,
    kinds,
    sale,
    texts,
)

# The return file


def test_the_return_file_is_an_attachment_in_iso_8859_1_with_store_number_and_every_item(caller):
    numero = caller.send("02", sale("A"), sale("B", 1050), sale("C", produto="A"), sale("D", capturar=False))
    caller.sim.clock.advance(13 * 3600)
    reply = caller.ask(numero)
    assert reply.headers["Content-Disposition"] == f"attachment; filename=ECOMM_{EC}_02_20261122_0000000001.xml"
    assert (
        reply.content.startswith(b'<?xml version="1.0" encoding="ISO-8859-1" ?>')
        and "ç".encode("latin-1") in reply.content
    )
    root = etree.fromstring(reply.content)
    assert kinds(root) == ["dados-ec", "numero-lote", "lista"] and root.tag == f"{{{NS}}}retorno-lote"
    assert texts(root, "dados-ec/numero") + texts(root, "dados-ec/chave") == [EC, CHAVE]
    returned = root.find("{*}lista")
    assert kinds(returned) == ["transacao", "transacao", "transacao", "erro"]
    assert [each.get("id") for each in returned] == ["i-A", "i-B", "i-D", "i-C"]
    assert texts(returned, "transacao/status") == ["6", "5", "4"]
    assert texts(returned, "transacao/dados-pedido/descricao") == ["Maçã & cia"] * 3
    assert texts(returned, "transacao/dados-pedido/data-hora") == ["2026-11-22T08:00:00.000-03:00"] * 3
    assert texts(returned, "erro/codigo") == ["011"]
    assert caller.sim.cielo.charged == {"A": 1, "D": 1} and caller.sim.cielo.accepted == dict.fromkeys("ABCD", 1)


def test_an_approval_and_a_denial_look_as_recorded(caller):
    approved, denied = caller.run("02", sale("A", 102000), sale("B", 102099))
    assert kinds(approved) == [
        *("tid", "pan", "dados-pedido", "forma-pagamento", "status", "autenticacao", "autorizacao", "captura"),
    ]
    tid, pan = texts(approved, "tid")[0], texts(approved, "pan")[0]
    assert re.fullmatch("[0-9A-Z]{20}", tid) and re.fullmatch("[A-Za-z0-9+/]{43}=", pan)
    assert texts(denied, "pan") == [pan], "the same card has the same pan"
    assert kinds(approved.find("{*}autorizacao")) == ["codigo", "mensagem", "data-hora", "valor", "lr", "arp", "nsu"]
    assert texts(approved, "autorizacao/lr") == ["00"] and texts(approved, "autenticacao/eci") == ["7"]
    assert re.fullmatch("[0-9A-Z]{6}", texts(approved, "autorizacao/arp")[0])
    assert re.fullmatch("0[0-9]{5}", texts(approved, "autorizacao/nsu")[0])
    assert texts(denied, "autorizacao/lr") == ["20"] and texts(denied, "autorizacao/arp") == []
    assert texts(denied, "status") == texts(denied, "autorizacao/codigo") == ["5"] and texts(denied, "captura") == []


def test_denials_can_be_told_by_order_and_by_amount_and_production_takes_odd_centavos(caller):
    caller.sim.cielo.set(deny_orders={"A": "57"}, deny_amounts={"777": "AA"}, environment="production")
    returned = caller.run("02", sale("A"), sale("B", 777), sale("C", 1001))
    assert texts(returned, "transacao/autorizacao/lr") == ["57", "AA", "00"]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (sale("A").replace("<valor>1000", "<valor>"), "001"),
        (sale("A-1"), "001"),
        (sale("A").replace("<moeda>986", "<moeda>BRL"), "001"),
        (sale("A").replace("<autorizar>3</autorizar>", ""), "001"),
        (sale("A").replace("<dados-portador>", f"{STORE}<dados-portador>").replace(CHAVE, "wrong"), "002"),
        (sale("A", card=""), "010"),
        (sale("A").replace("</dados-portador>", "<token>T</token></dados-portador>"), "010"),
        (sale("A", autorizar=2), "011"),
        (sale("A", produto="A"), "011"),
        (sale("A", autorizar=4, produto="2"), "012"),
        (sale("A").replace("<codigo-seguranca>123</codigo-seguranca>", ""), "017"),
        (sale("A", token="unknown"), "052"),
    ],
)
def test_an_item_that_cannot_be_processed_comes_back_as_erro_with_its_id_beside_the_good_ones(caller, item, code):
    returned = caller.run("02", item, sale("GOOD"))
    assert kinds(returned) == ["transacao", "erro"] and texts(returned, "erro/codigo") == [code]
    assert returned[1].get("id").startswith("i-A")
    assert caller.sim.cielo.charged == {"GOOD": 1}


def test_items_can_be_told_to_fail_by_order_tid_or_id(caller):
    caller.sim.cielo.set(fail={"A": "097", TID: "98", "i-C": 99})
    assert texts(caller.run("02", sale("A"), sale("B"), sale("C")), "erro/codigo") == ["097", "099"]
    assert texts(caller.run("06", by_tid("06", TID)), "erro/codigo") == ["098"]


# Tokens and Renova Fácil


def test_a_card_has_one_token_by_which_it_can_be_charged(caller):
    first = caller.run("02", sale("A", gerar="yes"))
    token = texts(first, "transacao/token/dados-token/codigo-token")
    assert texts(first, "transacao/token/dados-token/numero-cartao-truncado") == [VISA_TRUNCATED]
    item = f'<requisicao-token id="{{0}}" versao="1.2.1">{STORE}<dados-portador><numero>{{1}}</numero><validade>203005</validade><nome-portador>JOSE</nome-portador></dados-portador></requisicao-token>'  # noqa: E501
    tokens = caller.run("05", item.format("x", VISA), item.format("y", MASTER))
    assert kinds(tokens) == ["retorno-token", "retorno-token"] and [each.get("id") for each in tokens] == ["x", "y"]
    codes = texts(tokens, "retorno-token/token/dados-token/codigo-token")
    assert codes[0] == token[0] != codes[1] and texts(tokens, "retorno-token/token/dados-token/status") == ["1", "1"]
    assert texts(caller.run("02", sale("B", token=codes[1])), "transacao/status") == ["6"]
    assert caller.sim.cielo.accepted["05:x"] == 1


def test_a_charge_can_be_answered_with_nothing_but_a_token(caller):
    caller.sim.cielo.set(only_token=["A"])
    told = caller.run("02", sale("A"), sale("B"))
    assert kinds(told) == ["transacao", "retorno-token"] and caller.sim.cielo.charged == {"A": 1, "B": 1}


def test_a_token_step_may_fail_within_a_good_transaction(caller):
    caller.sim.cielo.set(token_fails=["A"])
    (transacao,) = caller.run("02", sale("A", gerar="yes"))
    assert texts(transacao, "status") == ["6"] and texts(transacao, "token/erro/codigo") == ["057"]
    assert texts(transacao, "token/dados-token") == []


def test_a_recurring_charge_of_an_outdated_card_is_denied_and_tells_the_new_card_in_clear(caller):
    recurring, direct = caller.run(
        "02", sale("A", autorizar=4, validade="202405"), sale("B", autorizar=3, validade="202405")
    )
    assert texts(recurring, "status") == texts(direct, "status") == ["5"]
    number, validade = texts(recurring, "dados-portador/numero")[0], texts(recurring, "dados-portador/validade")[0]
    assert re.fullmatch(r"401200\d{10}", number) and number != VISA and validade == "203011"
    assert texts(direct, "dados-portador/numero") == []
    again = caller.run("02", sale("C", autorizar=4, card=number, validade=validade))
    assert texts(again, "transacao/status") == ["6"]


def test_a_recurring_charge_by_the_token_of_an_outdated_card_tells_a_new_token(caller):
    old = texts(caller.run("02", sale("A", validade="202405", gerar="y")), "transacao/token/dados-token/codigo-token")
    (denied,) = caller.run("02", sale("B", autorizar=4, token=old[0]))
    new = texts(denied, "dados-portador/token")[0]
    assert new != old[0] and texts(denied, "dados-portador/numero") == []
    assert texts(caller.run("02", sale("C", autorizar=4, token=new)), "transacao/status") == ["6"]


def test_a_store_without_recurrence_gets_53(caller):
    caller.sim.cielo.set(recurring=False)
    assert texts(caller.run("02", sale("A", autorizar=4)), "erro/codigo") == ["053"]


# What becomes of a transaction


def authorised(caller: Caller, order: str = "A", **options: object) -> str:
    return texts(caller.run("02", sale(order, **options)), "transacao/tid")[0]


def test_a_capture_may_be_partial_and_happens_once(caller):
    tid = authorised(caller, capturar=False)
    too_much = caller.run("04", by_tid("04", tid, "<valor>1001</valor>"))
    assert texts(too_much, "erro/codigo") == ["032"]
    (captured,) = caller.run("04", by_tid("04", tid, "<valor>400</valor>"))
    assert texts(captured, "status") == ["6"] and texts(captured, "captura/valor") == ["400"]
    assert texts(captured, "dados-pedido/valor") == ["1000"]
    assert texts(caller.run("04", by_tid("04", tid)), "erro/codigo") == ["030"]
    assert texts(caller.run("04", by_tid("04", TID)), "erro/codigo") == ["003"]
    assert caller.sim.cielo.accepted[f"04:{tid}"] == 3


def test_a_capture_without_valor_or_with_zero_takes_it_all(caller):
    for order, valor in (("A", ""), ("B", "<valor>0</valor>")):
        tid = authorised(caller, order, capturar=False)
        assert texts(caller.run("04", by_tid("04", tid, valor)), "transacao/captura/valor") == ["1000"]


@pytest.mark.parametrize(("days", "code"), [(5, None), (6, "031")])
def test_a_capture_comes_within_five_days(caller, days, code):
    caller.sim.cielo.set(online={TID: {"pedido": "A", "valor": 1000, "days_ago": days}})
    returned = caller.run("04", by_tid("04", TID))
    assert texts(returned, "erro/codigo") == ([code] if code else [])


def test_after_a_cancellation_every_code_turns_to_9(caller):
    tid = authorised(caller)
    (part,) = caller.run("03", by_tid("03", tid, "<valor>300</valor>"))
    assert texts(part, "status") == ["6"] and texts(part, "cancelamentos/cancelamento/valor") == ["300"]
    (whole,) = caller.run("03", by_tid("03", tid))
    assert texts(whole, "cancelamentos/cancelamento/valor") == ["300", "700"]
    for step in ("status", "autenticacao/codigo", "autorizacao/codigo", "captura/codigo"):
        assert texts(whole, step) == ["9"]
    assert texts(caller.run("03", by_tid("03", tid)), "erro/codigo") == ["041"]
    assert set(caller.sim.cielo.accepted) >= {f"03:{tid}", f"03:{tid}:300"}


def test_no_more_is_cancelled_than_was_captured(caller):
    tid = authorised(caller, capturar=False)
    caller.run("04", by_tid("04", tid, "<valor>400</valor>"))
    assert texts(caller.run("03", by_tid("03", tid, "<valor>401</valor>")), "erro/codigo") == ["041"]
    (whole,) = caller.run("03", by_tid("03", tid))
    assert texts(whole, "cancelamentos/cancelamento/valor") == ["400"] and texts(whole, "status") == ["9"]


def test_what_is_only_authorised_cannot_be_cancelled_in_part(caller):
    tid = authorised(caller, capturar=False)
    assert texts(caller.run("03", by_tid("03", tid, "<valor>300</valor>")), "erro/codigo") == ["041"]
    assert texts(caller.run("03", by_tid("03", tid)), "transacao/status") == ["9"]


def test_a_query_by_tid_finds_one_and_a_query_by_order_the_newest(caller):
    first, second = authorised(caller), authorised(caller, valor=2000)
    assert texts(caller.run("06", by_tid("06", first)), "transacao/tid") == [first]
    assert texts(caller.run("06", by_tid("06", TID)), "erro/codigo") == ["003"]
    ask = f'<{ELEMENTS["07"]} id="q" versao="1.2.1"><numero-pedido>{{}}</numero-pedido>{STORE}</{ELEMENTS["07"]}>'
    returned = caller.run("07", ask.format("A"), ask.format("B"))
    assert kinds(returned) == ["transacao", "erro"]
    assert texts(returned, "transacao/tid") == [second] and texts(returned, "transacao/dados-pedido/valor") == ["2000"]
    assert caller.sim.cielo.charged == {"A": 2} and caller.sim.cielo.charged_more_than_once == 1


def test_only_what_stopped_after_authentication_is_authorised_by_its_tid(caller):
    other = TID[:-1] + "5"
    caller.sim.cielo.set(
        online={
            TID: {"pedido": "A", "valor": 1000, "status": 2, "capturar": True},
            other: {"pedido": "B", "valor": 1000, "status": 6},
        }
    )
    returned = caller.run("08", by_tid("08", TID), by_tid("08", other, identity="b"))
    assert texts(returned, "transacao/status") == ["6"] and texts(returned, "erro/codigo") == ["020"]
    assert caller.sim.cielo.charged == {"A": 1}
