"""Retenção. An Airflow DAG as shipped; what may be changed: `help(malote_provider.flows.retencao)`."""

from malote_provider.flows import retencao

dag = retencao()
