"""The flows that travel in the running system: rows of one's own for each, and how they are told over there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from malote.archive import Seal
from malote_local.stage import Stage
from malote_sim.certificates import CNPJ
from support import ROOT
from support.reinf import CONTRIBUTOR, cnpj_number

CARD = {"numero": "4012001037141112", "validade": "209911", "nome-portador": "FULANA DE TAL"}
VOLATILE = {"landed_at", "submission_id", "ordem", "codigo_processamento", "codigo_contrato", "numero_protocolo"}
VOLATILE |= {"numero_bndes", "numero_contrato_bndes", "recebido_em", "numero_lote", "item_id", "tid", "nsu", "arp"}
VOLATILE |= {"numero_pedido", "numero_proposta", "autorizacao_codigo", "pedido_data_hora", "autorizacao_data_hora"}
VOLATILE |= {"captura_data_hora", "data_termino_carencia", "data_primeira_amortizacao", "data_ultima_amortizacao"}
"""Landed columns that name this one trip; all others are the same in every run over such rows."""
ITS_OWN = {"numeroBNDES", "numeroContratoBNDES", "numeroProtocolo", "numeroProposta", "dataHoraRecebimento"}
"""The same of what lands as a whole, as the institution wrote it."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One institution's flow. ``tag`` is a number of four digits or more that sets the rows of one batch apart.

    :param reference: of row ``i`` of a batch; some are made so that they are refused
    :param pattern: that all references of a batch fit, and no others
    :param accepted: the name under which the simulator counts a reference
    :param insert: SQL with the parameters ``tag``, ``count`` and what :func:`secrets` gives
    :param conf: the params of a run
    :param intervals: the instants of two neighbouring runs by its timetable
    :param receipt: finds the receipt of a submission in what the simulator shows, None where it never arrived
    :param group: task group that its tasks are in, with a dot
    :param documents: how many documents so many rows become
    :param volatile: landed columns that name one trip, beside :data:`VOLATILE`
    :param first: rows, and the params of a run over them, that have to be home before any batch is
    """

    institution: str
    dag_id: str
    table: str
    shipped: str
    submit: str
    ask: str
    insert: str
    reference: Callable[[int, int], str]
    pattern: Callable[[int], str]
    accepted: Callable[[str], str]
    receipt: Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]
    conf: Mapping[str, Any]
    settings: Mapping[str, Any]
    answered_after: Callable[[int], Mapping[str, Any]]
    intervals: tuple[str, str]
    documents: Callable[[int], int]
    group: str = ""
    mapped: bool = False
    twice: tuple[str, ...] = ()
    volatile: frozenset[str] = frozenset()
    first: tuple[str, Mapping[str, Any]] | None = None

    def task_id(self, name: str) -> str:
        """``"wait"``, or ``"eventos.wait"`` where the tasks of the flow are in a group."""
        return f"{self.group}{name}"

    def task(self, name: str) -> str:
        """``"wait"``, or ``"wait[0]"`` where the tasks of the flow are mapped."""
        return f"{self.task_id(name)}[0]" if self.mapped else self.task_id(name)

    def bare(self, tasks: Mapping[str, str]) -> dict[str, str]:
        """States of the tasks of a run by their plain names; tasks of another group are none of the flow's."""
        return {
            name.removeprefix(self.group).partition("[")[0]: state
            for name, state in tasks.items()
            if name.startswith(self.group)
        }

    def references(self, tag: int, count: int) -> list[str]:
        return [self.reference(tag, i) for i in range(1, count + 1)]

    def selection(self, tag: int) -> str:
        """The shipped SQL, of the rows of one batch."""
        shipped = (ROOT / "include" / "sql" / "outgoing" / self.shipped).read_text(encoding="utf-8")
        return f"select * from (\n{shipped}\n) as batch where \"reference\" ~ '{self.pattern(tag)}'\n"

    def conf_of(self, tag: int, **more: Any) -> dict[str, Any]:
        """The params of a run over one batch."""
        return {**self.conf, "outgoing_sql": f"{self.institution}-{tag}.sql", "scope": "pouch", **more}


CCEE = Flow(
    institution="ccee",
    dag_id="ccee_contratos",
    table="ccee.resultado_processamento",
    shipped="ccee__contratos.sql",
    submit="importarArquivo",
    ask="obterResultadoProcessamento",
    insert="""
        insert into outgoing.ccee_contratos
            (referencia, data_de_inicio, data_de_fim, id_comprador, id_vendedor, montante_medio)
        select format('%%s%%s-%%s', case i %% 4 when 3 then 'AVISO' when 0 then 'ERRO' else 'S' end, %(tag)s::integer,
                      to_char(i, 'FM000')), '2027-01-01 00:00', '2027-12-31 23:00', '98127', '66242', 1.5 + i
        from generate_series(1, %(count)s::integer) i
    """,
    reference=lambda tag, i: f"{({3: 'AVISO', 0: 'ERRO'}).get(i % 4, 'S')}{tag}-{i:03}",
    pattern=lambda tag: f"^[A-Z]+{tag}-",
    accepted=lambda reference: reference,
    receipt=lambda shown, each: next(
        (code for code, sent in shown["submissions"].items() if sent["sha256"] == each["document_sha256"]), None
    ),
    conf={},
    settings={"result_after": 0},
    answered_after=lambda seconds: {"result_after": seconds},
    intervals=("2026-01-05T11:00:00Z", "2026-01-05T12:00:00Z"),
    documents=lambda count: 1,
    twice=("accepted_more_than_once", "registered_more_than_once"),
)
CIELO = Flow(
    institution="cielo",
    dag_id="cielo_lote",
    table="cielo.transacao",
    shipped="cielo__autorizacao.sql",
    submit="upload",
    ask="download",
    insert="""
        insert into outgoing.cielo_autorizacao (numero_pedido, valor, bandeira, cartao_selado, data_hora)
        select format('S%%sI%%s', %(tag)s::integer, to_char(i, 'FM000')),
               case when i %% 4 = 0 then 150 else 100 * i end, 'visa', %(card)s, '2026-11-20 12:00-03'
        from generate_series(1, %(count)s::integer) i
    """,
    reference=lambda tag, i: f"S{tag}I{i:03}",
    pattern=lambda tag: f"^S{tag}I",
    accepted=lambda reference: reference,
    receipt=lambda shown, each: next(
        (lot.partition("/")[2] for lot in shown["lots"] if lot.endswith(f"/{each['facts']['numero_lote']}")), None
    ),
    conf={"operacao": "autorizacao", "items_per_lot": 2},
    settings={"processing_every": 0, "result_after": 0},
    answered_after=lambda seconds: {"result_after": seconds},
    intervals=("2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z"),
    documents=lambda count: (count + 1) // 2,
    twice=("accepted_more_than_once", "charged_more_than_once"),
)
BNDES = Flow(
    institution="bndes",
    dag_id="bndes_operacoes",
    table="bndes.resultado",
    shipped="bndes__financiamento.sql",
    submit="financiamento",
    ask="financiamento_retorno",
    insert="""
        insert into outgoing.bndes_financiamento
            (ano_proposta, numero_proposta, programa, beneficiario_cpf_cnpj, beneficiario_nome, valor_financiado)
        select '2026', %(tag)s::integer || to_char(i, 'FM000'), 'PRONAMP', '52998224725', 'Fazenda ' || i,
               case when i %% 4 = 0 then 666.66 else 100000 * i end
        from generate_series(1, %(count)s::integer) i
    """,
    reference=lambda tag, i: f"2026/{tag}{i:03}",
    pattern=lambda tag: f"^2026/{tag}...$",
    accepted=lambda reference: f"financiamento {reference}",
    receipt=lambda shown, each: next(
        (code for code, sent in shown["solicitacoes"].items() if sent["sha256"] == each["document_sha256"]), None
    ),
    conf={"servico": "financiamento"},
    settings={"hours": "", "closed_as": "503 xml", "result_after": 0},
    answered_after=lambda seconds: {"result_after": seconds},
    mapped=True,
    intervals=("2026-01-05T11:00:00Z", "2026-01-05T11:30:00Z"),
    documents=lambda count: count,
    twice=("accepted_more_than_once", "approved_more_than_once"),
)
REINF = Flow(
    institution="reinf",
    dag_id="reinf_eventos",
    table="reinf.evento",
    shipped="reinf__r4020.sql",
    submit="recepcao",
    ask="consulta",
    insert="""
        insert into outgoing.reinf_r4020
            (referencia, per_apur, nr_insc_estab, cnpj_benef, nat_rend, dt_fg, vlr_bruto, vlr_base_ir, vlr_ir)
        select format('S%%s-%%s', %(tag)s::integer, i), '2026-10', %(own)s, (%(companies)s::text[])[i], '15001',
               '2026-10-05', 1000, 1000, case when i %% 4 = 0 then 2000 else i end
        from generate_series(1, %(count)s::integer) i
    """,
    reference=lambda tag, i: f"2026-10/{CNPJ}/{company(tag, i)}",
    pattern=lambda tag: f"^2026-10/{CNPJ}/{company(tag, 0)[:6]}",
    accepted=lambda reference: declared(*reference.split("/")),
    receipt=lambda shown, each: next(
        (number for number, sent in shown["lotes"].items() if sent["sha256"] == each["document_sha256"]), None
    ),
    conf={"servico": "r4020"},
    settings={"result_after": 0},
    answered_after=lambda seconds: {"result_after": seconds},
    group="eventos.",
    mapped=True,
    intervals=("2026-01-05T11:00:00Z", "2026-01-05T15:00:00Z"),
    documents=lambda count: 1,
    twice=("accepted_more_than_once", "declared_more_than_once"),
    # What went twice because its reply was lost is told as received before, and a refused Id as taken.
    volatile=frozenset({
        "id_evento", "nr_insc_benef", "nr_recibo", "nr_protocolo", "processado_em", "hash", "declarado", "duplicado",
        "ocorrencias", "codigo", "mensagem",
    }),
    first=(CONTRIBUTOR, {"servico": "r1000"}),
)  # fmt: skip
FLOWS = {flow.institution: flow for flow in (CCEE, CIELO, BNDES, REINF)}


def declared(first: str, *rest: str) -> str:
    """What an event is called over there: R-4020 by month, establishment and company, R-1000 by action and month."""
    return " ".join(("R-4020", first, "1", *rest) if len(rest) == 2 else ("R-1000", first, *rest))


def company(tag: int, i: int) -> str:
    """The CNPJ of a company that is paid in one batch: of no other batch, up to the 99th."""
    return cnpj_number((tag - 1000) * 100 + i)


def insert(stage: Stage, flow: Flow, tag: int, count: int) -> None:
    """Put the rows of one batch into the warehouse, and the SQL that selects them where a run may name it."""
    card = Seal(stage.archive_key).seal_text(json.dumps(CARD)) if flow is CIELO else ""
    given = {"tag": tag, "count": count, "card": card, "own": CNPJ}
    given["companies"] = [company(tag, i) for i in range(1, count + 1)]
    with psycopg.connect(stage.warehouse) as warehouse:
        warehouse.execute(flow.insert, given)


def landed(stage: Stage, flow: Flow, tag: int, count: int) -> list[dict[str, Any]]:
    """What has landed of one batch, without what names this one trip, in the order of its rows."""
    order = {reference: i for i, reference in enumerate(flow.references(tag, count))}
    with psycopg.connect(stage.warehouse, row_factory=psycopg.rows.dict_row) as warehouse:
        rows = warehouse.execute(
            f"select * from {flow.table} where reference = any(%s) order by reference", (list(order),)
        ).fetchall()
    return sorted(
        (
            {name: value for name, value in {**row, "reference": order[row["reference"]]}.items()
             if name not in VOLATILE | flow.volatile}
            for row in rows
        ),
        key=lambda row: row["reference"],
    )  # fmt: skip
