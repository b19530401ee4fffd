"""CCEE: contratos. An Airflow DAG as shipped; what may be changed: `help(malote_provider.flows.ccee_contratos)`."""

from malote_provider.flows import ccee_contratos

dag = ccee_contratos()
