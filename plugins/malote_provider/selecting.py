"""What a submit task selects by: SQL that a DAG's author wrote, or files of configured folders that a run may name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from malote import cards, place
from malote.errors import Misconfigured
from malote.texts import english
from malote_provider.options import option

_KEPT = english("s_kept_neither")
_NAME = re.compile(r"[^\W.][\w.-]*(?:/[^\W.][\w.-]*)*")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SQL = re.compile(r"\b(?:select|with|table|values)\b", re.IGNORECASE)

NO_CARD = (
    r"^(?![\s\S]*(?<![0-9])(?:[0-9]{13,19}"
    r"|[3-6][0-9]{3}([^0-9A-Za-z]{1,3})(?:[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{6}\1[0-9]{4,5}))(?![0-9]))"
)
"""JSON Schema's pattern of a param's text: what a run is given Airflow keeps in plain text, so a number of 13 to 19
digits, also as a card prints it, is refused before it does. No pattern knows Luhn: the submit task looks again."""


def refuse_cards(institution: str, given: Mapping[str, Any]) -> None:
    """See that nothing that a run was given holds a card number.

    :param given: what Airflow keeps of it, by the name that the person knows
    :raises Misconfigured: where something does; it says where, never what
    """
    for name, value in given.items():
        if cards.holding([value if isinstance(value, (str, int, float, Mapping, list, tuple)) else None]):
            raise _wrong(
                english("s_given_holds", name=name, holds=english("s_card_holds")), institution,
                english("s_do_card_param"),
            )  # fmt: skip


def written(value: Any) -> bool | dict[str, Any]:
    """Whether a DAG's author wrote it, and did not leave it to a run: its text says more than ``{{ … }}``.

    Of a mapping by service it is said of each, where it is not true of all.
    Whoever starts a run fills its params: a value that is nothing but a template is theirs, so it may only name a file.
    """
    if isinstance(value, Mapping):
        said = {name: written(each) for name, each in value.items()}
        return all(each is True for each in said.values()) or said
    if not isinstance(value, str) or not _EXPRESSION.search(value):
        return isinstance(value, str)
    return bool(_SQL.search(_EXPRESSION.sub(" ", value)))


def statement(
    outgoing_sql: Any, institution: str, service: str, folders: Sequence[Path] = (), *, free: Any = False
) -> str:
    """The SQL of a service.

    :param outgoing_sql: as Airflow rendered it: the name of a file below one of the folders, or shipped; of a folder
        there that has a file for each service; where it is ``free`` also SQL, an absolute path, a mapping by service;
        blank: the file ``INSTITUTION__SERVICE.sql`` of one of the folders, else the shipped one
    :param folders: of ``[malote] outgoing_sql_folders``; the first that has a file of that name wins
    :param free: an author wrote it, see :func:`written`
    :raises Misconfigured: where there is no such file, it cannot be read, or a run gives what only an author may
    """
    if isinstance(outgoing_sql, Mapping) and free:
        outgoing_sql, free = outgoing_sql.get(service), free is True or free.get(service) is True
    text = str(outgoing_sql).strip() if given(outgoing_sql) else ""
    own = f"{institution}__{service}.sql"
    if not text:
        found = _below(own, folders)
        return _read(found, institution) if found else place.outgoing(institution, service)
    if free and (not text.endswith(".sql") or "\n" in text):
        return text
    if free and Path(text).is_absolute():
        return _read(Path(text), institution)
    if not _NAME.fullmatch(text):
        raise _wrong(
            english("s_sql_name"), institution,
            english("s_do_sql_file", folders=_told(folders)),
        )  # fmt: skip
    names = (text,) if text.endswith(".sql") else (f"{text}/{own}", f"{text}/{service}.sql")
    for name in names:
        if found := _below(name, (*folders, place.sql("outgoing"))):
            return _read(found, institution)
    raise _wrong(
        english("s_sql_no_file", names=", ".join(names)), institution,
        english("s_do_sql_below", folders=_told(folders), names=", ".join(shipped())),
    )  # fmt: skip


def own_file(arquivo: str, institution: str, folders: Sequence[Path]) -> str:
    """The path of a file that is sent as it is: a regular file below one of the folders, links followed.

    :param arquivo: its path, absolute or from one of the folders
    :param folders: of ``[malote] arquivo_folders``
    :raises Misconfigured: where it lies elsewhere, is no regular file, or is not there
    """
    if found := _below(arquivo, folders):
        return str(found)
    raise _wrong(
        english("s_arquivo_none", arquivo=repr(arquivo), folders=_told(folders)),
        institution, english("s_do_arquivo_folder"),
    )  # fmt: skip


def folders(name: str) -> list[Path]:
    """The folders of ``[malote] outgoing_sql_folders`` or ``arquivo_folders``: paths with commas between them."""
    return [Path(each.strip()) for each in option(name).split(",") if each.strip()]


def shipped() -> list[str]:
    """The names of the shipped outgoing SQL files."""
    return sorted(path.name for path in place.sql("outgoing").glob("*.sql"))


def given(value: Any) -> bool:
    """Whether a value says anything: a template makes "" or "None" of an empty param."""
    return value is not None and str(value).strip() not in ("", "None")


def true(value: Any) -> bool:
    """Whether a value, or what a template made of it, says yes."""
    return str(value).strip().lower() in ("true", "1", "yes")


def _below(name: str, folders: Sequence[Path]) -> Path | None:
    """The first regular file of that name below one of the folders, links followed; else None."""
    for folder in folders:
        try:
            root = folder.resolve()
            path = root.joinpath(name).resolve()
        except (OSError, ValueError, RuntimeError):  # links that go round, NUL, half a character
            continue
        if path.is_relative_to(root) and place.is_regular(path):
            return path
    return None


def _read(path: Path, institution: str) -> str:
    try:
        with place.open_regular(path) as file:
            return (file.read() or b"").decode("utf-8-sig")  # None of a device that has nothing to say yet
    except UnicodeDecodeError as wrong:
        raise _wrong(english("s_sql_utf8", path=path, at=wrong.start), institution, english("s_do_utf8")) from None
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or english("s_no_file_name")).lower()
        raise _wrong(
            english("s_sql_unread", path=path, why=why), institution,
            english("s_do_sql_path", names=", ".join(shipped())),
        ) from None  # fmt: skip


def _told(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders)) or english("s_none_configured")


def _wrong(what: str, institution: str, todo: str) -> Misconfigured:
    return Misconfigured(what, institution=institution, todo=todo, kept=_KEPT)
