"""Resumo do dia. An Airflow DAG as shipped; what may be changed: `help(malote_provider.flows.relatorio_diario)`."""

from malote_provider.flows import relatorio_diario

dag = relatorio_diario()
