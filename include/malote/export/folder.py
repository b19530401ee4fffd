"""Where an export goes: one fsspec URL, in which a file appears whole and under its name in one step, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem

from malote.archive import flush_folder, make_folder, refusal
from malote.errors import Misconfigured, Transient
from malote.texts import english

PART = "_part"
"""Below it lies what has no name yet: at most the file that was under way when somebody pulled the plug."""

_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "oss", "memory"})
"""Object stores: an object is put whole, and has no name before it is; there is no rename in them that is one step."""


class Folder:
    """The files below an fsspec URL; a plain path is a local folder. Login and key are of the environment, or fsspec's
    own configuration: they are not part of the URL.

    :raises Misconfigured: where the URL needs a package that is not installed, or is none
    """

    def __init__(self, url: str) -> None:
        if not url.strip():
            raise Misconfigured(english("s_export_nowhere"), todo=english("s_do_export_to"))
        try:
            self._files, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise Misconfigured(
                english("s_export_there", kind=type(error).__name__, scheme=url.partition("://")[0][:20]),
                todo=english("s_do_export_fsspec"),
            ) from None
        self._root = str(root).rstrip("/")
        self._local = isinstance(self._files, LocalFileSystem)
        self.name = f"file://{self._root}" if self._local else _plain(url)
        protocols = self._files.protocol
        self._whole = not _WHOLE.isdisjoint({protocols} if isinstance(protocols, str) else set(protocols))
        self._spool = Path(self._root, PART) if self._local else None
        self._elsewhere: tempfile.TemporaryDirectory[str] | None = None

    def spooled(self, name: str) -> Path:
        """The local file to write what will be put under that name: on the disk where it will lie, if that is local."""
        if self._spool is None:
            self._elsewhere = tempfile.TemporaryDirectory(prefix="malote-export-")
            self._spool = Path(self._elsewhere.name)
        with _writing():
            self._spool.mkdir(parents=True, exist_ok=True)
        return self._spool / name.replace("/", "_")

    def spool_text(self, name: str, text: str) -> Path:
        """A local file that holds this text."""
        path = self.spooled(name)
        with _writing():
            path.write_text(text, encoding="utf-8")
        return path

    def put(self, spooled: Path, name: str) -> None:
        """Give a local file its name in the folder, in one step, in place of what has it; the local one is gone then.

        :raises Transient: where it cannot be written now
        """
        final = f"{self._root}/{name}"
        with _writing():
            if self._local:
                with spooled.open("rb") as file:
                    os.fsync(file.fileno())
                make_folder(Path(final).parent, 0o777)
                os.replace(spooled, final)
                flush_folder(Path(final).parent)
                return
            if self._whole:
                self._files.put_file(str(spooled), final)
            else:
                self._put_and_rename(spooled, final)
        spooled.unlink()

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        with _writing():
            try:
                return cast(bytes, self._files.cat_file(f"{self._root}/{name}"))
            except FileNotFoundError:
                return None

    def _put_and_rename(self, spooled: Path, final: str) -> None:
        part = f"{self._root}/{PART}/{spooled.name}"
        for each in (part, final):
            self._files.makedirs(each.rpartition("/")[0], exist_ok=True)
        self._files.put_file(str(spooled), part)
        try:
            self._files.mv(part, final)
        except FileExistsError:  # a server whose rename replaces nothing: for a moment nobody finds it
            self._files.rm_file(final)
            self._files.mv(part, final)


def _plain(url: str) -> str:
    """An address without login or password, in no link of a chain (`simplecache::https://…`)."""
    return "::".join(map(_link, url.strip().split("::")))


def _link(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/") if parts.scheme else url


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if (refused := refusal(error)) is None:
            raise
        raise Transient(
            english("s_export_unwritten", why=refused),
            todo=english("s_do_export_room"),
            kept=english("s_kept_export"),
        ) from None
