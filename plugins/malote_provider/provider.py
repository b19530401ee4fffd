"""What Airflow is told about this package: connection types with their form fields, extra links, [malote] options."""

from __future__ import annotations

from typing import Any

CCEE_RULES = '{"poll_every": "PT5M", "patience": "P2D", "opening_hours": "08:00-20:00"}'
CIELO_RULES = '{"first_lot": 87, "return_after": "PT12H", "poll_every": "PT1H", "patience": "PT12H"}'
BNDES_RULES = '{"services": {"aditivo": {"path": "api/v1/…"}}, "words": {"yes": ["homologado"]}, "poll_every": "PT1M"}'
_PORT = "replaces the port of the host"


def get_provider_info() -> dict[str, Any]:
    """The provider information of Airflow 3.3, as ``airflow providers get airflow-provider-malote`` shows it."""
    return {
        "package-name": "airflow-provider-malote",
        "name": "malote",
        "description": "Sends files to the CCEE, Cielo and BNDES at most once and lands their answers exactly once.",
        "connection-types": [
            {
                "connection-type": "ccee",
                "hook-class-name": "malote_provider.ccee.CceeHook",
                "hook-name": "CCEE",
                "conn-fields": {
                    "environment": _environment("producao", "piloto", "simulator"),
                    "codigo_perfil_agente": _text("Código do perfil do agente", "The perfil's code, not the agente's"),
                    **_ca_bundle(),
                    **_certificate(),
                    **_own(CCEE_RULES),
                },
                "ui-field-behaviour": _behaviour("Usuário WS-Security", "Senha WS-Security", "usuário"),
            },
            {
                "connection-type": "cielo",
                "hook-class-name": "malote_provider.cielo.CieloHook",
                "hook-name": "Cielo",
                "conn-fields": {
                    "environment": _environment("producao", "teste", "simulator"),
                    "nome_ec": _text("Nome do EC", "Goes into the lots where Cielo asks for it; usually empty"),
                    **_ca_bundle(),
                    **_own(CIELO_RULES),
                },
                "ui-field-behaviour": _behaviour("Número do EC", "Chave de acesso", "10 digits"),
            },
            {
                "connection-type": "bndes",
                "hook-class-name": "malote_provider.bndes.BndesHook",
                "hook-name": "BNDES",
                "conn-fields": {
                    "environment": _environment("producao", "homologacao", "simulator"),
                    "cnpj": _text("CNPJ", "Of the e-CNPJ; empty: as the client certificate says"),
                    **_ca_bundle(),
                    **_certificate(),
                    **_own(BNDES_RULES),
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "login", "password"],
                    "relabeling": {},
                    "placeholders": {"host": "https://…/apa (empty: the official address)", "port": _PORT},
                },
            },
        ],
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
                },
            }
        },
    }


def _environment(*names: str) -> dict[str, Any]:
    return {
        "label": "Environment",
        "schema": {"type": "string", "enum": list(names)},
        "description": "Checked against the host: test data never leaves for production, nor the reverse",
    }


def _text(label: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"label": label, "schema": {"type": ["string", "null"], **schema}, "description": description}


def _ca_bundle() -> dict[str, Any]:
    return {"ca_bundle": _text("CA bundle", "Path of a PEM file trusted instead of the system's store")}


def _certificate() -> dict[str, Any]:
    return {
        "client_certificate": _text("Client certificate", "Path of a PKCS#12 file (.pfx, .p12), readable by workers"),
        "client_certificate_password": _text(
            "Client certificate password", "Opens the PKCS#12 file", format="password"
        ),
    }


def _own(rules: str) -> dict[str, Any]:
    return {
        "schemas": _text("Schemas", "Folder that replaces the shipped treaties; empty for the shipped"),
        "rules": {
            "label": "Rules",
            "schema": {"type": ["object", "null"]},
            "description": f"Overrides named values of rules.py, e.g. {rules}; durations are ISO 8601",
        },
    }


def _behaviour(login: str, password: str, example: str) -> dict[str, Any]:
    return {
        "hidden-fields": ["schema"],
        "relabeling": {"login": login, "password": password},
        "placeholders": {
            "host": "https://… (empty: the official address of the environment)",
            "port": _PORT,
            "login": example,
        },
    }
