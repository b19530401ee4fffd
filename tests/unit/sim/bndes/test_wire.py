"""The simulated BNDES on the wire: who is served, what a request must be."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from malote_sim.bndes.services import ASYNCHRONOUS
from malote_sim.certificates import CNPJ, PASSWORD, STRANGER
from support.sim.bndes import CON, DECLARATION, FIN, GOOD, LIB, Caller, document, text, texts


def pem_of(packed: Path) -> Path:
    """A PKCS#12 as the PEM file that requests wants."""
    key, certificate, _ = load_key_and_certificates(packed.read_bytes(), PASSWORD.encode())
    pem = packed.with_suffix(".test.pem")
    pem.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return pem


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
