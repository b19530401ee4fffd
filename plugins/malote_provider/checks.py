"""What relatorio_diario holds true of what has landed: of what is new since the last run, once a month of all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_NEW = "select n.submission_id from report.cargas_novas as n"
_TAKEN = "filter (where situacao_item = 'aceito')"
_APPROVED = "servico = 'financiamento' and situacao = 'aprovado' and numero_bndes is not null"
# Of an approved financiamento there is no other one of the same proposal, environment and account.
_APPROVED_ONCE = f"""count(*) filter (where {_APPROVED} and exists (
    select 1 from malote.submission as mine inner join malote.submission as sent
        on sent.environment = mine.environment and sent.account = mine.account
    inner join bndes.resultado as other on other.submission_id = sent.id
    where mine.id = resultado.submission_id and other.ano_proposta = resultado.ano_proposta
        and other.numero_proposta = resultado.numero_proposta and other.servico = 'financiamento'
        and other.situacao = 'aprovado' and other.numero_bndes is not null
        and (other.submission_id, other.ordem) <> (resultado.submission_id, resultado.ordem))) = 0"""
# The index item_travelling holds this; who took it away, or wrote past it, is found out here.
_TRAVELS_ONCE = """count(*) filter (where outcome is distinct from 'refused' and exists (
    select 1 from malote.item_row as other
    where other.reference = item_row.reference and other.scope = item_row.scope
        and other.submission <> item_row.submission and other.outcome is distinct from 'refused')) = 0"""


@dataclass(frozen=True, slots=True)
class Check:
    """A table or view, which of its columns are never empty, and what is true of its rows together.

    :param rows: an expression that counts its rows that came with an answer, where ``malote.load`` counts them too
    """

    table: str
    filled: str = ""
    true: str = "true"
    rows: str = ""
    key: str = "submission_id"

    @property
    def new(self) -> str:
        """The condition on rows of what is new."""
        return f"{self.key} = any (array({_NEW}))"

    def columns(self) -> dict[str, Any]:
        """For ``SQLColumnCheckOperator``."""
        return {column: {"null_check": {"equal_to": 0}} for column in self.filled.split()}

    def whole(self, *, all_of_it: bool) -> dict[str, Any]:
        """For ``SQLTableCheckOperator``: what is true, and that nothing of a load is missing."""
        which = "" if all_of_it else f" and submission = any (array({_NEW}))"
        loaded = f"(select coalesce(sum(row_count), 0) from malote.load where target = '{self.table}'{which})"
        return {"inteira": {"check_statement": f"{self.true} and {self.rows} = {loaded}" if self.rows else self.true}}


CHECKS = (
    Check("ccee.resultado_processamento", "codigo_processamento status", rows="count(*)"),
    Check("reinf.evento", "evento situacao", rows="count(*)"),
    Check("report.ccee_contratos", "referencia",
          "count(*) = count(distinct (referencia, operacao, ambiente, perfil_agente))"),
    Check("cielo.transacao", "operacao situacao", rows="count(*) filter (where situacao <> 'sem_retorno')"),
    Check("report.cielo_transacoes", "referencia",
          f"count(*) {_TAKEN} = count(distinct (referencia, operacao, ambiente, ec)) {_TAKEN}"),
    Check("bndes.resultado", "servico situacao", _APPROVED_ONCE, rows="count(*)"),
    Check("malote.item_row", "reference", _TRAVELS_ONCE, key="submission"),
)  # fmt: skip
"""Of every institution what landed, and that nothing was taken twice."""

COUNTED = ("cielo_aprovacao_solta", "cielo_aprovacao")
"""The files that keep the counts of report.cielo_aprovacao_por_dia, in their order."""

MONTHLY = """select {{ params.tudo }} or coalesce(inteira_em < now() - interval '30 days', true)
             from report.conferencia"""


def checking(conn_id: str, *, all_of_it: bool) -> list[Any]:
    """The tasks that check; to be called inside of a DAG.

    :param all_of_it: all that ever landed, and not only what did since the last run
    """
    from airflow.providers.common.sql.operators import sql

    mark = "tudo_" if all_of_it else ""
    tasks: list[Any] = []
    for check in CHECKS:
        about: dict[str, Any] = {
            "table": check.table, "partition_clause": None if all_of_it else check.new, "conn_id": conn_id,
        }  # fmt: skip
        name, whole = check.table.replace(".", "_"), check.whole(all_of_it=all_of_it)
        tasks.append(
            sql.SQLColumnCheckOperator(task_id=f"{mark}preenchida_{name}", column_mapping=check.columns(), **about)
        )
        tasks.append(sql.SQLTableCheckOperator(task_id=f"{mark}inteira_{name}", checks=whole, **about))
    return tasks
