"""Where the warehouse is: one libpq string, whoever says it and in whichever form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from malote.errors import Misconfigured
from malote.texts import english

TYPES = ("postgres", "postgresql")
"""What Airflow calls a connection to PostgreSQL."""

_TODO = english("s_do_postgres")


def dsn_of(parts: Mapping[str, Any]) -> str:
    """The libpq string of a connection: conn_type, host, port, login, password, schema (the database), extra.

    Of ``extra`` it keeps what libpq knows (``sslmode``…); what the connection's own fields say counts more.

    :raises Misconfigured: where that is no PostgreSQL, or makes no address; never with a word of what was given
    """
    import psycopg
    from psycopg import conninfo, pq

    if parts.get("conn_type") not in (None, "", *TYPES):
        raise Misconfigured(
            english("s_dsn_type", type=repr(parts["conn_type"])),
            todo=english("s_do_postgres_type"),
        )
    extra = parts.get("extra") or {}
    if isinstance(extra, str):
        extra = _object(extra, english("s_dsn_extra"))
    if not isinstance(extra, Mapping):
        raise _no_address(english("s_dsn_neither"))
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    values = {name: value for name, value in extra.items() if name in known}
    own = {"host": "host", "port": "port", "login": "user", "password": "password", "schema": "dbname"}
    values |= {name: parts[field] for field, name in own.items() if parts.get(field) not in (None, "")}
    values = {name: value for name, value in values.items() if value not in (None, "")}
    if not all(isinstance(value, (str, int, float)) for value in values.values()):
        raise _no_address(english("s_dsn_neither"))
    try:
        return _checked(conninfo.make_conninfo("", **values))
    except (psycopg.Error, ValueError):  # their words quote what was given, password and all
        raise _no_address(english("s_dsn_unfit")) from None


def dsn_from(text: str) -> str:
    """The libpq string of a warehouse in text: an address, Airflow's JSON or URI of a connection, or a libpq string.

    :raises Misconfigured: where it is none of them; never with a word of it, since it may hold a password
    """
    import psycopg
    from psycopg import conninfo

    text = text.strip()
    if text.startswith("{"):
        return dsn_of(_object(text, english("s_dsn_json")))
    scheme, there, rest = text.partition("://")
    scheme = scheme.lower().split("+")[0]
    if there and scheme not in TYPES:
        raise _no_address(english("s_dsn_begin"))
    try:
        return _checked(conninfo.make_conninfo(f"postgresql://{rest}" if there else text))
    except (psycopg.Error, ValueError):
        if not there:
            raise _no_address(english("s_dsn_libpq")) from None
    return dsn_of(_of_uri(f"postgresql://{rest}"))


def merged(dsn: str, own: str) -> str:
    """A libpq string with whatever another one says in place of its own, e.g. login and password."""
    from psycopg import conninfo

    return conninfo.make_conninfo(dsn, **conninfo.conninfo_to_dict(own))


def holds_password(dsn: str) -> bool:
    """Whether a libpq string says a password, rather than leave it to the environment or ``~/.pgpass``."""
    from psycopg import conninfo

    return bool(conninfo.conninfo_to_dict(dsn).get("password"))


def _of_uri(text: str) -> dict[str, Any]:
    """The parts of a connection as Airflow writes it: what stands behind the ``?`` is its extra."""
    try:
        url = urlsplit(text)
        query = dict(parse_qsl(url.query))
        port = url.port
    except ValueError:
        raise _no_address(english("s_dsn_url")) from None
    given = {name: unquote(value or "") for name, value in (("login", url.username), ("password", url.password))}
    extra = query.pop("__extra__", "")
    return {
        **given,
        "host": unquote(url.hostname or ""),
        "port": port,
        "schema": unquote(url.path.lstrip("/")),
        "extra": {**_object(extra, english("s_dsn_own_extra")), **query},
    }


def _object(text: str, why: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _no_address(why)
    return found


def _checked(dsn: str) -> str:
    """The string, where it can be handed on to a C function and says a port that there is."""
    from psycopg import conninfo

    dsn.encode()
    if "\0" in dsn:
        raise ValueError("NUL")
    for port in str(conninfo.conninfo_to_dict(dsn).get("port") or "").split(","):
        if port and not (re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536):
            raise ValueError("port")
    return dsn


def _no_address(why: str) -> Misconfigured:
    return Misconfigured(english("s_dsn", why=why), todo=_TODO)
