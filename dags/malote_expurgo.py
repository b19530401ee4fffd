"""Expurgo. An Airflow DAG as shipped; what may be changed: `help(malote_provider.flows.malote_expurgo)`."""

from malote_provider.flows import malote_expurgo

dag = malote_expurgo()
