"""After a lost reply: receipts by key, the same bytes again where no protocol is told, a person where neither helps."""

from __future__ import annotations

from typing import Any

import pytest

from malote.errors import Malformed, Misconfigured, Throttled, Unavailable
from malote.institution import Reply
from malote.submission import Absent, CannotTell, Finding, Found, Standing
from support.bndes import played
from support.reinf import CONTRIBUTOR, Desk, ocorrencia, pay, reply, retorno

RECIBO = "<Reinf><r><evento><idEv>{id}</idEv><nrRecArqBase>7-01-4020-2610-7</nrRecArqBase>{more}</evento></r></Reinf>"
OTHER = f"ID1{'9' * 33}"
LETTERS = f"ID112ABC345{'0' * 25}"


@pytest.fixture
def known(desk: Desk) -> Desk:
    desk.sql(CONTRIBUTOR)
    assert desk.run("r1000") == (1, 1)
    pay(desk, 1, 1)
    pay(desk, 2, 2)
    return desk


def asked(desk: Desk, answers: list[Any], service: str = "r4020") -> tuple[Finding, list[str]]:
    """What a find makes of made-up answers, about a lote that was prepared; and what it asked."""
    with desk.trip(service) as trip:
        trip.prepare(desk.rows(service))
        (sent,) = trip.journal.submissions(trip.scope)
        ids = sorted(sent.facts["eventos"])

        def answer(_: Any) -> Any:
            given = answers.pop(0)
            return given(ids) if callable(given) else given

        finding, calls = played(desk.institution.find(sent, trip.archive), answer)
    return finding, [call.request.url.partition("/consulta/")[2] or call.name for call in calls]


def shows(n: int, more: str = "") -> Any:
    return lambda ids: reply(200, RECIBO.format(id=ids[n], more=more))


NOTHING = reply(404, retorno(9, protocol=""))


def test_an_event_under_its_own_id_is_proof_and_its_protocol_the_receipt(known: Desk) -> None:
    finding, urls = asked(known, [NOTHING, shows(1, "<nrProtLote>2.202611.9</nrProtLote>")])
    assert isinstance(finding, Found) and finding.receipt.number == "2.202611.9"
    assert urls[0].startswith("reciboevento/R4020/1/11222333/2026-10/1/11222333000181/")


def test_without_a_protocol_the_same_bytes_go_again_and_are_told_apart(known: Desk) -> None:
    finding, urls = asked(known, [shows(0), reply(201, retorno(1, protocol="2.202611.5"))])
    assert isinstance(finding, Found) and finding.receipt.number == "2.202611.5"
    assert urls[1] == "recepcao/lotes"


@pytest.mark.parametrize(
    "answers",
    [
        [NOTHING, NOTHING],
        [reply(404, ""), reply(404, "")],
        [reply(200, "<Reinf><retorno/></Reinf>")] * 2,
        [reply(200, RECIBO.format(id=OTHER, more=""))] * 2,
        [reply(200, RECIBO.format(id=LETTERS, more=""))] * 2,
        [reply(200, retorno(9, protocol=""))] * 2,
        [reply(422, retorno(9, protocol=""))] * 2,
        [reply(404, " \n")] * 2,
        [reply(404, "<Reinf><descRetorno>Não há recibo de R-4020 para a chave informada.</descRetorno></Reinf>")] * 2,
        [reply(200, "<Reinf><mensagem>Nenhum evento encontrado</mensagem><tpAmb>2</tpAmb></Reinf>")] * 2,
    ],
)
def test_where_no_event_of_it_is_shown_it_is_absent(known: Desk, answers: list[Any]) -> None:
    finding, _ = asked(known, list(answers))
    assert isinstance(finding, Absent) and "none of the 2 events" in finding.evidence


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (reply(422, retorno(8, protocol="", more=ocorrencia())), Malformed),
        (reply(200, retorno(8, protocol="")), Malformed),
        (reply(422, "<Reinf><retorno/></Reinf>"), Malformed),
        (reply(200, retorno(77, protocol="")), Malformed),
        (reply(200, retorno(99, protocol="")), Unavailable),
        (reply(200, retorno(1, protocol="")), Unavailable),
        (reply(200, "<html><body>Entrar com gov.br</body></html>", "text/html"), Malformed),
        (reply(404, "<html><body>Nada aqui</body></html>", "text/html"), Malformed),
        (reply(404, '{"message": "no Route matched"}', "application/json"), Malformed),
        (reply(404, "<error><message>no Route matched</message></error>"), Malformed),
        (reply(404, "<fault><detail>No matching resource found</detail></fault>"), Malformed),
        (reply(200, "<erro>Serviço indisponível</erro>"), Malformed),
        (reply(200, "<Reinf><mensagem>tente mais tarde</mensagem></Reinf>"), Malformed),
        (reply(404, "<Reinf><mensagem>Serviço não encontrado</mensagem></Reinf>"), Malformed),
        (reply(404, "no route", "text/plain"), Malformed),
        (reply(200, "no route", "text/plain"), Malformed),
        (reply(200, ""), Malformed),
        (reply(204, ""), Malformed),
        (reply(302, ""), Malformed),
        (reply(401, ""), Unavailable),
        (reply(500, retorno(99, protocol="")), Unavailable),
        (reply(495, ""), Misconfigured),
        (reply(429, ""), Throttled),
    ],
)
def test_what_does_not_say_that_nothing_is_there_is_no_absence(
    known: Desk, given: Reply, error: type[Exception]
) -> None:
    with pytest.raises(error):
        asked(known, [given] * 2)


def test_a_receipt_of_nobody_knows_which_event_is_a_person_s_to_judge(known: Desk) -> None:
    finding, _ = asked(known, [reply(200, "<Reinf><r><nrRecibo>7-01-4020-2610-7</nrRecibo></r></Reinf>")])
    assert isinstance(finding, CannotTell) and "portal" in finding.search and "2026-10" in finding.search


def test_an_exclusion_cannot_be_asked_for(known: Desk) -> None:
    known.sql("insert into outgoing.reinf_r9000 values ('7-01-4020-2610-7', 'R-4020', '2026-10')")
    finding, urls = asked(known, [], "r9000")
    assert isinstance(finding, CannotTell) and "R-9000" in finding.search and not urls


@pytest.mark.parametrize("settings", [{}, {"same_lote": "same_protocol"}, {"duplicates": "silent"}])
def test_a_lost_reply_is_settled_without_a_second_declaration(known: Desk, settings: dict[str, Any]) -> None:
    known.sim.reinf.set(**settings)
    known.sim.reinf.play("lost_reply", on="recepcao")
    assert known.run("r4020") == (1, 2)
    assert known.sql("select count(*) from reinf.evento where situacao = 'aceito' and evento = 'R-4020'") == [(2,)]
    assert known.sim.reinf.declared_more_than_once == 0
    assert set(known.sim.reinf.accepted.values()) == {1}


def test_a_lote_that_the_receipts_do_not_show_goes_again_and_lands_as_received_before(known: Desk) -> None:
    known.sim.reinf.set(search_lag=10 * 86400)
    known.sim.reinf.play("lost_reply", on="recepcao")
    assert known.run("r4020") == (1, 2)
    found = known.sql("select situacao, duplicado from reinf.evento where evento = 'R-4020'")
    assert found == [("aceito", True)] * 2, "evtDupl: it was received before, and is accepted once"
    assert known.sim.reinf.declared_more_than_once == 0


def test_what_no_way_of_asking_settles_ends_in_doubt_with_a_search(known: Desk) -> None:
    known.sql("insert into outgoing.reinf_r9000 values ('7-01-4020-2610-7', 'R-4020', '2026-10')")
    known.sim.reinf.play("lost_reply", on="recepcao")
    with known.trip("r9000") as trip:
        trip.prepare(known.rows("r9000"))
        assert trip.send().in_doubt == 1
        (doubt,) = trip.journal.submissions(trip.scope, Standing.IN_DOUBT)
        (told,) = [each["detail"] for each in trip.journal.story(doubt.id) if each["what"] == "in doubt"]
    assert "e-CAC" in told["search"]
