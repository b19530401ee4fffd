"""Every row of BNDES's service catalogue makes its round over real HTTPS, with an e-CNPJ, to the simulated BNDES."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote import place
from malote.errors import Misconfigured
from malote.institution import load
from malote.institutions.bndes.institution import Bndes
from malote.institutions.bndes.rules import SERVICES, TRAVELLING, UNDOCUMENTED
from malote.trip import Outgoing
from support.stages import BndesStage
from support.trip import Trip, standings

WIRE = {
    "prorrogacao_prazo": "prorrogacaoPrazo",
    "cancelamento_saldo": "cancelamentoSaldo",
    "previa_financiamento": "previaFinanciamento",
    "simular_contratacao": "simularContratacao",
    "simular_liberacao": "simularLiberacao",
}
"""What the simulator, which is not ours, calls the services whose names have two words."""

OFFICIAL = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:apa:oficial"
  elementFormDefault="qualified"><xs:element name="Solicitacao"><xs:complexType><xs:sequence>
    <xs:element name="anoProposta" type="xs:gYear" minOccurs="0"/>
    <xs:element name="numeroProposta" type="xs:string" minOccurs="0"/>
    <xs:element name="numeroBNDES" type="xs:string" minOccurs="0"/>
    <xs:element name="valorPedido" type="xs:decimal"/>
  </xs:sequence><xs:attribute name="versao" use="required"/></xs:complexType></xs:element></xs:schema>"""
"""As BNDES's own could be: another root, a namespace, names that the shipped reconstruction does not have."""


class Agent:
    """An agente financeiro with a warehouse, at a simulated BNDES."""

    def __init__(self, stage: BndesStage, dsn: str, archive: str) -> None:
        self.stage, self.dsn, self.archive, self.driver = stage, dsn, archive, stage.driver()
        self.office, self.trips = stage.sim.bndes, 0

    def there(self, **extra: Any) -> Bndes:
        access = self.stage.access()
        rules = {**access.extra["rules"], **extra.pop("rules", {})}
        found = load("bndes")(self.stage.access(rules=rules, **extra))
        assert isinstance(found, Bndes)
        return found

    def trip(self, service: str, rows: Any = None, *, there: Bndes | None = None, refused_too: bool = False) -> None:
        """A run of the DAG, by the shipped SQL of the service unless rows are given."""
        self.trips += 1
        pouch = f"dag/{self.trips}/submit"
        made = Trip(there or self.there(), self.driver, self.dsn, self.archive, service=service, pouch=pouch)
        try:
            query = place.outgoing("bndes", service)
            made.prepare(Outgoing(self.dsn, query) if rows is None else rows, refused_too=refused_too)
            made.send()
            made.wait()
            assert made.land().problems == ()
        finally:
            made.close()

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def results(self, service: str) -> list[tuple[Any, ...]]:
        return self.run(
            f"select reference, situacao, conteudo from bndes.resultado where servico = '{service}' order by reference"
        )

    def propose(self, number: int = 1, value: int = 1000) -> None:
        self.run(
            f"""insert into outgoing.bndes_financiamento
                    (ano_proposta, numero_proposta, beneficiario_cpf_cnpj, valor_financiado)
                values ('2026', '{number}', '52998224725', {value})"""
        )

    def contract(self) -> None:
        """Proposal 2026/1 of 1000 becomes a contracted operation."""
        self.propose()
        self.run("insert into outgoing.bndes_contratacao values ('2026', '1', '2026-11-23', 1000)")
        self.trip("financiamento")
        self.trip("contratacao")

    def release(self, *values: int) -> None:
        for n, value in enumerate(values, 1):
            self.run(f"insert into outgoing.bndes_liberacao values ('L-{n}', '2026', '1', {value})")
        self.trip("liberacao")


@pytest.fixture
def agent(tmp_path: Path, warehouse: str) -> Iterator[Agent]:
    stage = BndesStage(tmp_path)
    stage.sim.bndes.set(equal_documents="apart")
    yield Agent(stage, warehouse, str(tmp_path / "archive"))
    stage.close()


# ---- what travels


@pytest.mark.parametrize("service", TRAVELLING)
def test_a_service_that_travels_makes_its_round_from_its_table_by_its_shipped_sql(agent: Agent, service: str) -> None:
    agent.contract()
    if service == "liberacao":
        agent.release(400, 400)
    elif service == "cancelamento":
        agent.run("insert into outgoing.bndes_cancelamento values ('X-1', '2026', '1', 'desistência')")
        agent.trip(service)
    elif service in UNDOCUMENTED:
        proposal = 9 if service == "previa_financiamento" else 1
        agent.run(
            f"""insert into outgoing.bndes_solicitacao (servico, referencia, ano_proposta, numero_proposta, valor)
                values ('{service}', 'X-1', '2026', '{proposal}', 10)"""
        )
        agent.trip(service)
    references = {"financiamento": ["2026/1"], "contratacao": ["2026/1"], "liberacao": ["L-1", "L-2"]}
    landed = agent.results(service)
    assert [row[:2] for row in landed] == [(each, "aprovado") for each in references.get(service, ["X-1"])]
    name = WIRE.get(service, service)
    assert agent.office.requests[name] == agent.office.requests[f"{name}_retorno"] == len(landed)
    assert agent.office.approved_more_than_once == agent.office.accepted_more_than_once == 0
    assert set(standings(agent.dsn)) == {"landed"}


@pytest.mark.parametrize("service", UNDOCUMENTED)
def test_an_undocumented_service_travels_by_the_path_field_and_schema_of_the_connection(
    agent: Agent, tmp_path: Path, service: str
) -> None:
    agent.contract()
    (numero,) = agent.run("select numero_bndes from bndes.aprovado")[0]
    name = WIRE.get(service, service)
    agent.office.set(
        paths={name: "servicos/v3/pedido", f"{name}_retorno": "servicos/v3/pedido/resultado"},
        form_fields={"*": "xml", name: "documento"},
    )
    (tmp_path / "oficial.xsd").write_text(OFFICIAL)
    said = {
        "path": "servicos/v3/pedido", "return_path": "servicos/v3/pedido/resultado/{}", "form_field": "documento",
        "schema_in": "oficial.xsd",
    }  # fmt: skip
    there = agent.there(schemas=str(tmp_path), rules={"services": {service: said}})
    about = {"numeroBNDES": numero}
    if service == "previa_financiamento":
        about = {"anoProposta": "2026", "numeroProposta": "9"}
    agent.trip(service, [{"reference": "X-1", **about, "valorPedido": 10, "@versao": "1.0"}], there=there)
    assert [row[:2] for row in agent.results(service)] == [("X-1", "aprovado")]
    sent = (Path(agent.archive) / "bndes" / "sent").rglob("*X-1*")
    assert any(b'<Solicitacao xmlns="urn:apa:oficial" versao="1.0">' in each.read_bytes() for each in sent)


def test_an_undocumented_service_that_is_at_no_such_path_says_which_and_sends_nothing_more(agent: Agent) -> None:
    agent.office.set(paths={"aditivo": "servicos/elsewhere"})
    rows = [{"reference": f"X-{n}", "numeroBNDES": "7"} for n in range(3)]
    with pytest.raises(Misconfigured, match=r"guessed path.*\n(?s:.*)services.aditivo.path"):
        agent.trip("aditivo", rows)
    assert standings(agent.dsn) == {"prepared": 3} and not agent.office.accepted


# ---- the life cycle


def test_two_liberacoes_of_one_value_are_two_and_each_travels_once(agent: Agent) -> None:
    agent.contract()
    agent.release(300, 300)
    agent.trip("liberacao")
    assert [row[0] for row in agent.results("liberacao")] == ["L-1", "L-2"]
    assert agent.office.requests["liberacao"] == 2
    assert agent.office.described()["operacoes"]["2026/1"]["released"] == "600.00"


def test_a_cancelamento_of_what_is_partly_released_cancels_the_balance_and_the_report_says_so(agent: Agent) -> None:
    agent.contract()
    agent.release(400)
    agent.run("insert into outgoing.bndes_cancelamento values ('C-1', '2026', '1', 'saldo')")
    agent.trip("cancelamento")
    ((reference, situacao, conteudo),) = agent.results("cancelamento")
    assert (reference, situacao) == ("C-1", "aprovado")
    assert (conteudo["tipoCancelamento"], conteudo["valorCancelado"]) == ("parcial", "600.00")
    assert agent.run("select etapa, cancelamentos_aprovados from report.bndes_esteira") == [("saldo cancelado", 1)]


def test_a_cancelamento_of_what_is_wholly_released_is_rejected_with_its_criticas(agent: Agent) -> None:
    agent.contract()
    agent.release(1000)
    agent.run("insert into outgoing.bndes_cancelamento values ('C-1', '2026', '1', 'tarde demais')")
    agent.trip("cancelamento")
    assert [row[:2] for row in agent.results("cancelamento")] == [("C-1", "rejeitado")]
    ((origem, mensagem),) = agent.run("select origem, mensagem from bndes.critica")
    assert origem == "log" and "Não há saldo a liberar" in mensagem
    assert agent.run("select etapa, cancelamentos_aprovados from report.bndes_esteira") == [("liberado", 0)]


def test_a_rejected_financiamento_travels_again_under_its_number_only_once_it_has_changed(agent: Agent) -> None:
    agent.propose(value=1666)
    agent.office.set(reject={"2026/1": ["cadin"]})
    agent.trip("financiamento")
    agent.office.set(reject={})
    agent.trip("financiamento", refused_too=True)
    assert agent.office.requests["financiamento"] == 1, "not a byte has changed"
    agent.run("update outgoing.bndes_financiamento set valor_financiado = 900")
    agent.trip("financiamento", refused_too=True)
    assert [row[:2] for row in agent.results("financiamento")] == [("2026/1", "rejeitado"), ("2026/1", "aprovado")]
    assert dict(agent.office.accepted) == {"financiamento 2026/1": 1, "financiamento 2026/1 #2": 1}


# ---- what answers at once


def pesquisa(agent: Agent) -> None:
    there = agent.there()
    answer = agent.driver.send(there.pesquisa({"anoProposta": "2026", "numeroProposta": "1"}))
    ((ano, numero, protocolo, status, *_),) = there.read_operacoes(io.BytesIO(answer))
    receipts = agent.run("select receipt from malote.submission where service = 'financiamento'")
    assert (ano, numero, status) == ("2026", "1", "contratado") and (protocolo,) in receipts


def subcredito(agent: Agent) -> None:
    there = agent.there()
    (number,) = agent.run("select numero_bndes from bndes.aprovado")[0]
    answer = agent.driver.send(there.subcredito(number))
    rows = list(there.read_subcredito(io.BytesIO(answer)))
    assert {row[2] for row in rows} >= {"financiamento", "contratacao"}


def criticas(agent: Agent) -> None:
    agent.propose(2)
    agent.office.set(reject={"2026/2": ["above_limit", "cadin"]})
    agent.trip("financiamento")
    found = agent.run("select reference, numero_protocolo is not null, origem, codigo from bndes.critica order by 4")
    assert found == [("2026/2", True, "log", "4001"), ("2026/2", True, "log", "4002")]


def status(agent: Agent) -> None:
    assert "em funcionamento normal" in agent.driver.send(agent.there().status())


ASKED: dict[str, Callable[[Agent], None]] = {
    "pesquisa": pesquisa,
    "consultaSubcredito": subcredito,
    "logCriticas": criticas,
    "status": status,
}


@pytest.mark.parametrize("service", ASKED)
def test_a_service_that_answers_at_once_makes_its_round(agent: Agent, service: str) -> None:
    agent.contract()
    before = agent.office.requests[service]
    ASKED[service](agent)
    assert agent.office.requests[service] > before


def test_no_row_of_the_catalogue_is_left_out_of_these_rounds() -> None:
    assert {*TRAVELLING, *ASKED} == set(SERVICES)


def test_names_that_the_manual_does_not_give_are_changed_by_data_alone(agent: Agent) -> None:
    agent.office.set(
        names={"numeroProtocolo": "identificador", "mensagem": "observacao", "status": "andamento"},
        values={"aprovado": "DEFERIMENTO"}, namespace="urn:apa", prefix="ns2", extras=True, timestamps="br",
    )  # fmt: skip
    tags = {"numero_protocolo": ["identificador"], "status": ["andamento"], "critica": ["observacao"]}
    there = agent.there(rules={"tags": tags, "words": {"yes": ["deferimento"]}})
    agent.propose()
    agent.trip("financiamento", there=there)
    ((reference, situacao, conteudo),) = agent.results("financiamento")
    assert (reference, situacao) == ("2026/1", "aprovado")
    assert json.dumps(conteudo).count("identificador") == 1, "and the answer is kept whole"
