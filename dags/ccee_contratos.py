"""
### CCEE: contratos (importarArquivo)

Envia à CCEE os contratos que esperam em `outgoing.ccee_contratos` (ou um arquivo seu: `arquivo`) e traz o resultado.

1. **submit** – seleciona as linhas, gera o arquivo, valida pelo XSD, envia (`importarArquivo`), guarda o receipt.
2. **wait** – pergunta (`obterResultadoProcessamento`) sem ocupar um worker; acabada a paciência, termina sem falhar.
3. **land** – grava em `ccee.resultado_processamento`; depois falha se algo pede uma pessoa (`malote doubts`).

**Pode limpar (clear), reexecutar, fazer backfill ou matar qualquer tarefa**: uma linha viaja uma vez só, e o resultado
é gravado uma vez só. O que está em dúvida nunca é reenviado sozinho: `malote doubts`, depois `malote resolve ID`.

Conexões: `ccee_default`, `malote_warehouse`. Relatórios: `report.ccee_contratos`, `report.submissoes_abertas`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, Param, TriggerRule

from malote_provider.ccee import CceeLandOperator, CceeResultadoSensor, CceeSubmitOperator
from malote_provider.retries import retry_policy
from malote_provider.selecting import NO_CARD
from malote_provider.timetables import OpeningHoursTimetable

with DAG(
    dag_id="ccee_contratos",
    description="Contratos para a CCEE: envia, espera o resultado, grava",
    doc_md=__doc__,
    tags=["malote", "ccee", "envio"],
    # New rows of business hours leave within the hour; what was answered late is brought home by a later run.
    schedule=OpeningHoursTimetable(timedelta(hours=1), "08:00-20:00", "bank"),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Sao_Paulo")),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "malote", "retries": 6, "retry_delay": timedelta(minutes=1), "retry_policy": retry_policy()},
    params={
        "outgoing_sql": Param(None, type=["null", "string"], pattern=NO_CARD, description="SQL file; or the usual"),
        "arquivo": Param(None, type=["null", "string"], pattern=NO_CARD, description="Contract file, sent as it is"),
        "tipoGeracao": Param("1", type="string", pattern="^[0-9]{1,2}$", description="Of files made from rows"),
        "resend_refused": Param(False, type="boolean", description="Rows that were refused may travel again"),
        "scope": Param("service", enum=["pouch", "service"], description="Wait and land: this run, or all open"),
    },
) as dag:
    submit = CceeSubmitOperator(
        task_id="submit",
        outgoing_sql="{{ params.outgoing_sql or '' }}",
        arquivo="{{ params.arquivo or '' }}",
        options={"tipoGeracao": "{{ params.tipoGeracao }}"},
        resend_refused="{{ params.resend_refused }}",
    )
    about = {"pouch": submit.output, "scope": "{{ params.scope }}"}
    about["trigger_rule"] = TriggerRule.ALL_DONE  # a submit that failed holds back no older answer
    wait = CceeResultadoSensor(task_id="wait", **about, deferrable=True, patience=timedelta(minutes=50))
    land = CceeLandOperator(task_id="land", **about)
    submit >> wait >> land
