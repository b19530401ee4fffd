"""BNDES APA manual, sections 4 to 5.2: addresses, form and common codes, clause by clause."""

from __future__ import annotations

import pytest

from malote.archive import Archive
from malote.errors import Closed, InDoubt, Malformed, Misconfigured, Refused, Throttled, Unavailable
from malote.institution import Access, load
from malote.institutions.bndes.institution import Bndes
from malote.institutions.bndes.rules import TRAVELLING
from support.bndes import (
    BASE,
    CNPJ,
    DOCUMENTED,
    NAMES,
    REASON,
    bndes,
    form,
    posted,
    reply,
    retorno,
    submission,
)

# 4 and 5: addresses and form


def test_4_the_addresses_are_those_of_the_manual() -> None:
    assert bndes("homologacao").preflight().request.url == "https://ws-h.bndes.gov.br/apa/api/status"
    assert bndes("producao").preflight().request.url == "https://ws.bndes.gov.br/apa/api/status"
    assert bndes("producao", "https://ws.bndes.gov.br").preflight().request.url == (
        "https://ws.bndes.gov.br/apa/api/status"
    )


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ("producao", "https://ws-h.bndes.gov.br/apa"),
        ("homologacao", "https://ws.bndes.gov.br/apa"),
        ("simulator", "https://ws.bndes.gov.br/apa"),
        ("simulator", "https://bndes.gov.br."),
        ("producao", "http://ws.bndes.gov.br/apa"),
        ("producao", "https://localhost:8443"),
        ("simulator", ""),
        ("simulator", "http://example.org"),
        ("teste", ""),
    ],
)
def test_4_a_host_that_is_not_the_environments_is_refused(environment: str, url: str) -> None:
    with pytest.raises(Misconfigured):
        bndes(environment, url)


@pytest.mark.parametrize("service", TRAVELLING)
def test_5_d_a_submission_is_one_form_field_xml_in_utf_8(archive: Archive, service: str) -> None:
    data = '<?xml version="1.0" encoding="UTF-8"?><x>Ação & "50%" + ção</x>'.replace("&", "&amp;").encode()
    call = posted(archive, service, data)
    assert call.submits and call.request.method == "POST"
    assert call.request.url == f"{BASE}api/v1/{NAMES[service]}"
    assert call.request.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert form(call.request) == {"xml": [data.decode()]}


def test_5_1_the_account_is_the_cnpj_and_without_one_nothing_begins() -> None:
    assert bndes(cnpj="33.657.248/0001-89").account == CNPJ
    assert load("bndes") is Bndes
    assert Bndes(Access("bndes", "producao", login=CNPJ)).account == CNPJ
    assert Bndes(Access("bndes", "producao", extra={"cnpj": "12ABC34501DE35"})).account == "12ABC34501DE35"
    for wrong in ({}, {"cnpj": "1234"}):
        with pytest.raises(Misconfigured, match="CNPJ"):
            Bndes(Access("bndes", "producao", extra=wrong))


# 5.2: common codes


@pytest.mark.parametrize("status", [401, 403])
def test_5_2_401_and_403_stop_everything_whatever_is_asked(archive: Archive, status: int) -> None:
    there = bndes()
    calls = [
        posted(archive, "financiamento"), there.check(submission()), there.fetch(submission()), there.preflight(),
        there.probe(), there.pesquisa({"anoProposta": "2026"}), there.subcredito("9"), there.reasons(submission()),
    ]  # fmt: skip
    for call in calls:
        assert call is not None
        with pytest.raises(Misconfigured) as caught:
            call.read(reply(status, "<html/>", "text/html"))
        assert caught.value.code == str(status) and "e-CNPJ" in (caught.value.todo or "")


@pytest.mark.parametrize("service", DOCUMENTED)
def test_5_2_its_own_500_is_the_only_one_after_which_nothing_was_done(archive: Archive, service: str) -> None:
    call = posted(archive, service)
    with pytest.raises(Unavailable) as caught:
        call.read(reply(500, retorno(service, "erro", REASON).replace("<numeroProtocolo>P-1</numeroProtocolo>", "")))
    assert caught.value.code == "500"
    with pytest.raises(Unavailable):
        call.read(reply(500, "<retorno_basico><mensagens/></retorno_basico>", "text/xml"))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, "", "text/xml"),
        (500, "Internal Server Error", "text/plain"),
        (500, "<html><body>500</body></html>", "text/html"),
        (500, "<error><code>1</code></error>", "text/xml"),
        (500, "<fault xmlns='http://gateway'>x</fault>", "text/xml"),
        (500, retorno(), "text/html"),
        (500, retorno(), "text/xml"),  # it has a protocol: something was done
        (502, retorno(), "text/xml"),
        (504, "", ""),
        (503, "<html><h1>Service Unavailable</h1></html>", "text/html"),
        (503, "", "text/plain"),
        (503, "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
         "text/plain"),
        (429, "", ""),
        (404, "", "text/html"),
        (302, "", ""),
        (400, "<html>Bad Request</html>", "text/html"),
        (400, "", ""),
        (202, "", "text/xml"),
        (202, "<financiamento_retorno><status>processando</status></financiamento_retorno>", "text/xml"),
        (202, "<html><body>protocolo: 12345</body></html>", "text/html"),
        (200, "OK", "text/plain"),
    ],
)  # fmt: skip
def test_5_2_any_other_reply_to_a_submission_is_doubt(archive: Archive, status: int, body: str, kind: str) -> None:
    with pytest.raises(Malformed) as caught:
        posted(archive, "financiamento").read(reply(status, body, kind))
    assert not isinstance(caught.value, (Unavailable, Refused, InDoubt))


def test_5_2_503_in_its_own_words_is_down_for_maintenance(archive: Archive) -> None:
    call = posted(archive, "financiamento")
    for body, kind in ((retorno(more="").replace("<numeroProtocolo>P-1</numeroProtocolo>", ""), "text/xml"),
                       ("Sistema em manutenção até 22:00", "text/plain; charset=utf-8")):  # fmt: skip
        with pytest.raises(Unavailable) as caught:
            call.read(reply(503, body, kind))
        assert caught.value.code == "503"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, "<r><mensagem>Fora do horário de protocolo (08:00-20:00)</mensagem></r>", "text/xml"),
        (400, "<r><erro codigo='7'>PROTOCOLO FECHADO</erro></r>", "text/xml"),
        (503, "<retorno_basico><mensagem>Fora do horario</mensagem></retorno_basico>", "text/xml"),
        (503, "Horário de funcionamento: 08:00 às 20:00", "text/plain"),
    ],
)
def test_2_5_a_counter_that_they_say_is_closed_is_no_refusal_and_waits_for_our_hours(
    archive: Archive, status: int, body: str, kind: str
) -> None:
    call = posted(archive, "liberacao", changes={"attempt": 1})
    for said in ("", "no date", "Mon, 23 Nov 2026 15:00:00 GMT", "Mon, 23 Nov 99999 15:00:00 GMT"):
        with pytest.raises(Closed) as caught:
            call.read(reply(status, body, kind, date=said))
        assert caught.value.opens_at is None, "when it is tried again is ours to say"
        assert "opening_hours" in str(caught.value)
    page = reply(status, f"<html><body>{body}</body></html>", "text/html")
    with pytest.raises(Malformed):  # somebody's page is nobody's word
        call.read(page)
    taught = posted(archive, "liberacao", rules={"words": {"closed": ["guichê encerrado"]}})
    with pytest.raises(Closed):
        taught.read(reply(400, "<r><mensagem>Guichê  encerrado</mensagem></r>"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, Unavailable), (503, Unavailable), (502, Unavailable), (429, Throttled), (400, Malformed),
        (302, Malformed), (418, Malformed),
    ],
)  # fmt: skip
def test_5_2_a_question_that_fails_says_only_that(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        bndes().check(submission()).read(reply(status, "<html/>", "text/html", **{"retry-after": "7"}))


def test_a_certificate_that_their_front_turned_down_is_misconfigured(archive: Archive) -> None:
    page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>"
    for status, body in ((400, page), (495, ""), (496, "")):
        with pytest.raises(Misconfigured, match="certificate"):
            posted(archive, "financiamento").read(reply(status, body, "text/html"))
