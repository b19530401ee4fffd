"""The upload to the simulated Cielo, and the wait for its return."""

from __future__ import annotations

from datetime import datetime

import pytest
from lxml import etree

from support.sim.cielo import (
    CHAVE,
    DOWN,
    EC,
    GOOD,
    NS,
    PENDING,
    STORE,
    TID,
    UP,
    VISA,
    by_tid,
    codigo,
    kinds,
    lista,
    lot,
    sale,
    texts,
)

# The request that was recorded in May 2016 (fact sheet, section 2), without the cards' names and with our test cards.
RECORDED = f"""--AaB03x
Content-Disposition: form-data; name="mensagem"; filename="ECOMM_1001734898_02_20160527_0000000999.xml"

<?xml version="1.0" encoding="UTF-8"?>
<requisicao-lote xmlns="{NS}" versao="1.2.1">
  <dados-ec><numero>1001734898</numero><chave>e84827130b9837473681c2787007da5914d6359947015a5cdb2b8843db0fa832</chave></dados-ec>
  <numero-lote>999</numero-lote><tipo-operacao>2</tipo-operacao>
  <lista-requisicoes><requisicao-transacao><dados-portador><numero>{VISA}</numero><validade>203005</validade>
  <indicador>1</indicador><codigo-seguranca>123</codigo-seguranca></dados-portador><dados-pedido><numero>178148599</numero>
  <valor>100</valor><moeda>986</moeda><data-hora>2016-05-27T15:50:37</data-hora></dados-pedido><forma-pagamento>
  <bandeira>visa</bandeira><produto>1</produto><parcelas>1</parcelas></forma-pagamento><autorizar>3</autorizar>
  <capturar>true</capturar></requisicao-transacao></lista-requisicoes>
</requisicao-lote>
--AaB03x--
""".replace("\n", "\r\n").encode()


# The upload


def test_the_recorded_upload_is_taken_and_answered_as_recorded(sim, session):
    headers = {"Content-Type": "multipart/form-data, boundary=AaB03x"}
    reply = session.post(sim.url("cielo") + UP, data=RECORDED, headers=headers, timeout=5)
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "text/html;charset=utf-8"
    assert reply.content.decode() == (
        '<?XML version="1.0" encoding="UTF-8"?>\n<retorno-upload-lote xmlns="http://ecommerce.cbmp.com.br">\n'
        "  <data-envio>2026-11-22T08:20:00.024-03:00</data-envio>\n"
        "  <data-retorno>2026-11-23T08:20:00.025-03:00</data-retorno>\n"
        "  <mensagem>Seu lote está válido para processamento. Favor aguardar o prazo determinado para retorno."
        "</mensagem>\n</retorno-upload-lote>\r\n"
    )
    assert sim.cielo.accepted == {"178148599": 1}
    assert set(sim.cielo.departures) == {
        "requisicao-transacao without id",
        "requisicao-transacao without versao",
        "requisicao-lote with the attribute versao",
    }
    again = session.post(sim.url("cielo") + UP, data=RECORDED, headers=headers, timeout=5)
    assert again.status_code == 200
    assert again.text == (
        '<?XML version="1.0" encoding="UTF-8"?>\n<erro xmlns="http://ecommerce.cbmp.com.br">\n  <codigo>100</codigo>\n'
        "  <mensagem>Nomenclatura inválida. \nNúmero de lote já existente ou inválido.</mensagem>\n</erro>\r\n"
    )
    assert sim.cielo.accepted_more_than_once == 0


def test_a_lot_that_follows_the_schema_shows_no_departure(caller):
    caller.send("02", sale("A", gerar="yes"))
    for operation in ("03", "04", "06", "08"):
        caller.send(operation, by_tid(operation, TID))
    caller.ask(1)
    assert caller.sim.cielo.departures == {}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        (GOOD, b"", "71"),
        (GOOD, b"PK\x03\x04 no XML", "71"),
        (GOOD, b'<?xml version="1.0"?><outra-coisa/>', "71"),
        (GOOD, lot("02"), "71"),
        (GOOD, lot("02", sale("A"))[:-30], "75"),
        (GOOD, lot("02", sale("A")).replace(b"<requ", b'<!DOCTYPE r [<!ENTITY a "b">]><requ', 1), "75"),
        (GOOD.replace("ECOMM", "LOTE"), lot("02", sale("A")), "76"),
        (GOOD.replace("_0000000001", "_1"), lot("02", sale("A")), "76"),
        (GOOD.replace("_02_", "_09_"), lot("02", sale("A")), "76"),
        (GOOD.replace(".xml", ".txt"), lot("02", sale("A")), "76"),
        (GOOD.replace("_02_", "_04_"), lot("02", sale("A")), "80"),
        (GOOD.replace("0001.xml", "0002.xml"), lot("02", sale("A")), "80"),
        (GOOD.replace(EC, "1001734898"), lot("02", sale("A")), "80"),
        (GOOD, lot("02", by_tid("04", TID)), "80"),
        (GOOD, lot("02", sale("A"), by_tid("04", TID)), "73"),
        (GOOD, lot("02", sale("A"), numero=1000000000), "83"),
        (GOOD, lot("02", sale("A"), numero=0), "83"),
        (GOOD, lot("02", sale("A"), store=STORE.replace(EC, "1234567890")), "84"),
        (GOOD, lot("02", sale("A"), store=STORE.replace(CHAVE, "25fbb997438630f30b112d033ce2e621b34f3")), "85"),
    ],
)
def test_pre_validation_refuses_with_the_manuals_code_and_accepts_nothing(caller, name, content, code):
    reply = caller.upload(content, name)
    assert (reply.status_code, codigo(reply)) == (200, code)
    assert caller.sim.cielo.accepted == {} and caller.sim.cielo.lots == {}


def test_the_manuals_blanks_in_namespace_and_numbers_are_understood_and_noted(caller):
    content = lot("02", sale("A")).replace(NS.encode(), f"{NS} ".encode()).replace(EC.encode(), f"{EC} ".encode())
    assert "data-envio" in caller.upload(content, GOOD).text
    assert list(caller.sim.cielo.departures) == ["xmlns with a blank at its end"]


def test_another_namespace_is_understood_and_noted(caller):
    assert "data-envio" in caller.upload(lot("02", sale("A")).replace(NS.encode(), b"urn:x"), GOOD).text
    assert list(caller.sim.cielo.departures) == [f"urn:x instead of {NS} in requisicao-lote"]


def test_what_departs_from_the_schema_is_noted_by_name_and_never_by_value(caller):
    item = by_tid("04", TID).replace(f"<tid>{TID}</tid>{STORE}", f"{STORE}<tid>{TID}</tid><segredo>{VISA}</segredo>")
    caller.send("04", item, item.replace(STORE, ""))
    assert caller.sim.cielo.departures == {
        "requisicao-captura: elements not in the schema's order": 1,
        "requisicao-captura: unknown element segredo": 2,
        "requisicao-captura without dados-ec": 1,
        "the same id twice in one lot": 1,
    }


def test_an_item_of_03_to_08_whose_dados_ec_has_more_than_number_and_chave_is_an_erro(caller):
    named = by_tid("06", TID).replace("</chave>", "</chave><nome>LOJA</nome>")
    answer = caller.run("06", named)
    assert caller.sim.cielo.departures == {"requisicao-consulta: unknown element dados-ec/nome": 1}
    assert texts(answer, "erro/codigo") == ["001"]


def test_a_used_number_is_refused_by_100_or_by_the_manuals_072_and_only_for_its_own_store(caller):
    caller.send("02", sale("A"))
    assert codigo(caller.upload(lot("02", sale("B")), GOOD)) == "100"
    caller.sim.cielo.set(reused=72, codigo="padded")
    assert codigo(caller.upload(lot("02", sale("B")), GOOD)) == "072"
    other = caller.sim.cielo.settings["stores"]["1001734898"]
    store = STORE.replace(EC, "1001734898").replace(CHAVE, other)
    assert "data-envio" in caller.upload(lot("02", sale("B"), store=store), GOOD.replace(EC, "1001734898")).text
    assert caller.sim.cielo.accepted == {"A": 1, "B": 1}


def test_the_number_of_a_refused_lot_can_be_used_again(caller):
    assert codigo(caller.upload(lot("02", sale("A"))[:-9], GOOD)) == "75"
    assert "data-envio" in caller.upload(lot("02", sale("A")), GOOD).text


def test_twenty_megabytes_are_the_limit_and_may_be_mebibytes(caller):
    whole = lot("02", sale("A"))
    exact = whole[:-18] + b" " * (20_000_000 - len(whole)) + whole[-18:]
    too_long = exact[:-18] + b" " + exact[-18:]
    assert codigo(caller.upload(too_long, GOOD)) == "71"
    caller.sim.cielo.set(largest="MiB")
    assert "data-envio" in caller.upload(too_long, GOOD).text
    caller.sim.cielo.reset()
    assert "data-envio" in caller.upload(exact, GOOD).text


# Waiting


def test_until_the_return_is_there_the_answer_is_the_recorded_81(caller):
    numero = caller.send("02", sale("A"))
    clock = caller.sim.clock
    for at in ("2026-11-22T08:28:00-03:00", "2026-11-22T20:59:59-03:00"):
        clock.set(datetime.fromisoformat(at))
        reply = caller.ask(numero)
        assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/xml")
        assert reply.content.decode("ascii") == PENDING and "Content-Disposition" not in reply.headers
    clock.set(datetime.fromisoformat("2026-11-22T21:00:00-03:00"))  # the first full hour after twelve
    assert kinds(lista(caller.ask(numero))) == ["transacao"]


def test_the_cards_are_charged_at_the_next_full_hour(caller):
    caller.send("02", sale("A"))
    assert caller.sim.cielo.charged == {}
    caller.sim.clock.advance(40 * 60)
    assert caller.sim.cielo.charged == {"A": 1} and caller.sim.cielo.charged_more_than_once == 0


def test_the_ask_may_come_raw_with_a_padded_number_and_without_a_namespace(caller):
    numero = caller.send("02", sale("A"))
    url = caller.sim.url("cielo") + DOWN
    raw = (
        f'mensagem=<?xml version="1.0" encoding="UTF-8"?>\n<requisicao-download-retorno-lote versao="1.2.1" id="7">'
        f"<dados-ec><numero>{EC} </numero><chave>{CHAVE}</chave></dados-ec><numero-lote>{numero:010d}</numero-lote>"
        "</requisicao-download-retorno-lote>"
    )
    assert caller.session.post(url, data=raw.encode(), timeout=5).text == PENDING


@pytest.mark.parametrize(
    ("numero", "store", "code"),
    [
        (2, STORE, "74"),
        ("x", STORE, "83"),
        (1, STORE.replace(EC, "1234567890"), "84"),
        (1, STORE.replace(CHAVE, "wrong"), "85"),
    ],
)
def test_an_ask_that_cannot_be_answered_gets_its_code_in_retorno_download_lote(caller, numero, store, code):
    caller.send("02", sale("A"))
    reply = caller.ask(numero, store)
    assert codigo(reply) == code and etree.fromstring(reply.content).tag == f"{{{NS}}}retorno-download-lote"


def test_a_look_at_the_door_by_get_plays_no_fault_and_counts_nothing(caller):
    caller.sim.cielo.play("500")
    assert [caller.session.get(caller.sim.url("cielo") + path, timeout=5).status_code for path in (UP, "/")] == [
        405,
        404,
    ]
    assert caller.sim.cielo.arrivals.most == 0 and caller.ask(1).status_code == 500
