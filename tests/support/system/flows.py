"""The flows that travel in the running system: rows of one's own for each, and how they are told over there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from malote.archive import Seal
from malote_local.stage import Stage
from support import ROOT

CARD = {"numero": "4012001037141112", "validade": "203911", "nome-portador": "FULANA DE TAL"}
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
    mapped: bool = False
    twice: tuple[str, ...] = ()

    def task(self, name: str) -> str:
        """``"wait"``, or ``"wait[0]"`` where the tasks of the flow are mapped."""
        return f"{name}[0]" if self.mapped else name

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
    twice=("accepted_more_than_once", "approved_more_than_once"),
)
FLOWS = {flow.institution: flow for flow in (CCEE, CIELO, BNDES)}


def insert(stage: Stage, flow: Flow, tag: int, count: int) -> None:
    """Put the rows of one batch into the warehouse, and the SQL that selects them where a run may name it."""
    card = Seal(stage.archive_key).seal_text(json.dumps(CARD)) if flow is CIELO else ""
    with psycopg.connect(stage.warehouse) as warehouse:
        warehouse.execute(flow.insert, {"tag": tag, "count": count, "card": card})


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
             if name not in VOLATILE}
            for row in rows
        ),
        key=lambda row: row["reference"],
    )  # fmt: skip
