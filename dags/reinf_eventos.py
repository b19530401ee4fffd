"""EFD-Reinf: o mês. An Airflow DAG as shipped; what may be changed: `help(malote_provider.flows.reinf_eventos)`."""

from malote_provider.flows import reinf_eventos

dag = reinf_eventos()
