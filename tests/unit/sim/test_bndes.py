"""The pretended BNDES follows the manual's codes and life cycle, keeps its hours, and counts what it accepted."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from lxml import etree

import malote_sim
from malote_sim.bndes.counter import bank_day, credit_date
from malote_sim.bndes.services import ASYNCHRONOUS
from malote_sim.certificates import CNPJ, PASSWORD, STRANGER

MONDAY = "2026-11-23T10:00:00-03:00"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
FIN, CON, LIB, CAN = "financiamento", "contratacao", "liberacao", "cancelamento"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[malote_sim.Running]:
    with malote_sim.running("bndes", folder=tmp_path_factory.mktemp("certificates")) as run:
        yield run


@pytest.fixture
def sim(serving: malote_sim.Running) -> malote_sim.Running:
    serving.bndes.reset()
    serving.clock.speed = 0
    serving.clock.set(datetime.fromisoformat(MONDAY))
    return serving


@pytest.fixture(scope="module")
def session(serving: malote_sim.Running) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(serving.certificates.ca)
        session.cert = str(serving.certificates.client_pem)
        yield session


def pem_of(packed: Path) -> Path:
    """A PKCS#12 as the PEM file that requests wants."""
    key, certificate, _ = load_key_and_certificates(packed.read_bytes(), PASSWORD.encode())
    pem = packed.with_suffix(".test.pem")
    pem.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return pem


def document(service: str, inside: str = "", **leaves: object) -> bytes:
    told = "".join(f"<{name}>{value}</{name}>" for name, value in leaves.items())
    return f"{DECLARATION}<{service}>{told}{inside}</{service}>".encode()


class Caller:
    """Sends to the pretended BNDES as anybody with a certificate could."""

    def __init__(self, sim: malote_sim.Running, session: requests.Session) -> None:
        self.sim, self.session = sim, session

    def url(self, path: str) -> str:
        return f"{self.sim.url('bndes')}/apa/{path}"

    def post(self, service: str, content: bytes, field: str = "xml", **more: object) -> requests.Response:
        return self.session.post(self.url(f"api/v1/{service}"), data={field: content}, timeout=10, **more)

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url(path), timeout=10)

    def retorno(self, service: str, protocol: str) -> requests.Response:
        return self.get(f"api/v1/{service}/retorno/{protocol}")

    def take(self, service: str, **leaves: object) -> str:
        """The protocol of a document that is received."""
        reply = self.post(service, document(service, **leaves))
        assert reply.status_code == 202, reply.text
        return text(reply, "numeroProtocolo")

    def run(self, service: str, **leaves: object) -> requests.Response:
        """The final answer to a document, ten seconds later."""
        protocol = self.take(service, **leaves)
        self.sim.clock.advance(10)
        reply = self.retorno(service, protocol)
        assert reply.status_code == 200, reply.text
        return reply

    def approved(self, number: object = 1, valor: str = "1000.00") -> str:
        """The numeroBNDES of a financiamento that is approved."""
        return text(self.run(FIN, anoProposta=2026, numeroProposta=number, valorFinanciamento=valor), "numeroBNDES")

    def contracted(self, number: object = 1, valor: str = "1000.00") -> str:
        numero = self.approved(number, valor)
        assert text(self.run(CON, numeroBNDES=numero), "status") == "aprovado"
        return numero

    def search(self, **leaves: object) -> requests.Response:
        return self.post("pesquisa", document("pesquisa_operacao", **leaves))


@pytest.fixture
def caller(sim: malote_sim.Running, session: requests.Session) -> Caller:
    return Caller(sim, session)


def root(reply: requests.Response) -> etree._Element:
    return etree.fromstring(reply.content)


def text(reply: requests.Response, name: str) -> str:
    return root(reply).findtext(f".//{{*}}{name}") or ""


def texts(reply: requests.Response, name: str) -> list[str]:
    return [each.text or "" for each in root(reply).iter(f"{{*}}{name}")]


# Who is served


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("which", ["none", "expired", "foreign"])
def test_without_a_good_certificate_there_is_no_conversation(sim, which, version):
    context = ssl.create_default_context(cafile=sim.certificates.ca)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    if which != "none":
        context.load_cert_chain(pem_of(getattr(sim.certificates, which)))
    connection = http.client.HTTPSConnection("localhost", sim.ports["bndes"], context=context, timeout=5)
    with pytest.raises(OSError):  # noqa: PT012  # with TLS 1.3 the refusal comes only with the reply
        connection.request("GET", "/apa/api/status")
        connection.getresponse()
    assert sim.bndes.described()["requests"] == 0


def test_a_certificate_without_a_cnpj_is_401_and_one_without_rights_403(caller, sim):
    for which, status in (("nameless", 401), ("stranger", 403)):
        for path in ("api/status", "api/v1/logCriticas/1"):
            given = str(pem_of(getattr(sim.certificates, which)))
            reply = requests.get(caller.url(path), verify=str(sim.certificates.ca), cert=given, timeout=5)
            assert (reply.status_code, reply.headers["Content-Type"]) == (status, "text/html")
    sim.bndes.set(unauthorised=403)
    nameless = str(pem_of(sim.certificates.nameless))
    reply = requests.get(caller.url("api/status"), verify=str(sim.certificates.ca), cert=nameless, timeout=5)
    assert reply.status_code == 403


def test_rights_can_be_given_by_service(caller, sim):
    sim.bndes.set(agents={CNPJ: ["pesquisa"]})
    assert caller.post(FIN, document(FIN, anoProposta=2026, numeroProposta=1)).status_code == 403
    assert caller.search(anoProposta=2026, numeroProposta=1).status_code == 202
    assert caller.get("api/status").status_code == 200
    assert not sim.bndes.accepted


def test_one_agent_sees_nothing_of_anothers(caller, sim):
    numero = caller.contracted()
    sim.bndes.set(agents={CNPJ: "*", STRANGER: "*"})
    protocol = next(iter(sim.bndes.solicitacoes))
    other = Caller(sim, requests.Session())
    other.session.verify, other.session.cert = str(sim.certificates.ca), str(pem_of(sim.certificates.stranger))
    with other.session:
        assert other.retorno(FIN, protocol).status_code == 404
        assert other.get(f"api/v1/logCriticas/{protocol}").status_code == 400
        assert other.get(f"api/v1/consultaSubcredito/{numero}").status_code == 400
        assert texts(other.search(anoProposta=2026, numeroProposta=1), "operacao") == []
        assert other.post(LIB, document(LIB, numeroBNDES=numero, valor="1.00")).status_code == 400
        assert other.approved() != numero  # the same proposal number is another operation (5.5)


def test_the_pkcs12_of_old_tools_is_the_same_certificate(sim):
    _, old, _ = load_key_and_certificates(sim.certificates.legacy.read_bytes(), sim.certificates.password.encode())
    assert CNPJ in old.subject.rfc4514_string()
    assert bytes.fromhex("2a864886f70d010c0103") in sim.certificates.legacy.read_bytes()  # PBE with SHA-1 and 3DES
    assert bytes.fromhex("2a864886f70d010c0103") not in sim.certificates.client.read_bytes()


# The wire


def test_a_request_is_received_processed_and_told(caller):
    reply = caller.post(FIN, document(FIN, anoProposta=2026, numeroProposta=1, nome="Açaí & Cia".replace("&", "&amp;")))
    assert (reply.status_code, reply.headers["Content-Type"]) == (202, "text/xml")
    protocol = text(reply, "numeroProtocolo")
    assert reply.content.decode() == (
        f"{DECLARATION}\n<financiamento_retorno>\n  <numeroProtocolo>{protocol}</numeroProtocolo>\n"
        "  <dataHoraRecebimento>2026-11-23T10:00:00</dataHoraRecebimento>\n  <status>processando</status>\n"
        "</financiamento_retorno>\n"
    )
    pending = caller.retorno(FIN, protocol)
    assert (pending.status_code, text(pending, "status"), text(pending, "numeroBNDES")) == (202, "processando", "")
    caller.sim.clock.advance(3)
    final = caller.retorno(FIN, protocol)
    assert (final.status_code, text(final, "status")) == (200, "aprovado")
    assert [text(final, name) for name in ("anoProposta", "numeroProposta", "numeroProtocolo")] == [
        "2026",
        "1",
        protocol,
    ]
    assert text(final, "numeroBNDES").isdigit()
    assert caller.sim.bndes.accepted == {"financiamento 2026/1": 1}
    assert caller.sim.bndes.departures == {}


@pytest.mark.parametrize("service", list(ASYNCHRONOUS))
def test_an_unknown_protocol_is_404_and_so_is_another_services(caller, service):
    assert caller.retorno(service, "1").status_code == 404
    protocol = caller.take(FIN, anoProposta=2026, numeroProposta=1)
    assert caller.retorno(service, protocol).status_code == (202 if service == FIN else 404)
    caller.sim.bndes.set(not_found="html")
    assert caller.retorno(service, "1").headers["Content-Type"] == "text/html"
    caller.sim.bndes.set(not_found="empty")
    assert caller.retorno(service, "1").content == b""


GOOD = document(FIN, anoProposta=2026, numeroProposta=1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "1001"),
        (GOOD.decode().encode("utf-16"), "1002"),
        (document(FIN, anoProposta=2026, numeroProposta=1, nome="José").decode().encode("latin-1"), "1002"),
        (GOOD.replace(DECLARATION.encode(), b""), "1003"),
        (b"\n" + GOOD, "1003"),
        (GOOD.replace(b"UTF-8", b"ISO-8859-1"), "1003"),
        (DECLARATION.encode() + GOOD, "1003"),
        (GOOD[:-4], "1003"),
        (GOOD.replace(b"<fin", b'<!DOCTYPE f [<!ENTITY a "b">]><fin', 1), "1003"),
        (document(CON, anoProposta=2026, numeroProposta=1), "1004"),
        (document(FIN, anoProposta=2026), "1004"),
        (document(FIN, anoProposta=26, numeroProposta=1), "1004"),
        (document(FIN, anoProposta=2026, numeroProposta=1, valor="1.000,00"), "1004"),
    ],
)
def test_a_document_that_is_not_in_order_is_400_with_the_reason_and_accepts_nothing(caller, content, code):
    reply = caller.post(FIN, content)
    assert (reply.status_code, text(reply, "codigo"), text(reply, "status")) == (400, code, "rejeitado")
    assert text(reply, "descricao") and text(reply, "numeroProtocolo") == ""
    assert not caller.sim.bndes.accepted


def test_a_post_is_a_form_with_one_field_xml(caller):
    reply = caller.session.post(caller.url("api/v1/financiamento"), data=GOOD, headers={"Content-Type": "text/xml"})
    assert (reply.status_code, reply.headers["Content-Type"]) == (415, "text/html")
    assert text(caller.post(FIN, GOOD, field="XML"), "codigo") == "1001"
    assert text(caller.post(FIN, [GOOD, GOOD]), "codigo") == "1001"
    assert not caller.sim.bndes.accepted
    caller.sim.bndes.set(form_fields={"*": "xml", FIN: "solicitacao"})
    assert caller.post(FIN, GOOD, field="solicitacao").status_code == 202


def test_any_root_and_namespace_is_read(caller):
    inside = (
        '<p:anoProposta xmlns:p="urn:p">2026</p:anoProposta><proposta><numeroProposta>1</numeroProposta></proposta>'
    )
    assert caller.post(FIN, document("solicitacaoFinanciamento", inside)).status_code == 202
    assert caller.sim.bndes.accepted == {"financiamento 2026/1": 1}


def test_what_is_at_no_path_is_a_gateways_404(caller, sim):
    for path in ("api/v1/nada", "api/v1/financiamento", "api/v1/status", "api/v1/financiamento/retorno"):
        reply = caller.get(path)
        assert (reply.status_code, reply.headers["Content-Type"]) == (404, "text/html")
    assert caller.session.get(f"{sim.url('bndes')}/api/status").status_code == 404


# The life cycle


def test_an_operation_goes_from_financiamento_through_contratacao_to_liberacao(caller):
    numero = caller.approved()
    contract = caller.run(CON, numeroBNDES=numero)
    dates = [text(contract, f"data{each}") for each in ("TerminoCarencia", "PrimeiraAmortizacao", "UltimaAmortizacao")]
    assert [date.fromisoformat(each) for each in dates] == [date(2027, 11, 15), date(2027, 12, 15), date(2032, 11, 15)]
    for _ in range(2):  # equal values are legitimate
        release = caller.run(LIB, numeroBNDES=numero, valorLiberacao="400.00")
        assert (text(release, "status"), text(release, "valorLiberado")) == ("aprovado", "400.00")
        assert text(release, "dataPrevistaLiberacao") == "2026-11-25"
    beyond = caller.run(LIB, numeroBNDES=numero, valorLiberacao="200.01")
    assert (text(beyond, "status"), text(beyond, "codigo")) == ("rejeitado", "2102")
    shown = caller.sim.bndes.described()["operacoes"]["2026/1"]
    assert shown == {
        "situacao": "contratado",
        "numeroBNDES": numero,
        "total": "1000.00",
        "released": "800.00",
        "balance": "200.00",
    }


def test_what_the_life_cycle_forbids_is_400_at_the_door(caller):
    def code(service: str, **leaves: object) -> str:
        reply = caller.post(service, document(service, **leaves))
        assert reply.status_code == 400
        return text(reply, "codigo")

    assert code(CON, numeroBNDES="1") == "2003"
    assert code(CON, anoProposta=2026, numeroProposta=1) == "1004"  # 5.7: it must have the numeroBNDES
    caller.take(FIN, anoProposta=2026, numeroProposta=1, valor="10.00")
    assert code(LIB, anoProposta=2026, numeroProposta=1, valor="1.00") == "2004"
    caller.sim.clock.advance(3)
    numero = caller.sim.bndes.described()["operacoes"]["2026/1"]["numeroBNDES"]
    assert code(LIB, numeroBNDES=numero, valor="1.00") == "2005"
    assert code(CON, numeroBNDES=numero, anoProposta=2026, numeroProposta=2) == "2003"
    caller.take(CON, numeroBNDES=numero)
    assert code(LIB, numeroBNDES=numero, valor="1.00") == "2005"
    assert code(CON, numeroBNDES=numero) == "2001"


def test_what_the_life_cycle_forbids_can_be_rejected_after_processing(caller):
    caller.sim.bndes.set(life_cycle="result")
    assert text(caller.run(CON, numeroBNDES="20260"), "codigo") == "2003"
    numero = caller.approved()
    reply = caller.run(LIB, numeroBNDES=numero, valor="1.00")
    assert (text(reply, "status"), text(reply, "codigo")) == ("rejeitado", "2005")
    assert "contratacao BNDES 20260" in caller.sim.bndes.accepted


def test_a_cancelamento_is_total_partial_or_refused(caller):
    total = caller.run(CAN, numeroBNDES=caller.contracted(1))
    assert (text(total, "tipoCancelamento"), text(total, "valorCancelado")) == ("total", "1000.00")
    part = caller.contracted(2)
    caller.run(LIB, numeroBNDES=part, valor="300.00")
    partial = caller.run(CAN, numeroBNDES=part)
    assert (text(partial, "tipoCancelamento"), text(partial, "valorCancelado")) == ("parcial", "700.00")
    assert text(caller.run(LIB, numeroBNDES=part, valor="1.00"), "codigo") == "2101"
    whole = caller.contracted(3)
    caller.run(LIB, numeroBNDES=whole, valor="1000.00")
    refused = caller.run(CAN, numeroBNDES=whole)
    assert (text(refused, "status"), text(refused, "codigo")) == ("rejeitado", "2101")
    situations = {name: each["situacao"] for name, each in caller.sim.bndes.described()["operacoes"].items()}
    assert situations == {"2026/1": "cancelado", "2026/2": "contratado", "2026/3": "contratado"}
    again = caller.post(CAN, document(CAN, numeroBNDES=part))
    assert (again.status_code, text(again, "codigo")) == (400, "2001")


def test_the_same_proposal_again_is_400_unless_it_was_rejected_and_is_changed(caller):
    first = caller.take(FIN, anoProposta=2026, numeroProposta=1, valor="1666.66")

    def again(valor: str) -> requests.Response:
        return caller.post(FIN, document(FIN, anoProposta=2026, numeroProposta=1, valor=valor))

    assert [text(again(valor), "codigo") for valor in ("1666.66", "9.00")] == ["2001", "2001"]
    caller.sim.clock.advance(3)
    assert text(caller.retorno(FIN, first), "status") == "rejeitado"
    assert text(again("1666.66"), "codigo") == "2002"
    changed = again("1600.00")
    assert changed.status_code == 202 and text(changed, "numeroProtocolo") != first
    caller.sim.clock.advance(3)
    assert text(again("1.00"), "codigo") == "2001"
    assert caller.sim.bndes.accepted == {"financiamento 2026/1": 1, "financiamento 2026/1 #2": 1}
    assert caller.sim.bndes.accepted_more_than_once == 0
    assert caller.sim.bndes.approved == {"financiamento 2026/1 #2": 1}


def test_a_duplicate_refusal_can_tell_the_first_protocol(caller):
    caller.sim.bndes.set(duplicate_protocol=True, messages={"already_there": ["405", "Já está aqui"]})
    first = caller.take(FIN, anoProposta=2026, numeroProposta=1)
    reply = caller.post(FIN, GOOD)
    assert [text(reply, name) for name in ("numeroProtocolo", "codigo", "descricao")] == [first, "405", "Já está aqui"]


def test_duplicates_that_are_accepted_are_counted(caller):
    caller.sim.bndes.set(duplicates="accept")
    for _ in range(2):
        caller.take(FIN, anoProposta=2026, numeroProposta=1)
    caller.sim.clock.advance(3)
    described = caller.sim.bndes.described()
    assert described["accepted"] == described["approved"] == {"financiamento 2026/1": 2}
    assert (described["items_accepted"], described["accepted_more_than_once"]) == (2, 1)
    assert described["approved_more_than_once"] == 1


def test_a_rejection_that_nobody_was_told_does_not_excuse_a_second_sending(caller):
    caller.sim.bndes.set(duplicates="accept")
    for _ in range(2):
        protocol = caller.take(FIN, anoProposta=2026, numeroProposta=99991)
        caller.sim.clock.advance(3)
        caller.sim.bndes.play("lost_reply", on="financiamento_retorno")
        with pytest.raises(requests.ConnectionError):
            caller.retorno(FIN, protocol)
    assert caller.sim.bndes.accepted == {"financiamento 2026/99991": 2}


def test_liberacoes_are_told_apart_by_their_bytes_or_not_at_all(caller):
    numero = caller.contracted()
    for valor in ("1.00", "2.00", "2.00"):
        caller.take(LIB, numeroBNDES=numero, valor=valor)
    times = sorted(count for name, count in caller.sim.bndes.accepted.items() if name.startswith("liberacao 2026/1 "))
    assert times == [1, 2] and caller.sim.bndes.accepted_more_than_once == 1
    assert list(caller.sim.bndes.described()["same_bytes"].values()) == [2]
    caller.sim.bndes.reset()
    caller.sim.bndes.set(equal_documents="apart")
    numero = caller.contracted()
    for _ in range(3):
        caller.take(LIB, numeroBNDES=numero, valor="2.00")
    assert caller.sim.bndes.accepted_more_than_once == 0
    assert [name.partition(" #")[2] for name in caller.sim.bndes.accepted if name.startswith(LIB)] == ["", "2", "3"]


def test_the_services_without_an_endpoint_follow_the_pattern_or_a_path_that_is_set(caller):
    numero = caller.contracted()
    caller.sim.bndes.set(paths={"aditivo": "api/v2/termo-aditivo"})
    protocol = text(
        caller.session.post(caller.url("api/v2/termo-aditivo"), data={"xml": document("aditivo", numeroBNDES=numero)}),
        "numeroProtocolo",
    )
    caller.sim.clock.advance(3)
    assert text(caller.get(f"api/v2/termo-aditivo/retorno/{protocol}"), "status") == "aprovado"
    assert caller.get(f"api/v1/aditivo/retorno/{protocol}").headers["Content-Type"] == "text/html"
    extended = caller.run("prorrogacaoPrazo", numeroBNDES=numero)
    assert text(extended, "dataLimitePrimeiroPL") == "2027-01-22"
    simulated = caller.run("simularLiberacao", numeroBNDES=numero, valor="10.00")
    assert (root(simulated).tag, text(simulated, "dataPrevistaLiberacao")) == ("simularLiberacao_retorno", "2026-11-25")
    assert text(caller.run("simularContratacao", numeroBNDES=numero), "dataTerminoCarencia")
    preview = caller.run("previaFinanciamento", anoProposta=2026, numeroProposta=7, valor="5666.66")
    assert (text(preview, "status"), text(preview, "numeroBNDES")) == ("rejeitado", "")
    assert caller.sim.bndes.described()["operacoes"]["2026/1"]["balance"] == "1000.00"
    cancelled = caller.run("cancelamentoSaldo", numeroBNDES=numero)
    assert text(cancelled, "valorCancelado") == "1000.00"
    caller.approved(7)  # a prévia leaves no operation behind
    undocumented = [name for name, each in ASYNCHRONOUS.items() if not each.documented]
    assert len(undocumented) == 6


# Críticas and searches


def test_triggers_reject_and_the_log_of_criticas_says_why(caller):
    refused = caller.post(FIN, document(FIN, anoProposta=2026, numeroProposta="999901"))
    assert (refused.status_code, text(refused, "codigo")) == (400, "4001")
    rejected = caller.run(FIN, anoProposta=2026, numeroProposta="999911")
    assert texts(rejected, "codigo") == ["4001", "4002"] and text(rejected, "numeroBNDES") == ""
    log = caller.get(f"api/v1/logCriticas/{text(rejected, 'numeroProtocolo')}")
    assert (log.status_code, root(log).tag) == (200, "consulta_verificacao_retorno")
    assert texts(log, "codigo") == ["4001", "4002"] and texts(log, "tipo") == ["impeditiva"] * 2
    for service, number in ((CON, "999921"), (LIB, "999931"), (CAN, "999941")):
        numero = caller.approved(number) if service == CON else caller.contracted(number)
        reply = caller.run(service, numeroBNDES=numero, valor="1.00")
        assert text(reply, "status") == "rejeitado", service
    alerted = caller.run(FIN, anoProposta=2026, numeroProposta="999951")
    assert (text(alerted, "status"), text(alerted, "codigo")) == ("aprovado", "4101")


def test_a_log_of_criticas_is_400_while_processing_and_for_an_unknown_protocol(caller):
    protocol = caller.take(FIN, anoProposta=2026, numeroProposta=1)
    for asked, code in ((protocol, "3005"), ("0", "3004")):
        reply = caller.get(f"api/v1/logCriticas/{asked}")
        assert (reply.status_code, text(reply, "codigo")) == (400, code)
    caller.sim.clock.advance(3)
    assert texts(caller.get(f"api/v1/logCriticas/{protocol}"), "critica") == []


def test_a_setting_rejects_what_it_names(caller):
    caller.sim.bndes.set(reject={"2026/5": ["cadin", "4711"]})
    assert texts(caller.run(FIN, anoProposta=2026, numeroProposta=5), "codigo") == ["4002", "4711"]
    assert text(caller.run(FIN, anoProposta=2026, numeroProposta=6), "status") == "aprovado"


def test_a_search_is_202_and_complete_by_proposal_person_or_event(caller):
    caller.run(FIN, anoProposta=2026, numeroProposta=1, cnpjBeneficiario="11444777000161")
    numero = caller.contracted(2)
    found = caller.search(anoProposta=2026, numeroProposta=2)
    assert (found.status_code, root(found).tag) == (202, "pesquisa_operacao_retorno")
    assert (text(found, "numeroBNDES"), text(found, "situacao")) == (numero, "contratado")
    assert texts(found, "tipo") == [FIN, CON] and len(texts(found, "numeroProtocolo")) == 2
    for leaves, numbers in (
        ({"cnpjBeneficiario": "11444777000161"}, ["1"]),
        ({"evento": CON}, ["2"]),
        ({"anoProposta": 2026}, ["1", "2"]),
        ({"numeroBNDES": numero}, ["2"]),
        ({"anoProposta": 2026, "numeroProposta": 3}, []),
    ):
        assert texts(caller.search(**leaves), "numeroProposta") == numbers, leaves
    nothing = caller.search()
    assert (nothing.status_code, text(nothing, "codigo"), text(nothing, "status")) == (400, "3001", "")
    caller.sim.bndes.set(nothing_found="400", search_protocols=False, search_hides=["contratado"])
    assert caller.search(anoProposta=2026, numeroProposta=2).status_code == 400
    assert texts(caller.search(anoProposta=2026), "numeroProtocolo") == []


def test_a_subcredit_tells_all_that_became_of_it(caller):
    numero = caller.contracted()
    for valor in ("100.00", "5000.00"):
        caller.run(LIB, numeroBNDES=numero, valor=valor)
    reply = caller.get(f"api/v1/consultaSubcredito/{numero}")
    assert (reply.status_code, root(reply).tag, text(reply, "saldo")) == (202, "subcreditoRetorno", "900.00")
    assert texts(reply, "status") == ["aprovado", "aprovado", "aprovado", "rejeitado"]
    assert [etree.QName(each).localname for each in root(reply)][-3:] == [FIN, CON, "liberacoes"]
    unknown = caller.get("api/v1/consultaSubcredito/1")
    assert (unknown.status_code, text(unknown, "codigo")) == (400, "3003")


def test_searches_may_lag_behind(caller):
    caller.sim.bndes.set(search_lag=60)
    numero = caller.approved()
    assert texts(caller.search(anoProposta=2026, numeroProposta=1), "operacao") == []
    assert caller.get(f"api/v1/consultaSubcredito/{numero}").status_code == 400
    caller.sim.clock.advance(50)
    assert text(caller.search(anoProposta=2026, numeroProposta=1), "situacao") == "processando"
    caller.sim.clock.advance(10)
    assert text(caller.search(anoProposta=2026, numeroProposta=1), "situacao") == "aprovado"
    assert caller.get(f"api/v1/consultaSubcredito/{numero}").status_code == 202


def test_a_subcredit_may_have_a_number_of_its_own(caller):
    caller.sim.bndes.set(contract_number="own")
    numero = caller.approved()
    assert caller.get(f"api/v1/consultaSubcredito/{numero}").status_code == 400
    contract = text(caller.run(CON, numeroBNDES=numero), "numeroContratoBNDES")
    assert contract not in ("", numero)
    assert text(caller.search(anoProposta=2026, numeroProposta=1), "numeroContratoBNDES") == contract
    assert text(caller.get(f"api/v1/consultaSubcredito/{contract}"), "numeroBNDES") == numero


# Hours and dates


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T07:59:59", False),
        ("2026-11-23T08:00:00", True),
        ("2026-11-23T19:59:59", True),
        ("2026-11-23T20:00:00", False),
        ("2026-11-22T12:00:00", False),
        ("2026-11-20T12:00:00", False),
        ("2027-02-09T12:00:00", False),
        ("2027-02-10T12:00:00", True),
    ],
)
def test_protocols_are_given_from_8_to_20_on_bank_days(caller, at, is_open):
    caller.sim.clock.set(datetime.fromisoformat(f"{at}-03:00"))
    reply = caller.post(FIN, GOOD)
    assert reply.status_code == (202 if is_open else 503)
    assert sum(caller.sim.bndes.accepted.values()) == is_open
    assert caller.search(anoProposta=2026, numeroProposta=1).status_code == 202
    assert caller.get("api/status").status_code == 200


@pytest.mark.parametrize("closed_as", ["503 html", "503 xml", "400 xml", "403 html", "503 empty"])
def test_being_closed_is_said_as_it_is_set(caller, closed_as):
    caller.sim.clock.set(datetime.fromisoformat("2026-11-23T21:00:00-03:00"))
    caller.sim.bndes.set(closed_as=closed_as)
    reply = caller.post(FIN, GOOD)
    assert f"{reply.status_code}" == closed_as[:3]
    assert (text(reply, "codigo") == "1101") if "xml" in closed_as else (b"codigo" not in reply.content)
    assert "Protocolo fechado" in caller.get("api/status").text


def test_hours_and_days_can_be_others_or_none(caller):
    caller.sim.clock.set(datetime.fromisoformat("2026-11-22T03:00:00-03:00"))  # a Sunday
    caller.sim.bndes.set(hours="")
    assert caller.post(FIN, GOOD).status_code == 202
    caller.sim.bndes.set(hours="02:00-04:00")
    assert caller.post("previaFinanciamento", GOOD).status_code == 503
    caller.sim.bndes.set(days="all")
    assert caller.post("previaFinanciamento", GOOD).status_code == 202
    caller.sim.bndes.set(closed_days=["2026-11-22"], days="bank", bound=[CON])
    assert caller.post("previaFinanciamento", GOOD).status_code == 202


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("2026-11-23T16:30:00", "2026-11-25"),
        ("2026-11-23T16:30:01", "2026-11-26"),
        ("2026-11-19T10:00:00", "2026-11-24"),  # the 20th is a holiday, then a weekend
        ("2027-02-05T17:00:00", "2027-02-12"),  # Carnival; Ash Wednesday is a bank day
        ("2026-02-14T10:00:00", "2026-02-19"),  # of a Saturday, Ash Wednesday is D+1
    ],
)
def test_credit_is_expected_two_or_three_bank_days_after_reception(received, expected):
    assert credit_date(datetime.fromisoformat(received)).isoformat() == expected


def test_bank_days_are_anbimas():
    closed = "01-01 02-16 02-17 04-03 04-21 05-01 06-04 09-07 10-12 11-02 11-20 12-25"
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + each) for each in range(365)]
    assert " ".join(f"{day:%m-%d}" for day in days if day.weekday() < 5 and not bank_day(day)) == closed
    assert bank_day(date(2023, 11, 20)) and not bank_day(date(2024, 5, 30))


def test_the_reception_counts_and_not_the_processing(caller):
    numero = caller.contracted()
    caller.sim.clock.set(datetime.fromisoformat("2026-11-23T16:30:00.400-03:00"))
    caller.sim.bndes.set(result_after=7200)
    protocol = caller.take(LIB, numeroBNDES=numero, valor="1.00")
    caller.sim.clock.advance(7200)
    reply = caller.retorno(LIB, protocol)
    assert text(reply, "dataHoraRecebimento") == "2026-11-23T16:30:00"
    assert text(reply, "dataPrevistaLiberacao") == "2026-11-25"


def test_the_system_can_be_down_for_maintenance(caller):
    caller.sim.bndes.set(maintenance=True)
    assert caller.get("api/status").status_code == caller.post(FIN, GOOD).status_code == 503
    caller.sim.bndes.set(maintenance=False, status_text="Lentidão nas consultas à RFB.")
    status = caller.get("api/status")
    assert (status.status_code, status.text) == (200, "Lentidão nas consultas à RFB.")
    assert status.headers["Content-Type"].startswith("text/plain")


# Names that nobody knows, and answers that surprise


def test_names_values_and_forms_that_the_manual_does_not_give_can_be_others(caller):
    caller.sim.bndes.set(
        names={"numeroProtocolo": "protocolo", "financiamento_retorno": "retornoFinanciamento", "codigo": "cod"},
        values={"aprovado": "APROVADA", "processando": "processando"},
        protocol="APA-{number}.{year}",
        timestamps="br",
        content_type="text/html;charset=utf-8",
        namespace="urn:apa",
        prefix="a",
        extras=True,
    )
    received = caller.post(FIN, document(FIN, anoProposta=2026, numeroProposta="999951"))
    assert received.headers["Content-Type"] == "text/html;charset=utf-8"
    protocol = text(received, "protocolo")
    assert protocol.startswith("APA-") and protocol.endswith(".2026")
    assert text(received, "dataHoraRecebimento") == "23/11/2026 10:00:00"
    caller.sim.clock.advance(3)
    final = caller.retorno(FIN, protocol)
    assert final.content.split(b"\n")[1] == b'<a:retornoFinanciamento xmlns:a="urn:apa">'
    assert (text(final, "status"), text(final, "cod"), text(final, "versaoSistema")) == ("APROVADA", "4101", "9.9")
    caller.sim.bndes.set(prefix="", timestamps="offset")
    assert root(caller.retorno(FIN, protocol)).nsmap == {None: "urn:apa"}
    assert text(caller.retorno(FIN, protocol), "dataHoraRecebimento") == MONDAY


def test_a_status_can_be_one_that_nobody_knows(caller):
    caller.sim.bndes.set(status={FIN: "emAnalise", "2026/2": {"status": "AGUARDANDO", "http": 202}})
    assert text(caller.run(FIN, anoProposta=2026, numeroProposta=1), "status") == "emAnalise"
    protocol = caller.take(FIN, anoProposta=2026, numeroProposta=2)
    caller.sim.clock.advance(3)
    reply = caller.retorno(FIN, protocol)
    assert (reply.status_code, text(reply, "status")) == (202, "AGUARDANDO")


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": "8"},
        {"days": "weekdays"},
        {"bound": ["nada"]},
        {"closed_as": "200"},
        {"agents": {CNPJ: ["nada"]}},
        {"names": {"status": "a b"}},
        {"values": {"approved": "x"}},
        {"protocol": "always"},
        {"paths": {"nada": "x"}},
        {"form_fields": {FIN: "x"}},
        {"result_after": -1},
        {"extras": "yes"},
        {"colour": "blue"},
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_changes_nothing(sim, wrong):
    before = dict(sim.bndes.settings)
    with pytest.raises(ValueError):
        sim.bndes.set(status_text="changed", **wrong)
    assert sim.bndes.settings == before


# Faults


@pytest.mark.parametrize(
    ("fault", "options", "accepted"),
    [("lost_reply", {}, 1), ("reset_before", {}, 0), ("timeout", {}, 1), ("timeout", {"accept": False}, 0)],
)
def test_a_broken_connection_leaves_accepted_what_it_should(caller, fault, options, accepted):
    caller.sim.bndes.play(fault, on=FIN, **options)
    with pytest.raises(requests.RequestException):
        caller.session.post(caller.url("api/v1/financiamento"), data={"xml": GOOD}, timeout=0.5)
    assert sum(caller.sim.bndes.accepted.values()) == accepted
    assert len(texts(caller.search(anoProposta=2026, numeroProposta=1), "operacao")) == accepted


@pytest.mark.parametrize(
    ("fault", "options", "status", "kind", "accepted"),
    [
        ("own_500", {}, 500, "text/xml", 0),
        ("500", {}, 500, "text/html", 0),
        ("500", {"accept": True}, 500, "text/html", 1),
        ("gateway", {}, 502, "text/html", 1),
        ("gateway", {"status": 504, "accept": False}, 504, "text/html", 0),
        ("503", {"retry_after": 60}, 503, "text/html", 0),
        ("throttle", {}, 429, "text/html", 0),
        ("throttle", {"as": "fault"}, 503, "text/html", 0),
        ("closed", {}, 503, "text/html", 0),
        ("denied", {}, 403, "text/html", 0),
        ("denied", {"status": 401}, 401, "text/html", 0),
        ("reject", {"codigo": "77"}, 400, "text/xml", 0),
        ("reject", {"accept": True}, 400, "text/xml", 1),
        ("html", {}, 200, "text/html", 1),
        ("malformed", {}, 202, "text/xml", 1),
        ("huge", {"mb": 1}, 202, "text/xml", 1),
        ("laughs", {}, 202, "text/xml", 1),
        ("empty", {}, 202, "text/xml", 1),
        ("iso", {}, 202, "text/xml", 1),
    ],
)
def test_a_reply_that_is_no_receipt_leaves_accepted_what_it_should(caller, fault, options, status, kind, accepted):
    caller.sim.bndes.play(fault, on=FIN, **options)
    reply = caller.post(FIN, GOOD)
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, kind)
    assert sum(caller.sim.bndes.accepted.values()) == accepted
    if fault == "own_500":
        assert "Nenhuma ação foi realizada" in text(reply, "descricao")
    if fault == "iso":
        assert b'encoding="ISO-8859-1"' in reply.content
    assert caller.sim.bndes.faults.played == [{"on": FIN, "fault": fault}]
    assert caller.post("previaFinanciamento", GOOD).status_code == 202


def test_results_can_be_late_partial_or_somebody_elses(caller):
    caller.sim.bndes.play("late", on=FIN, seconds=100)
    protocol = caller.take(FIN, anoProposta=2026, numeroProposta=1)
    caller.sim.clock.advance(100)
    assert caller.retorno(FIN, protocol).status_code == 202
    caller.sim.clock.advance(3)
    caller.sim.bndes.play("late", on="financiamento_retorno", times=2, seconds=20)
    assert [caller.retorno(FIN, protocol).status_code for _ in range(3)] == [202] * 3
    caller.sim.clock.advance(40)
    caller.sim.bndes.play("partial", on="financiamento_retorno")
    assert [text(caller.retorno(FIN, protocol), "numeroBNDES") != "" for _ in range(2)] == [False, True]
    caller.sim.bndes.play("wrong_protocol", on="financiamento_retorno")
    assert text(caller.retorno(FIN, protocol), "numeroProtocolo") != protocol
    caller.approved(2)
    caller.sim.bndes.play("wrong_protocol", on="financiamento_retorno")
    assert text(caller.retorno(FIN, protocol), "numeroProposta") == "2"
    caller.sim.bndes.play("partial", on="pesquisa")
    assert texts(caller.search(anoProposta=2026), "numeroProposta") == ["1"]


def test_a_fault_on_everything_leaves_the_status_alone(caller):
    caller.sim.bndes.play("503")
    assert caller.get("api/status").status_code == 200
    assert caller.post(FIN, GOOD).status_code == 503
    caller.sim.bndes.play("503", on="status")
    assert caller.get("api/status").status_code == 503


# The control page, and restarts


def test_the_control_page_shows_what_was_accepted_and_takes_faults(caller, sim):
    caller.run(FIN, anoProposta=2026, numeroProposta=1, nome="MARIA")
    page = requests.get(f"{sim.control}/_sim/bndes/", timeout=5)
    shown = page.json()
    assert (shown["items_accepted"], shown["accepted_more_than_once"]) == (1, 0)
    assert shown["accepted"] == shown["approved"] == {"financiamento 2026/1": 1}
    (filed,) = shown["solicitacoes"].values()
    assert (filed["status"], filed["asks"], filed["cnpj"]) == ("aprovado", 1, CNPJ)
    assert "MARIA" not in page.text
    reply = requests.post(f"{sim.control}/_sim/bndes/faults", json=[{"on": LIB, "fault": "own_500"}], timeout=5)
    assert reply.json()["faults"]["queued"] == [{"on": LIB, "fault": "own_500", "times": 1, "skip": 0}]
    wrong = requests.post(f"{sim.control}/_sim/bndes/faults", json=[{"on": LIB, "fault": "partial"}], timeout=5)
    assert wrong.status_code == 400


def test_what_was_accepted_survives_a_restart_by_the_journal(tmp_path, sim, session):
    journal = tmp_path / "journal.jsonl"
    start = datetime.fromisoformat(MONDAY)
    with malote_sim.running("bndes", folder=sim.certificates.folder, journal=journal) as first:
        first.clock.set(start)
        caller = Caller(first, session)
        numero = caller.contracted()
        waiting = caller.take(LIB, numeroBNDES=numero, valor="10.00")
        before = first.bndes.accepted
    with malote_sim.running("bndes", folder=sim.certificates.folder, journal=journal) as again:
        again.clock.set(start + timedelta(minutes=1))
        caller = Caller(again, session)
        assert again.bndes.accepted == before
        assert text(caller.retorno(LIB, waiting), "status") == "aprovado"
        assert text(caller.search(anoProposta=2026, numeroProposta=1), "numeroBNDES") == numero
        assert caller.take(LIB, numeroBNDES=numero, valor="11.00") != waiting
