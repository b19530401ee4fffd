"""Vigia. An Airflow DAG as shipped; what may be changed: `help(malote_provider.flows.malote_vigia)`."""

from malote_provider.flows import malote_vigia

dag = malote_vigia()
