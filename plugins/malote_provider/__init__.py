"""malote in Airflow's words: connections, operators, sensors, one trigger, a timetable, pages."""
