"""The simulated CCEE on the wire, as the manual has it, and what it accepts."""

from __future__ import annotations

import pytest
import zeep
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509 import DNSName, SubjectAlternativeName, load_pem_x509_certificate
from lxml import etree
from zeep.transports import Transport

import malote_sim
from malote_sim.certificates import make
from support.sim.ccee import ASK, BM, BO, IMPORT, PATHS, RESULT, contract_file, fault, import_envelope, outline, texts

# The four contracts of the manual's answer, section 5.1.5: codigoOrigem, comprador, vendedor.
MANUAL = [
    ("1234", "64983", "66242"),
    ("20433", "6432", "65342"),
    ("20111", "2253", "65342"),
    ("20212", "3560", "65342"),
]


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
