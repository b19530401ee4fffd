"""The seal on card data at rest: AES-256-GCM in the STREAM construction, streamed from the first byte to the last.

A sealed file is a header (magic, salt, nonce prefix), then frames of 64 KiB, each under prefix + counter + last-frame
flag and with the header and the stored name as associated data. So a frame that is changed, moved, left out or cut off
is noticed, and so is a file that lies under the name of another; no plain byte touches the disk. The older files, whose
magic ends in 1, know no name: the journal's keyed hash alone tells them apart. The key comes from a password by
scrypt.
"""

from __future__ import annotations

import base64
import hmac
import io
import os
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from malote.errors import Malformed, Misconfigured

FRAME = 64 << 10
"""Plain bytes in a frame."""

COST = 1 << 15
"""The cost of a key by scrypt: a tenth of a second, and 32 MiB; another cost opens nothing that was sealed before."""

_TEXT = b"malote1:"
_MAGIC, _NAMELESS, _SALT, _PREFIX, _TAG = b"MALOTE2\n", b"MALOTE1\n", 16, 7, 16
_HEADER = len(_MAGIC) + _SALT + _PREFIX


class Seal:
    """Seals and opens files under one password.

    scrypt costs a tenth of a second and a pouch may hold thousands of files, so one salt serves the life of this
    object, and the keys of the salts that it met are kept.
    """

    def __init__(self, password: str | None) -> None:
        self._password = password
        self._salt = os.urandom(_SALT)
        self._known: dict[bytes, AESGCM] = {}
        self._fixed_keys: dict[bytes, bytes] = {}

    def close_over(self, raw: BinaryIO, name: str) -> Sealer:
        """A writer of plain bytes over an empty file; its ``finish`` ends the file.

        :param name: under which it is stored, and opens
        :raises Misconfigured: where there is no password
        """
        return Sealer(raw, self._cipher(self._salt), _MAGIC + self._salt + os.urandom(_PREFIX), name)

    def digest(self) -> hmac.HMAC:
        """A SHA-256 keyed by the password: the plain hash of a file with few unknown digits would give them away."""
        return hmac.new(self._fixed(b"malote digest"), digestmod="sha256")

    def seal_text(self, text: str) -> str:
        """A short text (a card, as JSON) sealed as text of its own, to be kept in a column."""
        nonce = os.urandom(12)
        sealed = AESGCM(self._fixed(b"malote text")).encrypt(nonce, text.encode(), _TEXT)
        return (_TEXT + base64.urlsafe_b64encode(nonce + sealed)).decode()

    def open_text(self, text: str) -> str:
        """What :meth:`seal_text` sealed.

        :raises Misconfigured: where it is no sealed text, or there is no password, or another one
        """
        cipher = AESGCM(self._fixed(b"malote text"))
        try:
            raw = base64.urlsafe_b64decode(text.encode().removeprefix(_TEXT))
            return cipher.decrypt(raw[:12], raw[12:], _TEXT).decode()
        except (ValueError, InvalidTag):
            raise Misconfigured(
                "the password of connection malote_archive does not open a sealed text, or it is none",
                todo="seal it with `malote seal`, under the password of that connection",
            ) from None

    def open(self, raw: BinaryIO, name: str) -> io.BufferedReader:
        """The plain bytes of a sealed file, streamed; ``name`` is that under which it was stored.

        :raises Misconfigured: where it is no sealed file, or there is no password, or another one
        :raises Malformed: while reading, at the frame that was changed, moved or cut off
        """
        header = raw.read(_HEADER)
        if len(header) != _HEADER or not header.startswith((_MAGIC, _NAMELESS)):
            raise Misconfigured(
                f"{name} is not a sealed file of this archive",
                todo="restore it from a backup; it was replaced or cut off",
            )
        return io.BufferedReader(_Opener(raw, self._cipher(header[len(_MAGIC) : -_PREFIX]), header, name), FRAME)

    def _cipher(self, salt: bytes) -> AESGCM:
        if salt not in self._known:
            self._known[salt] = AESGCM(self._derived(salt))
        return self._known[salt]

    def _fixed(self, purpose: bytes) -> bytes:
        """A key that is the same in every process: texts are sealed one by one, scrypt for each would take hours."""
        if purpose not in self._fixed_keys:
            self._fixed_keys[purpose] = self._derived(purpose)
        return self._fixed_keys[purpose]

    def _derived(self, salt: bytes) -> bytes:
        if not self._password:
            raise Misconfigured(
                "card data is sealed in the archive and there is no key for it",
                todo="create the connection malote_archive; its password is the key: a long random text, kept safe",
                kept="nothing was written, nothing was sent",
            )
        return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(self._password.encode())


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

    def __init__(self, raw: BinaryIO, cipher: AESGCM, header: bytes, name: str) -> None:
        self._raw, self._cipher, self._header, self._name = raw, cipher, header, name
        self._bound = _bound(header, name)
        self._count = 0
        self._next = raw.read(FRAME + _TAG)
        self._plain = memoryview(self._frame())

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

    def _frame(self) -> bytes:
        frame, self._next = self._next, self._raw.read(FRAME + _TAG)
        try:
            plain = self._cipher.decrypt(_nonce(self._header, self._count, not self._next), frame, self._bound)
        except InvalidTag:
            if self._count:
                raise Malformed(
                    f"{self._name} is damaged in the archive: frame {self._count} was changed, moved or cut off",
                    todo="restore it from a backup; an answer can be fetched again",
                ) from None
            raise Misconfigured(
                f"the password of connection malote_archive does not open {self._name}, or it was changed or exchanged",
                todo="put the password back under which it was written, or restore the file from a backup",
            ) from None
        self._count += 1
        return plain


def _bound(header: bytes, name: str) -> bytes:
    """What the frames are bound to: their header, and the stored name where the header is not of an older file."""
    return header if header.startswith(_NAMELESS) else header + name.encode()


def _nonce(header: bytes, count: int, last: bool) -> bytes:
    return header[-_PREFIX:] + count.to_bytes(4, "big") + bytes([last])
