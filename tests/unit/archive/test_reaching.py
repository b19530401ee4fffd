"""Whatever keeps the archive from being written or read is said in words, and is tried again after."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import fsspec
import pytest

from malote.archive import Archive
from malote.errors import Transient, Unreachable
from malote.export import Folder
from malote.submission import Stored

KEY = secrets.token_hex(32)
NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


class EndpointConnectionError(Exception):
    """What an object store's library raises: no OSError."""


TROUBLES = [
    (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
    (OSError(errno.EIO, "http://key:secret@store.invalid/malote"), "input/output error"),
    (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
    (PermissionError("http://key:secret@store.invalid/malote"), "permissionerror"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connection refused"),
    (TimeoutError(), "timeouterror"),
    (EndpointConnectionError("http://key:secret@store.invalid/malote"), "endpointconnectionerror"),
]
every_trouble = pytest.mark.parametrize(("trouble", "said"), TROUBLES, ids=[said for _, said in TROUBLES])


def away(trouble: Exception) -> Callable[..., Any]:
    def raises(*_: Any, **__: Any) -> Any:
        raise trouble

    return raises


def write(archive: Archive, *, sealed: bool = False) -> Stored:
    with archive.write("sent", "a.xml", sealed=sealed) as sheet:
        sheet.write(b"bytes")
    return sheet.stored


DEEDS: dict[str, tuple[str, str, Callable[[Archive, Stored], Any]]] = {
    "opened for writing": ("written", "open", lambda archive, _: write(archive)),
    "given its name": ("written", "mv", lambda archive, _: write(archive)),
    "removed": ("written", "rm_file", lambda archive, stored: archive.purge(stored)),
    "opened for reading": ("read", "open", lambda archive, stored: archive.open(stored)),
    "measured": ("read", "size", lambda archive, stored: archive.open(stored)),
    "searched": ("read", "find", lambda archive, _: archive.sealed_before(NOW)),
    "dated": ("read", "modified", lambda archive, _: archive.sealed_before(NOW)),
}


@every_trouble
@pytest.mark.parametrize("deed", DEEDS)
def test_a_store_that_is_away_is_said_in_words(
    deed: str, trouble: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    how, method, act = DEEDS[deed]
    archive = Archive("memory://reaching", KEY)
    stored = write(archive)
    write(archive, sealed=True)
    monkeypatch.setattr(type(fsspec.filesystem("memory")), method, away(trouble))
    with pytest.raises(Transient, match=f"^the archive cannot be {how}: {said}\n") as told:
        act(archive, stored)
    assert isinstance(told.value, Unreachable) == (how == "read"), "what cannot be read has not left"
    assert told.value.todo and told.value.kept
    assert "secret" not in str(told.value) and told.value.__cause__ is None


@every_trouble
@pytest.mark.parametrize("sealed", [False, True])
def test_a_store_that_goes_away_while_a_file_is_read_is_said_in_words(
    sealed: bool, trouble: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive("memory://reaching", KEY)
    stored = write(archive, sealed=sealed)
    with archive.open(stored) as file:
        monkeypatch.setattr("fsspec.implementations.memory.MemoryFile.read", away(trouble), raising=False)
        if sealed:  # of one frame, which is read already
            assert file.read() == b"bytes"
            return
        with pytest.raises(Unreachable, match=f"^the archive cannot be read: {said}\n"):
            file.read()


@every_trouble
@pytest.mark.parametrize("sealed", [False, True])
def test_a_store_that_takes_nothing_leaves_no_file_under_a_name(
    sealed: bool, trouble: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive("memory://untaken", KEY)
    monkeypatch.setattr("fsspec.implementations.memory.MemoryFile.close", away(trouble), raising=False)
    with pytest.raises(Transient, match=f"^the archive cannot be written: {said}\n"):
        write(archive, sealed=sealed)
    monkeypatch.undo()
    left = fsspec.filesystem("memory").find("/untaken")
    assert [name for name in left if not name.endswith(".part")] == []


@every_trouble
@pytest.mark.parametrize("method", ["put_file", "cat_file"])
def test_an_export_whose_folder_is_away_says_so_in_the_same_words(
    method: str, trouble: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder("memory://exported")
    spooled = folder.spool_text("a.json", "{}")
    monkeypatch.setattr(type(fsspec.filesystem("memory")), method, away(trouble))
    with pytest.raises(Transient, match=f"^the export cannot be written: {said}\n") as told:
        folder.put(spooled, "a.json") if method == "put_file" else folder.read("a.json")
    assert "secret" not in str(told.value) and told.value.__cause__ is None


def test_a_fault_of_ours_is_not_taken_for_the_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive("memory://reaching", KEY)
    stored = write(archive)
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "open", away(TypeError("wrong argument")))
    with pytest.raises(TypeError):
        archive.open(stored)
    with pytest.raises(TypeError):
        write(archive)
