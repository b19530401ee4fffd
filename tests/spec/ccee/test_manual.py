"""The manual of ResultadoProcessamentoBSv1, clause by clause, with its own XML examples."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from xml.etree.ElementTree import canonicalize

import pytest
from lxml import etree

from malote.errors import Malformed, Misconfigured
from malote.institution import Access, Reply, Request
from malote.institutions.ccee.institution import Ccee
from malote.institutions.ccee.rules import CODES, CceeRules
from malote.submission import Pending, Ready, Standing, Stored, Submission
from support import DATA, ROOT

CCEE = DATA / "ccee"
ANSWER = (CCEE / "manual_5.1.5_answer.xml").read_bytes()


def ccee(environment: str = "piloto", **more: object) -> Ccee:
    extra = {"codigo_perfil_agente": "1234", **more}
    return Ccee(Access("ccee", environment, login="user", password="pass", extra=extra))


def submission(receipt: str = "5453222", items: int = 4) -> Submission:
    stored = Stored("ccee/sent/x.xml", "0" * 64, 10)
    return Submission(
        "ccee-1", "p", "ccee", "piloto", "1234", "contratos", "ContratosCCEAL-1", Standing.RECEIVED, "x.xml", stored,
        items, {}, receipt=receipt,
    )  # fmt: skip


def body(request: Request) -> bytes:
    assert request.body is not None
    with request.body.open() as file:
        return file.read()


def test_2_the_addresses_are_those_of_the_table() -> None:
    for environment, host in (("producao", "servicos"), ("piloto", "piloto-servicos")):
        there = ccee(environment)
        url = f"https://{host}.ccee.org.br:443/ws/cntr/ResultadoProcessamentoBSv1"
        assert there.check(submission()).request.url == url
        assert there.preflight().request.url == f"https://{host}.ccee.org.br:442/ws/cntr/ImportarArquivoBSv1?wsdl"
        wsdl = Path("schemas/ccee/v1/ResultadoProcessamentoBSv1.wsdl")
        assert url in (ROOT / wsdl).read_text()


def test_3_six_hundred_requests_every_sixty_seconds() -> None:
    assert (CceeRules().requests, CceeRules().window) == (600, timedelta(seconds=60))


def test_4_enumerations_are_case_sensitive() -> None:
    assert b">IMPORTACAO_CONTRATOS<" in body(ccee().check(submission()).request)
    lower = ANSWER.replace(b">SUCESSO<", b">sucesso<", 1)
    outcomes = [row[8] for row in ccee().read(submission(), io.BytesIO(lower))]
    assert outcomes == ["unanswered", "accepted", "accepted", "refused"]


def test_4_1_and_4_2_the_header_holds_the_profile_code_the_user_and_the_password_and_nothing_else() -> None:
    root = etree.fromstring(body(ccee().check(submission()).request))
    header = root.find("{*}Header")
    assert header is not None
    assert [(etree.QName(leaf).localname, leaf.text) for leaf in header.iter() if len(leaf) == 0] == [
        ("codigoPerfilAgente", "1234"),
        ("Username", "user"),
        ("Password", "pass"),
    ]
    assert all(not leaf.attrib for leaf in header.iter())


def test_5_1_1_the_code_is_mandatory() -> None:
    with pytest.raises(Misconfigured, match="no codigoProcessamento"):
        ccee().check(submission(receipt=""))


def test_5_1_3_the_request_as_sent_is_the_sample_with_the_optional_tipo_processamento() -> None:
    sample = (CCEE / "manual_5.1.3_request.xml").read_text()
    code = "<bo:codigoProcessamento>5458942</bo:codigoProcessamento>"
    tipo = "<bo:tipoProcessamento>IMPORTACAO_CONTRATOS</bo:tipoProcessamento>"  # manual 5.1.1; CCEE's samples send it
    assert code in sample
    request = ccee().check(submission("5458942")).request
    sent = canonicalize(body(request).decode().partition("?>")[2], rewrite_prefixes=True, strip_text=True)
    assert sent == canonicalize(sample.replace(code, code + tipo), rewrite_prefixes=True, strip_text=True)
    assert request.headers == {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "obterResultadoProcessamento"}


def test_5_1_5_the_answer_gives_four_rows_of_which_the_refused_one_has_no_contract_code() -> None:
    sucesso = "Operação Realizada com Sucesso."
    erro = (
        "Consumidores especiais somente podem comprar energia oriunda de fonte especial (Incentivada Especial e "
        "Convencional Especial), exceto em casos de Geração Própria."
    )
    assert list(ccee().read(submission(), io.BytesIO(ANSWER))) == [
        ("5453222", "SUCESSO", sucesso, "1234", "1922021", "64983", "66242", "1234", "accepted", "SUCESSO", sucesso),
        ("5453222", "SUCESSO", sucesso, "20433", "1922022", "6432", "65342", "20433", "accepted", "SUCESSO", sucesso),
        ("5453222", "SUCESSO", sucesso, "20111", "1922023", "2253", "65342", "20111", "accepted", "SUCESSO", sucesso),
        ("5453222", "ERRO", erro, "20212", None, "3560", "65342", "20212", "refused", "ERRO", erro),
    ]
    assert len(ccee().tables["contratos"].columns) == 7


def test_5_1_5_the_answer_is_ready_when_all_that_was_sent_is_in_it() -> None:
    reply = Reply(200, {}, ANSWER)
    assert ccee().check(submission(items=4)).read(reply) == Ready(ANSWER)
    short = ccee().check(submission(items=5)).read(reply)
    assert isinstance(short, Pending) and short.partial and "4 of 5" in short.why


def test_5_1_5_an_answer_for_another_code_is_not_taken() -> None:
    with pytest.raises(Malformed, match="another codigoProcessamento"):
        ccee().check(submission("5453223")).read(Reply(200, {}, ANSWER))
    with pytest.raises(Malformed, match="another codigoProcessamento"):
        list(ccee().read(submission("5453223"), io.BytesIO(ANSWER)))


def test_6_the_exceptions_of_the_manual_are_in_the_table() -> None:
    table = {code.code: code for code in CODES}
    assert [table[code].kind for code in ("0000", "1-3001", "1-3006")] == ["arrived", "wait", "refused"]
    assert not table["0000"].frees and not table["1-3001"].frees
    assert all(code.source and code.action and code.meaning for code in CODES)


def test_the_shipped_sources_page_says_how_sure_the_lines_are() -> None:
    page = (ROOT / "schemas" / "ccee" / "SOURCES.md").read_text()
    assert all(word in page for word in ("documented", "seen", "inferred", "reconstruction"))
