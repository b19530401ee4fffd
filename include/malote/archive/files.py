"""Files by name below one URL: on a local disk flushed and private, elsewhere as fsspec has them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from malote.archive.reaching import Reading, reading, writing
from malote.errors import Misconfigured
from malote.texts import english

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Files:
    """The files below an fsspec URL; a plain path is a local folder.

    :raises Misconfigured: where the URL needs a package that is not installed, or is none
    """

    def __init__(self, url: str) -> None:
        try:
            self._files, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise Misconfigured(
                english("s_archive_url", kind=type(error).__name__, scheme=url.partition("://")[0]),
                todo=english("s_do_fsspec"),
            ) from None
        self._root = str(root).rstrip("/")
        self._local = isinstance(self._files, LocalFileSystem)

    def create(self, name: str) -> BinaryIO:
        """A new file, to be written; on a local disk 0600 in folders of 0700."""
        path = self._path(name)
        if not self._local:
            return cast(BinaryIO, self._files.open(path, "wb"))
        make_folder(Path(path).parent)
        return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def flush(self, file: BinaryIO) -> None:
        """What was written is on the disk, where it is a local one."""
        if self._local:
            file.flush()
            os.fsync(file.fileno())

    def move(self, name: str, to: str) -> None:
        """Give a file its final name, whatever lay there before."""
        path, final = self._path(name), self._path(to)
        if not self._local:
            self._files.mv(path, final)
            return
        make_folder(Path(final).parent)
        os.replace(path, final)
        flush_folder(Path(final).parent)

    def open(self, name: str) -> BinaryIO:
        """The bytes of a file, to be read from the beginning.

        :raises FileNotFoundError: where there is none
        :raises Unreachable: also while it is read
        """
        path = self._path(name)
        with reading():
            return cast(BinaryIO, Reading(self._files.open(path, "rb")))

    def size(self, name: str) -> int:
        """Of a file, in bytes."""
        path = self._path(name)
        with reading():
            return int(self._files.size(path))

    def remove(self, name: str, *, older: datetime | None = None) -> None:
        """Remove a file, where it was not written since that instant; nothing happens where it is gone already."""
        path = self._path(name)
        with writing(), suppress(FileNotFoundError):
            if older and self._files.modified(path) >= older:
                return
            self._files.rm_file(path)
            if self._local:
                flush_folder(Path(path).parent)

    def below(self, folder: str, *, before: datetime | None = None) -> list[str]:
        """The names of the files below a folder, in their order; those last written before an instant, if one is given.

        What is removed meanwhile may be missing.
        """
        found = []
        with reading():
            paths = self._files.find(f"{self._root}/{folder}")
        for path in paths:
            with suppress(FileNotFoundError), reading():
                if before is None or self._files.modified(path) < before:
                    found.append(path[len(self._root) + 1 :])
        return found

    def _path(self, name: str) -> str:
        if {"", ".", ".."} & set(name.split("/")):
            raise Misconfigured(english("s_archive_leads_out"), todo=english("s_do_stored_names"))
        return f"{self._root}/{name}"


def tidy(name: str) -> str:
    """A name of plain characters only, that leads nowhere else."""
    parts = (_UNSAFE.sub("_", part).lstrip(".") for part in PurePosixPath(name).parts)
    return "/".join(part for part in parts if part.strip("_"))


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """A folder on a local disk and those above it, each flushed."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode)
    folder.mkdir(mode=mode, exist_ok=True)
    flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """The names in it are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
