"""The simulated EFD-Reinf at its door: who is served, and what a lote and each event in it must be."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from malote_sim.certificates import CNPJ, PASSWORD, STRANGER
from support.sim.reinf import (
    CONTRI,
    DECLARATION,
    ENVIO,
    ROOT_OF_CNPJ,
    Signer,
    codes,
    id_of,
    lote,
    outcomes,
    r1000,
    r4010,
    r4020,
    r4099,
    text,
    texts,
)


def pem_of(packed: Path) -> str:
    """A PKCS#12 as the PEM file that requests wants."""
    key, certificate, _ = load_key_and_certificates(packed.read_bytes(), PASSWORD.encode())
    pem = packed.with_suffix(".test.pem")
    pem.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return str(pem)


# Who is served


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("which", ["expired", "foreign"])
def test_tls_itself_does_not_hear_a_bad_certificate(sim, which, version):
    context = ssl.create_default_context(cafile=sim.certificates.ca)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.load_cert_chain(pem_of(getattr(sim.certificates, which)))
    connection = http.client.HTTPSConnection("localhost", sim.ports["reinf"], context=context, timeout=5)
    with pytest.raises(OSError):  # noqa: PT012  # with TLS 1.3 the refusal comes only with the reply
        connection.request("GET", "/consulta/lotes/2.202611.1")
        connection.getresponse()
    assert sim.reinf.described()["requests"] == 0


@pytest.mark.parametrize("path", ["consulta/lotes/2.202611.1", f"consulta/reciboevento/R1000/1/{ROOT_OF_CNPJ}"])
@pytest.mark.parametrize(("which", "status"), [(None, 496), ("nameless", 495)])
def test_no_certificate_is_496_and_one_without_a_cnpj_is_495(sim, which, status, path):
    given = None if which is None else pem_of(getattr(sim.certificates, which))
    url = f"{sim.url('reinf')}/{path}"
    reply = requests.get(url, verify=str(sim.certificates.ca), cert=given, timeout=5)
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, "text/html")


def test_a_certificate_acts_for_its_own_root_and_for_whom_it_has_powers(caller, sim, sign):
    stranger = pem_of(sim.certificates.stranger)
    body = lote(sign(r1000()))
    assert text(caller.post(body, cert=stranger), "codigo") == "MS1006"
    sim.reinf.set(powers={STRANGER: [ROOT_OF_CNPJ]})
    assert caller.post(body, cert=stranger).status_code == 201
    sim.reinf.set(powers={STRANGER: "*"})
    assert caller.post(lote(Signer(sim.certificates.stranger)(r4020())), cert=stranger).status_code == 201


def test_what_one_contributor_sent_another_cannot_ask_for(caller, sim):
    protocol = text(caller.send(r1000()), "protocoloEnvio")
    caller.session.cert, own = pem_of(sim.certificates.stranger), caller.session.cert
    try:
        for reply in (caller.ask(protocol), caller.recibo(f"R1000/1/{ROOT_OF_CNPJ}")):
            assert (reply.status_code, text(reply, "codigo"), text(reply, "cdResposta")) == (422, "MS1011", "8")
    finally:
        caller.session.cert = own


# The wire


def test_a_lote_is_received_and_told_later(caller):
    reply = caller.send(r1000(), r4020())
    assert (reply.status_code, reply.headers["Content-Type"]) == (201, "application/xml")
    protocol = text(reply, "protocoloEnvio")
    assert text(reply, "cdResposta") == "1" and protocol.startswith("2.202611.")
    assert text(reply, "dhRecepcao") == "2026-11-03T10:00:00-03:00"
    running = caller.ask(protocol)
    assert (running.status_code, text(running, "cdResposta"), texts(running, "evento")) == (200, "1", [])
    result = caller.later(protocol)
    assert text(result, "cdResposta") == "2" and outcomes(result) == ["0", "0"]
    assert caller.sim.reinf.accepted == {"R-1000 inclusao 2020-01": 1, f"R-4020 2026-10 1 {CNPJ} 33000167000101": 1}
    assert caller.sim.reinf.declared == caller.sim.reinf.accepted and caller.sim.reinf.departures == {}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/xml", 201),
        ("application/xml; charset=UTF-8", 201),
        ("application/xml; charset=iso-8859-1", 415),
        ("text/xml", 415),
        ("application/json", 415),
        ("", 415),
    ],
)
def test_a_lote_is_application_xml_in_utf8(caller, content_type, status):
    reply = caller.post(lote(caller.sign(r1000())), content_type)
    assert reply.status_code == status
    assert sum(caller.sim.reinf.accepted.values()) == (status == 201)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("recepcao/lotes", "GET", 404),
        ("recepcao/lote", "POST", 404),
        ("consulta/lotes", "GET", 404),
        ("consulta/lotes/2.202611.77", "GET", 404),
        ("consulta/lotes/abc", "GET", 422),
        ("consulta/lotes/1.2.3.4.5.6.7.8.9.10.11.12.13.14", "GET", 422),
    ],
)
def test_what_is_not_there_is_404_and_what_is_no_protocol_422(caller, sim, path, method, status):
    reply = caller.session.request(method, f"{sim.url('reinf')}/{path}", timeout=5)
    assert reply.status_code == status
    if path.startswith("consulta/lotes/"):
        assert text(reply, "cdResposta") == {404: "9", 422: "8"}[status]


@pytest.mark.parametrize(("not_found", "kind"), [("xml", "application/xml"), ("html", "text/html"), ("empty", None)])
def test_a_protocol_of_nobody_is_404_in_the_form_that_is_set(caller, not_found, kind):
    caller.sim.reinf.set(not_found=not_found)
    reply = caller.ask("2.202611.1")
    assert (reply.status_code, reply.headers.get("Content-Type")) == (404, kind)


# The lote


def changed(old: str, new: str, times: int = -1):
    return lambda body: body.replace(old.encode(), new.encode(), times)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: b"", "MS1001"),
        (lambda body: b"{}", "MS1001"),
        (lambda body: body.decode().encode("utf-16"), "MS1001"),
        (changed("malote", "mal\x00te"), "MS1001"),
        (lambda body: body.replace(b"malote", "é".encode("latin-1")), "MS1001"),
        (changed(DECLARATION, ""), "MS1001"),
        (changed("UTF-8", "ISO-8859-1"), "MS1001"),
        (changed("<Reinf", '<!DOCTYPE R [<!ENTITY a "b">]><Reinf', 1), "MS1001"),
        (lambda body: body[:-3], "MS1001"),
        (changed(ENVIO, "urn:other"), "MS1002"),
        (changed("<Reinf xmlns=", '<Reinf xmlns:xsi="urn:xsi" xmlns=', 1), "MS1002"),
        (changed("envioLoteEventos>", "loteEventos>"), "MS1002"),
        (changed("<evento Id=", "<evento id="), "MS1002"),
        (changed("ideContribuinte", "ideContri"), "MS1002"),
        (changed(f"<nrInsc>{ROOT_OF_CNPJ}<", f"<nrInsc>{ROOT_OF_CNPJ}0<", 1), "MS1002"),
        (lambda body: lote(), "MS1003"),
    ],
)
def test_a_lote_that_is_none_is_422_with_the_reason_and_accepts_nothing(caller, change, code):
    reply = caller.post(change(lote(caller.sign(r1000()))))
    assert (reply.status_code, text(reply, "cdResposta"), text(reply, "codigo")) == (422, "7", code)
    assert text(reply, "tipo") == "1" and text(reply, "descricao") and not text(reply, "protocoloEnvio")
    assert not caller.sim.reinf.accepted and not caller.sim.reinf.lotes


@pytest.mark.parametrize(("events", "status"), [(50, 201), (51, 422)])
def test_a_lote_has_at_most_fifty_events(caller, events, status):
    body = lote(*(caller.sign(r4020()) for _ in range(events)))
    assert caller.post(body).status_code == status
    caller.sim.reinf.set(most_events=events - 1)
    assert text(caller.post(body), "codigo") == "MS1003"
    caller.sim.reinf.set(most_events=100, largest=len(body) - 1)
    assert text(caller.post(body), "codigo") == "MS1004"


def test_all_events_of_a_lote_are_of_its_contributor(caller, sim):
    sim.reinf.set(powers={CNPJ: "*"})
    event = caller.sign(r1000().replace(ROOT_OF_CNPJ, "44555666"))
    assert text(caller.post(lote(caller.sign(r4099()), event)), "codigo") == "MS1005"
    assert caller.post(lote(event, nr="44555666")).status_code == 201


def test_an_id_is_once_in_a_lote_and_the_same_on_evento_as_inside(caller):
    event = caller.sign(r1000())
    assert text(caller.post(lote(event, event)), "codigo") == "MS1007"
    other = id_of(r1000())
    apart = lote(event).replace(f'Id="{id_of(event)}"'.encode(), f'Id="{other}"'.encode())
    assert text(caller.post(apart), "codigo") == "MS1008"


# The events


FORMED = [
    (lambda event: event.replace("evtRetPJ", "evtRetPF"), "MS0030"),
    (lambda event: event.replace("v2_01_02", "v2_01_01"), "MS0030"),
    (lambda event: event.replace("<tpAmb>2</tpAmb>", ""), "MS0030"),
    (lambda event: event.replace("1000,00", "1000.00"), "MS0030"),
    (lambda event: event.replace("15,00", "15,0"), "MS0030"),
    (lambda event: event.replace("<natRend>15001</natRend>", "<natRend>1500</natRend>"), "MS0030"),
    (lambda event: event.replace("<natRend>15001</natRend>", ""), "MS0030"),
    (lambda event: event.replace("2026-10<", "2026-13<"), "MS0030"),
    (lambda event: event.replace("<procEmi>1</procEmi>", "<procEmi></procEmi>"), "MS0030"),
    (lambda event: event.replace("malote<", "malote <"), "MS0030"),
    (lambda event: event.replace("<ideEstab>", " <ideEstab>"), "MS0030"),
    (lambda event: event.replace("<ideEstab>", "<!-- x --><ideEstab>"), "MS0030"),
    (lambda event: event.replace("<indRetif>1</indRetif>", "<indRetif>2</indRetif>"), "MS0030"),
    (lambda event: event.replace("<tpAmb>2", "<tpAmb>1"), "MS0034"),
    (lambda event: event.replace("ID1", "ID2"), "MS0033"),
    (lambda event: event.replace("ID111222333000000", "ID111222334000000"), "MS0033"),
    (lambda event: event.replace("20261103100000", "20261303100000"), "MS0033"),
    (lambda event: event.replace(id_of(event), id_of(event)[:-1]), "MS0033"),
    (lambda event: event.replace(CONTRI, CONTRI.replace("<tpInsc>1</tpInsc>", "")), "MS1005"),
]


@pytest.mark.parametrize(("change", "code"), FORMED)
def test_an_event_that_is_wrong_by_itself_makes_its_lote_422(caller, change, code):
    reply = caller.send(r1000(), change(r4020()))
    assert reply.status_code == 422 and code in texts(reply, "codigo")
    assert not caller.sim.reinf.accepted


@pytest.mark.parametrize(("change", "code"), FORMED[:-1])
def test_or_that_event_alone_is_refused_where_events_are_checked_later(caller, change, code):
    caller.sim.reinf.set(events_checked="result")
    result = caller.run(r1000(), change(r4020()), r4010())
    assert text(result, "cdResposta") == "3" and outcomes(result) == ["0", "1", "0"]
    assert code in codes(result)[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<ideEvento>", '<ideEvento xmlns:x="no-scheme">'),
        ("<ideEvento>", "<?a b?><ideEvento>"),
        ("<Signature ", "<!-- --><Signature "),
        ("<SignatureValue>", "<SignatureValue/><SignatureValue>"),
        ("<DigestValue>", "<DigestValue>é"),
        ("</X509Certificate>", "</X509Certificate><X509Certificate/>"),
        ("<tpInsc>1</tpInsc>", "<tpInsc>1</tpInsc><x xmlns=''/>"),
    ],
)
def test_markup_that_nobody_expects_is_refused_in_words(caller, old, new):
    caller.registered()
    body = lote(caller.sign(r4020()).replace(old, new, 1))
    assert caller.post(body).status_code == 422
    caller.sim.reinf.set(events_checked="result")
    result = caller.later(text(caller.post(body), "protocoloEnvio"))
    assert outcomes(result) == ["1"] and set(codes(result)[0]) <= {"MS0030", "MS0031"}


def test_tp_amb_is_that_of_the_environment(caller):
    caller.sim.reinf.set(environment="producao")
    assert "MS0034" in texts(caller.send(r1000()), "codigo")
    reply = caller.send(r1000().replace("<tpAmb>2", "<tpAmb>1"))
    assert text(reply, "protocoloEnvio").startswith("1.202611.")


def signature(event: str) -> str:
    return event[event.index("<Signature") : event.index("</Signature>") + 12]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda event: event, ""),
        (lambda event: event.replace(signature(event), ""), "MS0031"),
        (lambda event: event.replace(signature(event), signature(event) * 2), "MS0031"),
        (lambda event: event.replace("15,00", "16,00"), "MS0031"),
        (lambda event: event.replace("<SignatureValue>", "<SignatureValue>AAAA"), "MS0031"),
        (lambda event: event.replace("<X509Certificate>", "<X509Certificate>!"), "MS0031"),
        (lambda event: event.replace("<KeyInfo>", "<KeyInfo><KeyName>me</KeyName>"), "MS0031"),
        (lambda event: event.replace("</Transforms>", "</Transforms><!-- -->"), "MS0031"),
        (
            lambda event: event.replace(signature(event), "").replace("</evtRetPJ>", signature(event) + "</evtRetPJ>"),
            "MS0031",
        ),
    ],
)
def test_the_signature_is_checked_by_xmlsec_and_its_shape_by_the_manual(caller, change, code):
    reply = caller.post(lote(change(caller.sign(r4020()))))
    assert reply.status_code == (422 if code else 201) and (code in texts(reply, "codigo") or not code)


@pytest.mark.parametrize(
    "other",
    [
        {"signing": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
        {"digesting": "http://www.w3.org/2000/09/xmldsig#sha1"},
        {"c14n": "http://www.w3.org/2001/10/xml-exc-c14n#"},
        {"transform": "http://www.w3.org/2001/10/xml-exc-c14n#"},
        {"uri": ""},
        {"digest": "AAAA"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_signature_by_other_means_is_none(caller, other):
    reply = caller.post(lote(caller.sign(r4020(), **other)))
    assert text(reply, "codigo") == "MS0031"


@pytest.mark.parametrize(
    ("which", "code"), [("stranger", "MS0032"), ("nameless", "MS0032"), ("expired", "MS0031"), ("foreign", "MS0031")]
)
def test_who_signs_is_the_contributor_or_has_its_powers(caller, sim, which, code):
    body = lote(Signer(getattr(sim.certificates, which))(r1000()))
    assert text(caller.post(body), "codigo") == code
    if which == "stranger":
        sim.reinf.set(powers={STRANGER: [ROOT_OF_CNPJ]})
        assert caller.post(body).status_code == 201


@pytest.mark.parametrize(("signed_as", "status"), [("both", 422), ("alone", 201), ("in_place", 422)])
def test_what_a_lote_declares_may_break_a_signature_inside_it(caller, signed_as, status):
    caller.sim.reinf.set(signed_as=signed_as)
    event = caller.sign(r1000())
    body = lote(event).replace(b"<evento Id", b'<evento xmlns:x="urn:x" Id')
    assert caller.post(body).status_code == status
