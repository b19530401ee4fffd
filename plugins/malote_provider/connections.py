"""What Airflow's connections say, as the core wants it: an Access, and the warehouse as a libpq string."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from malote import warehouse
from malote.address import host_of
from malote.errors import Misconfigured
from malote.institution import Access, load
from malote.texts import english

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from malote.archive import Keys

SECRETS = ("client_certificate_password", "old_keys")
"""What is secret in ``extra``; Airflow masks the password itself."""


def extra_of(connection: Connection) -> dict[str, Any]:
    """``extra`` as an object, without its blank fields; ``rules`` and ``tls`` may be objects in text, as a form has it.

    :raises Misconfigured: where one of them is no JSON object
    """
    extra = _object(connection.extra, english("s_conn_extra", conn=repr(connection.conn_id)))
    for name in ("rules", "tls"):
        if isinstance(extra.get(name), str):
            extra[name] = _object(extra[name], english("s_conn_extra_of", name=name, conn=repr(connection.conn_id)))
    return {name: value for name, value in extra.items() if value not in (None, "")}


def secrets_of(connection: Connection | None) -> list[str]:
    """What of ``extra`` must not be seen in a log; of no connection, nothing."""
    extra = extra_of(connection) if connection else {}
    given = [extra[name] for name in SECRETS if name in extra]
    with suppress(ValueError):  # what is no address is refused where it is used
        password = urlsplit(str(extra.get("proxy", ""))).password
        given += [password, unquote(password)] if password else []
    return [str(each) for value in given for each in (value if isinstance(value, list) else [value])]


def text_of(extra: Mapping[str, Any], name: str) -> str | None:
    """A text of ``extra``; a whole number is taken as it was typed: passwords often are some.

    :raises Misconfigured: where it is anything else, which JSON does not keep as it was typed
    """
    value = extra.get(name)
    if value is None or (isinstance(value, (str, int)) and not isinstance(value, bool)):
        return None if value is None else str(value)
    raise Misconfigured(english("s_conn_no_text", name=name), todo=english("s_do_quote"))


def legacy_of(extra: Mapping[str, Any]) -> bool:
    """Whether ``extra.tls`` asks for old forms of TLS.

    :raises Misconfigured: where it says anything else than ``{"legacy": true}`` or ``false``
    """
    said = extra.get("tls") or {}
    if not isinstance(said, dict) or set(said) - {"legacy"} or not isinstance(said.get("legacy", False), bool):
        raise Misconfigured(english("s_conn_tls"), todo=english("s_do_legacy"))
    return bool(said.get("legacy", False))


def access_of(connection: Connection, institution: str) -> Access:
    """How the connection says that the institution is reached.

    :raises Misconfigured: where it does not say which environment, or host and port make no address
    """
    extra = extra_of(connection)
    environment = str(extra.get("environment", "")).strip()
    if not environment:
        raise Misconfigured(
            english("s_conn_environment", conn=repr(connection.conn_id)),
            institution=institution,
            todo=english("s_do_environment", names=", ".join([*load(institution).environments, "simulator"])),
        )
    return Access(
        institution=institution,
        environment=environment,
        base_url=base_url(connection.host or "", connection.port, environment),
        login=connection.login or "",
        password=connection.password or "",
        extra=extra,
    )


def keys_of(connection: Connection | None) -> Keys:
    """What the connection of the archive says of its keys: its password, and ``old_keys``; none without one.

    :raises Misconfigured: where ``old_keys`` is no list of texts
    """
    from malote.archive import Keys

    return Keys.configured(connection.password, extra_of(connection)) if connection else Keys()


def dsn_of(connection: Connection) -> str:
    """libpq connection string of the warehouse; of ``extra`` what libpq knows (``sslmode``…).

    :raises Misconfigured: where the connection is not of type ``postgres``, or makes no address
    """
    own = ("conn_type", "host", "port", "login", "password", "schema")
    return warehouse.dsn_of({**{name: getattr(connection, name) for name in own}, "extra": extra_of(connection)})


def base_url(host: str, port: int | str | None, environment: str) -> str:
    """Scheme, host, port and path prefix without the last slash; ``host`` may hold all, ``port`` replaces its port.

    :raises Misconfigured: where that makes no address, or no TLS outside the simulator
    """
    if not host:
        return ""
    url = host if "://" in host else f"https://{host}"
    try:
        name, own = host_of(url)
        found = own if port in (None, "") else int(port)
        parts = urlsplit(url)
        if not (found is None or 0 < found < 65536) or parts.scheme not in ("https", "http"):
            raise ValueError("scheme or port")
    except (ValueError, OverflowError, TypeError):
        raise Misconfigured(english("s_conn_no_address"), todo=english("s_do_host")) from None
    name = f"[{name}]" if ":" in name else name
    if parts.scheme == "http" and environment != "simulator":
        raise Misconfigured(english("s_conn_http"), todo=english("s_do_https"))
    return f"{parts.scheme}://{name}{f':{found}' if found else ''}{parts.path.rstrip('/')}"


def _object(text: str | None, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Misconfigured(english("s_conn_no_object", what=what), todo=english("s_do_object"))
    return found
