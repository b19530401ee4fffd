"""BNDES: operações. An Airflow DAG as shipped; what may be changed: `help(malote_provider.flows.bndes_operacoes)`."""

from malote_provider.flows import bndes_operacoes

dag = bndes_operacoes()
