"""The pretended Cielo answers as recorded, runs lots by the hour, and counts what it accepted and what it charged."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests
from lxml import etree

import malote_sim
from malote_sim.cielo.item import OPERATIONS

EC, CHAVE = "1006993069", "25fbb99741c739dd84d7b06ec78c9bac718838630f30b112d033ce2e621b34f3"
NS = "http://ecommerce.cbmp.com.br"
UP, DOWN = "/lote/ecommwsecLoteUpload.do", "/lote/ecommwsecLoteDownload.do"
VISA, VISA_TRUNCATED, MASTER = "4012001038443335", "401200******3335", "5453010000066167"
ELEMENTS = {code: name for name, code in OPERATIONS.items()}
TID = "10069930690000001234"
STORE = f"<dados-ec><numero>{EC}</numero><chave>{CHAVE}</chave></dados-ec>"

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

PENDING = (
    '<?xml version="1.0" encoding="ISO-8859-1" ?>\n'
    '<retorno-download-lote xmlns="http://ecommerce.cbmp.com.br">\n<erro>\n  <codigo>81</codigo>\n'
    "  <mensagem>Upload Realizado. Aguardando Processamento.</mensagem>\n</erro>\n</retorno-download-lote>\n"
)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[malote_sim.Running]:
    with malote_sim.running("cielo", folder=tmp_path_factory.mktemp("certificates")) as run:
        yield run


@pytest.fixture
def sim(serving: malote_sim.Running) -> malote_sim.Running:
    serving.cielo.reset()
    serving.clock.speed = 0
    serving.clock.set(datetime.fromisoformat("2026-11-22T08:20:00.024-03:00"))
    return serving


@pytest.fixture
def session(serving: malote_sim.Running) -> Iterator[requests.Session]:
    with requests.Session() as session:  # no client certificate: Cielo asks for none
        session.trust_env = False
        session.verify = str(serving.certificates.ca)
        yield session


def sale(order: str, valor: int = 1000, *, autorizar: int = 3, capturar: bool = True, **more: str) -> str:
    """One requisicao-transacao; `card`, `token`, `more` and others replace parts."""
    card = f"<numero>{more.get('card', VISA)}</numero><validade>{more.get('validade', '203005')}</validade>"
    card += "<indicador>1</indicador><codigo-seguranca>123</codigo-seguranca>"
    holder = f"<token>{more['token']}</token>" if "token" in more else card
    gerar = "<gerar-token>true</gerar-token>" if "gerar" in more else ""
    return (
        f'<requisicao-transacao id="i-{order}" versao="1.2.1"><dados-portador>{holder}</dados-portador><dados-pedido>'
        f"<numero>{order}</numero><valor>{valor}</valor><moeda>986</moeda><data-hora>2026-11-22T08:00:00</data-hora>"
        f"<descricao>Maçã &amp; cia</descricao></dados-pedido><forma-pagamento><bandeira>{more.get('bandeira', 'visa')}"
        f"</bandeira><produto>{more.get('produto', '1')}</produto><parcelas>1</parcelas></forma-pagamento>"
        f"<autorizar>{autorizar}</autorizar><capturar>{str(capturar).lower()}</capturar>{gerar}</requisicao-transacao>"
    )


def by_tid(operation: str, tid: str, more: str = "", *, identity: str = "a") -> str:
    element = ELEMENTS[operation]
    return f'<{element} id="{identity}" versao="1.2.1"><tid>{tid}</tid>{STORE}{more}</{element}>'


def lot(operation: str, *items: str, numero: object = 1, store: str = STORE) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><requisicao-lote xmlns="{NS}">{store}'
        f"<numero-lote>{numero}</numero-lote><tipo-operacao>{int(operation)}</tipo-operacao><lista-requisicoes>{''.join(items)}</lista-requisicoes>"
        "</requisicao-lote>"
    ).encode()


class Caller:
    """Sends to the pretended Cielo as anybody could."""

    def __init__(self, sim: malote_sim.Running, session: requests.Session) -> None:
        self.sim, self.session, self.last = sim, session, 0

    def upload(self, content: bytes, name: str) -> requests.Response:
        return self.session.post(self.sim.url("cielo") + UP, files={"arqLoteUp": (name, content)}, timeout=20)

    def send(self, operation: str, *items: str) -> int:
        self.last += 1
        name = f"ECOMM_{EC}_{operation}_20261122_{self.last:010d}.xml"
        reply = self.upload(lot(operation, *items, numero=self.last), name)
        assert "retorno-upload-lote" in reply.text, reply.text
        return self.last

    def ask(self, numero: object, store: str = STORE) -> requests.Response:
        message = (
            f'<?xml version="1.0"?><requisicao-download-retorno-lote xmlns="{NS}" id="1" versao="1.2.1">{store}'
            f"<numero-lote>{numero}</numero-lote></requisicao-download-retorno-lote>"
        )
        return self.session.post(self.sim.url("cielo") + DOWN, data={"mensagem": message}, timeout=20)

    def run(self, operation: str, *items: str) -> etree._Element:
        """The `lista` of the return of these items, thirteen hours later."""
        numero = self.send(operation, *items)
        self.sim.clock.advance(13 * 3600)
        return lista(self.ask(numero))


@pytest.fixture
def caller(sim: malote_sim.Running, session: requests.Session) -> Caller:
    return Caller(sim, session)


def lista(reply: requests.Response) -> etree._Element:
    assert "attachment" in reply.headers["Content-Disposition"], reply.text
    return etree.fromstring(reply.content).find("{*}lista")


def codigo(reply: requests.Response) -> str:
    return re.search(r"<codigo>(\d+)</codigo>", reply.text)[1]


def texts(element: etree._Element, path: str) -> list[str]:
    return [each.text for each in element.findall("/".join("{*}" + name for name in path.split("/")))]


def kinds(element: etree._Element) -> list[str]:
    return [etree.QName(each).localname for each in element]


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


GOOD = f"ECOMM_{EC}_02_20261122_0000000001.xml"


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


# How a return can be other than expected


def ready(caller: Caller, *items: str) -> int:
    numero = caller.send("02", *(items or (sale("A"), sale("B"), sale("C"))))
    caller.sim.clock.advance(13 * 3600)
    return numero


def test_a_return_may_come_inside_arquivo(caller):
    numero = ready(caller)
    attached = caller.ask(numero).content
    caller.sim.cielo.set(return_in="arquivo")
    reply = caller.ask(numero)
    assert "Content-Disposition" not in reply.headers
    root = etree.fromstring(reply.content)
    assert root.tag == f"{{{NS}}}retorno-download-lote" and kinds(root) == ["arquivo"]
    assert root[0].text.encode("latin-1") == attached


@pytest.mark.parametrize(("kind", "said"), [("082", "codigo"), ("mensagem", "mensagem")])
def test_a_cleaned_storage_makes_one_come_again_for_a_second_copy(caller, kind, said):
    caller.sim.cielo.set(second_copy=kind, second_copy_after=7200)
    numero = ready(caller)
    for _ in range(2):
        reply = caller.ask(numero)
        assert f"<{said}>" in reply.text and "Content-Disposition" not in reply.headers
        caller.sim.clock.advance(3600)
    assert len(lista(caller.ask(numero))) == len(lista(caller.ask(numero))) == 3


def test_items_can_be_left_out_answered_twice_never_sent_or_without_id_and_pan(caller):
    numero, cielo = ready(caller), caller.sim.cielo
    orders = lambda: texts(lista(caller.ask(numero)), "transacao/dados-pedido/numero")  # noqa: E731
    cielo.set(unanswered=["B"], answered_twice=["A"], strangers=["Z"])
    assert orders() == ["A", "C", "A", "Z"]
    cielo.set(unanswered=2, answered_twice=[], strangers=[])
    assert orders() == ["A"]
    cielo.set(unanswered=0, echo_id=False, pan=False, status={"A": "7"}, extras=True)
    returned = lista(caller.ask(numero))
    assert [each.get("id") for each in returned] == [None] * 3 and texts(returned, "transacao/pan") == []
    assert texts(returned, "transacao/status") == ["7", "6", "6"]
    assert len(texts(returned, "transacao/autorizacao/par")) == len(texts(returned, "transacao/novidade")) == 3


def test_an_item_against_the_schema_may_come_back_with_an_empty_id(caller):
    caller.sim.cielo.set(echo_id="semantic")
    returned = caller.run("02", sale("A-1"), sale("B", produto="A"))
    assert [each.get("id") for each in returned] == ["", "i-B"]


def test_a_whole_lot_can_be_refused_after_processing_and_charges_nothing(caller):
    caller.sim.cielo.set(lots_refused={"1": "071"})
    numero = ready(caller)
    assert codigo(caller.ask(numero)) == "71" and caller.sim.cielo.charged == {}
    assert caller.sim.cielo.accepted == {"A": 1, "B": 1, "C": 1}


def test_codes_come_as_recorded_or_all_padded_or_all_bare(caller):
    numero = ready(caller, sale("A", produto="A"))
    for digits, lot_code, item_code in (("recorded", "74", "011"), ("padded", "074", "011"), ("bare", "74", "11")):
        caller.sim.cielo.set(codigo=digits)
        assert codigo(caller.ask(99)) == lot_code
        assert texts(lista(caller.ask(numero)), "erro/codigo") == [item_code]


# Faults


def test_a_reply_lost_after_acceptance_leaves_an_accepted_lot_that_100_then_proves(caller):
    caller.sim.cielo.play("lost_reply", on="upload")
    content = lot("02", sale("A"))
    with pytest.raises(requests.exceptions.ConnectionError):
        caller.upload(content, GOOD)
    assert caller.sim.cielo.accepted == {"A": 1}
    assert codigo(caller.upload(content, GOOD)) == "100" and codigo(caller.ask(1)) == "81"
    assert caller.sim.cielo.accepted == {"A": 1}


def test_a_connection_reset_before_the_body_accepts_nothing(caller):
    caller.sim.cielo.play("reset_before", on="upload")
    with pytest.raises(requests.exceptions.RequestException):
        caller.upload(lot("02", sale("A")), GOOD)
    assert caller.sim.cielo.accepted == {} and "data-envio" in caller.upload(lot("02", sale("A")), GOOD).text


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        ("500", 500, 0),
        ("503", 503, 0),
        ("throttle", 429, 0),
        ("closed", 503, 0),
        ("html", 200, 1),
        ("malformed", 200, 1),
    ],
)
def test_every_gateways_fault_can_be_played_on_an_upload(caller, fault, status, accepted):
    caller.sim.cielo.play(fault, on="upload")
    reply = caller.upload(lot("02", sale("A")), GOOD)
    assert reply.status_code == status and "</retorno-upload-lote>" not in reply.text
    assert sum(caller.sim.cielo.accepted.values()) == accepted


def test_an_erro_can_be_played_with_and_without_acceptance(caller):
    caller.sim.cielo.play("erro", on="upload")
    assert codigo(caller.upload(lot("02", sale("A")), GOOD)) == "79" and caller.sim.cielo.accepted == {}
    caller.sim.cielo.play("erro", on="upload", accept=True)
    assert codigo(caller.upload(lot("02", sale("A")), GOOD)) == "79" and caller.sim.cielo.accepted == {"A": 1}
    caller.sim.cielo.play("erro", on="download", codigo=82, mensagem="Volte")
    reply = caller.ask(1)
    assert codigo(reply) == "82" and "Volte" in reply.text


def test_a_return_can_be_late_by_asks_and_by_seconds(caller):
    numero = ready(caller)
    caller.sim.cielo.play("late", on="download", times=2)
    assert [caller.ask(numero).text == PENDING for _ in range(3)] == [True, True, False]
    caller.sim.cielo.play("late", on="upload", seconds=7200)
    numero = ready(caller, sale("D"))
    assert caller.ask(numero).text == PENDING
    caller.sim.clock.advance(7200)
    assert len(lista(caller.ask(numero))) == 1


def test_faults_of_a_return_wait_until_there_is_one(caller):
    other, numero = ready(caller, sale("X")), caller.send("02", sale("A"), sale("B"))
    for fault in ("partial", "stranger", "wrong_lot"):
        caller.sim.cielo.play(fault)
    assert caller.ask(numero).text == PENDING and caller.sim.cielo.faults.played == []
    caller.sim.clock.advance(13 * 3600)
    returned = [texts(lista(caller.ask(numero)), "transacao/dados-pedido/numero") for _ in range(2)]
    assert returned == [["A"], ["A", "B", "ESTRANHO1"]]
    assert texts(etree.fromstring(caller.ask(numero).content), "numero-lote") == [str(other)]
    assert [each["fault"] for each in caller.sim.cielo.faults.played] == ["partial", "stranger", "wrong_lot"]
    assert texts(lista(caller.ask(numero)), "transacao/dados-pedido/numero") == ["A", "B"]


def test_half_a_return_file_breaks_off(caller):
    numero = ready(caller)
    caller.sim.cielo.play("truncated", on="download")
    with pytest.raises(requests.exceptions.RequestException):
        caller.ask(numero)
    assert len(lista(caller.ask(numero))) == 3


# What is shown, kept, and how much it can hold


def test_the_control_page_counts_what_was_accepted_and_charged_and_shows_no_card_and_no_chave(caller):
    ready(caller, sale("A"), sale("B", 1050), sale("C", gerar="yes", card=MASTER))
    shown = requests.get(caller.sim.control + "/_sim/cielo/", timeout=5)
    page = shown.json()
    assert page["accepted"] == {"A": 1, "B": 1, "C": 1} and page["charged"] == {"A": 1, "C": 1}
    assert (page["items_accepted"], page["accepted_more_than_once"], page["charged_more_than_once"]) == (3, 0, 0)
    assert page["transactions_by_status"] == {"6": 2, "5": 1} and page["lots"][f"{EC}/1"]["items"] == 3
    assert not re.search(rf"{VISA}|{MASTER}|{CHAVE}", shown.text)


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("settings", {"reused": 73}),
        ("settings", {"online": {TID: {"pedido": "A"}}}),
        ("settings", {"pan": "no"}),
        ("settings", {"fail": {"A": "x"}}),
        ("faults", {"fault": "partial", "on": "upload"}),
        ("faults", {"fault": "wrong_code"}),
    ],
)
def test_the_control_page_says_what_is_wrong_and_changes_nothing(caller, what, given):
    reply = requests.post(f"{caller.sim.control}/_sim/cielo/{what}", json=given, timeout=5)
    assert reply.status_code == 400 and reply.json()["error"] and caller.sim.cielo.faults.queued == []


def test_a_restart_keeps_lots_transactions_and_tokens_but_no_card(tmp_path, sim, session):
    folder, journal = sim.certificates.folder, tmp_path / "journal.jsonl"
    with malote_sim.running("cielo", folder=folder, journal=journal) as first:
        caller = Caller(first, session)
        (before,) = caller.run("02", sale("A", gerar="yes"))
        caller.send("04", by_tid("04", TID))
    kept = journal.read_text()
    assert VISA not in kept and CHAVE not in kept and len([json.loads(line) for line in kept.splitlines()]) == 2
    with malote_sim.running("cielo", folder=folder, journal=journal) as second:
        caller = Caller(second, session)
        assert second.cielo.accepted == {"A": 1, f"04:{TID}": 1}
        assert etree.tostring(lista(caller.ask(1))[0]) == etree.tostring(before)
        assert codigo(caller.upload(lot("02", sale("B")), GOOD)) == "100"
        caller.last = 2
        token = texts(before, "token/dados-token/codigo-token")[0]
        assert texts(caller.run("02", sale("B", token=token)), "transacao/status") == ["6"]


def test_a_lot_of_27000_items_goes_in_and_comes_back_whole(caller):
    caller.send("02", *(sale(f"P{place}", card=VISA if place % 2 else MASTER) for place in range(27_000)))
    caller.sim.clock.advance(13 * 3600)
    returned = lista(caller.ask(1))
    assert len(set(texts(returned, "transacao/tid"))) == 27_000
    assert texts(returned, "transacao/dados-pedido/numero") == [f"P{place}" for place in range(27_000)]
    assert len(caller.sim.cielo.charged) == 27_000


def test_a_fast_clock_makes_half_a_day_pass_in_a_moment(caller):
    numero = caller.send("02", sale("A"))
    caller.sim.clock.speed = 1_000_000
    until = time.monotonic() + 5
    while (reply := caller.ask(numero)).text == PENDING and time.monotonic() < until:
        time.sleep(0.01)
    caller.sim.clock.speed = 0
    assert len(lista(reply)) == 1
    assert caller.sim.cielo.lots[f"{EC}/1"].ready_at - caller.sim.cielo.lots[f"{EC}/1"].accepted_at < timedelta(
        hours=13
    )
