"""BNDES's operations as a DAG: a service, or the esteira of three, each submit, wait, land, doubt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task, task_group

from malote_provider import bndes, forms
from malote_provider.flows.frame import ALWAYS, flow, given
from malote_provider.timetables import OpeningHoursTimetable
from malote_provider.version_compat import AssetOrTimeSchedule

DOC = """
### BNDES APA: operações (financiamento, contratação, liberação, …)

Envia ao BNDES o que espera em `outgoing.bndes_*`, um pedido e um protocolo por linha, e traz o resultado:

1. **servicos** – o serviço escolhido, ou a *esteira*: financiamento, contratação e liberação, um ao lado do outro.
2. **submit** – seleciona só o que está pronto, gera o XML, valida pelo XSD, envia, guarda o protocolo.
3. **wait** – pergunta por todos os protocolos, sem ocupar um worker; acabada a paciência, termina sem falhar.
4. **land** – grava `bndes.resultado` e `bndes.critica`; depois falha se algo pede uma pessoa (`malote doubts`).
5. **doubt** – com *Perguntar aqui*: uma dúvida é perguntada em *Required Actions*, e o decidido é trazido.

Roda das 08:00 às 20:00 dos dias úteis, e de novo assim que um resultado é gravado (Asset): uma aprovação põe a próxima
etapa a caminho. **Pode limpar (clear), reexecutar ou matar qualquer tarefa**: um pedido viaja uma vez só. Conexões:
`bndes_default`, `malote_warehouse`. Relatório: `report.bndes_esteira`. Leia docs/bndes.md.
**Atenção**: disparar (*Trigger*) com a caixa *Unpause … on trigger* marcada também liga a agenda deste DAG.
"""
CHOICES = ("hold_after_cut_off", "valid_rest", "resend_refused")
ASKED = ("outgoing_sql", *CHOICES)


def bndes_operacoes(
    dag_id: str = "bndes_operacoes",
    *,
    conn_id: str | None = None,
    warehouse_conn_id: str | None = None,
    outgoing_sql: str | Mapping[str, str] | None = None,
    servico: str = "esteira",
    **options: Any,
) -> DAG:
    """A DAG that sends requests to BNDES, one protocol each, and lands the results; what lands starts it again.

    :param conn_id: connection of type ``bndes``; by default ``bndes_default``
    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param outgoing_sql: a SELECT of one's own or a ``.sql`` file for one ``servico``, or a mapping of these by service;
        used where a run names none
    :param servico: what a run sends that names no other, one of :data:`malote_provider.bndes.SERVICOS`
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    hours = OpeningHoursTimetable(timedelta(minutes=30), "08:00-20:00", "bank")
    usual: dict[str, Any] = {
        "description": "Pedidos ao BNDES: envia, espera o resultado, grava",
        "doc_md": DOC,
        "tags": ["malote", "bndes", "envio"],
        "schedule": AssetOrTimeSchedule(timetable=hours, assets=bndes.RESULTADO),
        "max_active_runs": 16,  # a liberação that is held back until the morning holds back nothing else
        "params": {
            "servico": forms.chosen("servico", servico, bndes.SERVICOS),
            "outgoing_sql": forms.outgoing_sql(),
            "scope": forms.scope("service"),
            "patience": forms.patience("PT10M"),
            **{name: forms.yes_or_no(name) for name in (*CHOICES, "ask_doubts")},
        },
    }
    where = given(conn_id=conn_id, warehouse_conn_id=warehouse_conn_id)
    asked = {name: f"{{{{ params.{name} }}}}" for name in ASKED} | given(outgoing_sql=outgoing_sql)
    with flow({"dag_id": dag_id, **usual}, options) as dag:

        @task_group(group_id="servico", prefix_group_id=False)
        def trip(service: str) -> None:
            about = {"service": service, "map_index_template": "{{ task.service }}", **where}
            submit = bndes.BndesSubmitOperator(task_id="submit", **about, **asked)
            doubt = bndes.BndesDoubtOperator(task_id="doubt", pouch=submit.output, **about)
            about |= {"pouch": submit.output, "scope": "{{ params.scope }}", **ALWAYS}
            patience = "{{ params.patience }}"
            wait = bndes.BndesProtocoloSensor(task_id="wait", **about, deferrable=True, patience=patience)
            submit >> wait >> bndes.BndesLandOperator(task_id="land", **about, ask="{{ params.ask_doubts }}") >> doubt

        trip.expand(service=task(task_id="servicos")(bndes.chosen)("{{ params.servico }}", "{{ params.outgoing_sql }}"))
    return dag
