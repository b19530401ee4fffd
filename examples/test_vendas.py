"""A test of one's own DAG in one's own CI: against the simulated CCEE, with nothing but PostgreSQL beside it."""

# --8<-- [start:test]
import json
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag  # in Airflow 3.1: airflow.models.dagbag

from malote_sim import running

# The CI has run `airflow db migrate` and `malote migrate`; AIRFLOW_CONN_MALOTE_WAREHOUSE names its PostgreSQL, and
# AIRFLOW__CORE__DAGS_FOLDER this folder: dag.test() runs what is there.
DAGS = Path(__file__).parent


def test_a_sale_is_registered_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with running("ccee", folder=tmp_path) as simulator:
        simulator.ccee.set(users={"usuario": {"password": "senha", "profiles": ["1234"]}}, result_after=0)
        extra = {
            "environment": "simulator",
            "codigo_perfil_agente": "1234",
            "ca_bundle": str(simulator.certificates.ca),
            "client_certificate": str(simulator.certificates.client),
            "client_certificate_password": simulator.certificates.password,
            "rules": {"return_after": "PT0S", "poll_every": "PT1S"},
        }
        there = {"conn_type": "ccee", "host": simulator.url("ccee"), "login": "usuario", "password": "senha"}
        monkeypatch.setenv("AIRFLOW_CONN_CCEE_DEFAULT", json.dumps({**there, "extra": extra}))
        dag = DagBag(DAGS / "vendas.py").dags["vendas"]
        assert dag.test().state == "success"
        assert dag.test().state == "success", "run again, it has nothing left to send"
        assert simulator.ccee.accepted == {"V-1": 1}


# --8<-- [end:test]
