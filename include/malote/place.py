"""Where the shipped treaties, SQL and DAG files lie, in the wheel or a checkout; and how files are opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from malote.texts import english

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parents[1]


def schemas(institution: str) -> Path:
    """The folder of the shipped treaties of one institution (WSDL and XSD)."""
    return _first("schemas", _CHECKOUT / "schemas") / institution


def sql(*parts: str) -> Path:
    """A shipped SQL file or folder, e.g. ``sql("outgoing", "ccee__contratos.sql")``."""
    return _first("sql", _CHECKOUT / "include" / "sql").joinpath(*parts)


def dags() -> Path:
    """The folder of the shipped DAG files, three lines each."""
    return _first("dags", _CHECKOUT / "dags")


def outgoing(institution: str, service: str) -> str:
    """The shipped outgoing SQL of a service: its own file, or ``outros``, in which ``{servico}`` is its name."""
    own = sql("outgoing", f"{institution}__{service}.sql")
    if own.is_file():
        return own.read_text(encoding="utf-8")
    return sql("outgoing", f"{institution}__outros.sql").read_text(encoding="utf-8").replace("{servico}", service)


def is_regular(path: Path) -> bool:
    """Whether a regular file is there, or a link to one: no folder, device or pipe, no name that no file can have."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def open_regular(path: Path) -> BinaryIO:
    """A regular file, opened for reading without waiting for whoever writes into a pipe.

    :raises OSError: where it cannot be read, or is no regular file
    :raises ValueError: where no file can have that name
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(None, english("s_irregular"), str(path))
    return os.fdopen(descriptor, "rb")


def _first(packed: str, checkout: Path) -> Path:
    inside = _PACKAGE / packed
    return inside if inside.is_dir() else checkout
