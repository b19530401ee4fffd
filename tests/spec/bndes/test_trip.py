"""Whole trips to a BNDES that is played by hand-made replies: what travels, what lands, what the reports say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from lxml import etree

from malote import place
from malote.clock import HeldClock
from malote.errors import MaloteError, Misconfigured, ReplyLost, Unavailable
from malote.institution import Call, Reply
from malote.institutions.bndes.institution import Bndes
from malote.institutions.bndes.rules import TRAVELLING
from malote.trip import Outgoing
from support.bndes import form, pretended, reply
from support.trip import Trip, standings

MORNING = datetime(2026, 11, 23, 13, tzinfo=timezone.utc)
REASON = "<mensagens><mensagem><codigo>E{}</codigo><descricao>Motivo {}</descricao></mensagem></mensagens>"


@dataclass
class Desk:
    """BNDES as its manual has it: protocols in order, one result each, told what to do next by `moods`."""

    clock: HeldClock
    moods: list[str] = field(default_factory=list)
    taken: list[tuple[str, str, etree._Element]] = field(default_factory=list)
    posts: int = 0
    verdict: Callable[[str, etree._Element], str] = lambda service, document: "aprovado"

    def send(self, call: Call[Any], sink: Any = None) -> Any:
        found = self._answer(call)
        if isinstance(found, MaloteError):
            raise found
        return call.read(found)

    def _answer(self, call: Call[Any]) -> Reply | MaloteError:
        name = call.name.partition("/")[0]
        if call.name == "status":
            return reply(200, "operando", "text/plain")
        asked = call.request.url.rpartition("/")[2]
        if call.name == "logCriticas":
            log = f"<verificacao><codigo>V{asked}</codigo><descricao>Crítica de {asked}</descricao></verificacao>"
            return reply(200, f"<consulta_verificacao_retorno>{log}</consulta_verificacao_retorno>")
        if call.name == "consultaSubcredito":
            return reply(202, "<subcreditoRetorno/>")
        if call.name.endswith("/retorno"):
            return self._result(name, asked)
        document = etree.fromstring(form(call.request)["xml"][0].encode())
        if call.name == "pesquisa":
            return self._search(document)
        return self._post(name, document)

    def _post(self, name: str, document: etree._Element) -> Reply | MaloteError:
        self.posts += 1
        mood = self.moods.pop(0) if self.moods else ""
        if mood == "refuse":
            return reply(400, f"<{name}_retorno><status>rejeitado</status>{REASON.format(1, 1)}</{name}_retorno>")
        if mood == "500":
            return reply(500, f"<{name}_retorno><mensagens/></{name}_retorno>")
        if mood == "403":
            return reply(403, "")
        if mood == "gateway":
            return reply(502, "<html/>", "text/html")
        same = [document.findtext("anoProposta"), document.findtext("numeroProposta")]
        if name == "financiamento" and same in [
            [each.findtext("anoProposta"), each.findtext("numeroProposta")]
            for _, service, each in self.taken
            if service == name
        ]:
            return reply(400, f"<{name}_retorno><mensagem>Proposta já existe</mensagem></{name}_retorno>")
        protocol = f"{len(self.taken) + 1:06}"
        self.taken.append((protocol, name, document))
        at = self.clock.now().astimezone().isoformat()
        if mood == "lost":
            return ReplyLost("the reply was lost")
        return reply(
            202,
            f"<{name}_retorno><status>processando</status><numeroProtocolo>{protocol}</numeroProtocolo>"
            f"<dataHoraRecebimento>{at}</dataHoraRecebimento></{name}_retorno>",
        )

    def _result(self, name: str, asked: str) -> Reply:
        document = next((each for protocol, _, each in self.taken if protocol == asked), None)
        if document is None:
            return reply(404, "")
        status = self.verdict(name, document)
        if status == "processando":
            return reply(202, f"<{name}_retorno><status>processando</status></{name}_retorno>")
        more = REASON.format(2, 2) if status == "rejeitado" else ""
        if status == "aprovado" and name == "financiamento":
            more += f"<numeroBNDES>N{document.findtext('numeroProposta')}</numeroBNDES>"
        if name == "contratacao":
            more += "<dataTerminoCarencia>2027-12-15</dataTerminoCarencia>"
        return reply(
            200,
            f"<{name}_retorno><status>{status}</status><numeroProtocolo>{asked}</numeroProtocolo>{more}</{name}_retorno>",
        )

    def _search(self, document: etree._Element) -> Reply:
        wanted = [document.findtext("anoProposta"), document.findtext("numeroProposta")]
        found = "".join(
            f"<operacao><anoProposta>{wanted[0]}</anoProposta><numeroProposta>{wanted[1]}</numeroProposta>"
            f"<numeroProtocolo>{protocol}</numeroProtocolo></operacao>"
            for protocol, name, each in self.taken
            if name == "financiamento" and [each.findtext("anoProposta"), each.findtext("numeroProposta")] == wanted
        )
        return reply(202, f"<pesquisa_operacao_retorno><operacoes>{found}</operacoes></pesquisa_operacao_retorno>")


@dataclass
class Room:
    """A warehouse, a desk, and trips between them."""

    dsn: str
    archive: str
    clock: HeldClock
    desk: Desk
    trips: int = 0

    def trip(self, service: str, *, rows: Any = None, refused_too: bool = False, **params: Any) -> Trip:
        """prepare, send, wait, land, as a DAG run does; the rows are those of the shipped SQL."""
        self.trips += 1
        made = Trip(
            institution(), self.desk, self.dsn, self.archive, service=service, clock=self.clock,
            pouch=f"bndes/{self.trips}", params=params,
        )  # fmt: skip
        try:
            query = place.outgoing("bndes", service)
            made.prepare(Outgoing(self.dsn, query) if rows is None else rows, refused_too=refused_too)
            made.send()
            made.wait()
            assert not made.land().problems
        finally:
            made.close()
        return made

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


def institution() -> Bndes:
    return pretended(rules={"send_timeout": "PT1S", "ask_timeout": "PT1S", "requests": 0})


@pytest.fixture
def room(warehouse: str, tmp_path: Path) -> Room:
    clock = HeldClock(MORNING)
    return Room(warehouse, str(tmp_path / "archive"), clock, Desk(clock))


def proposal(room: Room, numero: str, value: int = 1000) -> None:
    room.run(
        """insert into outgoing.bndes_financiamento
           (ano_proposta, numero_proposta, beneficiario_cpf_cnpj, valor_financiado, item_descricao, item_valor)
           values ('2026', %s, '33657248000189', %s, '{Trator,Arado}', '{900.10,99.90}')""",
        numero, value,
    )  # fmt: skip


def line(room: Room, numero: str = "1") -> dict[str, Any]:
    with psycopg.connect(room.dsn) as connection:
        cursor = connection.execute("select * from report.bndes_esteira where numero_proposta = %s", (numero,))
        assert cursor.description is not None
        (row,) = cursor.fetchall()
        return {column.name: value for column, value in zip(cursor.description, row, strict=True)}


def test_a_proposal_goes_from_financiamento_through_contratacao_to_two_liberacoes_of_one_value(room: Room) -> None:
    proposal(room, "1")
    room.run("insert into outgoing.bndes_contratacao values ('2026', '1', '2026-11-23', 1000)")
    room.run("insert into outgoing.bndes_liberacao values ('L-1', '2026', '1', 500), ('L-2', '2026', '1', 500)")
    for too_early in ("contratacao", "liberacao"):
        room.trip(too_early)
    assert room.desk.taken == []  # nothing is approved yet
    room.trip("financiamento")
    assert (line(room)["etapa"], line(room)["numero_bndes"]) == ("aprovado", "N1")
    room.trip("liberacao")
    assert len(room.desk.taken) == 1  # nothing is contracted yet
    room.trip("contratacao")
    assert (line(room)["etapa"], str(line(room)["data_termino_carencia"])) == ("contratado", "2027-12-15")
    room.trip("liberacao")
    room.trip("liberacao")
    assert [(protocol, name) for protocol, name, _ in room.desk.taken] == [
        ("000001", "financiamento"), ("000002", "contratacao"), ("000003", "liberacao"), ("000004", "liberacao"),
    ]  # fmt: skip
    assert {each.findtext("numeroBNDES") for _, _, each in room.desk.taken[1:]} == {"N1"}
    stands = line(room)
    assert (stands["etapa"], stands["liberacoes_pedidas"], stands["liberacoes_aprovadas"]) == ("liberado", 2, 2)
    assert str(stands["liberacao_data_prevista"]) == "2026-11-25"
    assert standings(room.dsn) == {"landed": 4}
    assert room.run("select count(*), count(conteudo), count(distinct (servico, reference)) from bndes.resultado") == [
        (4, 4, 4)
    ]


def test_a_refusal_at_the_door_lands_its_reasons_and_travels_again_only_once_it_has_changed(room: Room) -> None:
    proposal(room, "1")
    room.desk.moods = ["refuse"]
    room.trip("financiamento")
    assert room.run("select reference, servico, origem, codigo, mensagem from bndes.critica") == [
        ("2026/1", "financiamento", "porta", "E1", "Motivo 1")
    ]
    assert (line(room)["etapa"], line(room)["financiamento_mensagem"]) == ("rejeitado", "Motivo 1")
    room.trip("financiamento")
    room.trip("financiamento", refused_too=True)
    assert room.desk.posts == 1  # not a byte has changed
    room.run("update outgoing.bndes_financiamento set valor_financiado = 900")
    room.trip("financiamento")
    assert room.desk.posts == 1  # nobody asked
    room.trip("financiamento", refused_too=True)
    assert room.desk.posts == 2 and line(room)["etapa"] == "aprovado"


def test_a_rejected_result_fetches_its_criticas_by_protocol(room: Room) -> None:
    proposal(room, "1")
    room.desk.verdict = lambda service, document: "rejeitado"
    room.trip("financiamento")
    assert room.run("select reference, numero_protocolo, origem, codigo, mensagem from bndes.critica") == [
        ("2026/1", "000001", "log", "V000001", "Crítica de 000001")
    ]
    assert room.run("select situacao, codigo, mensagem, numero_bndes from bndes.resultado") == [
        ("rejeitado", "E2", "Motivo 2", None)
    ]
    assert line(room)["etapa"] == "rejeitado"
    room.trip("contratacao")
    assert room.desk.posts == 1


def test_a_reply_lost_after_acceptance_is_found_by_pesquisa_and_nothing_is_sent_again(room: Room) -> None:
    for numero in ("1", "2"):
        proposal(room, numero)
    room.desk.moods = ["lost", "gateway"]
    room.trip("financiamento")
    assert room.desk.posts == 3  # the gateway's page was no acceptance: looked for, not there, sent again
    assert standings(room.dsn) == {"landed": 2} and len(room.desk.taken) == 2


def test_already_there_after_a_lost_reply_is_no_refusal(room: Room) -> None:
    proposal(room, "1")
    room.desk.moods = ["lost"]
    search = room.desk._search

    def lagging(document: etree._Element) -> Reply:
        taken, room.desk.taken = room.desk.taken, [] if room.desk.posts < 2 else room.desk.taken
        try:
            return search(document)
        finally:
            room.desk.taken = taken

    room.desk._search = lagging  # type: ignore[method-assign]
    room.trip("financiamento")
    assert room.desk.posts == 2 and len(room.desk.taken) == 1  # the second was told: it is there already
    assert standings(room.dsn) == {"landed": 1} and line(room)["etapa"] == "aprovado"


def test_its_own_500_is_sent_again_without_looking_for_it(room: Room) -> None:
    proposal(room, "1")
    room.desk.moods = ["500"]
    with pytest.raises(Unavailable):
        room.trip("financiamento")
    assert standings(room.dsn) == {"prepared": 1}
    room.trips -= 1  # the task is tried again
    room.trip("financiamento")
    assert room.desk.posts == 2 and standings(room.dsn) == {"landed": 1}


def test_a_denial_stops_the_pouch_at_once(room: Room) -> None:
    for numero in ("1", "2", "3"):
        proposal(room, numero)
    room.desk.moods = ["403"]
    with pytest.raises(Misconfigured):
        room.trip("financiamento")
    assert room.desk.posts == 1 and standings(room.dsn) == {"prepared": 3}


def test_the_counter_closes_half_way_and_the_pouch_goes_on_next_morning(room: Room) -> None:
    for numero in ("1", "2", "3"):
        proposal(room, numero)
    room.clock.at = datetime(2026, 11, 23, 22, 57, 50, tzinfo=timezone.utc)  # 19:57:50, the margin begins at 19:58
    post = room.desk._post

    def slow(name: str, document: etree._Element) -> Any:
        room.clock.pass_(seconds=20)
        at.append(room.clock.now())
        return post(name, document)

    at: list[datetime] = []
    room.desk._post = slow  # type: ignore[method-assign]
    room.trip("financiamento")
    assert [f"{each:%d %H:%M}" for each in at] == ["23 22:58", "24 11:00", "24 11:00"]
    assert standings(room.dsn) == {"landed": 3}


def test_a_liberacao_past_the_cut_off_is_held_or_credited_a_day_later(room: Room) -> None:
    line = {"numeroBNDES": "N1", "valor": 5}
    late = datetime(2026, 11, 23, 20, tzinfo=timezone.utc)  # 17:00
    room.clock.at = late
    room.trip("liberacao", rows=[{"reference": "L-1", **line}])
    room.clock.at = late
    room.trip("liberacao", rows=[{"reference": "L-2", **line}], hold_after_cut_off="True")
    found = room.run(
        """select r.reference, to_char(s.sent_at at time zone 'America/Sao_Paulo', 'DD HH24'),
                  data_prevista_liberacao::text
           from bndes.resultado r join malote.submission s on s.id = r.submission_id order by 1"""
    )
    assert found == [("L-1", "23 17", "2026-11-26"), ("L-2", "24 08", "2026-11-26")]


def test_a_cancelamento_cancels_the_balance_and_a_wholly_released_operation_is_rejected(room: Room) -> None:
    proposal(room, "1")
    room.trip("financiamento")
    room.run("insert into outgoing.bndes_cancelamento values ('C-1', '2026', '1', 'desistência')")
    room.desk.verdict = lambda service, document: "rejeitado"
    room.trip("cancelamento")
    assert (line(room)["etapa"], line(room)["cancelamentos_pedidos"]) == ("aprovado", 1)
    room.desk.verdict = lambda service, document: "cancelado"
    room.run("insert into outgoing.bndes_cancelamento values ('C-2', '2026', '1', 'de novo')")
    room.trip("cancelamento")
    assert (line(room)["etapa"], line(room)["cancelamentos_aprovados"]) == ("cancelado", 1)


@pytest.mark.parametrize("service", TRAVELLING[4:])
def test_an_undocumented_service_makes_its_trip_by_the_manuals_pattern(room: Room, service: str) -> None:
    room.run(
        "insert into outgoing.bndes_solicitacao (servico, referencia, motivo) values (%s, 'X-1', 'teste')", service
    )
    room.trip(service)
    assert room.run("select servico, reference, situacao from bndes.resultado") == [(service, "X-1", "aprovado")]


def test_what_was_approved_elsewhere_is_not_contracted_here(room: Room) -> None:
    proposal(room, "1")
    room.run("insert into outgoing.bndes_contratacao values ('2026', '1', '2026-11-23', 1000)")
    room.trip("financiamento")
    room.run("update malote.submission set environment = 'homologacao'")
    room.trip("contratacao")
    assert room.desk.posts == 1


def test_a_liberacao_whose_reply_was_lost_is_for_a_person_and_the_report_says_so(room: Room) -> None:
    proposal(room, "1")
    room.run("insert into outgoing.bndes_contratacao values ('2026', '1', '2026-11-23', 1000)")
    room.run("insert into outgoing.bndes_liberacao values ('L-1', '2026', '1', 500)")
    room.trip("financiamento")
    room.trip("contratacao")
    room.desk.moods = ["lost"]
    room.trip("liberacao")
    room.trip("liberacao")
    assert room.desk.posts == 3 and standings(room.dsn) == {"landed": 2, "in_doubt": 1}
    assert (line(room)["etapa"], line(room)["liberacoes_em_duvida"]) == ("liberação pedida", 1)


def test_the_outgoing_tables_and_the_report_have_a_row_for_what_is_still_to_be_sent(room: Room) -> None:
    proposal(room, "1")
    trip = Trip(institution(), room.desk, room.dsn, room.archive, service="financiamento", clock=room.clock)
    trip.prepare(Outgoing(room.dsn, place.sql("outgoing", "bndes__financiamento.sql").read_text()))
    trip.close()
    assert line(room)["etapa"] == "a enviar"
