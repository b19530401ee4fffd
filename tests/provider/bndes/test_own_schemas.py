"""The esteira by XSDs of one's own: its three services by a mapping of selections, or by a folder of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from malote_provider.bndes import ESTEIRA
from support.airflow_names import DagBag
from support.runs import finished, parsed, rows

OWN = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:apa:{0}"
  elementFormDefault="qualified"><xs:element name="Pedido"><xs:complexType><xs:sequence>
    <xs:element name="anoProposta" type="xs:gYear" minOccurs="0"/>
    <xs:element name="numeroProposta" type="xs:string" minOccurs="0"/>
    <xs:element name="numeroBNDES" type="xs:string" minOccurs="0"/>
    <xs:element name="valor{0}" type="xs:decimal"/>
  </xs:sequence><xs:attribute name="versao" use="required"/></xs:complexType></xs:element></xs:schema>"""
"""Each with a namespace of its own and a field that no other service has."""

SQL = {
    "financiamento": """select '2026/17' as "reference", '1' as "@versao", '2026' as "anoProposta",
        '17' as "numeroProposta", 1000.00 as "valorfinanciamento" """,
    "contratacao": """select '4711' as "reference", '1' as "@versao", '4711' as "numeroBNDES",
        1000.00 as "valorcontratacao" """,
    "liberacao": """select 'L-1' as "reference", '1' as "@versao", '4712' as "numeroBNDES",
        400.00 as "valorliberacao" """,
}


@pytest.fixture
def own(bndes: SimpleNamespace, set_connection: Callable[..., None], tmp_path: Path) -> SimpleNamespace:
    """The connection whose `schemas` are the user's own; BNDES judges once it has taken all three."""
    folder = tmp_path / "apa"
    folder.mkdir()
    for service in ESTEIRA:
        (folder / f"{service}.xsd").write_text(OWN.format(service))
    connection = bndes.connection
    set_connection("bndes_default", **connection | {"extra": connection["extra"] | {"schemas": str(folder)}})
    bndes.office.set(life_cycle="result")
    return bndes


def by_mapping(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Any, dict[str, str]]:
    """An author's DAG file: each service has its SELECT there."""
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "minha.py").write_text(
        "# Airflow DAG\nfrom malote_provider.flows import bndes_operacoes\n"
        f"dag = bndes_operacoes('minha', schedule=None, outgoing_sql={SQL!r})\n"
    )
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    bundles = [{"name": "minha", "classpath": local, "kwargs": {"path": str(dags)}}]
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(bundles))
    return DagBag(dags).dags["minha"], {}


def by_folder(_: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Any, dict[str, str]]:
    """A run of the shipped DAG that names a folder, with a file for each service."""
    folder = tmp_path / "own" / "minhas"
    folder.mkdir()
    for service, query in SQL.items():
        (folder / f"{service}.sql").write_text(query)
    return parsed("bndes_operacoes").dags["bndes_operacoes"], {"outgoing_sql": "minhas"}


@pytest.mark.parametrize("selected", [by_mapping, by_folder])
def test_one_run_of_the_esteira_sends_each_service_its_own_rows_by_its_own_schema(
    airflow_db: None, own: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, selected: Any
) -> None:
    dag, conf = selected(monkeypatch, tmp_path)
    for task in dag.tasks:
        task.retry_delay = timedelta()
    assert str(finished(dag, conf or None).state) == "success"
    landed = rows(own.dsn, "select servico, reference from bndes.resultado order by 1")
    assert landed == [("contratacao", "4711"), ("financiamento", "2026/17"), ("liberacao", "L-1")]
    assert [own.office.requests[service] for service in ESTEIRA] == [1, 1, 1]
