"""
### BNDES APA: operações (financiamento, contratação, liberação, …)

Envia ao BNDES o que espera em `outgoing.bndes_*`, um pedido e um protocolo por linha, e traz o resultado:

1. **servicos** – o serviço escolhido, ou a *esteira*: financiamento, contratação e liberação, um ao lado do outro.
2. **submit** – seleciona só o que está pronto, gera o XML, valida pelo XSD, envia, guarda o protocolo.
3. **wait** – pergunta por todos os protocolos, sem ocupar um worker; acabada a paciência, termina sem falhar.
4. **land** – grava `bndes.resultado` e `bndes.critica`; depois falha se algo pede uma pessoa (`malote doubts`).

Roda das 08:00 às 20:00 dos dias úteis, e de novo assim que um resultado é gravado (Asset): uma aprovação põe a próxima
etapa a caminho. **Pode limpar (clear), reexecutar ou matar qualquer tarefa**: um pedido viaja uma vez só. Conexões:
`bndes_default`, `malote_warehouse`. Relatório: `report.bndes_esteira`. Leia docs/bndes.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, AssetOrTimeSchedule, Param, TriggerRule, task, task_group

from malote_provider import bndes
from malote_provider.retries import retry_policy
from malote_provider.timetables import OpeningHoursTimetable

HOURS = OpeningHoursTimetable(timedelta(minutes=30), "08:00-20:00", "bank")
with DAG(
    dag_id="bndes_operacoes",
    description="Pedidos ao BNDES: envia, espera o resultado, grava",
    doc_md=__doc__,
    tags=["malote", "bndes", "envio"],
    schedule=AssetOrTimeSchedule(timetable=HOURS, assets=bndes.RESULTADO),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Sao_Paulo")),
    catchup=False,
    max_active_runs=16,  # a liberação that is held back until the morning holds back nothing else
    default_args={"owner": "malote", "retries": 6, "retry_delay": timedelta(minutes=1), "retry_policy": retry_policy()},
    params={
        "servico": Param("esteira", enum=list(bndes.SERVICOS), values_display=bndes.SERVICOS, title="Serviço"),
        "outgoing_sql": Param(None, type=["null", "string"], pattern=bndes.NO_CARD, description="File, or its folder"),
        "hold_after_cut_off": Param(False, type="boolean", description="Liberações after 16:30 wait for the morning"),
        "valid_rest": Param(False, type="boolean", description="Wrong rows are left out, the others travel"),
        "resend_refused": Param(False, type="boolean", description="Refused rows may travel again, see docs"),
        "scope": Param("service", enum=["pouch", "service"], description="Wait and land: this run, or all open"),
        "patience": Param("PT10M", type="string", description="Of wait, ISO 8601; late results come with a later run"),
    },
) as dag:
    names = ("outgoing_sql", "hold_after_cut_off", "valid_rest", "resend_refused")
    asked = {name: f"{{{{ params.{name} }}}}" for name in names}

    @task_group(group_id="servico", prefix_group_id=False)
    def trip(service: str) -> None:
        about = {"service": service, "map_index_template": "{{ task.service }}"}
        submit = bndes.BndesSubmitOperator(task_id="submit", **about, **asked)
        about |= {"pouch": submit.output, "scope": "{{ params.scope }}", "trigger_rule": TriggerRule.ALL_DONE}
        wait = bndes.BndesProtocoloSensor(task_id="wait", **about, deferrable=True, patience="{{ params.patience }}")
        submit >> wait >> bndes.BndesLandOperator(task_id="land", **about)

    trip.expand(service=task(task_id="servicos")(bndes.chosen)("{{ params.servico }}", "{{ params.outgoing_sql }}"))
