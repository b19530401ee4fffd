"""
### Cielo: lote de transações (Webservice 1.5)

Envia as linhas que esperam em `outgoing.cielo_<operação>`, em lotes, e traz o arquivo de retorno:

1. **submit** – seleciona as linhas, gera, valida e numera os lotes, faz o upload e guarda o receipt.
2. **wait** – sem ocupar um worker: pergunta a partir de 12 h, de hora em hora, até o retorno ou o fim do prazo.
3. **land** – grava em `cielo.transacao`, uma linha por item; depois falha se algo pede uma pessoa (`malote doubts`).

Cada execução espera o retorno dos **seus** lotes, de 12 a 48 horas; várias andam ao mesmo tempo. **Pode limpar (clear),
reexecutar ou matar qualquer tarefa**: um pedido viaja uma vez só. Conexões: `cielo_default`, `malote_warehouse`,
`malote_archive`. Relatórios: `report.cielo_*`. Cartão nunca em SQL ou param: veja docs/cielo.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, Param, TriggerRule

from malote_provider.cielo import OPERACOES, CieloLandOperator, CieloLoteRetornoSensor, CieloSubmitOperator
from malote_provider.retries import retry_policy
from malote_provider.selecting import NO_CARD
from malote_provider.timetables import OpeningHoursTimetable

with DAG(
    dag_id="cielo_lote",
    description="Lotes para a Cielo: envia, espera o retorno, grava",
    doc_md=__doc__,
    tags=["malote", "cielo", "envio"],
    # What is there at six is home by the next six; a run lasts as long, so several are active, and none is timed out.
    schedule=OpeningHoursTimetable(timedelta(days=1), "06:00-24:00", "all"),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Sao_Paulo")),
    catchup=False,
    max_active_runs=16,
    default_args={"owner": "malote", "retries": 6, "retry_delay": timedelta(minutes=1), "retry_policy": retry_policy()},
    params={
        "operacao": Param("autorizacao", enum=list(OPERACOES), values_display=OPERACOES, title="Operação"),
        "outgoing_sql": Param(None, type=["null", "string"], pattern=NO_CARD, description="Name of a SQL file"),
        "items_per_lot": Param(None, type=["null", "integer"], minimum=1, description="Empty: as many as 20 MB hold"),
        "valid_rest": Param(False, type="boolean", description="Wrong rows are left out, the others travel"),
        "resend_refused": Param(False, type="boolean", description="Denied, where LR permits; retries can cost a fee"),
        "scope": Param("pouch", enum=["pouch", "service"], description="Wait and land: this run, or all open"),
        "patience": Param("P3D", type="string", description="Of wait, ISO 8601; longer than the rules' deadline"),
    },
) as dag:
    submit = CieloSubmitOperator(
        task_id="submit",
        service="{{ params.operacao }}",
        outgoing_sql="{{ params.outgoing_sql or '' }}",
        options={"items_per_lot": "{{ params.items_per_lot or '' }}"},
        valid_rest="{{ params.valid_rest }}",
        resend_refused="{{ params.resend_refused }}",
    )
    about = {"service": "{{ params.operacao }}", "pouch": submit.output, "scope": "{{ params.scope }}"}
    about["trigger_rule"] = TriggerRule.ALL_DONE  # a submit that failed holds back no older answer
    wait = CieloLoteRetornoSensor(task_id="wait", **about, deferrable=True, patience="{{ params.patience }}")
    submit >> wait >> CieloLandOperator(task_id="land", **about)
