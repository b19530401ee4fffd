"""
### Relatório diário

Exemplo de consumidor: roda quando resultados chegam (Assets) e às 20:30 de cada dia útil.

1. **preenchida_…**, **inteira_…** – linhas preenchidas, cargas inteiras, nada aceito duas vezes. Ou alguém mexeu.
2. **resumo** – escreve `report.resumo_diario`, uma linha por dia e instituição; de novo, não muda o que já está igual.

Pode limpar e repetir tudo. Conexão: o warehouse (`[malote] warehouse_conn_id`). SQL: include/sql/marts_tasks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.configuration import conf
from airflow.providers.common.sql.operators import sql
from airflow.sdk import DAG, AssetOrTimeSchedule

from malote import place
from malote_provider.bndes import RESULTADO as BNDES
from malote_provider.ccee import RESULTADO_PROCESSAMENTO as CCEE
from malote_provider.cielo import TRANSACAO as CIELO
from malote_provider.retries import retry_policy
from malote_provider.timetables import OpeningHoursTimetable

EVENING = OpeningHoursTimetable(timedelta(days=1), "20:30-24:00")  # for what became overdue or in doubt since
LOADED = "coalesce((select sum(row_count) from malote.load where target = '{}'), 0)"
TAKEN = "filter (where situacao_item = 'accepted')"
ONCE = "count(numero_bndes) filter (where servico = 'financiamento' and situacao = 'aprovado')"
CONTRACT, ITEM = "(referencia, operacao, ambiente, perfil_agente)", "(referencia, operacao, ambiente, ec)"
CHECKS = {  # table or view: what is filled in every row, what is true of them together
    "ccee.resultado_processamento": ("codigo_processamento status", f"count(*) = {LOADED}"),
    "report.ccee_contratos": ("referencia", f"count(*) = count(distinct {CONTRACT})"),
    "cielo.transacao": ("operacao situacao", f"count(*) filter (where situacao <> 'sem_retorno') = {LOADED}"),
    "report.cielo_transacoes": ("referencia", f"count(*) {TAKEN} = count(distinct {ITEM}) {TAKEN}"),
    "bndes.resultado": ("servico situacao", f"count(*) = {LOADED} and {ONCE} = (select count(*) from bndes.aprovado)"),
}
with DAG(
    dag_id="relatorio_diario",
    description="Confere o que foi gravado e resume o dia",
    doc_md=__doc__,
    tags=["malote", "relatorio"],
    schedule=AssetOrTimeSchedule(timetable=EVENING, assets=CCEE | CIELO | BNDES),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Sao_Paulo")),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "malote", "retries": 2, "retry_delay": timedelta(minutes=1), "retry_policy": retry_policy()},
    template_searchpath=[str(place.sql("marts_tasks"))],
) as dag:
    conn = {"conn_id": conf.get("malote", "warehouse_conn_id")}
    resumo = sql.SQLExecuteQueryOperator(task_id="resumo", sql="relatorio_diario.sql", **conn)
    for table, (names, statement) in CHECKS.items():
        about, name = {"table": table, **conn}, table.replace(".", "_")
        filled = {column: {"null_check": {"equal_to": 0}} for column in names.split()}
        whole = {"inteira": {"check_statement": statement.format(table)}}
        sql.SQLColumnCheckOperator(task_id=f"preenchida_{name}", column_mapping=filled, **about) >> resumo
        sql.SQLTableCheckOperator(task_id=f"inteira_{name}", checks=whole, **about) >> resumo
