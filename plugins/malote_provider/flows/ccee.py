"""The CCEE's contracts as a DAG: submit, wait, land, doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG

from malote_provider import forms
from malote_provider.ccee import CceeDoubtOperator, CceeLandOperator, CceeResultadoSensor, CceeSubmitOperator
from malote_provider.flows.frame import ALWAYS, flow, given
from malote_provider.timetables import OpeningHoursTimetable

DOC = """
### CCEE: contratos (importarArquivo)

Envia à CCEE os contratos que esperam em `outgoing.ccee_contratos` (ou um arquivo seu: `arquivo`) e traz o resultado.

1. **submit** – seleciona as linhas, gera o arquivo, valida pelo XSD, envia (`importarArquivo`), guarda o receipt.
2. **wait** – pergunta (`obterResultadoProcessamento`) sem ocupar um worker; acabada a paciência, termina sem falhar.
3. **land** – grava em `ccee.resultado_processamento`; depois falha se algo pede uma pessoa (`malote doubts`).
4. **doubt** – com *Perguntar aqui*: uma dúvida é perguntada em *Required Actions*, e o decidido é trazido.

**Pode limpar (clear), reexecutar, fazer backfill ou matar qualquer tarefa**: uma linha viaja uma vez só, e o resultado
é gravado uma vez só. O que está em dúvida nunca é reenviado sozinho: `malote doubts`, depois `malote resolve ID`.

Conexões: `ccee_default`, `malote_warehouse`. Relatórios: `report.ccee_contratos`, `report.submissoes_abertas`.
**Atenção**: disparar (*Trigger*) com a caixa *Unpause … on trigger* marcada também liga a agenda deste DAG.
"""


def ccee_contratos(
    dag_id: str = "ccee_contratos",
    *,
    conn_id: str | None = None,
    warehouse_conn_id: str | None = None,
    outgoing_sql: str | None = None,
    patience: timedelta | str = timedelta(minutes=50),
    **options: Any,
) -> DAG:
    """A DAG that sends contracts to the CCEE and lands the results.

    :param conn_id: connection of type ``ccee``; by default ``ccee_default``
    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param outgoing_sql: a SELECT of one's own or a ``.sql`` file, used where a run names none
    :param patience: of ``wait``, also as ISO 8601 text; shorter than the schedule, as runs do not overlap
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    usual: dict[str, Any] = {
        "description": "Contratos para a CCEE: envia, espera o resultado, grava",
        "doc_md": DOC,
        "tags": ["malote", "ccee", "envio"],
        # New rows of business hours leave within the hour; what was answered late is brought home by a later run.
        "schedule": OpeningHoursTimetable(timedelta(hours=1), "08:00-20:00", "bank"),
        "params": {
            "outgoing_sql": forms.outgoing_sql(),
            "arquivo": forms.arquivo(),
            "tipoGeracao": forms.tipo_geracao(),
            "scope": forms.scope("service"),
            **{name: forms.yes_or_no(name) for name in ("resend_refused", "ask_doubts")},
        },
    }
    where = given(conn_id=conn_id, warehouse_conn_id=warehouse_conn_id)
    with flow({"dag_id": dag_id, **usual}, options) as dag:
        submit = CceeSubmitOperator(
            task_id="submit",
            outgoing_sql=outgoing_sql or "{{ params.outgoing_sql or '' }}",
            arquivo="{{ params.arquivo or '' }}",
            options={"tipoGeracao": "{{ params.tipoGeracao }}"},
            resend_refused="{{ params.resend_refused }}",
            **where,
        )
        about = {"pouch": submit.output, "scope": "{{ params.scope }}", **ALWAYS, **where}
        wait = CceeResultadoSensor(task_id="wait", **about, deferrable=True, patience=patience)
        land = CceeLandOperator(task_id="land", **about, ask="{{ params.ask_doubts }}")
        submit >> wait >> land >> CceeDoubtOperator(task_id="doubt", pouch=submit.output, **where)
    return dag
