"""malote on one machine: an embedded PostgreSQL, simulators and a real Airflow, for the demo and the tests."""
