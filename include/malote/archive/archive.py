"""Every byte that was sent or received, at rest: a folder or any other file system that fsspec knows.

A plain file is named by the SHA-256 of its bytes, so the same bytes land in the same place and different ones never
replace each other. A sealed file (card data, see :mod:`malote.archive.seal`) is named at random: its hash in a file
name would let whoever reads names try card numbers against it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from malote.archive.seal import Seal, Sealer
from malote.errors import Altered, Malformed, Misconfigured
from malote.submission import Stored

SEALED = "sealed"
"""The folder below which every sealed file lies."""

_PIECE = 256 << 10
_KEPT = "nothing of it is sent or landed"

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Sheet:
    """A file that is being written to the archive. ``stored`` is there after the with-block has ended without error."""

    def __init__(self, out: BinaryIO | Sealer, digest: Any) -> None:
        self._out = out
        self._hash = digest
        self._size = 0
        self._stored: Stored | None = None

    def write(self, data: bytes) -> int:
        """Append bytes; returns how many."""
        self._hash.update(data)
        self._size += len(data)
        self._out.write(data)
        return len(data)

    @property
    def stored(self) -> Stored:
        """Where the bytes lie; SHA-256 (keyed where they are sealed) and size are of the plain bytes."""
        if self._stored is None:
            raise RuntimeError("a sheet is stored when its with-block has ended without error")
        return self._stored


class Archive:
    """The bytes at rest below one fsspec URL.

    :param url: e.g. ``file:///var/lib/malote``, ``s3://bucket/malote``; a plain path is a local folder
    :param key: what seals card data, the password of the connection ``malote_archive``
    :raises Misconfigured: where the URL needs a package that is not installed, or is none
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        try:
            self._files, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise Misconfigured(
                f"archive_url cannot be used: {type(error).__name__} for {url.partition('://')[0]}://",
                todo="set [malote] archive_url to a folder, or install the fsspec package of that file system",
            ) from None
        self._root = str(root).rstrip("/")
        self._local = isinstance(self._files, LocalFileSystem)
        self._seal = Seal(key)

    @contextmanager
    def write(self, folder: str, name: str, *, sealed: bool = False) -> Iterator[Sheet]:
        """Write one file; an error inside the with-block leaves nothing behind.

        On a local disk the file is 0600 in folders of 0700, and it and its folder are flushed before it has its name.

        :param folder: e.g. ``"cielo/sent"``; made where it is missing
        :param name: the end of the stored name; what is no ``A-Za-z0-9._-`` becomes ``_``
        :param sealed: encrypt from the first byte
        :raises Misconfigured: where ``sealed`` is asked for and there is no key
        """
        place, end = (
            _tidy(f"{SEALED}/{folder}" if sealed else folder),
            _tidy(name.replace("/", "_"))[-100:] or "unnamed",
        )
        chance = secrets.token_hex(32)
        temporary = self._path("/".join(filter(None, (place, f".{chance}.part"))))
        hidden = "/".join(filter(None, (place, chance[:2], f"{chance}-{end}")))
        raw = self._create(temporary)
        try:
            sealer = self._seal.close_over(raw, hidden) if sealed else None
            sheet = Sheet(sealer or raw, self._seal.digest() if sealed else hashlib.sha256())
            yield sheet
            if sealer:
                sealer.finish()
            if self._local:
                raw.flush()
                os.fsync(raw.fileno())
            raw.close()
            digest = sheet._hash.hexdigest()
            final = hidden if sealed else "/".join(filter(None, (place, digest[:2], f"{digest}-{end}")))
            self._move(temporary, self._path(final))
        except BaseException:
            with suppress(OSError):  # a full disk fails again on close
                raw.close()
            with suppress(FileNotFoundError):
                self._files.rm_file(temporary)
            raise
        sheet._stored = Stored(final, digest, sheet._size, sealed)

    def open(self, stored: Stored) -> BinaryIO:
        """The plain bytes, streamed from the beginning; the caller closes it.

        They are read once before the first is given out: nothing leaves of a file that was altered after its writing.

        :raises Altered: where it is not what was written
        :raises Misconfigured: where the file is not there, or the key does not open it
        """
        digest = self._seal.digest() if stored.sealed else hashlib.sha256()
        try:
            with self._opened(stored) as file:
                while data := file.read(_PIECE):
                    digest.update(data)
        except Malformed as damaged:
            raise Altered(damaged.what, todo=damaged.todo, kept=_KEPT) from None
        if not hmac.compare_digest(digest.hexdigest(), stored.sha256):
            raise Altered(
                f"{stored.name} is not what was written: its SHA-256 is not that of the journal",
                todo="restore it from a backup, and see who can write to the archive",
                kept=_KEPT,
            )
        return self._opened(stored)

    def _opened(self, stored: Stored) -> BinaryIO:
        path = self._path(stored.name)
        try:
            raw = cast(BinaryIO, self._files.open(path, "rb"))
        except FileNotFoundError:
            raise Misconfigured(
                f"the archive holds no {stored.name}",
                todo="compare [malote] archive_url with that of its writing; card data is purged after landing",
            ) from None
        try:
            if stored.sealed:
                return cast(BinaryIO, self._seal.open(raw, stored.name))
            if (size := self._files.size(path)) != stored.size:
                raise Altered(
                    f"{stored.name} has {size} bytes in the archive and had {stored.size} when it was written",
                    todo="restore it from a backup, and see who can write to the archive",
                    kept=_KEPT,
                )
        except BaseException:
            raw.close()
            raise
        return raw

    def purge(self, stored: Stored) -> None:
        """Remove the bytes; nothing happens where they are gone already."""
        self.remove(stored.name)

    def remove(self, name: str) -> None:
        """As :meth:`purge`, by name."""
        path = self._path(name)
        with suppress(FileNotFoundError):
            self._files.rm_file(path)
            if self._local:
                _flush_folder(Path(path).parent)

    def sealed_before(self, at: datetime) -> list[str]:
        """The names of the sealed files, unfinished ones too, that were last written before that instant."""
        found = self._files.find(f"{self._root}/{SEALED}")
        return [path[len(self._root) + 1 :] for path in found if self._files.modified(path) < at]

    def unseal_text(self, text: str) -> str:
        """The plain text of what :meth:`malote.archive.seal.Seal.seal_text` made under the same key.

        :raises Misconfigured: where it is no sealed text, or the key does not open it
        """
        return self._seal.open_text(text)

    def _path(self, name: str) -> str:
        if {"", ".", ".."} & set(name.split("/")):
            raise Misconfigured(
                "a stored name leads out of the archive", todo="look at the stored names in the journal"
            )
        return f"{self._root}/{name}"

    def _create(self, path: str) -> BinaryIO:
        if not self._local:
            return cast(BinaryIO, self._files.open(path, "wb"))
        _make_folder(Path(path).parent)
        return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def _move(self, temporary: str, final: str) -> None:
        if not self._local:
            self._files.mv(temporary, final)
            return
        _make_folder(Path(final).parent)
        os.replace(temporary, final)
        _flush_folder(Path(final).parent)


def _tidy(name: str) -> str:
    parts = (_UNSAFE.sub("_", part).lstrip(".") for part in PurePosixPath(name).parts)
    return "/".join(part for part in parts if part.strip("_"))


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
