"""CCEE's fact sheet, sections 2 and 3: importarArquivo and obterResultadoProcessamento."""

from __future__ import annotations

import io

import pytest
from lxml import etree

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, MaloteError, Misconfigured, Refused
from malote.institution import Reply
from malote.submission import Pending, Ready
from support.ccee import CCEE, FAULT_4001, ccee, check, envelope, fault, kept, one, result, submit

ANSWER = (CCEE / "manual_5.1.5_answer.xml").read_bytes()


# 2 importarArquivo


def test_the_file_travels_as_cdata_decoded_by_its_declared_encoding(archive: Archive) -> None:
    data = (CCEE / "contratos.xml").read_bytes()
    assert "geração".encode("iso-8859-1") in data
    call = ccee().submit(kept(archive, data), archive)
    assert call.submits and call.request.body is not None
    assert call.request.headers == {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "importarArquivo"}
    assert call.request.url == "https://localhost:8443/ws/cntr/ImportarArquivoBSv1"
    sent = call.request.body.open().read()
    assert sent.count(b"<![CDATA[<?xml version") == 1 and "geração".encode() in sent
    arquivo = etree.fromstring(sent).findtext("{*}Body/{http://xmlns.energia.org.br/BM/v1}importarArquivo/{*}arquivo")
    assert arquivo is not None and arquivo.encode("iso-8859-1") == data


def test_the_end_of_a_cdata_section_inside_the_file_does_not_end_ours(archive: Archive) -> None:
    data = b'<ContratosCCEAL tipoGeracao="1"><Contrato referencia="A"><![CDATA[x]]></Contrato></ContratosCCEAL>'
    body = ccee().submit(kept(archive, data), archive).request.body
    assert body is not None
    assert etree.fromstring(body.open().read()).findtext(".//{*}arquivo") == data.decode()


def test_a_byte_order_mark_stays_behind(archive: Archive) -> None:
    body = ccee().submit(kept(archive, b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a/>"), archive).request.body
    assert body is not None and b"[CDATA[<?xml" in body.open().read()


def test_user_and_password_are_escaped_and_no_repr_shows_them(archive: Archive) -> None:
    call = ccee().submit(kept(archive, b"<a/>"), archive)
    assert call.request.body is not None
    assert etree.fromstring(call.request.body.open().read()).findtext(".//{*}Password") == "p<&>s"
    assert "p<&>s" not in repr(call) + repr(call.request) + repr(ccee().access)


@pytest.mark.parametrize("space", ["BM/v1", "BO/v1", "BM/v2", "other"])
def test_the_receipt_is_read_in_any_namespace_with_its_transaction(archive: Archive, space: str) -> None:
    code = "<z:codigoProcessamento> 5453222\n</z:codigoProcessamento>"
    receipt = submit(archive, 200, envelope(f"<z:r xmlns:z='http://xmlns.energia.org.br/{space}'>{code}</z:r>"))
    assert (receipt.number, receipt.facts) == ("5453222", {"transactionId": "t-1"})


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (500, envelope("<r><codigoProcessamento>77</codigoProcessamento></r>")),
        (200, envelope("<r><codigoProcessamento>77</codigoProcessamento></r>")[:-12]),
        (200, b"\n  <?XML version='1.0'?><r><out:codigoProcessamento a='1'>77</out:codigoProcessamento>"),
        (200, b"<!DOCTYPE r [<!ENTITY a 'b'>]><r><codigoProcessamento>77</codigoProcessamento></r>"),
        (503, b"<html><p>x<codigoProcessamento>\n77 </codigoProcessamento>"),
    ],
)
def test_a_receipt_is_found_in_an_odd_reply(archive: Archive, status: int, reply: bytes) -> None:
    assert submit(archive, status, reply).number == "77"


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (200, b""),
        (200, b"<html><body>Bad gateway</body></html>"),
        (503, b"Service Unavailable"),
        (429, b"Too many requests"),
        (401, b""),
        (200, envelope("<importarArquivoResponse/>")),
        (200, envelope("<r><codigoProcessamento/></r>")),
        (200, b"<r><codigoProcessamento>545"),  # cut in the middle of the code
        (200, b"<r><codigoProcessamento>545</"[:-2]),
        (200, envelope(f"<r>{''.join(f'<codigoProcessamento>{n}</codigoProcessamento>' for n in '12')}</r>")),
        (500, FAULT_4001),
        (500, FAULT_4001[:300]),
        (500, fault("9999", "someFault")),
        (500, fault("3001", "noDataFoundFault")),
        (500, fault("2001", "unexpectedTechnicalFault")),  # code and element disagree: the one that claims less
        (500, fault("0000", "x")),
        (500, envelope("<Fault><detail><a><codigoProcessamento>77</codigoProcessamento></a></detail></Fault>")),
        (500, b"<Envelope><a:Fault><codigoProcessamento>77</codigoProcessamento></a:Fault><oops"),
        (200, b"<r><!-- <codigoProcessamento>77</codigoProcessamento> --><oops"),
    ],
)
def test_an_unclear_reply_to_a_submit_is_doubt_with_its_search(archive: Archive, status: int, reply: bytes) -> None:
    with pytest.raises(InDoubt) as caught:
        submit(archive, status, reply)
    assert "CliqCCEE" in str(caught.value) and "malote items ccee-1" in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (fault("2001", "securityFault", "Rejected: Usuario nao esta autorizado a usar o codigoPerfilAgente."),
         Misconfigured, "codigo_perfil_agente 1234"),
        (fault("2001", "securityFault", "URI de entrada inválida"), Misconfigured, "address"),
        (fault("2001", "securityFault", "Acesso Negado"), Misconfigured, "user or its password"),
        (fault("2001", "securityFault", "Security policy violated"), Misconfigured, "client certificate"),
        (fault("2001", "securityFault", "Curioso: augúrio, perjúrio"), Misconfigured, "client certificate"),
        (fault("2001", "securityFault", "A URI não existe"), Misconfigured, "address"),
        (fault("3006", "invalidParametersFault"), Refused, "turned the file down"),
        (fault("1-3006", "other"), Refused, "turned the file down"),
        (fault("7777", "unexpectedSchemaFault"), Refused, "turned the file down"),
        (fault("", "x", faultcode="Server.2001"), Misconfigured, "user or its password"),
    ],
)  # fmt: skip
def test_a_documented_no_is_a_no(archive: Archive, reply: bytes, kind: type[MaloteError], said: str) -> None:
    with pytest.raises(kind) as caught:
        submit(archive, 500, reply)
    assert said in str(caught.value)


# 3 obterResultadoProcessamento


def test_a_partial_answer_has_a_fingerprint_that_only_its_content_changes() -> None:
    first = check(200, result(("SUCESSO", "A"), ("ERRO", "B")), items=3)
    again = check(200, result(("ERRO", "B"), ("SUCESSO", "A")).replace(b"t-1", b"t-2"), items=3)
    other = check(200, result(("SUCESSO", "A"), ("SUCESSO", "B")), items=3)
    assert first.partial and first.partial == again.partial != other.partial


def test_two_details_of_one_record_do_not_stand_for_two_records() -> None:
    assert isinstance(check(200, result(("AVISO", "A"), ("SUCESSO", "A"))), Pending)
    assert isinstance(check(200, result(("AVISO", "A"), ("SUCESSO", "A"), ("SUCESSO", "B"))), Ready)


def test_an_unknown_status_is_kept_and_never_final() -> None:
    answer = result(("SUCESSO", "A"), ("EM_ANALISE", "B"))
    progress = check(200, answer)
    assert isinstance(progress, Pending) and progress.partial and "EM_ANALISE" in progress.why
    assert [row[8:10] for row in ccee().read(one(), io.BytesIO(answer))][1] == ("unanswered", "EM_ANALISE")


TWO = [
    ("<status>SUCESSO</status><status>ERRO</status>", "unanswered"),
    ("<status>ERRO</status><status>SUCESSO</status>", "unanswered"),
    ("<status>ERRO</status><status> ERRO </status>", "refused"),
    ("<status>SUCESSO</status><x/><status>AVISO</status>", "unanswered"),
]


@pytest.mark.parametrize(("inside", "outcome"), TWO)
def test_two_statuses_that_disagree_decide_nothing(inside: str, outcome: str) -> None:
    data = (
        "<Envelope><Body><obterResultadoProcessamentoResponse><codigoProcessamento>1</codigoProcessamento>"
        f"<detalhe>{inside}</detalhe></obterResultadoProcessamentoResponse></Body></Envelope>"
    ).encode()
    (row,) = ccee().read(one(receipt="1"), io.BytesIO(data))
    assert row[-3] == outcome


def test_the_parties_of_several_vigencias_are_joined_in_order_without_repeats() -> None:
    part = b"<out2:vigencia><out2:comprador><out2:sigla>X</out2:sigla><out2:codigo>7</out2:codigo></out2:comprador>"
    part += b"<out2:vendedor><out2:codigo>66242</out2:codigo></out2:vendedor></out2:vigencia>"
    answer = ANSWER.replace(b"</out2:vigencias>", part + b"</out2:vigencias>", 1)
    row = next(ccee().read(one(receipt="5453222"), io.BytesIO(answer)))
    assert row[5:7] == ("64983;7", "66242")


def test_without_codigo_origem_the_contract_code_is_the_echo_and_without_a_code_the_receipt_is_landed() -> None:
    answer = result(("SUCESSO", "A"), code=None).replace(b"codigoOrigem", b"codigo")
    row = next(ccee().read(one(), io.BytesIO(answer)))
    assert row[0] == "77" and row[3:5] == (None, "A") and row[7] == "A"


def test_a_kept_answer_that_is_a_fault_or_cut_off_is_malformed() -> None:
    for data in (FAULT_4001, result(("SUCESSO", "A"))[:-20], b"", result(("SUCESSO", "A"), code="78")):
        with pytest.raises(Malformed):
            list(ccee().read(one(), io.BytesIO(data)))


def test_text_in_iso_8859_1_is_read_as_it_was_meant() -> None:
    text = ANSWER.decode().replace("UTF-8", "ISO-8859-1").encode("iso-8859-1")
    assert next(ccee().read(one(receipt="5453222"), io.BytesIO(text)))[2] == "Operação Realizada com Sucesso."


def test_fetch_is_the_same_question_into_a_sink() -> None:
    there = ccee()
    call = there.fetch(one())
    assert call.read(Reply(200, {}, result(("SUCESSO", "A")) + b" " * 10)) is None
    assert call.request.body is not None and there.check(one()).request.body is not None
    assert call.request.body.open().read() == there.check(one()).request.body.open().read()  # type: ignore[union-attr]
    for reply in (result(), b"<html/>", FAULT_4001):
        with pytest.raises(MaloteError):
            call.read(Reply(200, {}, reply))


def test_an_answer_may_grow_with_what_was_sent() -> None:
    assert ccee().check(one(items=10_000)).limit > 50 * 2**20 > ccee().check(one(items=10)).limit


def test_a_code_that_a_person_typed_cannot_break_the_envelope() -> None:
    body = ccee().check(one(receipt="7</x>&")).request.body
    assert body is not None
    assert etree.fromstring(body.open().read()).findtext(".//{*}codigoProcessamento") == "7</x>&"
