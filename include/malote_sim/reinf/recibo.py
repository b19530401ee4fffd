"""The query of receipts by key: which events a path asks for."""

from __future__ import annotations

from collections.abc import Mapping

from malote_sim.reinf.books import Books
from malote_sim.reinf.events import root_of
from malote_sim.reinf.filed import Filed
from malote_sim.reinf.kinds import EXCLUSION, KINDS, Kind

_WITHOUT = {("R-4010", "semCpfBeneficiario"): "cpfBenef", ("R-4020", "semCnpjBeneficiario"): "cnpjBenef"}
_OPTIONAL = ("ideEvtAdic",)


class Unasked(ValueError):
    """The path asks for nothing that can be asked; its text says why."""


def look(path: str, books: Mapping[tuple[str, str], Books]) -> tuple[tuple[str, str], Kind, list[Filed]]:
    """Contributor, kind, and every event accepted so far under the key of a path like R4020/1/11222333/2026-10/…."""
    start, *parts = path.strip("/").split("/")
    kind = KINDS.get(f"R-{start[1:]}") if start.startswith("R") else None
    if kind is None or kind.group == EXCLUSION:
        raise Unasked(f"não há consulta de {start[:20]}")
    number = ""
    if parts and (kind.code, parts[0]) in _WITHOUT:
        number = _WITHOUT[kind.code, parts.pop(0)]
    if len(parts) < 2 or parts[0] not in ("1", "2") or not parts[1].isdigit():
        raise Unasked("faltam tpInsc e nrInsc")
    contributor, given = (parts[0], root_of(parts[0], parts[1])), parts[2:]
    unasked = number or ("nmBenef" if any(kind.code == code for code, _ in _WITHOUT) else "")
    names = [name for name in kind.key if name != unasked]
    needed = [name for name in names if name not in _OPTIONAL]
    if not len(needed) <= len(given) <= len(names) or not all(given):
        raise Unasked(f"a chave de {kind.code} é {', '.join(names) or 'vazia'}")
    known = books.get(contributor, Books())
    wanted = dict(zip(names, given))  # noqa: B905  # what is optional may be missing
    if number:
        wanted[number] = ""
    found = [filed for key, each in known.keys.items() if key[0] == kind.code for filed in each]
    return contributor, kind, [each for each in found if _is(each, wanted)]


def _is(filed: Filed, wanted: Mapping[str, str]) -> bool:
    return all(filed.event.text(name) == value for name, value in wanted.items())
