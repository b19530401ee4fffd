"""The month of the EFD-Reinf as a DAG: tables, then events, then the closing, each submit, wait, land, doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, chain, task, task_group

from malote_provider import forms, reinf
from malote_provider.flows.frame import ALWAYS, flow, given
from malote_provider.timetables import OpeningHoursTimetable

DOC = """
### EFD-Reinf: o mês (tabelas, pagamentos, fechamento)

Declara à Receita Federal o que espera em `outgoing.reinf_*` e traz os recibos. Três etapas, uma depois da outra:
**tabelas** (R-1000…), **eventos** (R-4010, R-4020, exclusões) e **fechamento** (R-4099); em cada uma:

1. **submit** – seleciona, gera e assina os eventos, valida pelo XSD, envia os lotes, guarda os protocolos.
2. **wait** – pergunta por eles, sem ocupar um worker; acabada a paciência, termina sem falhar.
3. **land** – grava `reinf.evento` e `reinf.ocorrencia`; depois falha se algo pede uma pessoa (`malote doubts`).
4. **doubt** – com *Perguntar aqui*: uma dúvida é perguntada em *Required Actions*, e o decidido é trazido.

Um fechamento espera até que tudo do seu mês esteja gravado, e diz o que falta. Roda a cada quatro horas nos dias úteis;
o prazo é o dia 15, ou o dia útil anterior, e é avisado uma semana antes. **Pode limpar (clear), reexecutar ou matar
qualquer tarefa**: um evento é declarado uma vez só. Conexões: `reinf_default`, `malote_warehouse`. Relatório:
`report.reinf_competencia`. Leia docs/reinf.md.
**Atenção**: disparar (*Trigger*) com a caixa *Unpause … on trigger* marcada também liga a agenda deste DAG.
"""
CHOICES = ("valid_rest", "resend_refused")
ASKED = ("outgoing_sql", *CHOICES)
STEPS = ("tabelas", "eventos", "fechamento")


def reinf_eventos(
    dag_id: str = "reinf_eventos",
    *,
    conn_id: str | None = None,
    warehouse_conn_id: str | None = None,
    outgoing_sql: str | None = None,
    servico: str = "mes",
    **options: Any,
) -> DAG:
    """A DAG that declares a month to the EFD-Reinf, step by step, and lands receipts and refusals.

    :param conn_id: connection of type ``reinf``; by default ``reinf_default``
    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param outgoing_sql: a SELECT of one's own or a ``.sql`` file for one ``servico``, used where a run names none
    :param servico: what a run sends that names no other, one of :data:`malote_provider.reinf.EVENTOS`
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    usual: dict[str, Any] = {
        "description": "Eventos da EFD-Reinf: envia, espera o resultado, grava, fecha o mês",
        "doc_md": DOC,
        "tags": ["malote", "reinf", "envio"],
        "schedule": OpeningHoursTimetable(timedelta(hours=4), "08:00-20:00", "bank"),
        "params": {
            "servico": forms.chosen("servico", servico, reinf.EVENTOS),
            "outgoing_sql": forms.outgoing_sql(),
            "scope": forms.scope("service"),
            "patience": forms.patience("PT1H"),
            **{name: forms.yes_or_no(name) for name in (*CHOICES, "ask_doubts")},
        },
    }
    where = given(conn_id=conn_id, warehouse_conn_id=warehouse_conn_id)
    asked = {name: f"{{{{ params.{name} }}}}" for name in ASKED} | given(outgoing_sql=outgoing_sql)
    # A step that had nothing to do is skipped, and holds back no other.
    after: dict[str, Any] = {"trigger_rule": "none_failed"}
    with flow({"dag_id": dag_id, **usual}, options) as dag:

        def trip(service: str) -> None:
            about = {"service": service, "map_index_template": "{{ task.service }}", **where}
            submit = reinf.ReinfSubmitOperator(task_id="submit", **about, **asked, **after)
            doubt = reinf.ReinfDoubtOperator(task_id="doubt", pouch=submit.output, **about)
            about |= {"pouch": submit.output, "scope": "{{ params.scope }}", **ALWAYS}
            patience = "{{ params.patience }}"
            wait = reinf.ReinfLoteSensor(task_id="wait", **about, deferrable=True, patience=patience)
            submit >> wait >> reinf.ReinfLandOperator(task_id="land", **about, ask="{{ params.ask_doubts }}") >> doubt

        steps: list[Any] = []
        for number, name in enumerate(STEPS):
            choose = task(task_id=f"servicos_{name}", **after)(reinf.chosen)
            services = choose("{{ params.servico }}", number, "{{ params.outgoing_sql }}")
            if number:  # what was not sent is not landed either: the next step is not for now
                [dag.get_task(f"{STEPS[number - 1]}.{each}") for each in ("submit", "land")] >> services
            steps += [services, task_group(group_id=name)(trip).expand(service=services)]
        chain(*steps)
    return dag
