"""What the ``malote`` command finds around it: where the warehouse is, and the key that seals cards."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from malote import place
from malote.errors import Misconfigured
from malote.warehouse import dsn_from

if TYPE_CHECKING:
    from malote.archive import Keys

ARCHIVE_URL = "AIRFLOW__MALOTE__ARCHIVE_URL"
WAREHOUSE, ARCHIVE = "AIRFLOW_CONN_MALOTE_WAREHOUSE", "AIRFLOW_CONN_MALOTE_ARCHIVE"
LOCAL = Path(".malote")
"""Of a running ``make up``, in the current folder; looked at only when a person says so."""

_LARGEST = 64 << 10
_LARGEST_ANSWER = 64 << 20


def warehouse(given: str | None = None, file: str | None = None, *, local: bool = False) -> str:
    """The libpq string of the warehouse: as given, or in a file, or of a local ``make up``, or as Airflow has it.

    :raises Misconfigured: where none of them says one, or what it says is none; never with a word of it
    """
    if local:
        return dsn_from(_of_ones_own(LOCAL / "warehouse.dsn"))
    text = given or (_text(Path(file)) if file else os.environ.get(WAREHOUSE, ""))
    if not text.strip():
        raise Misconfigured(
            "nobody said where the warehouse is",
            todo=f"set {WAREHOUSE} as Airflow has it, or give --warehouse-file FILE; of a running `make up`: --local",
        )
    return dsn_from(text)


def archive_keys(*, local: bool = False) -> Keys:
    """The keys that seal and open card data: of the archive's connection in the environment, or of a local ``make up``.

    A local file has the present key in its first line, and old ones in those that follow.

    :raises Misconfigured: where what is there is no connection, or a file is not one's own
    """
    from malote.archive import Keys

    if local:
        present, *old = _of_ones_own(LOCAL / "archive.key").split("\n") or [""]
        return Keys(present.strip(), map(str.strip, old))
    text = os.environ.get(ARCHIVE, "").strip()
    try:
        text.encode()
        password, extra = _connection(text)
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise Misconfigured(
            f"{ARCHIVE} is no connection", todo='set it as Airflow has it: {"conn_type": "generic", "password": "…"}'
        ) from None
    return Keys.configured(password, extra)


def archive_url(given: str | None = None, *, local: bool = False) -> str:
    """Where the archive lies: as given, or of a local ``make up``, or as Airflow's environment has it.

    :raises Misconfigured: where nobody says it
    """
    url = given or (str(LOCAL / "archive") if local else os.environ.get(ARCHIVE_URL, "").strip())
    if not url:
        raise Misconfigured(
            "nobody said where the archive is",
            todo=f"give --url, or set {ARCHIVE_URL} as Airflow has it; `airflow config get-value malote archive_url`",
        )
    return url


def _connection(text: str) -> tuple[str | None, dict[str, Any]]:
    """Password and extra of a connection, as Airflow's JSON or URI."""
    if text.startswith("{"):
        found = json.loads(text)
        password, extra = found.get("password"), found.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
        return str(password) if password else None, dict(extra.items())
    url = urlsplit(text)
    query = dict(parse_qsl(url.query))
    return unquote(url.password or "") or None, {**json.loads(query.pop("__extra__", "") or "{}"), **query}


def extra_of(institution: str, file: str | None = None) -> tuple[dict[str, Any], str]:
    """The extra of an institution's connection: in a file, or of its default connection in the environment; and which.

    :raises Misconfigured: where what is there is none
    """
    name = f"AIRFLOW_CONN_{institution.upper()}_DEFAULT"
    text = _text(Path(file)) if file else os.environ.get(name, "").strip()
    if not text:
        return {}, "the shipped rules"
    try:
        extra = json.loads(text) if file else _connection(text)[1]
        extra = {**extra, "rules": json.loads(rules)} if isinstance(rules := extra.get("rules"), str) else extra
    except (ValueError, RecursionError, AttributeError, TypeError):
        what = f"the file {file!r} holds no JSON object" if file else f"{name} is no connection"
        raise Misconfigured(what, todo='e.g. {"rules": {"own_roots": ["erroApa"]}}') from None
    return extra, f"extra of {file or name}" + ("" if extra.get("rules") else ", which has no rules")


def bytes_of(path: str) -> bytes:
    """The bytes of a regular file, or of what is piped in for ``-``; 64 MiB at most.

    :raises Misconfigured: where it cannot be read, or is larger
    """
    try:
        if path == "-":
            data = getattr(sys.stdin, "buffer", sys.stdin).read(_LARGEST_ANSWER + 1)
            data = data.encode() if isinstance(data, str) else data
        else:
            with place.open_regular(Path(path)) as file:
                data = file.read(_LARGEST_ANSWER + 1) or b""
    except (OSError, ValueError) as wrong:
        why = (getattr(wrong, "strerror", None) or "no name of a file").lower()
        raise Misconfigured(
            f"the file {path!r} cannot be read: {why}", todo="give a file that holds an answer"
        ) from None
    if len(data) > _LARGEST_ANSWER:
        raise Misconfigured(f"{path!r} is larger than 64 MiB", todo="give a part of it that is an answer")
    return bytes(data)


def passwords(folder: str | None) -> dict[str, str]:
    """The passwords of roles: a file each, named as the role; a file of another name is not looked at.

    :raises Misconfigured: where it is no folder, or a file in it cannot be read or is empty
    """
    from malote.migrations import ROLES

    if folder is None:
        return {}
    try:
        there = {each.name for each in Path(folder).iterdir()}
    except (OSError, ValueError):
        raise Misconfigured("--passwords is no folder that can be read", todo="name that of their files") from None
    found = {role: _text(Path(folder, role)).strip() for role in ROLES if role in there}
    if empty := [role for role, password in found.items() if not password]:
        raise Misconfigured(f"the password of {', '.join(empty)} is empty", todo="write one into the file")
    return found


def _of_ones_own(path: Path) -> str:
    """The text of a file below a folder, both of whom runs the command and of nobody else to write: else a planted one
    would choose the database and the key."""
    try:
        for each in (path.parent, path):
            about = each.lstat()
            ours = about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if not ours or stat.S_ISLNK(about.st_mode):
                raise Misconfigured(
                    f"{each} is not trusted: it is somebody else's, a link, or others may write it",
                    todo=f"see who made it; `chmod go-w {each}` where it was you",
                )
    except FileNotFoundError:
        raise Misconfigured(
            f"there is no {path}", todo="--local is for the folder in which `make up` is running"
        ) from None
    except OSError:
        raise Misconfigured(f"{path} cannot be read", todo="see whose it is") from None
    return _text(path)


def _text(path: Path) -> str:
    try:
        with place.open_regular(path) as file:
            return (file.read(_LARGEST) or b"").decode("utf-8-sig")  # None of a device that has nothing to say yet
    except UnicodeDecodeError:
        raise Misconfigured(f"the file {str(path)!r} is not UTF-8", todo="save it as UTF-8") from None
    except (OSError, ValueError) as wrong:
        why = (getattr(wrong, "strerror", None) or "no name of a file").lower()
        raise Misconfigured(f"the file {str(path)!r} cannot be read: {why}", todo="give a file of text") from None
