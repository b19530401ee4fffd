"""The questions to reports whose cost years.py measures, and the statements of the DAG relatorio_diario."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filling import CNPJ, EC

from malote import place

_TID = f"{EC}1000000042"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and how many milliseconds it may take; ``each`` instead: how many microseconds a proposal."""

    name: str
    query: str
    most: float = 20.0
    each: float = 0.0
    values: Any = None


def _found(view: str, where: str, most: float = 20.0) -> Question:
    return Question(f"{view} where {where}", f"select * from report.{view} where {where}", most)


QUESTIONS = (
    _found("cielo_transacoes", "referencia = 'F000000000042'"),
    _found("cielo_transacoes", f"tid = '{_TID}'"),
    _found("cielo_transacoes", "numero_pedido = 'F000000000042'"),
    Question("cielo_transacoes of one lot, first 100",
             "select * from report.cielo_transacoes where numero_lote = '1002' limit 100"),
    Question("cielo_transacoes of one submission, first 100",
             "select * from report.cielo_transacoes where submission_id = 'cielo-2' limit 100"),
    Question("cielo_transacoes of one day, first 100",
             """select * from report.cielo_transacoes
                where enviada_em >= (select sent_at from malote.submission where id = 'cielo-2') - interval '12 hours'
                  and enviada_em < (select sent_at from malote.submission where id = 'cielo-2') + interval '12 hours'
                limit 100"""),
    Question("cielo_transacoes, first 100", "select * from report.cielo_transacoes limit 100", 200),
    Question("cielo_transacoes, 100 rows updated from it",
             """with o as (select 'F' || lpad((i * 40 + 2)::text, 12, '0') as numero_pedido
                           from generate_series(1, 100) as i),
                found as (select o.numero_pedido from o inner join report.cielo_transacoes as r
                          on r.referencia = o.numero_pedido where r.operacao = '02' and r.situacao_item <> 'enviado')
                update outgoing.cielo_autorizacao as a set cartao_selado = null from found
                where a.numero_pedido = found.numero_pedido""", 100),
    Question("cielo_aprovacao_por_dia, all of it", "select * from report.cielo_aprovacao_por_dia", 200),
    _found("ccee_contratos", "referencia = (select reference from ccee.resultado_processamento limit 1)"),
    Question("ccee_contratos, first 100", "select * from report.ccee_contratos limit 100", 200),
    Question("bndes_esteira, all of it", "select count(*), max(etapa), max(quando) from report.bndes_esteira", each=30),
    Question("bndes_esteira, first 100", "select * from report.bndes_esteira limit 100", 200),
    _found("bndes_esteira", "ano_proposta = '2026' and numero_proposta = '77'"),
    _found("bndes_esteira", "financiamento_submission_id = (select submission_id from bndes.resultado limit 1)"),
    Question("submissoes_abertas, all of it", "select * from report.submissoes_abertas", 200),
    Question("retidas, all of it", "select * from report.retidas", 200),
    Question("nao_lidos, all of it", "select * from report.nao_lidos", 200),
    Question("malote.item by scope and reference", f"""select * from malote.item
        where scope = 'cielo/simulator/{EC}/autorizacao/02' and reference = 'F000000000042'"""),
    Question("malote.item by reference", "select * from malote.item where reference = 'F000000000042'"),
    Question("malote.item by a proposal", f"""select * from malote.item
        where scope = 'bndes/simulator/{CNPJ}/contratacao/contratacao' and reference = '2026/77'"""),
)  # fmt: skip


class Daily:
    """The statements that the tasks of relatorio_diario run, as Airflow has them."""

    def __init__(self, folder: str) -> None:
        os.environ.setdefault("AIRFLOW_HOME", folder)
        os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")

    def statements(self) -> Iterator[tuple[str, str]]:
        """Task and statement, each after what it waits for; without those of once a month."""
        dag = runpy.run_path(str(Path(__file__).parent.parent / "dags" / "relatorio_diario.py"))["dag"]
        for task in dag.topological_sort():
            for query in [task.sql] if isinstance(getattr(task, "sql", ""), str) else task.sql:
                if query and not task.task_id.startswith(("tudo", "mensal")):
                    file = place.sql("marts_tasks", query) if query.endswith(".sql") else None
                    yield task.task_id, file.read_text(encoding="utf-8") if file else query
