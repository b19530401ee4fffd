"""CCEE's fact sheet, section 1: prefixes and namespaces, faults, where to and who."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, MaloteError, Misconfigured, Throttled, Unavailable
from malote.institution import Access, Reply
from malote.institutions.ccee.institution import Ccee
from malote.submission import CannotTell, Pending, Ready
from support import ROOT
from support.ccee import FAULT_4001, ccee, check, envelope, fault, one, result, submit

LIST = re.compile(b"<q:ResultadosProcessamentoImportacaoContrato>.*</q:ResultadosProcessamentoImportacaoContrato>")


# 1.4 prefixes and namespaces


@pytest.mark.parametrize("name", ["bo", "out2", "io2", "ns0"])
@pytest.mark.parametrize("space", ["BO/v1", "BM/v1", "BO/v2"])
def test_an_answer_is_read_whatever_its_prefixes_and_namespaces(name: str, space: str) -> None:
    answer = result(("SUCESSO", "A"), ("AVISO", "B"), name=name, space=space)
    assert check(200, answer) == Ready(answer)
    assert [row[7:10] for row in ccee().read(one(), io.BytesIO(answer))] == [
        ("A", "accepted", "SUCESSO"),
        ("B", "noted", "AVISO"),
    ]


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


@pytest.mark.parametrize("given", [["1234"], {"a": 1}, True, 1.5, float("nan"), "1\0", "12\n34"], ids=repr)
def test_a_profile_code_is_a_text_or_a_whole_number(given: object) -> None:
    with pytest.raises(Misconfigured, match="codigo_perfil_agente"):
        Ccee(Access("ccee", "piloto", extra={"codigo_perfil_agente": given}))


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
