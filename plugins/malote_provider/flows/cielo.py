"""Cielo's lots as a DAG: submit, wait, land, doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG

from malote_provider import forms
from malote_provider.cielo import (
    OPERACOES,
    CieloDoubtOperator,
    CieloLandOperator,
    CieloLoteRetornoSensor,
    CieloSubmitOperator,
)
from malote_provider.flows.frame import ALWAYS, flow, given
from malote_provider.timetables import OpeningHoursTimetable

DOC = """
### Cielo: lote de transações (Webservice 1.5)

Envia as linhas que esperam em `outgoing.cielo_<operação>`, em lotes, e traz o arquivo de retorno:

1. **submit** – seleciona as linhas, gera, valida e numera os lotes, faz o upload e guarda o receipt.
2. **wait** – sem ocupar um worker: pergunta a partir de 12 h, de hora em hora, até o retorno ou o fim do prazo.
3. **land** – grava em `cielo.transacao`, uma linha por item; depois falha se algo pede uma pessoa (`malote doubts`).
4. **doubt** – com *Perguntar aqui*: uma dúvida é perguntada em *Required Actions*, e o decidido é trazido.

Cada execução espera o retorno dos **seus** lotes, de 12 a 48 horas; várias andam ao mesmo tempo. **Pode limpar (clear),
reexecutar ou matar qualquer tarefa**: um pedido viaja uma vez só. Conexões: `cielo_default`, `malote_warehouse`,
`malote_archive`. Relatórios: `report.cielo_*`. Cartão nunca em SQL ou param: veja docs/cielo.md.
**Atenção**: disparar (*Trigger*) com a caixa *Unpause … on trigger* marcada também liga a agenda deste DAG.
"""


def cielo_lote(
    dag_id: str = "cielo_lote",
    *,
    conn_id: str | None = None,
    warehouse_conn_id: str | None = None,
    outgoing_sql: str | None = None,
    operacao: str = "autorizacao",
    **options: Any,
) -> DAG:
    """A DAG that sends lots of one EC to Cielo and lands the return files.

    :param conn_id: connection of type ``cielo``; by default ``cielo_default``. Two ECs are two calls
    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param outgoing_sql: a SELECT of one's own or a ``.sql`` file, used where a run names none
    :param operacao: what a run sends that names no other, one of :data:`malote_provider.cielo.OPERACOES`
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    usual: dict[str, Any] = {
        "description": "Lotes para a Cielo: envia, espera o retorno, grava",
        "doc_md": DOC,
        "tags": ["malote", "cielo", "envio"],
        # What is there at six is home by the next six; a run lasts as long, so several are active, none is timed out.
        "schedule": OpeningHoursTimetable(timedelta(days=1), "06:00-24:00", "all"),
        "max_active_runs": 16,
        "params": {
            "operacao": forms.chosen("operacao", operacao, OPERACOES),
            "outgoing_sql": forms.outgoing_sql(),
            "items_per_lot": forms.items_per_lot(),
            "scope": forms.scope("pouch"),
            "patience": forms.patience("P3D"),
            **{name: forms.yes_or_no(name) for name in ("valid_rest", "resend_refused", "ask_doubts")},
        },
    }
    where = given(conn_id=conn_id, warehouse_conn_id=warehouse_conn_id)
    with flow({"dag_id": dag_id, **usual}, options) as dag:
        submit = CieloSubmitOperator(
            task_id="submit",
            service="{{ params.operacao }}",
            outgoing_sql=outgoing_sql or "{{ params.outgoing_sql or '' }}",
            options={"items_per_lot": "{{ params.items_per_lot or '' }}"},
            valid_rest="{{ params.valid_rest }}",
            resend_refused="{{ params.resend_refused }}",
            **where,
        )
        about = {
            "service": "{{ params.operacao }}",
            "pouch": submit.output,
            "scope": "{{ params.scope }}",
            **ALWAYS,
            **where,
        }
        wait = CieloLoteRetornoSensor(task_id="wait", **about, deferrable=True, patience="{{ params.patience }}")
        land = CieloLandOperator(task_id="land", **about, ask="{{ params.ask_doubts }}")
        doubt = CieloDoubtOperator(task_id="doubt", pouch=submit.output, service="{{ params.operacao }}", **where)
        submit >> wait >> land >> doubt
    return dag
