"""What the EFD-Reinf's replies mean, one line each: statuses, cdResposta, events; by the sheet, without a simulator."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from malote.archive import Archive
from malote.errors import Malformed, Misconfigured, Refused, Throttled, Unavailable
from malote.institution import Call, Reply
from malote.institutions.reinf.answers import EVENTO
from malote.institutions.reinf.codes import ALREADY_THERE, BY_CODE
from malote.submission import Pending, Ready
from support.reinf import ID, MONTH, event, ocorrencia, reinf, reply, retorno, submission

HTML = "<html><body>Bad gateway</body></html>"
NOT_TAKEN = retorno(7, protocol="", more=ocorrencia("MS0030", "Certificado sem procuração de 529.982.247-25"))


def posted(archive: Archive, **changes: Any) -> Call[Any]:
    with archive.write("reinf/sent", "x.xml") as sheet:
        sheet.write(b"<x/>")
    return reinf().submit(submission(receipt=None, stored=sheet.stored, **changes), archive)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (retorno(1), 201),
        (retorno(1), 200),
        ("  \n" + retorno(1), 201),
        (retorno(1).encode("utf-16"), 201),
        (retorno(1).replace("</Reinf>", ""), 201),
        (retorno(1, whose="11222333000181"), 201),
    ],
)
def test_a_protocol_is_a_receipt_whatever_else_is_odd(archive: Archive, body: str | bytes, status: int) -> None:
    assert posted(archive).read(reply(status, body)).number == "2.202611.1"


@pytest.mark.parametrize(
    ("given", "code"), [(reply(422, NOT_TAKEN), "7"), (reply(201, NOT_TAKEN), "7"), (reply(415, HTML), "415")]
)
def test_a_documented_no_is_a_refusal_that_frees(archive: Archive, given: Reply, code: str) -> None:
    with pytest.raises(Refused) as refused:
        posted(archive).read(given)
    assert refused.value.code == code and BY_CODE[code].frees
    assert "982247" not in str(refused.value).replace("***982247**", "")
    if code == "7":
        assert [row[3:7] for row in refused.value.reasons] == [
            ("porta", "1", "MS0030", "Certificado sem procuração de ***982247**")
        ]


def test_after_an_earlier_attempt_a_refusal_that_says_already_is_proof_of_arrival(archive: Archive) -> None:
    given = reply(422, retorno(7, protocol="", more=ocorrencia("MS9", "Lote já recebido anteriormente")))
    for attempt, code in ((1, "7"), (2, ALREADY_THERE)):
        with pytest.raises(Refused) as refused:
            posted(archive, attempt=attempt).read(given)
        assert refused.value.code == code
    named = reply(422, retorno(7, more=ocorrencia("MS9", "Lote já recebido")))
    assert posted(archive, attempt=2).read(named).number == "2.202611.1"


@pytest.mark.parametrize("status", [495, 496])
@pytest.mark.parametrize("asks", [True, False])
def test_a_certificate_that_is_turned_down_stops_everything(archive: Archive, status: int, asks: bool) -> None:
    with pytest.raises(Misconfigured):
        (reinf().check(submission()) if asks else posted(archive)).read(reply(status, HTML, "text/html"))


@pytest.mark.parametrize(
    "given",
    [
        reply(500, retorno(99, protocol="")),
        reply(503, HTML, "text/html"),
        reply(429, ""),
        reply(201, retorno(1, protocol="")),
        reply(201, ""),
        reply(201, HTML),
        reply(422, HTML),
        reply(201, retorno(1, whose="99999999")),
        reply(404, ""),
        reply(403, HTML),
    ],
)
def test_every_other_reply_to_a_send_is_doubt(archive: Archive, given: Reply) -> None:
    with pytest.raises(Malformed):
        posted(archive).read(given)


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        (reply(404, retorno(9, protocol="")), Malformed, "9"),
        (reply(404, HTML), Malformed, None),
        (reply(200, retorno(9, protocol="")), Malformed, "9"),
        (reply(422, retorno(8, protocol="")), Malformed, "8"),
        (reply(500, retorno(99, protocol="")), Unavailable, "500"),
        (reply(200, retorno(99, protocol="")), Unavailable, "99"),
        (reply(503, HTML), Unavailable, "503"),
        (reply(403, HTML), Unavailable, "403"),
        (reply(429, ""), Throttled, "429"),
        (reply(200, HTML), Malformed, None),
        (reply(200, retorno(77)), Malformed, None),
        (reply(200, retorno(4)), Malformed, None),
        (reply(200, retorno(7, protocol="")), Malformed, None),
        (reply(422, retorno(9, protocol="")), Malformed, "9"),
        (reply(302, ""), Malformed, None),
        (reply(401, ""), Unavailable, "401"),
        (reply(404, '{"message": "no Route matched"}'), Malformed, None),
        (reply(200, ""), Malformed, None),
        (reply(200, retorno(2, event(0) + event(1), protocol="2.202611.2")), Malformed, None),
        (reply(200, retorno(2, event(0) + event(1), whose="99999999")), Malformed, None),
    ],
)
def test_a_question_that_is_not_answered_says_nothing_about_the_lote(
    given: Reply, error: type[Exception], code: str | None
) -> None:
    with pytest.raises(error) as wrong:
        reinf().check(submission()).read(given)
    assert getattr(wrong.value, "code", None) == code


def test_it_is_ready_when_every_event_has_a_verdict() -> None:
    check = reinf().check(submission()).read
    assert isinstance(check(reply(200, retorno(1))), Pending)
    assert isinstance(check(reply(200, retorno(2, event(0) + event(1)))), Ready)
    assert isinstance(check(reply(200, retorno(3, event(0) + event(1, "1", "")))), Ready)
    lacking = check(reply(200, retorno(2, event(0))))
    assert isinstance(lacking, Pending) and lacking.partial and "1 of 2" in lacking.why
    for empty in (2, 3):
        assert isinstance(check(reply(200, retorno(empty))), Pending), "no event is told: nothing is known of any"
    strangers = check(reply(200, retorno(2, event(7) + event(8))))
    assert isinstance(strangers, Pending) and "0 of 2" in strangers.why
    unreceipted = check(reply(200, retorno(2, event(0) + event(1, "0", ""))))
    assert isinstance(unreceipted, Pending), "an accepted event has a receipt"


DUPLICATE = "<regOcorrs><tpOcorr>1</tpOcorr><codResp>MS0022</codResp><dscResp>Já recebido</dscResp></regOcorrs>"


@pytest.mark.parametrize(
    ("said", "attempt", "outcome"),
    [
        (event(0), 1, "accepted"),
        (event(0, evtDupl="true"), 1, "accepted"),
        (event(0, "1", evtDupl="true"), 2, "accepted"),
        (event(0, "1", "", evtDupl="true"), 2, "unanswered"),
        (event(0, "1", ""), 1, "refused"),
        (event(0, "1", "", DUPLICATE), 1, "refused"),
        (event(0, "1", "", DUPLICATE), 2, "unanswered"),
        (event(0, "1", more=DUPLICATE), 2, "accepted"),
        (event(0, "0", ""), 1, "unanswered"),
        (event(0, "2"), 1, "unanswered"),
        (event(0, "9"), 1, "unanswered"),
    ],
)
def test_what_became_of_an_event(said: str, attempt: int, outcome: str) -> None:
    sent = submission(attempt=attempt)
    (row,) = reinf().read(sent, io.BytesIO(retorno(3, said).encode()))
    assert row[-4:-2] == (f"{ID}00000", outcome)
    own = dict(zip(EVENTO.columns, row, strict=False))
    assert own["per_apur"] == MONTH and own["duplicado"] == ("true" if "evtDupl" in said else "false")


WRONG = "<regOcorrs><tpOcorr>{}</tpOcorr><codResp>{}</codResp><dscResp>{}</dscResp></regOcorrs>"


@pytest.mark.parametrize(
    ("told", "code", "message", "kept"),
    [
        ([(1, "MS1", "Um"), (1, "MS2", "Dois")], "MS1", "Um; Dois", 2),
        ([(2, "MS1", "Aviso"), (1, "MS2", "Erro")], "MS2", "Erro", 2),
        ([(2, "MS1", "Aviso")], "1", "Texto", 1),
        ([(1, "", "Sem código")], None, "Sem código", 1),
        ([(1, "MS1", "")], "MS1", "Texto", 1),
        ([], "1", "Texto", 0),
    ],
)
def test_of_several_ocorrencias_the_first_error_is_the_code_and_all_are_kept(
    told: list[tuple[int, str, str]], code: str | None, message: str, kept: int
) -> None:
    said = event(0, "1", "", "".join(WRONG.format(*each) for each in told))
    (row,) = reinf().read(submission(), io.BytesIO(retorno(3, said).encode()))
    own = dict(zip(EVENTO.columns, row, strict=False))
    assert (own["codigo"], own["mensagem"]) == (code, message)
    assert len(json.loads(own["ocorrencias"] or "[]")) == kept


def test_a_landed_text_shows_no_cpf_and_an_odd_instant_is_kept_as_it_came() -> None:
    said = event(0, "1", "", DUPLICATE.replace("Já recebido", "CPF 52998224725 inválido"))
    said = said.replace("2026-11-03T10:00:00-03:00", "ontem")
    (row,) = reinf().read(submission(), io.BytesIO(retorno(3, said).encode()))
    own = dict(zip(EVENTO.columns, row, strict=False))
    assert own["mensagem"] == "CPF ***982247** inválido" and "52998224725" not in str(row)
    assert own["recebido_em"] is None and "ontem" in str(own["nao_lido"])
