"""A consumer as a DAG: checks what has landed, and sums up the day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Asset, AssetAny

from malote import place
from malote_provider import forms
from malote_provider.checks import COUNTED, MONTHLY, checking
from malote_provider.declaration import DECLARED
from malote_provider.flows.frame import flow
from malote_provider.options import option
from malote_provider.timetables import OpeningHoursTimetable
from malote_provider.version_compat import AssetOrTimeSchedule

if TYPE_CHECKING:
    from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

DOC = """
### Relatório diário

Exemplo de consumidor: roda quando resultados chegam (Assets) e às 20:30 de cada dia útil. Custa o que é novo.

1. **preenchida_…**, **inteira_…** – do que chegou desde a última vez: linhas preenchidas, cargas inteiras, nada aceito
   duas vezes. Ou alguém mexeu. **tudo_…** – o mesmo de tudo que já chegou: uma vez por mês, ou com o param `tudo`.
2. **aprovacao** – guarda as contagens de `report.cielo_aprovacao_por_dia` dos lotes que mudaram.
3. **resumo** – escreve `report.resumo_diario`, uma linha por dia e instituição; de novo, não muda o que já está igual.

Pode limpar e repetir tudo. Conexão: o warehouse (`[malote] warehouse_conn_id`). SQL: include/sql/marts_tasks.
"""


def relatorio_diario(dag_id: str = "relatorio_diario", *, warehouse_conn_id: str | None = None, **options: Any) -> DAG:
    """A DAG that checks the landed rows and writes ``report.resumo_diario``, when something lands and each evening.

    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    from airflow.providers.common.sql.operators import sql

    evening = OpeningHoursTimetable(timedelta(days=1), "20:30-24:00")  # for what became overdue or in doubt since
    usual: dict[str, Any] = {
        "description": "Confere o que foi gravado e resume o dia",
        "doc_md": DOC,
        "tags": ["malote", "relatorio"],
        "schedule": AssetOrTimeSchedule(timetable=evening, assets=AssetAny(*(Asset(each.asset) for each in DECLARED))),
        "params": {"tudo": forms.yes_or_no("tudo")},
        "template_searchpath": [str(place.sql("marts_tasks"))],
    }
    with flow({"dag_id": dag_id, **usual}, options, retries=2) as dag:
        conn = {"conn_id": warehouse_conn_id or option("warehouse_conn_id")}

        def write(task_id: str, *files: str, **more: Any) -> SQLExecuteQueryOperator:
            return sql.SQLExecuteQueryOperator(task_id=task_id, sql=[f"{file}.sql" for file in files], **conn, **more)

        comeca, aprovacao = write("comeca", "conferencia_comeca"), write("aprovacao", *COUNTED)
        new, whole = checking(**conn, all_of_it=False), checking(**conn, all_of_it=True)
        follow = {"follow_task_ids_if_true": [task.task_id for task in whole], "follow_task_ids_if_false": ["resumo"]}
        mensal = sql.BranchSQLOperator(task_id="mensal", sql=MONTHLY, **follow, **conn)
        resumo = write("resumo", "relatorio_diario", "conferencia_termina", trigger_rule="none_failed")
        comeca >> [aprovacao, mensal, *new] >> resumo
        mensal >> whole >> write("tudo_conferido", "conferencia_inteira") >> resumo
    return dag
