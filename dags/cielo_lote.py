"""Cielo: lotes. An Airflow DAG as shipped; what may be changed: `help(malote_provider.flows.cielo_lote)`."""

from malote_provider.flows import cielo_lote

dag = cielo_lote()
