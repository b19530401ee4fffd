"""What Airflow is told about this package: connection types with their form fields, extra links, options."""

from __future__ import annotations

from typing import Any

from malote_provider.declaration import DECLARED, Declaration
from malote_provider.options import OPTIONS

LOGO = "/malote/static/malote.svg"
"""Where the api-server serves it."""

_PORT = "replaces the port of the host"


def get_provider_info() -> dict[str, Any]:
    """The provider information, as ``airflow providers get airflow-provider-malote`` shows it."""
    return {
        "package-name": "airflow-provider-malote",
        "name": "malote",
        "description": "Sends files to CCEE, Cielo, BNDES and EFD-Reinf at most once, lands answers exactly once.",
        "integrations": [
            {
                "integration-name": each.title,
                "external-doc-url": each.url,
                "how-to-guide": [f"/docs/{each.name}.md"],
                "logo": LOGO,
                "tags": ["service"],
            }
            for each in DECLARED
        ],
        "hooks": _modules(),
        "operators": _modules(),
        "sensors": _modules(),
        "triggers": _modules("malote_provider.triggers"),
        "notifications": ["malote_provider.notifiers.MailNotifier"],
        "connection-types": [_connection_type(each) for each in DECLARED],
        "extra-links": ["malote_provider.links.StoryLink"],
        "config": {
            "malote": {
                "description": "Where malote keeps what it knows and what it sent.",
                "options": OPTIONS,
            }
        },
    }


def _modules(common: str = "") -> list[dict[str, Any]]:
    """By institution its own module, which has its hook, operators and sensor; or one that all share."""
    return [
        {"integration-name": each.title, "python-modules": [common or f"malote_provider.{each.name}"]}
        for each in DECLARED
    ]


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
