"""What Airflow is told about this package: connection types with their form fields, extra links, [malote] options."""

from __future__ import annotations

from typing import Any

from malote_provider.declaration import DECLARED, Declaration

_PORT = "replaces the port of the host"


def get_provider_info() -> dict[str, Any]:
    """The provider information of Airflow 3.3, as ``airflow providers get airflow-provider-malote`` shows it."""
    return {
        "package-name": "airflow-provider-malote",
        "name": "malote",
        "description": "Sends files to CCEE, Cielo, BNDES and EFD-Reinf at most once, lands answers exactly once.",
        "connection-types": [_connection_type(each) for each in DECLARED],
        "extra-links": ["malote_provider.links.StoryLink"],
        "config": {
            "malote": {
                "description": "Where malote keeps what it knows and what it sent.",
                "options": {
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
                        "description": "How long landed rows of what is over are kept, ISO 8601, P60D at least; "
                        "empty for ever.",
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
                },
            }
        },
    }


def _connection_type(declared: Declaration) -> dict[str, Any]:
    return {
        "connection-type": declared.name,
        "hook-class-name": f"malote_provider.{declared.name}.{declared.hook}",
        "hook-name": declared.title,
        "conn-fields": _fields(declared),
        "ui-field-behaviour": _behaviour(declared),
    }


def _fields(declared: Declaration) -> dict[str, Any]:
    found: dict[str, Any] = {
        "environment": {
            "label": "Environment",
            "schema": {"type": "string", "enum": [*declared.environments, "simulator"]},
            "description": "Checked against the host: test data never leaves for production, nor the reverse",
        },
        **{name: _text(*said) for name, said in declared.fields.items()},
        "ca_bundle": _text("CA bundle", "Path of a PEM file trusted instead of the system's store"),
    }
    if declared.certificate:
        found["client_certificate"] = _text(
            "Client certificate", "Path of a PKCS#12 file (.pfx, .p12), readable by workers"
        )
        found["client_certificate_password"] = _text(
            "Client certificate password", "Opens the PKCS#12 file", format="password"
        )
    found["proxy"] = _text(
        "Proxy", "http://[login:password@]host:port; the environment's proxies are never used", format="password"
    )
    found["tls"] = {
        "label": "TLS",
        "schema": {"type": ["object", "null"]},
        "description": 'Only for those who must: {"legacy": true} takes short keys and old ciphers of the server',
    }
    found["schemas"] = _text("Schemas", "Folder that replaces the shipped treaties; empty for the shipped")
    found["rules"] = {
        "label": "Rules",
        "schema": {"type": ["object", "null"]},
        "description": f"Overrides named values of rules.py, e.g. {declared.rules}; durations are ISO 8601",
    }
    return found


def _text(label: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"label": label, "schema": {"type": ["string", "null"], **schema}, "description": description}


def _behaviour(declared: Declaration) -> dict[str, Any]:
    placeholders = {"host": declared.host, "port": _PORT}
    if declared.login is None:
        return {"hidden-fields": ["schema", "login", "password"], "relabeling": {}, "placeholders": placeholders}
    login, password, example = declared.login
    return {
        "hidden-fields": ["schema"],
        "relabeling": {"login": login, "password": password},
        "placeholders": {**placeholders, "login": example},
    }
