"""The seal on card data at rest: AES-256-GCM in the STREAM construction, streamed from the first byte to the last.

A sealed file is a header (magic, id of the key, salt, nonce prefix), then frames of 64 KiB, each under prefix + counter
+ last-frame flag and with the header and the stored name as associated data. So a frame that is changed, moved, left
out or cut off is noticed, and so is a file that lies under the name of another; no plain byte touches the disk. Files
of earlier formats (magic 1 and 2) name no key, so each known one is tried, and the first format knows no name: the
journal's keyed hash alone tells its files apart.
"""

from __future__ import annotations

import base64
import hmac
import io
import os
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from malote.archive.keys import ID, Key, Keys
from malote.errors import Malformed, Misconfigured
from malote.texts import english

FRAME = 64 << 10
"""Plain bytes in a frame."""

_MAGIC, _EARLIER = b"MALOTE3\n", (b"MALOTE2\n", b"MALOTE1\n")
_NAMELESS = _EARLIER[1]
_SALT, _PREFIX, _TAG, _NONCE = 16, 7, 16, 12
_TEXT, _EARLIER_TEXT = b"malote2:", b"malote1:"
_FILE_KEY, _TEXT_KEY, _EARLIER_TEXT_KEY = b"malote file", b"malote sealed text", b"malote text"


class Opened(NamedTuple):
    """A sealed file that is open: its plain bytes, streamed, and the digest that the hash of it was made by."""

    file: io.BufferedReader
    digest: Callable[[], hmac.HMAC]


class Seal:
    """Seals under the present key, and opens under every known one.

    :param keys: or the text of the one key there is
    """

    def __init__(self, keys: Keys | str | None) -> None:
        self._keys = Keys.of(keys)

    def close_over(self, raw: BinaryIO, name: str) -> Sealer:
        """A writer of plain bytes over an empty file; its ``finish`` ends the file.

        :param name: under which it is stored, and opens
        :raises Misconfigured: where there is no key, or one that is too weak
        """
        key, salt = self._keys.present, os.urandom(_SALT)
        cipher = AESGCM(key.made(_FILE_KEY, salt))
        return Sealer(raw, cipher, _MAGIC + key.id + salt + os.urandom(_PREFIX), name)

    def digest(self) -> hmac.HMAC:
        """The digest by which the hashes of what is sealed now are made."""
        return self._keys.present.digest()

    @property
    def id(self) -> str:
        """The id of the present key, as a person reads it."""
        return self._keys.present.id.hex()

    def is_present(self, raw: BinaryIO) -> bool:
        """Whether a sealed file is of the format and the key in use; reads its first bytes."""
        start = _MAGIC + self._keys.present.id
        return raw.read(len(start)) == start

    def seal_text(self, text: str) -> str:
        """A short text (a card, as JSON) sealed as text of its own, to be kept in a column."""
        key, salt, nonce = self._keys.present, os.urandom(_SALT), os.urandom(_NONCE)
        sealed = AESGCM(key.made(_TEXT_KEY, salt)).encrypt(nonce, text.encode(), _TEXT + key.id)
        return (_TEXT + base64.urlsafe_b64encode(key.id + salt + nonce + sealed)).decode()

    def open_text(self, text: str) -> str:
        """What :meth:`seal_text` sealed, under whichever known key.

        :raises Misconfigured: where it is no sealed text, or no known key opens it
        """
        known = self._keys.known
        try:
            given = text.strip().encode()
            if not given.startswith(_TEXT):
                return _earlier_text(known, given)
            raw = base64.urlsafe_b64decode(given.removeprefix(_TEXT))
            key = self._keys.by_id(raw[:ID])
            if key is None:
                raise InvalidTag
            salt, rest = raw[ID : ID + _SALT], raw[ID + _SALT :]
            cipher = AESGCM(key.made(_TEXT_KEY, salt))
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], _TEXT + key.id).decode()
        except (ValueError, InvalidTag):
            raise Misconfigured(
                english("s_seal_text"),
                todo=english("s_do_seal"),
            ) from None

    def open(self, raw: BinaryIO, name: str) -> Opened:
        """The plain bytes of a sealed file, streamed; ``name`` is that under which it was stored.

        :raises Misconfigured: where it is no sealed file, or no known key opens it
        :raises Malformed: while reading, at the frame that was changed, moved or cut off
        """
        known, magic = self._keys.known, raw.read(len(_MAGIC))
        id = raw.read(ID) if magic == _MAGIC else b""
        rest = raw.read(_SALT + _PREFIX)
        if magic not in (_MAGIC, *_EARLIER) or len(rest) != _SALT + _PREFIX:
            raise Misconfigured(
                english("s_seal_none", name=name),
                todo=english("s_do_restore_cut"),
            )
        salt = rest[:_SALT]
        if magic == _MAGIC:
            key = self._keys.by_id(id)
            if key is None:
                raise Misconfigured(
                    english("s_seal_key", name=name, id=id.hex()),
                    todo=english("s_do_key_back"),
                )
            tried = [(key, AESGCM(key.made(_FILE_KEY, salt)))]
        else:
            tried = [(each, AESGCM(each.stretched(salt))) for each in known]
        opener = _Opener(raw, tried, magic + id + rest, name)
        digest = lambda: opener.key.digest(old=magic != _MAGIC)  # noqa: E731 (a name is all that a def would add)
        return Opened(io.BufferedReader(opener, FRAME), digest)


class Sealer:
    """Encrypts what is written, frame by frame."""

    def __init__(self, raw: BinaryIO, cipher: AESGCM, header: bytes, name: str) -> None:
        self._raw, self._cipher, self._header, self._bound = raw, cipher, header, _bound(header, name)
        self._pending = bytearray()
        self._count = 0
        raw.write(header)

    def write(self, data: bytes) -> int:
        """Take plain bytes; returns how many."""
        self._pending += data
        at = 0
        while len(self._pending) - at > FRAME:  # the last frame is never written here, even when it is full
            self._frame(bytes(self._pending[at : at + FRAME]), last=False)
            at += FRAME
        del self._pending[:at]
        return len(data)

    def finish(self) -> None:
        """Write the last frame, which may be empty."""
        self._frame(bytes(self._pending), last=True)

    def _frame(self, data: bytes, *, last: bool) -> None:
        self._raw.write(self._cipher.encrypt(_nonce(self._header, self._count, last), data, self._bound))
        self._count += 1


class _Opener(io.RawIOBase):
    """Decrypts frame by frame; never hands out a byte that was not proved."""

    def __init__(self, raw: BinaryIO, tried: Sequence[tuple[Key, AESGCM]], header: bytes, name: str) -> None:
        self._raw, self._header, self._name = raw, header, name
        self._bound = _bound(header, name)
        self._count = 0
        self._next = raw.read(FRAME + _TAG)
        self.key, self._plain = self._first(tried)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._plain and self._next:
            self._plain = memoryview(self._frame())
        size = min(len(buffer), len(self._plain))
        buffer[:size], self._plain = self._plain[:size], self._plain[size:]
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _first(self, tried: Sequence[tuple[Key, AESGCM]]) -> tuple[Key, memoryview]:
        """The key that opens the first frame, and that frame."""
        frame, self._next = self._next, self._raw.read(FRAME + _TAG)
        for key, self._cipher in tried:
            try:
                return key, memoryview(self._opened(frame))
            except InvalidTag:
                continue
        raise Misconfigured(
            english("s_seal_unopened", name=self._name),
            todo=english("s_do_key_written"),
        )

    def _frame(self) -> bytes:
        frame, self._next = self._next, self._raw.read(FRAME + _TAG)
        try:
            return self._opened(frame)
        except InvalidTag:
            raise Malformed(
                english("s_archive_damaged", name=self._name, count=self._count),
                todo=english("s_do_restore_fetch"),
            ) from None

    def _opened(self, frame: bytes) -> bytes:
        plain = self._cipher.decrypt(_nonce(self._header, self._count, not self._next), frame, self._bound)
        self._count += 1
        return plain


def _earlier_text(known: Sequence[Key], given: bytes) -> str:
    raw = base64.urlsafe_b64decode(given.removeprefix(_EARLIER_TEXT))
    for key in known:
        try:
            cipher = AESGCM(key.stretched(_EARLIER_TEXT_KEY))
            return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], _EARLIER_TEXT).decode()
        except InvalidTag:
            continue
    raise InvalidTag


def _bound(header: bytes, name: str) -> bytes:
    """What the frames are bound to: their header, and the stored name where the header is not of the first format."""
    return header if header.startswith(_NAMELESS) else header + name.encode()


def _nonce(header: bytes, count: int, last: bool) -> bytes:
    return header[-_PREFIX:] + count.to_bytes(4, "big") + bytes([last])
