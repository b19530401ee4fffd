"""Where the shipped treaties and SQL lie: inside the wheel, or at the root of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parents[1]


def schemas(institution: str) -> Path:
    """The folder of the shipped treaties of one institution (WSDL and XSD)."""
    return _first("schemas", _CHECKOUT / "schemas") / institution


def sql(*parts: str) -> Path:
    """A shipped SQL file or folder, e.g. ``sql("outgoing", "ccee__contratos.sql")``."""
    return _first("sql", _CHECKOUT / "include" / "sql").joinpath(*parts)


def outgoing(institution: str, service: str) -> str:
    """The shipped outgoing SQL of a service: its own file, or ``outros``, in which ``{servico}`` is its name."""
    own = sql("outgoing", f"{institution}__{service}.sql")
    if own.is_file():
        return own.read_text(encoding="utf-8")
    return sql("outgoing", f"{institution}__outros.sql").read_text(encoding="utf-8").replace("{servico}", service)


def _first(packed: str, checkout: Path) -> Path:
    inside = _PACKAGE / packed
    return inside if inside.is_dir() else checkout
