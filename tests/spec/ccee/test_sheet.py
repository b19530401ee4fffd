"""What the fact sheet knows beyond the manual: faults, prefixes, AVISO, CDATA, odd replies."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, MaloteError, Misconfigured, Refused, Throttled, Unavailable
from malote.institution import Access, Reply
from malote.institutions.ccee.institution import Ccee
from malote.submission import CannotTell, Pending, Ready, Standing, Stored, Submission
from support import DATA, ROOT

CCEE = DATA / "ccee"
ANSWER = (CCEE / "manual_5.1.5_answer.xml").read_bytes()
FAULT_4001 = (CCEE / "sheet_1.5_fault_4001.xml").read_bytes()
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header>'
    '<m:messageHeader xmlns:m="http://xmlns.energia.org.br/MH/v1"><m:transactionId>t-1</m:transactionId></m:messageHeader>'
    "</e:Header><e:Body>{}</e:Body></e:Envelope>"
)


LIST = re.compile(b"<q:ResultadosProcessamentoImportacaoContrato>.*</q:ResultadosProcessamentoImportacaoContrato>")


def envelope(inside: str) -> bytes:
    return ENVELOPE.format(inside).encode()


def fault(code: str, element: str, message: str = "m", faultcode: str = "Server.1") -> bytes:
    return envelope(
        f"<NS1:Fault xmlns:NS1='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>{faultcode}</faultcode>"
        f"<faultstring>f</faultstring><detail><x:{element} xmlns:x='http://xmlns.energia.org.br/FM'>"
        f"<x:errorCode>{code}</x:errorCode><x:message>{message}</x:message><x:uri>/u</x:uri>"
        f"<x:transactionId>t-9</x:transactionId></x:{element}></detail></NS1:Fault>"
    )


def result(*details: tuple[str, str], code: str | None = "77", space: str = "BO/v1", name: str = "q") -> bytes:
    inside = f"<{name}:codigoProcessamento>{code}</{name}:codigoProcessamento>" if code else ""
    listed = "".join(
        f"<{name}:detalhe><{name}:status>{status}</{name}:status><{name}:contrato><{name}:codigoOrigem>{origem}"
        f"</{name}:codigoOrigem></{name}:contrato></{name}:detalhe>"
        for status, origem in details
    )
    return envelope(
        f"<{name}:obterResultadoProcessamentoResponse xmlns:{name}='http://xmlns.energia.org.br/{space}'>"
        f"<{name}:resultadoProcessamento>{inside}<{name}:ResultadosProcessamentoImportacaoContrato>{listed}"
        f"</{name}:ResultadosProcessamentoImportacaoContrato></{name}:resultadoProcessamento>"
        f"</{name}:obterResultadoProcessamentoResponse>"
    )


def ccee(environment: str = "simulator", base_url: str = "https://localhost:8443", **extra: Any) -> Ccee:
    more = {"codigo_perfil_agente": "1234", **extra}
    return Ccee(Access("ccee", environment, base_url, "user", "p<&>s", more))


def one(stored: Stored | None = None, items: int = 2, receipt: str | None = "77") -> Submission:
    return Submission(
        "ccee-1", "p", "ccee", "simulator", "1234", "contratos", "ContratosCCEAL-1", Standing.RECEIVED, "x.xml",
        stored or Stored("x", "0" * 64, 1), items, {}, receipt=receipt,
    )  # fmt: skip


def kept(archive: Archive, data: bytes) -> Submission:
    with archive.write("ccee/sent", "x.xml") as sheet:
        sheet.write(data)
    return one(sheet.stored, receipt=None)


def submit(archive: Archive, status: int, reply: bytes, data: bytes = b"<ContratosCCEAL/>") -> Any:
    return ccee().submit(kept(archive, data), archive).read(Reply(status, {}, reply))


def check(status: int, reply: bytes, items: int = 2, **headers: str) -> Any:
    return ccee().check(one(items=items)).read(Reply(status, headers, reply))


# 1.4 prefixes and namespaces


@pytest.mark.parametrize("name", ["bo", "out2", "io2", "ns0"])
@pytest.mark.parametrize("space", ["BO/v1", "BM/v1", "BO/v2"])
def test_an_answer_is_read_whatever_its_prefixes_and_namespaces(name: str, space: str) -> None:
    answer = result(("SUCESSO", "A"), ("AVISO", "B"), name=name, space=space)
    assert check(200, answer) == Ready(answer)
    assert [row[7:10] for row in ccee().read(one(), io.BytesIO(answer))] == [
        ("A", "accepted", "SUCESSO"),
        ("B", "accepted", "AVISO"),
    ]


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
    assert "CliqCCEE" in str(caught.value) and "malote resolve ccee-1 --receipt" in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (fault("2001", "securityFault", "Rejected: Usuario nao esta autorizado a usar o codigoPerfilAgente."),
         Misconfigured, "codigo_perfil_agente 1234"),
        (fault("2001", "securityFault", "URI de entrada inválida"), Misconfigured, "address"),
        (fault("2001", "securityFault", "Acesso Negado"), Misconfigured, "user or its password"),
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


# 1.5 faults


def test_a_recorded_fault_surfaces_code_message_uri_and_transaction(archive: Archive) -> None:
    with pytest.raises(InDoubt) as caught:
        submit(archive, 500, FAULT_4001)
    error = caught.value
    assert (error.code, error.meaning) == ("4001", "Erro retornado pelo provedor da informação")
    assert error.facts["uri"] == "/ws/v2/AtivoMedicaoBSv2"
    assert error.facts["transactionId"] == "5a0cd1b8-7a9b-4a0e-9a55-0c6b6c2b1a10"
    assert error.facts["message"] == "O back-end não respondeu"
    assert error.facts["errorCode"] == "4001"


@pytest.mark.parametrize(
    "reply",
    [
        fault("3001", "noDataFoundFault", faultcode="Server.3006"),
        fault("1-3001", "x"),
        fault("", "noDataFoundFault"),
        result(),
        result(code=None),
        envelope(""),
        envelope("<obterResultadoProcessamentoResponse/>"),
        LIST.sub(b"", result(code=None)),
    ],
)
def test_every_shape_that_may_mean_pending_waits(reply: bytes) -> None:
    for status in (200, 500) if b"Fault" in reply else (200,):
        progress = check(status, reply)
        assert isinstance(progress, Pending) and progress.partial is None and progress.why


@pytest.mark.parametrize(
    ("status", "reply", "kind"),
    [
        (500, FAULT_4001, Unavailable),
        (500, fault("2001", "securityFault", "codigoPerfilAgente"), Misconfigured),
        (500, fault("3006", "invalidParametersFault"), Malformed),
        (500, fault("9999", "someFault"), Malformed),
        (500, fault("9999", "someFault", "Rejected by SLM Monitor"), Throttled),
        (503, b"Service Unavailable", Unavailable),
        (502, b"<html/>", Unavailable),
        (403, b"", Misconfigured),
        (200, b"<html><body>login</body></html>", Malformed),
        (200, b"", Malformed),
        (200, result(("SUCESSO", "A"))[:-30], Malformed),
        (500, b"<html></html>", Malformed),
        (200, b"<other/>", Malformed),
        (200, envelope("<importarArquivoResponse/>"), Malformed),
        (200, b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + result(("SUCESSO", "A")), Malformed),
        (200, result(("SUCESSO", "A"), code="78"), Malformed),
    ],
)
def test_a_query_that_fails_says_what_it_failed_of(status: int, reply: bytes, kind: type[MaloteError]) -> None:
    with pytest.raises(MaloteError) as caught:
        check(status, reply)
    assert type(caught.value) is kind
    if b"Fault" in reply:
        assert caught.value.facts["transactionId"]


def test_too_many_requests_says_when_to_come_back() -> None:
    with pytest.raises(Throttled) as caught:
        check(429, b"", **{"retry-after": "17"})
    assert caught.value.retry_after == 17.0


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


# 1.1, 1.2 where to and who


@pytest.mark.parametrize(
    ("environment", "base"),
    [
        ("producao", "https://piloto-servicos.ccee.org.br:443"),
        ("piloto", "https://servicos.ccee.org.br"),
        ("piloto", "https://localhost:1"),
        ("producao", "http://servicos.ccee.org.br:443"),
        ("producao", "https://servicos.ccee.org.br.example.com"),
        ("simulator", "https://servicos.ccee.org.br:443"),
        ("simulator", "https://SERVICOS.ccee.org.br.:443"),
        ("simulator", "http://example.com"),
        ("simulator", ""),
        ("homologacao", ""),
        ("", ""),
    ],
)
def test_environment_and_host_must_belong_together(environment: str, base: str) -> None:
    with pytest.raises(Misconfigured):
        ccee(environment, base)


def test_official_hosts_and_a_simulator_with_a_path_are_taken() -> None:
    assert ccee("producao", "https://servicos.ccee.org.br:443").account == "1234"
    call = ccee("simulator", "https://sim.example:8443/a/").check(one())
    assert call.request.url == "https://sim.example:8443/a/ws/cntr/ResultadoProcessamentoBSv1"
    preflight = ccee("simulator", "https://sim.example:8443/a").preflight()
    assert preflight.request.url == "https://sim.example:8443/a/ws/cntr/ImportarArquivoBSv1?wsdl"


def test_the_profile_code_is_mandatory_and_user_and_password_are() -> None:
    with pytest.raises(Misconfigured, match="codigo_perfil_agente"):
        Ccee(Access("ccee", "piloto", login="u", password="p"))
    nobody = Ccee(Access("ccee", "piloto", extra={"codigo_perfil_agente": 1234}))
    with pytest.raises(Misconfigured, match="no user"):
        nobody.probe()


def test_the_probe_takes_no_data_for_a_welcome_and_says_which_field_is_wrong() -> None:
    probe = ccee().probe()
    for reply in (fault("3001", "noDataFoundFault"), result(code="0"), fault("3006", "invalidParametersFault")):
        assert "codigo_perfil_agente 1234" in probe.read(Reply(500 if b"Fault" in reply else 200, {}, reply))
    with pytest.raises(Misconfigured, match="codigo_perfil_agente 1234"):
        probe.read(Reply(500, {}, fault("2001", "securityFault", "autorizado a usar o codigoPerfilAgente")))
    with pytest.raises(Misconfigured, match="password"):
        probe.read(Reply(500, {}, fault("2001", "securityFault", "Acesso Negado")))


def test_the_preflight_says_in_words_what_is_no_wsdl() -> None:
    preflight = ccee().preflight()
    wsdl = (ROOT / "schemas/ccee/v1/ImportarArquivoBSv1.wsdl").read_bytes()
    assert "WSDL" in preflight.read(Reply(200, {}, wsdl))
    for status, reply, kind in (
        (200, b"<html>proxy</html>", Misconfigured),
        (200, b"hello", Misconfigured),
        (404, b"", Misconfigured),
        (403, b"", Misconfigured),
        (503, b"", Unavailable),
        (200, wsdl[:-50], Malformed),
    ):
        with pytest.raises(kind):
            preflight.read(Reply(status, {}, reply))


def test_ccee_cannot_be_asked_for_a_lost_receipt() -> None:
    asking = ccee().find(one(receipt=None), Archive("unused"))
    with pytest.raises(StopIteration) as ended:
        next(asking)
    finding = ended.value.value
    assert isinstance(finding, CannotTell) and "ccee-1" in finding.search and "profile 1234" in finding.search


def test_zeep_never_reaches_for_the_network(tmp_path: Path) -> None:
    v1 = tmp_path / "v1"
    v1.mkdir()
    for file in (ROOT / "schemas/ccee/v1").iterdir():
        far = file.read_text().replace('"MH_v1.xsd"', '"https://servicos.ccee.org.br:442/x.xsd"')
        (v1 / file.name).write_text(far)
    with pytest.raises(Misconfigured, match="on the network"):
        ccee(schemas=str(tmp_path)).probe()


# 1.5 what a denial says, and one that no strict parser takes


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("URI de entrada inválida", "address"),
        ("A uri não existe", "address"),
        ("Security header inválido", "user or its password"),
        ("Security token: usuário sem maturidade", "user or its password"),
        ("Rejected: Usuario nao esta autorizado a usar o codigoPerfilAgente.", "codigo_perfil_agente"),
    ],
)
def test_a_denial_is_told_by_words_and_not_by_letters_in_them(archive: Archive, message: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        submit(archive, 500, unbound("2001", "securityFault", message, bound=True))


def unbound(code: str, element: str, message: str = "Acesso Negado", *, bound: bool = False) -> bytes:
    space = ' xmlns:flt="http://xmlns.energia.org.br/FM"' if bound else ""
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
        f"<faultcode>Server.{code}</faultcode><faultstring>{message}</faultstring><detail><flt:{element}{space}>"
        f"<flt:errorCode>{code}</flt:errorCode><flt:message>{message}</flt:message></flt:{element}></detail>"
        "</e:Fault></e:Body></e:Envelope>"
    ).encode()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (unbound("2001", "securityFault"), Misconfigured),
        (
            unbound("2001", "securityFault").replace(b' xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"', b""),
            Misconfigured,
        ),
        (unbound("9999", "securityFault"), Misconfigured),
        # what has to be mended frees nothing: only "nothing was done, correct the connection" is read out of it
        (unbound("3006", "invalidParametersFault"), InDoubt),
        (unbound("4001", "unexpectedTechnicalFault"), InDoubt),
        (unbound("2001", "securityFault")[:-30], InDoubt),
        (unbound("2001", "securityFault").replace(b"</e:Body>", b"<x:codigoProcessamento/></e:Body>"), InDoubt),
    ],
)
def test_a_denial_at_submit_is_one_although_its_prefix_is_bound_to_nothing(
    archive: Archive, reply: bytes, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        submit(archive, 500, reply)


def test_that_ccee_lists_contracts_is_said_and_why_it_is_not_read() -> None:
    with pytest.raises(StopIteration) as ended:
        next(ccee().find(one(receipt=None), Archive("unused")))
    assert "listarContrato" in ended.value.value.evidence and "not public" in ended.value.value.evidence
