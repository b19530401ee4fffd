"""The desk: pages and a JSON API in Airflow's api-server about everything that travels. Entered by ``desk.app``."""
