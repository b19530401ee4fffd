"""Lineage: what submit and land tell OpenLineage, and what Airflow's own graph knows of inlets and outlets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from psycopg import conninfo

from malote_provider.ccee import CceeLandOperator, CceeSubmitOperator
from malote_provider.cielo import CieloLandOperator, CieloSubmitOperator
from malote_provider.lineage import read_by
from support.runs import parsed

SERVICES = {
    "autorizacao": ({"outgoing.cielo_autorizacao", "cielo.transacao"}, {"cielo.transacao"}),
    "captura": ({"outgoing.cielo_captura", "cielo.transacao"}, {"cielo.transacao"}),
    "tokenizacao": ({"outgoing.cielo_tokenizacao"}, {"cielo.transacao"}),
}


def named(datasets: Any, dsn: str) -> set[str]:
    """Tables of the warehouse by their names, whatever else by namespace and name."""
    known = conninfo.conninfo_to_dict(dsn)
    ours, prefix = f"postgres://{known['host']}:{known.get('port', 5432)}", f"{known['dbname']}."
    return {
        each.name.removeprefix(prefix) if each.namespace == ours else f"{each.namespace}/{each.name}"
        for each in datasets
    }


@pytest.mark.parametrize("service", SERVICES)
def test_lineage_leads_from_the_outgoing_table_to_the_landed_one(cielo: SimpleNamespace, service: str) -> None:
    reads, writes = SERVICES[service]
    there = f"malote://cielo/simulator/{service}"
    submit = CieloSubmitOperator(task_id="submit", service=service).get_openlineage_facets_on_complete(None)
    assert (named(submit.inputs, cielo.dsn), named(submit.outputs, cielo.dsn)) == (reads, {there})
    land = CieloLandOperator(task_id="land", service=service).get_openlineage_facets_on_complete(None)
    assert (named(land.inputs, cielo.dsn), named(land.outputs, cielo.dsn)) == (reads | {there}, writes)


def test_the_tables_of_sql_of_ones_own_are_the_inputs(ccee: SimpleNamespace) -> None:
    own = "with w as (select * from erp.contrato) select w.id as reference from w join erp.parte as p using (id)"
    told = CceeSubmitOperator(task_id="submit", outgoing_sql=own).get_openlineage_facets_on_complete(None)
    assert named(told.inputs, ccee.dsn) == {"erp.contrato", "erp.parte"}


def test_a_file_of_ones_own_is_the_input(ccee: SimpleNamespace, own_folder: Any) -> None:
    file = own_folder / "mine.xml"
    file.write_text("<x/>")
    told = CceeSubmitOperator(task_id="submit", arquivo="mine.xml").get_openlineage_facets_on_complete(None)
    assert named(told.inputs, ccee.dsn) == {f"file/{file}"}


@pytest.mark.parametrize("sql", ["", "no sql at all (", "select 1 as reference", "select 'from a.b' as reference"])
def test_sql_that_reads_nothing_or_cannot_be_read_has_no_inputs(sql: str) -> None:
    assert read_by(sql) == []


def test_without_openlineage_nothing_is_told_and_nothing_fails(
    ccee: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("openlineage_sql", "airflow.providers.openlineage.extractors"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    assert CceeLandOperator(task_id="land").get_openlineage_facets_on_complete(None) is None
    assert CceeSubmitOperator(task_id="submit").get_openlineage_facets_on_complete(None) is None


@pytest.mark.parametrize(
    ("flow", "asset"),
    [
        ("ccee_contratos", "malote://ccee/resultado_processamento"),
        ("cielo_lote", "malote://cielo/transacao"),
        ("bndes_operacoes", "malote://bndes/resultado"),
    ],
)
def test_airflows_own_graph_knows_who_reads_and_who_makes_what(airflow_db: None, flow: str, asset: str) -> None:
    from support.airflow_names import DagSerialization

    dag = parsed().dags[flow]
    institution = asset.split("/")[2]
    for each in (dag, DagSerialization.from_dict(DagSerialization.to_dict(dag))):
        assert [inlet.uri for inlet in each.get_task("submit").inlets] == [f"malote://{institution}/outgoing"]
        for task in ("land", "doubt"):
            assert [outlet.uri for outlet in each.get_task(task).outlets] == [asset]
