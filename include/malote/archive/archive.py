"""Every byte that was sent or received, at rest: a folder or any other file system that fsspec knows.

A plain file is named by the SHA-256 of its bytes, so the same bytes land in the same place and different ones never
replace each other. A sealed file (card data, see :mod:`malote.archive.seal`) is named at random: its hash in a file
name would let whoever reads names try card numbers against it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, BinaryIO, cast

from malote.archive.files import Files, tidy
from malote.archive.keys import Keys
from malote.archive.reaching import writing
from malote.archive.seal import Seal, Sealer
from malote.errors import Altered, Malformed, Misconfigured, Transient
from malote.submission import Stored
from malote.texts import english

SEALED = "sealed"
"""The folder below which every sealed file lies."""

_PIECE = 256 << 10
_KEPT = english("s_kept_unread")


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
        with writing():
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
    :param keys: what seals card data, and what still opens it: the password of the connection ``malote_archive``, alone
        or with its ``old_keys``
    :raises Misconfigured: where the URL needs a package that is not installed, or is none
    """

    def __init__(self, url: str, keys: Keys | str | None = None) -> None:
        self._files = Files(url)
        self._seal = Seal(keys)

    @contextmanager
    def write(self, folder: str, name: str, *, sealed: bool = False) -> Iterator[Sheet]:
        """Write one file; an error inside the with-block leaves nothing behind.

        On a local disk the file is 0600 in folders of 0700, and it and its folder are flushed before it has its name.

        :param folder: e.g. ``"cielo/sent"``; made where it is missing
        :param name: the end of the stored name; what is no ``A-Za-z0-9._-`` becomes ``_``
        :param sealed: encrypt from the first byte
        :raises Misconfigured: where ``sealed`` is asked for and there is no key, or a weak one
        :raises Transient: where the system does not let it be written: a full disk, a right, a store that is away
        """
        place, end = (
            tidy(f"{SEALED}/{folder}" if sealed else folder),
            tidy(name.replace("/", "_"))[-100:] or "unnamed",
        )
        hidden = _joined(place, (chance := secrets.token_hex(32))[:2], f"{chance}-{end}")
        with self._written(place, hidden if sealed else None, end) as sheet:
            yield sheet

    @contextmanager
    def _written(self, place: str, hidden: str | None, end: str = "") -> Iterator[Sheet]:
        """A file below a place: sealed under the hidden name, or named by its bytes."""
        temporary = _joined(place, f".{secrets.token_hex(32)}.part")
        with writing():
            raw = self._files.create(temporary)
        try:
            with writing():
                sealer = self._seal.close_over(raw, hidden) if hidden else None
            sheet = Sheet(sealer or raw, self._seal.digest() if sealer else hashlib.sha256())
            yield sheet
            digest = sheet._hash.hexdigest()
            final = hidden or _joined(place, digest[:2], f"{digest}-{end}")
            with writing():
                if sealer:
                    sealer.finish()
                self._files.flush(raw)
                raw.close()
                self._files.move(temporary, final)
        except BaseException:
            with suppress(Transient), writing():  # a full disk fails again on close, as does a store that is away
                raw.close()
            with suppress(Transient), writing():  # where nothing is written nothing may be removed: it has no name
                self._files.remove(temporary)
            raise
        sheet._stored = Stored(final, digest, sheet._size, hidden is not None)

    def open(self, stored: Stored) -> BinaryIO:
        """The plain bytes, streamed from the beginning; the caller closes it.

        They are read once before the first is given out: nothing leaves of a file that was altered after its writing.

        :raises Altered: where it is not what was written
        :raises Unreachable: where the disk or the store does not give it, also while it is read
        :raises Misconfigured: where the file is not there, or no known key opens it
        """
        file, digest = self._opened(stored)
        try:
            with file:
                while data := file.read(_PIECE):
                    digest.update(data)
        except Malformed as damaged:
            raise Altered(damaged.what, todo=damaged.todo, kept=_KEPT) from None
        if not hmac.compare_digest(digest.hexdigest(), stored.sha256):
            raise Altered(
                english("s_archive_altered", name=stored.name),
                todo=english("s_do_restore_rights"),
                kept=_KEPT,
            )
        return self._opened(stored)[0]

    def _opened(self, stored: Stored) -> tuple[BinaryIO, Any]:
        """The file, and the digest by which the journal's hash of it was made."""
        raw = self._found(stored.name)
        try:
            if stored.sealed:
                opened = self._seal.open(raw, stored.name)
                return cast(BinaryIO, opened.file), opened.digest()
            if (size := self._files.size(stored.name)) != stored.size:
                raise Altered(
                    english("s_archive_size", name=stored.name, size=size, was=stored.size),
                    todo=english("s_do_restore_rights"),
                    kept=_KEPT,
                )
        except BaseException:
            raw.close()
            raise
        return raw, hashlib.sha256()

    def _found(self, name: str) -> BinaryIO:
        try:
            return self._files.open(name)
        except FileNotFoundError:
            raise Misconfigured(
                english("s_archive_none", name=name),
                todo=english("s_do_archive_url"),
            ) from None

    def purge(self, stored: Stored) -> None:
        """Remove the bytes; nothing happens where they are gone already."""
        self.remove(stored.name)

    def remove(self, name: str, *, older: datetime | None = None) -> None:
        """As :meth:`purge`, by name.

        :param older: leave it where it was written, perhaps again, since that instant
        """
        self._files.remove(name, older=older)

    def sealed_before(self, at: datetime) -> list[str]:
        """The names of the sealed files, unfinished ones too, that were last written before that instant."""
        return self._files.below(SEALED, before=at)

    # ---- a change of the key

    @property
    def key_id(self) -> str:
        """The id of the key that seals.

        :raises Misconfigured: where there is none, or a weak one
        """
        return self._seal.id

    def sealed_otherwise(self) -> Iterator[str]:
        """The names of the finished sealed files that are not sealed under the present key, or in an earlier format."""
        for name in self._files.below(SEALED):
            if not name.rpartition("/")[2].startswith("."):
                with suppress(FileNotFoundError), self._files.open(name) as raw:
                    if not self._seal.is_present(raw):
                        yield name

    def reseal(self, stored: Stored) -> Stored:
        """The same bytes in a further file, under the present key. The one that was stays where it is.

        :raises Altered, Misconfigured: as :meth:`open`
        """
        _, *folder, _, name = stored.name.split("/")
        with self.open(stored) as file, self.write("/".join(folder), name.partition("-")[2], sealed=True) as sheet:
            while data := file.read(_PIECE):
                sheet.write(data)
        return sheet.stored

    def reseal_in_place(self, name: str) -> int:
        """The same bytes under the present key and the same name, for what no hash is kept of; returns how many.

        :raises Malformed, Misconfigured: where it was damaged, or no known key opens it; it stays as it is then
        """
        file, _ = self._opened(Stored(name, "", 0, sealed=True))
        with file, self._written(name.rpartition("/")[0], name) as sheet:
            while data := file.read(_PIECE):
                sheet.write(data)
        return sheet.stored.size

    def unseal_text(self, text: str) -> str:
        """The plain text of what :meth:`malote.archive.seal.Seal.seal_text` made under a known key.

        :raises Misconfigured: where it is no sealed text, or no known key opens it
        """
        return self._seal.open_text(text)


def _joined(*parts: str) -> str:
    return "/".join(filter(None, parts))
