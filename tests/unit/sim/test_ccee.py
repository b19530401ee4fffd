"""The pretended CCEE answers as its manual shows, plays every fault it knows, and counts what it accepted."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import zeep
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509 import DNSName, SubjectAlternativeName, load_pem_x509_certificate
from lxml import etree
from zeep.transports import Transport

import malote_sim
from malote_sim.arrivals import Arrivals
from malote_sim.certificates import make
from malote_sim.clock import SimulatedClock

IMPORT, RESULT = "importarArquivo", "obterResultadoProcessamento"
PATHS = {IMPORT: "/ws/cntr/ImportarArquivoBSv1", RESULT: "/ws/cntr/ResultadoProcessamentoBSv1"}
BM, BO = "{http://xmlns.energia.org.br/BM/v1}", "{http://xmlns.energia.org.br/BO/v1}"

# The manual's request, section 5.1.3, with room for the code.
ASK = """<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
xmlns:mh="http://xmlns.energia.org.br/MH/v1" xmlns:oas="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
xmlns:bm="http://xmlns.energia.org.br/BM/v1" xmlns:bo="http://xmlns.energia.org.br/BO/v1">
   <soapenv:Header>
      <mh:messageHeader>
         <mh:codigoPerfilAgente>1234</mh:codigoPerfilAgente>
      </mh:messageHeader>
      <oas:Security>
         <oas:UsernameToken>
            <oas:Username>user</oas:Username>
            <oas:Password>pass</oas:Password>
         </oas:UsernameToken>
      </oas:Security>
   </soapenv:Header>
   <soapenv:Body>
      <bm:obterResultadoProcessamentoRequest>
         <bm:processamento>
            <!-- Este é o código retornado pelo serviço ImportarArquivo -->
            <bo:codigoProcessamento>5458942</bo:codigoProcessamento>
         </bm:processamento>
      </bm:obterResultadoProcessamentoRequest>
   </soapenv:Body>
</soapenv:Envelope>"""

# The four contracts of the manual's answer, section 5.1.5: codigoOrigem, comprador, vendedor.
MANUAL = [
    ("1234", "64983", "66242"),
    ("20433", "6432", "65342"),
    ("20111", "2253", "65342"),
    ("20212", "3560", "65342"),
]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[malote_sim.Running]:
    with malote_sim.running("ccee", folder=tmp_path_factory.mktemp("certificates")) as run:
        yield run


@pytest.fixture
def sim(serving: malote_sim.Running) -> malote_sim.Running:
    serving.ccee.reset()
    serving.ccee.set(users={"user": {"password": "pass", "profiles": ["1234"]}})
    serving.clock.speed = 1
    return serving


@pytest.fixture
def session(serving: malote_sim.Running) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify, session.cert = str(serving.certificates.ca), str(serving.certificates.client_pem)
        yield session


def contract_file(*references: str, encoding: str = "ISO-8859-1") -> str:
    contracts = "".join(
        f'<Contrato referencia="{each}" idComprador="64983" idVendedor="66242"/>' for each in references
    )
    return f'<?xml version="1.0" encoding="{encoding}"?><ContratosCCEAL tipoGeracao="1">{contracts}</ContratosCCEAL>'


def import_envelope(file: str, *, cdata: bool = True) -> str:
    text = f"\n\t\t<![CDATA[{file}]]>\n" if cdata else file.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"<bm:obter.*</bm:obter\w+>", lambda _: f"<bm:importarArquivo><bm:arquivo>{text}</bm:arquivo></bm:importarArquivo>", ASK, flags=re.S)  # fmt: skip  # noqa: E501


class Caller:
    """Sends to the pretended CCEE as anybody could."""

    def __init__(self, sim: malote_sim.Running, session: requests.Session) -> None:
        self.sim, self.session = sim, session

    def post(self, operation: str, envelope: str, **options: object) -> requests.Response:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": operation, **options.pop("headers", {})}
        url = self.sim.url("ccee") + PATHS[operation]
        return self.session.post(url, envelope.encode(), headers=headers, timeout=5, **options)

    def send(self, *references: str, **options: object) -> requests.Response:
        return self.post(IMPORT, import_envelope(contract_file(*references)), **options)

    def sent(self, *references: str) -> str:
        return texts(self.send(*references), "codigoProcessamento")[0]

    def ask(self, codigo: str, **options: object) -> requests.Response:
        return self.post(RESULT, ASK.replace("5458942", codigo), **options)


@pytest.fixture
def caller(sim: malote_sim.Running, session: requests.Session) -> Caller:
    return Caller(sim, session)


def texts(response: requests.Response, name: str) -> list[str]:
    return [each.text for each in etree.fromstring(response.content).iter("{*}" + name)]


def fault(response: requests.Response) -> tuple[str, str, str]:
    root = etree.fromstring(response.content)
    detail = root.find(".//detail/*")
    return root.findtext(".//faultcode"), detail.findtext("{*}errorCode"), etree.QName(detail).localname


def outline(root: etree._Element) -> list[tuple[int, str]]:
    return [(len(list(each.iterancestors())), each.tag) for each in root.iter() if isinstance(each.tag, str)]


# The wire as the manual has it


def test_a_plain_zeep_client_reads_the_wsdl_sends_a_file_and_reads_its_result(sim, session):
    sim.ccee.set(users={"usuario": {"password": "senha", "profiles": ["1234"]}})
    header = {
        "Security": {"UsernameToken": {"Username": "usuario", "Password": "senha"}},
        "MessageHeader": {"codigoPerfilAgente": "1234"},
    }
    clients = {
        name: zeep.Client(f"{sim.url('ccee')}{path}?wsdl", transport=Transport(session=session))
        for name, path in PATHS.items()
    }
    receipt = clients[IMPORT].service.importarArquivo(arquivo=contract_file("ADV-12", "ERRO-9"), _soapheaders=header)
    asked = {"codigoProcessamento": receipt.body.codigoProcessamento, "tipoProcessamento": "IMPORTACAO_CONTRATOS"}
    answer = clients[RESULT].service.obterResultadoProcessamento(processamento=asked, _soapheaders=header)
    details = answer.body.resultadoProcessamento.ResultadosProcessamentoImportacaoContrato.detalhe
    assert [(each.status, each.contrato.codigoOrigem) for each in details] == [
        ("SUCESSO", "ADV-12"),
        ("ERRO", "ERRO-9"),
    ]
    assert details[0].contrato.codigo and details[1].contrato.codigo is None
    assert sim.ccee.accepted == {"ADV-12": 1, "ERRO-9": 1} and sim.ccee.departures == {}
    with pytest.raises(zeep.exceptions.Fault) as raised:
        clients[RESULT].service.obterResultadoProcessamento(
            processamento={"codigoProcessamento": 1}, _soapheaders=header
        )
    assert raised.value.detail[0].findtext("{*}errorCode") == "3001"


def test_the_manuals_request_is_answered_in_the_manuals_shape(caller):
    file = "".join(f'<Contrato referencia="{r}" idComprador="{c}" idVendedor="{v}"/>' for r, c, v in MANUAL)
    caller.sim.ccee.set(status={"20212": "ERRO"})
    sent = caller.post(IMPORT, import_envelope(f"<ContratosCCEAL>{file}</ContratosCCEAL>"))
    answer = caller.ask(texts(sent, "codigoProcessamento")[0])
    root = etree.fromstring(answer.content)
    contract = lambda *more: [(6, f"{BO}contrato"), (7, f"{BO}codigoOrigem"), *more, (7, f"{BO}vigencias")]  # noqa: E731
    party = [
        (8, f"{BO}vigencia"),
        (9, f"{BO}comprador"),
        (10, f"{BO}codigo"),
        (9, f"{BO}vendedor"),
        (10, f"{BO}codigo"),
    ]
    detail = lambda *more: [(5, f"{BO}detalhe"), (6, f"{BO}status"), (6, f"{BO}descricao"), *contract(*more), *party]  # noqa: E731
    body = root[1]
    assert outline(body)[1:] == [
        (2, f"{BM}obterResultadoProcessamentoResponse"),
        (3, f"{BM}resultadoProcessamento"),
        (4, f"{BO}codigoProcessamento"),
        (4, f"{BO}ResultadosProcessamentoImportacaoContrato"),
        *detail((7, f"{BO}codigo")) * 3,
        *detail(),
    ]
    assert answer.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<soap-env:Envelope xmlns:soap-env=')
    assert b"<out:obterResultadoProcessamentoResponse" in answer.content and b"<out2:detalhe>" in answer.content
    assert [etree.QName(each).localname for each in root[0][0]] == ["codigoPerfilAgente", "transactionId"]
    assert texts(answer, "codigoOrigem") == [reference for reference, _, _ in MANUAL]
    assert root.findall(".//{*}comprador/{*}codigo")[3].text == "3560"
    assert texts(answer, "status") == ["SUCESSO"] * 3 + ["ERRO"]
    assert answer.headers["Content-Type"] == "text/xml" and answer.headers["X-Global-Transaction-ID"]
    assert answer.headers["Transfer-Encoding"] == "chunked" and "Content-Length" not in answer.headers


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_nobody_is_served_without_a_client_certificate(sim, session, version):
    import http.client
    import ssl

    context = ssl.create_default_context(cafile=sim.certificates.ca)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    connection = http.client.HTTPSConnection("localhost", sim.ports["ccee"], context=context, timeout=5)
    with pytest.raises(OSError):  # noqa: PT012  # with TLS 1.3 the refusal comes only with the reply
        connection.request("GET", PATHS[IMPORT] + "?wsdl")
        connection.getresponse()
    assert sim.ccee.described()["requests"] == 0


def test_the_pkcs12_opens_with_its_password_and_names_a_cnpj(sim):
    held = load_pkcs12(sim.certificates.client.read_bytes(), sim.certificates.password.encode())
    assert "11222333000181" in held.cert.certificate.subject.rfc4514_string()
    lives = held.cert.certificate.not_valid_after_utc - held.cert.certificate.not_valid_before_utc
    assert lives.days < 395


def test_certificates_are_kept_and_used_again(sim):
    before = sim.certificates.client.read_bytes()
    with malote_sim.running("ccee", folder=sim.certificates.folder) as again:
        assert again.certificates.client.read_bytes() == before


def test_certificates_that_do_not_name_the_host_are_made_anew(tmp_path):
    def covered(host: str) -> list[str]:
        made = load_pem_x509_certificate(make(tmp_path, host=host).server.read_bytes())
        return made.extensions.get_extension_for_class(SubjectAlternativeName).value.get_values_for_type(DNSName)

    assert covered("127.0.0.1") == ["localhost"]
    assert covered("simulators") == ["localhost", "simulators"] == covered("127.0.0.1")


# What is accepted


@pytest.mark.parametrize("cdata", [True, False])
def test_a_file_is_read_in_the_encoding_that_it_declares(caller, cdata):
    assert caller.post(IMPORT, import_envelope(contract_file("AÇÃO-1"), cdata=cdata)).status_code == 200
    (submission,) = caller.sim.ccee.submissions.values()
    assert submission.records[0].referencia == "AÇÃO-1" and "AÇÃO".encode("latin-1") in submission.content


def test_an_edition_is_known_by_its_numero_contrato(caller):
    file = '<ContratosCCEAL tipoGeracao="13"><Contrato numeroContrato="1922021"/></ContratosCCEAL>'
    codigo = texts(caller.post(IMPORT, import_envelope(file)), "codigoProcessamento")[0]
    assert texts(caller.ask(codigo), "codigoOrigem") == ["1922021"]


def test_the_same_reference_sent_twice_is_accepted_twice_and_counted(caller):
    first, second = caller.sent("A", "B"), caller.sent("A")
    ccee = caller.sim.ccee.described()
    assert first != second
    assert ccee["accepted"] == {"A": 2, "B": 1} and ccee["items_accepted"] == 3
    assert ccee["accepted_more_than_once"] == 1 == caller.sim.ccee.accepted_more_than_once


def test_a_contract_in_erro_is_accepted_but_not_registered(caller):
    caller.sent("ERRO-1", "AVISO-1")
    caller.sent("ERRO-1", "AVISO-1")
    ccee = caller.sim.ccee.described()
    assert ccee["accepted_more_than_once"] == 2
    assert ccee["registered"] == {"AVISO-1": 2} and ccee["registered_more_than_once"] == 1


@pytest.mark.parametrize(
    "file",
    ["<ContratosCCEAL><Contrato", "<ContratosCCEAL/>", "", contract_file("–"), "<!DOCTYPE a><ContratosCCEAL/>"],
    ids=["broken", "no contract", "empty", "not in its encoding", "DTD"],
)
def test_a_file_that_cannot_be_read_is_refused(caller, file):
    reply = caller.post(IMPORT, import_envelope(file))
    assert reply.status_code == 500 and fault(reply) == ("Server.4001", "4001", "unexpectedTechnicalFault")
    assert caller.sim.ccee.accepted == {}


def test_a_request_with_a_dtd_is_refused(caller):
    reply = caller.post(IMPORT, '<!DOCTYPE x [<!ENTITY a "1234">]>' + import_envelope(contract_file("A")))
    assert fault(reply)[1] == "4001" and caller.sim.ccee.accepted == {}


def test_a_wrong_user_password_profile_or_action_is_a_security_fault(caller):
    right = import_envelope(contract_file("A"))
    denied = ("Server.2001", "2001", "securityFault")
    assert fault(caller.post(IMPORT, right.replace(">user<", ">nobody<"))) == denied
    assert fault(caller.post(IMPORT, right.replace(">pass<", ">wrong<"))) == denied
    wrong_profile = caller.post(IMPORT, right.replace(">1234<", ">4321<"))
    assert fault(wrong_profile) == denied
    assert texts(wrong_profile, "message") == ["Rejected: Usuário não está autorizado a usar o codigoPerfilAgente."]
    assert fault(caller.post(IMPORT, right, headers={"SOAPAction": RESULT})) == denied
    assert caller.post(IMPORT, right, headers={"SOAPAction": f'"{IMPORT}"'}).status_code == 200
    assert caller.sim.ccee.accepted == {"A": 1}


def test_an_unknown_or_ill_formed_code_is_a_fault(caller):
    assert fault(caller.ask("999")) == ("Server.3006", "3001", "noDataFoundFault")
    assert fault(caller.ask("abc")) == ("Server.3006", "3006", "invalidParametersFault")


def test_names_that_depart_from_the_manual_are_understood_and_shown(caller):
    codigo = caller.sent("A")
    assert caller.sim.ccee.departures == {}
    asked = caller.post(RESULT, ASK.replace("5458942", codigo).replace("BO/v1", "BO/v2"))
    assert asked.status_code == 200 and list(caller.sim.ccee.departures) == [
        "{http://xmlns.energia.org.br/BO/v2}codigoProcessamento instead of " + BO + "codigoProcessamento"
    ]


# Settings


@pytest.mark.parametrize(("name", "namespace"), [("BM", BM), ("BO", BO)])
def test_the_receipt_comes_in_either_namespace(caller, name, namespace):
    caller.sim.ccee.set(codigo_namespace=name)
    assert etree.fromstring(caller.send("A").content).find(f".//{BM}importarArquivoResponse/{namespace}codigoProcessamento") is not None  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("style", ["manual", "soapenv", "env", "NS1", "io2", "v21", "none", {"bm": "zz", "bo": ""}])
def test_prefixes_change_and_names_do_not(caller, style):
    codigo = caller.sent("A")
    plain = etree.fromstring(caller.ask(codigo).content)
    caller.sim.ccee.set(prefixes=style)
    answer = caller.ask(codigo)
    assert outline(etree.fromstring(answer.content)) == outline(plain)
    if style == "none":
        assert b"<obterResultadoProcessamentoResponse " in answer.content
    if isinstance(style, dict):
        assert b"<zz:resultadoProcessamento>" in answer.content and b"<detalhe>" in answer.content
    assert fault(caller.ask("999"))[1] == "3001"


@pytest.mark.parametrize("reading", ["no_detalhe", "empty_result", "fault_3001", "fault_1-3001"])
def test_a_result_is_pending_in_the_reading_that_is_set_until_simulated_time_has_passed(caller, reading):
    caller.sim.clock.speed = 0
    caller.sim.ccee.set(result_after=600, pending=reading)
    codigo = caller.sent("A")
    pending = caller.ask(codigo)
    if reading.startswith("fault_"):
        assert fault(pending) == ("Server.3006", reading.removeprefix("fault_"), "noDataFoundFault")
    else:
        assert pending.status_code == 200 and texts(pending, "detalhe") == []
        assert texts(pending, "codigoProcessamento") == ([codigo] if reading == "no_detalhe" else [])
    caller.sim.clock.advance(599)
    assert caller.ask(codigo).content.count(b"detalhe>") == 0
    caller.sim.clock.advance(1)
    assert texts(caller.ask(codigo), "codigoOrigem") == ["A"]


def test_details_come_as_many_and_in_the_order_that_is_set(caller):
    codigo = caller.sent("A", "B", "C", "D", "E")
    caller.sim.ccee.set(details_per_record=2)
    assert texts(caller.ask(codigo), "codigoOrigem") == list("AABBCCDDEE")
    caller.sim.ccee.set(details_per_record={"A": 0, "C": 2}, order="reversed")
    assert texts(caller.ask(codigo), "codigoOrigem") == list("EDCCB")
    caller.sim.ccee.set(details_per_record=1, order="shuffled")
    shuffled = texts(caller.ask(codigo), "codigoOrigem")
    assert sorted(shuffled) == list("ABCDE") and shuffled != list("ABCDE")
    assert texts(caller.ask(codigo), "codigoOrigem") == shuffled


def test_statuses_follow_the_reference_or_what_is_set(caller):
    caller.sim.ccee.set(status={"C": "ERRO", "D": {"status": "EM_ANALISE", "descricao": "Aguarde."}})
    answer = caller.ask(caller.sent("ERRO-1", "AVISO-1", "B", "C", "D"))
    assert texts(answer, "status") == ["ERRO", "AVISO", "SUCESSO", "ERRO", "EM_ANALISE"]
    assert texts(answer, "descricao")[0].startswith("Consumidores especiais somente podem comprar")
    assert texts(answer, "descricao")[4] == "Aguarde."
    contracts = etree.fromstring(answer.content).findall(f".//{BO}contrato")
    assert [each.find(f"{BO}codigo") is not None for each in contracts] == [False, True, True, False, False]


def test_a_setting_that_does_not_exist_or_cannot_be_is_refused_and_changes_nothing(sim):
    for wrong in ({"pendng": 1}, {"pending": "maybe"}, {"details_per_record": 3}, {"window": 0}, {"prefixes": "x"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            sim.ccee.set(order="reversed", **wrong)
    assert sim.ccee.settings["order"] == "as_sent"


# Windows


def test_the_most_in_any_sliding_window_is_counted():
    arrivals = Arrivals(limit=3, window=60)
    assert [arrivals.note(at) for at in (0, 1, 2, 59.9, 60, 61.5)] == [1, 2, 3, 4, 4, 4]
    assert (arrivals.most, arrivals.violations) == (4, 3)
    arrivals.measure(limit=3, window=10)
    assert (arrivals.most, arrivals.violations) == (3, 0)


def test_requests_beyond_the_limit_are_only_counted_unless_it_is_enforced(caller):
    codigo = caller.sent("A")
    caller.sim.ccee.set(limit=3, window=3600)
    with ThreadPoolExecutor(3) as pool:
        assert {reply.status_code for reply in pool.map(lambda _: caller.ask(codigo), range(5))} == {200}
    shown = caller.sim.ccee.described()
    assert shown["max_in_window_by_operation"] == {IMPORT: 1, RESULT: 5} and shown["max_in_window"] == 6
    assert shown["violations"] == 2
    caller.sim.ccee.set(enforce=True)
    throttled = caller.ask(codigo)
    assert throttled.status_code == 429 and throttled.headers["Retry-After"] == "3600"
    assert caller.send("B").status_code == 200


# Faults

GONE = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@pytest.mark.parametrize(
    ("name", "options", "accepted"),
    [
        ("lost_reply", {}, True),
        ("reset_before", {}, False),
        ("timeout", {"accept": True}, True),
        ("timeout", {"accept": False}, False),
        ("truncated", {}, True),
        ("truncated", {"chunked": True}, True),
        ("truncated", {"accept": False}, False),
    ],
)
def test_a_broken_connection_leaves_accepted_what_it_should(caller, name, options, accepted):
    caller.sim.ccee.play(name, on=IMPORT, **options)
    envelope, headers = import_envelope(contract_file("A")), {"SOAPAction": IMPORT, "Content-Type": "text/xml"}
    with pytest.raises(GONE):
        caller.session.post(caller.sim.url("ccee") + PATHS[IMPORT], envelope.encode(), headers=headers, timeout=0.4)
    assert caller.sim.ccee.accepted == ({"A": 1} if accepted else {})
    assert caller.send("B").status_code == 200 and caller.sim.ccee.accepted["B"] == 1
    assert caller.sim.ccee.faults.played == [{"on": IMPORT, "fault": name}]


@pytest.mark.parametrize(
    ("name", "options", "status", "inside", "accepted"),
    [
        ("500", {}, 500, b"<html>", False),
        ("500", {"accept": True}, 500, b"<html>", True),
        ("503", {"retry_after": 7}, 503, b"<html>", False),
        ("throttle", {}, 429, b"<html>", False),
        ("throttle", {"as": "fault"}, 500, b"Rejected by SLM Monitor", False),
        ("html", {}, 200, b"<html>", True),
        ("html", {"accept": False}, 200, b"<html>", False),
        ("closed", {}, 500, b"Failed to establish a backside connection", False),
        ("malformed", {}, 200, b"codigoProcessamento", True),
        ("fault", {"errorCode": "3001", "prefix": "zz"}, 500, b"<zz:noDataFoundFault", False),
        ("fault", {"accept": True, "element": "unexpectedSchemaFault", "status": 200}, 200, b"SchemaFault", True),
    ],
)
def test_a_reply_that_is_no_receipt_leaves_accepted_what_it_should(caller, name, options, status, inside, accepted):
    caller.sim.ccee.play(name, on=IMPORT, **options)
    reply = caller.send("A")
    assert reply.status_code == status and inside in reply.content
    assert caller.sim.ccee.accepted == ({"A": 1} if accepted else {})
    if name == "throttle" and not options:
        assert reply.headers["Retry-After"] == "30"
    if name == "503":
        assert reply.headers["Retry-After"] == "7"
    if name == "malformed":
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(reply.content)


def test_a_huge_reply_is_the_right_one_blown_up(caller):
    codigo = caller.sent("A")
    caller.sim.ccee.play("huge", mb=3)
    reply = caller.ask(codigo)
    assert len(reply.content) > 3_000_000 and texts(reply, "codigoOrigem") == ["A"]


def test_laughs_are_a_dtd_whose_entities_grow_a_billion_times(caller):
    codigo = caller.sent("A")
    caller.sim.ccee.play("laughs")
    content = caller.ask(codigo).content
    assert content.count(b"<!ENTITY") == 10 and b"&lol9;</soap-env:Envelope>" in content and len(content) < 5000
    with pytest.raises(etree.XMLSyntaxError, match="amplification"):
        etree.fromstring(content)


def test_an_answer_in_iso_8859_1_says_so_and_keeps_its_accents(caller):
    codigo = caller.sent("A")
    caller.sim.ccee.play("iso")
    reply = caller.ask(codigo)
    assert b'encoding="ISO-8859-1"' in reply.content and "Operação".encode("latin-1") in reply.content
    assert texts(reply, "descricao") == ["Operação Realizada com Sucesso."]


def test_results_can_be_late_partial_strange_or_somebody_elses(caller):
    other, codigo = caller.sent("X"), caller.sent("A", "B", "C")
    play, asked = caller.sim.ccee.play, lambda: texts(caller.ask(codigo), "codigoOrigem")
    play("late", on=RESULT, times=2)
    assert [asked(), asked(), asked()] == [[], [], ["A", "B", "C"]]
    play("partial", missing=2)
    assert [asked(), asked()] == [["A"], ["A", "B", "C"]]
    play("stranger", reference="Z")
    assert asked() == ["A", "B", "C", "Z"]
    play("wrong_code")
    reply = caller.ask(codigo)
    assert texts(reply, "codigoProcessamento") == [other] and texts(reply, "codigoOrigem") == ["X"]


def test_late_can_add_simulated_seconds_to_one_file(caller):
    caller.sim.clock.speed = 0
    caller.sim.ccee.play("late", on=IMPORT, seconds=300)
    late, prompt = caller.sent("A"), caller.sent("B")
    assert texts(caller.ask(late), "codigoOrigem") == [] and texts(caller.ask(prompt), "codigoOrigem") == ["B"]
    caller.sim.clock.advance(300)
    assert texts(caller.ask(late), "codigoOrigem") == ["A"]


def test_a_fault_waits_for_its_operation_and_its_turn(caller):
    caller.sim.ccee.play("500", on=RESULT, skip=1, times=2)
    codigo = caller.sent("A")
    assert [caller.ask(codigo).status_code for _ in range(4)] == [200, 500, 500, 200]
    caller.sim.ccee.play("500")
    wsdl = caller.session.get(caller.sim.url("ccee") + PATHS[RESULT] + "?wsdl", timeout=5)
    assert wsdl.status_code == 200 and caller.ask(codigo).status_code == 500


# The control page


def test_the_control_page_needs_no_certificate_and_does_what_python_does(caller):
    page = caller.sim.control + "/_sim/ccee/"
    requests.post(page + "faults", json=[{"on": IMPORT, "fault": "500", "times": 1}], timeout=5).raise_for_status()
    assert requests.get(page, timeout=5).json()["faults"]["queued"][0]["fault"] == "500"
    assert requests.delete(page + "faults", timeout=5).json()["faults"]["queued"] == []
    requests.post(page + "settings", json={"result_after": 60}, timeout=5).raise_for_status()
    codigo = caller.sent("A")
    assert texts(caller.ask(codigo), "codigoOrigem") == []
    requests.post(page + "clock", json={"advance": 60}, timeout=5).raise_for_status()
    assert texts(caller.ask(codigo), "codigoOrigem") == ["A"]
    shown = requests.get(page, timeout=5).json()
    assert shown["accepted"] == {"A": 1} and shown["requests"] == 3 and shown["submissions"][codigo]["asks"] == 2
    assert caller.session.get(caller.sim.url("ccee") + "/_sim/ccee/", timeout=5).json()["accepted"] == {"A": 1}
    assert requests.post(page + "reset", timeout=5).json()["accepted"] == {}


def test_the_control_page_is_readable_in_a_browser(sim):
    shown = requests.get(sim.control + "/_sim/ccee/", headers={"Accept": "text/html,*/*"}, timeout=5)
    assert shown.headers["Content-Type"].startswith("text/html") and "accepted_more_than_once" in shown.text
    assert requests.get(sim.control + "/_sim/", timeout=5).json()["institutions"] == {"ccee": "/_sim/ccee/"}


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("faults", [{"fault": "500"}, {"fault": "earthquake"}]),
        ("faults", {"fault": "500", "on": "incluirAlgo"}),
        ("faults", {"fault": "500", "acept": True}),
        ("faults", {"fault": "partial", "on": IMPORT}),
        ("faults", {"fault": "500", "times": 0}),
        ("settings", {"pending": "maybe"}),
        ("settings", None),
        ("clock", {"forward": 3}),
        ("clock", {"set": "2026-11-22T08:00:00"}),
    ],
)
def test_the_control_page_says_what_is_wrong_and_changes_nothing(sim, what, given):
    reply = requests.post(f"{sim.control}/_sim/ccee/{what}", json=given, timeout=5)
    assert reply.status_code == 400 and reply.json()["error"]
    assert sim.ccee.faults.queued == []


def test_the_clock_runs_faster_and_can_be_set():
    clock = SimulatedClock(speed=3600)
    before = clock.now()
    time.sleep(0.01)
    assert (clock.now() - before).total_seconds() >= 36
    clock.speed = 0
    clock.set(before)
    clock.advance(-5)
    assert (before - clock.now()).total_seconds() == 5 and clock.now().utcoffset() is not None


# The command


def test_what_was_accepted_survives_a_restart_by_the_journal(tmp_path, sim, session):
    folder, journal = sim.certificates.folder, tmp_path / "journal.jsonl"
    users = {"user": {"password": "pass", "profiles": ["1234"]}}
    with malote_sim.running("ccee", folder=folder, journal=journal) as first:
        first.ccee.set(users=users)
        first.clock.advance(86400)
        codigo = Caller(first, session).sent("A", "ERRO-2")
        before = first.ccee.submissions[codigo].accepted_at
    with journal.open("ab") as torn:
        torn.write(b'{"institution": "ccee", "at"')
    for _ in range(2):
        with malote_sim.running("ccee", folder=folder, journal=journal) as second:
            second.ccee.set(users=users)
            assert second.ccee.accepted["A"] == 1 and second.clock.now() >= before
            assert texts(Caller(second, session).ask(codigo), "codigoOrigem") == ["A", "ERRO-2"]
            assert Caller(second, session).sent("B") != codigo
    assert second.ccee.accepted == {"A": 1, "ERRO-2": 1, "B": 2}
    assert all(json.loads(line) for line in journal.read_text().splitlines())


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "malote_sim", *arguments]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_when_it_is_ready_and_stops_when_told(sim, number):
    folder = str(sim.certificates.folder)
    with subprocess.Popen(
        command("--ccee-port", "0", "--folder", folder), stdout=subprocess.PIPE, text=True
    ) as process:
        ccee, control = process.stdout.readline(), process.stdout.readline()
        assert re.fullmatch(rf"ccee https://localhost:\d+ certificates in {re.escape(folder)}\n", ccee)
        assert requests.get(control.split()[1] + "/_sim/ccee/", timeout=5).json()["accepted"] == {}
        process.send_signal(number)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--nowhere-port", "1"], "there is no simulator 'nowhere'"), ([], "--ccee-port"), (["--what"], "--what")],
)
def test_the_command_refuses_what_does_not_exist(capsys, arguments, words):
    from malote_sim.__main__ import main

    with pytest.raises(SystemExit):
        main(arguments)
    assert words in capsys.readouterr().err


FLAT = (
    '<MontanteMedioContratoCCEALFirme montanteMedio="1,5"/><TipoModulacao tipoModulacao="F"/><MesAno mesAno="12/2026"/>'
)
NESTED = (
    '<MontanteMedioContratoCCEALFirme montanteMedio="1.5"><TipoModulacao tipoModulacao="F"><MesAno mesAno="12/2026"/>'
    "</TipoModulacao></MontanteMedioContratoCCEALFirme>"
)


def with_montante(inside: str) -> str:
    contract = f'<Contrato referencia="A"><MontanteMedio>{inside}</MontanteMedio></Contrato>'
    return import_envelope(f'<ContratosCCEAL tipoGeracao="1">{contract}</ContratosCCEAL>')


@pytest.mark.parametrize(
    ("inside", "departures"),
    [
        (FLAT, {}),
        (f'<semana semana="1">{FLAT}</semana>', {}),
        (
            NESTED,
            {
                "TipoModulacao below MontanteMedioContratoCCEALFirme instead of MontanteMedio": 1,
                "MesAno below TipoModulacao instead of MontanteMedio": 1,
            },
        ),
    ],
)
def test_a_contract_file_that_is_nested_otherwise_than_the_examples_is_a_departure(
    caller: Caller, inside: str, departures: dict[str, int]
) -> None:
    caller.post(IMPORT, with_montante(inside))
    assert caller.sim.ccee.departures == departures


@pytest.mark.parametrize(
    ("sign", "inside", "status"),
    [
        ("", FLAT, "SUCESSO"),
        (",", FLAT, "SUCESSO"),
        (".", FLAT, "ERRO"),
        (",", NESTED, "ERRO"),
        (".", NESTED, "SUCESSO"),
    ],
)
def test_the_decimal_sign_that_it_takes_can_be_set(caller: Caller, sign: str, inside: str, status: str) -> None:
    caller.sim.ccee.set(decimal_sign=sign)
    code = texts(caller.post(IMPORT, with_montante(inside)), "codigoProcessamento")[0]
    assert texts(caller.ask(code), "status") == [status]
