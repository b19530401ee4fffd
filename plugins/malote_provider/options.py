"""The options of [malote]: what ``airflow config list`` says of each, and the only way to read one."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "warehouse_conn_id": {
        "description": "Connection of type postgres: the journal, outgoing and landed rows.",
        "version_added": "0.1.0",
        "type": "string",
        "example": None,
        "default": "malote_warehouse",
    },
    "archive_url": {
        "description": "fsspec URL of the archive: every byte sent and received. Workers and triggerer "
        "on different machines need one that all of them reach.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "s3://bucket/malote",
        "default": "{AIRFLOW_HOME}/malote/archive",
    },
    "selection_conn_id": {
        "description": "Connection whose login and password select the outgoing rows, best the role "
        "malote_select; without it the warehouse's own login selects, read-only.",
        "version_added": "0.1.0",
        "type": "string",
        "example": None,
        "default": "malote_select",
    },
    "airflow_conn_id": {
        "description": "Connection (http) of this Airflow's own API, by which land writes the note of "
        "a run; where there is none, no note is written.",
        "version_added": "0.1.0",
        "type": "string",
        "example": None,
        "default": "malote_airflow",
    },
    "ask_doubts": {
        "description": "Runs of the shipped DAGs ask about a doubt as a required action, unless their "
        "form says otherwise; else land fails over it.",
        "version_added": "0.1.0",
        "type": "boolean",
        "example": "True",
        "default": "False",
    },
    "language": {
        "description": "Of what a run says in Airflow's pages, its note and its required actions: "
        "pt-BR or en. The desk speaks as the browser does.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "en",
        "default": "pt-BR",
    },
    "alarm_mail": {
        "description": "Who is written to by malote_vigia about what needs a person, commas between "
        "them, by the connection smtp_default; empty: nobody, its task only fails.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "plantao@empresa.com.br",
        "default": "",
    },
    "outgoing_timeout": {
        "description": "How long selecting a thousand outgoing rows may take: ISO 8601, or seconds.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "PT1H",
        "default": "PT10M",
    },
    "keep_landed": {
        "description": "How long landed rows of what is over are kept, ISO 8601, P60D at least; empty for ever.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "P5Y",
        "default": "",
    },
    "keep_events": {
        "description": "How long items and events of what is over are kept, ISO 8601, P60D at least, "
        "and at least as long as landed rows; empty for ever.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "P5Y",
        "default": "",
    },
    "keep_answers": {
        "description": "How long files in the archive of what is over are kept, ISO 8601, P60D at "
        "least; empty for ever.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "P5Y",
        "default": "",
    },
    "export_url": {
        "description": "fsspec URL, or folder, that ExportOperator writes what has landed to, as "
        "Parquet; best a bucket that nothing else writes to.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "s3://bucket/malote",
        "default": "",
    },
    "outgoing_sql_folders": {
        "description": "Folders, commas between them, of the .sql files that a run may name as "
        "outgoing_sql; a file there that is named as a shipped one replaces it.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "/opt/airflow/dags/sql",
        "default": "",
    },
    "arquivo_folders": {
        "description": "Folders, commas between them, from below which files are sent as they are.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "/opt/airflow/arquivos",
        "default": "",
    },
}


def option(name: str) -> str:
    """What ``[malote] name`` says, or its default.

    A process that has not loaded what providers say of their options knows the default too.
    """
    return str(_conf().get("malote", name, fallback=_default(name)))


def ticked(name: str) -> bool:
    """The same of an option that is true or false."""
    return bool(_conf().getboolean("malote", name, fallback=_default(name)))


def _default(name: str) -> str:
    from airflow.configuration import AIRFLOW_HOME

    return str(OPTIONS[name]["default"]).replace("{AIRFLOW_HOME}", AIRFLOW_HOME)


def _conf() -> Any:
    from airflow.configuration import conf

    return conf
