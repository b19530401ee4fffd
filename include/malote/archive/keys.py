"""The keys that seal card data: how strong one must be, what is made of it, and the old ones that open still."""

from __future__ import annotations

import hmac
import json
import math
import re
import string
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from malote.errors import Misconfigured
from malote.texts import english

STRENGTH = 128
"""Bits that a key must have at least."""

ID = 8
"""Bytes of a key's id."""

COST = 1 << 15
"""What scrypt costs in the formats before the third; another cost opens nothing of theirs."""

_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation + " ")
_ROWS = " ".join((string.ascii_lowercase, "1234567890", "0123", "qwertyuiop", "asdfghjkl", "zxcvbnm"))
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-z]{4,}|[A-Z]{4,}")


def strength(text: str) -> int:
    """How many bits a key can have at most, by its looks: drawn at random from the characters that it shows.

    What repeats, or follows the alphabet or the keyboard, has none; words have two a character. Nobody can see how a
    text was made, so this refuses what is surely weak, and praises nothing.
    """
    text = text.strip()
    n = len(text)
    threes = {text[at : at + 3] for at in range(n - 2)}
    pairs = [text[at : at + 2].lower() for at in range(n - 1)]
    steps = sum(one[0] == one[1] or one in _ROWS or one[::-1] in _ROWS for one in pairs)
    if n < 8 or len(threes) < min(0.7 * (n - 2), 2 * STRENGTH) or steps > 0.5 * (n - 1):
        return 0
    if _UUID.fullmatch(text):
        return 122
    if set(text) <= set(string.hexdigits):
        return int(n * (math.log2(10) if set(text) <= set(string.digits) else 4))
    if _worded(text):
        return 2 * n
    shown = {at for at, each in enumerate(_CLASSES) if set(each) & set(text)}
    if {0, 1} <= shown:
        shown.add(2)  # of both cases: digits are missing by chance
    return int(n * math.log2(sum(len(_CLASSES[at]) for at in shown) or 2))


def _worded(text: str) -> bool:
    letters = [each for each in text.lower() if each in string.ascii_lowercase]
    vowels = sum(each in "aeiouy" for each in letters)
    in_words = sum(map(len, _WORD.findall(text)))
    return " " in text or (in_words >= 0.5 * len(text) and vowels > 0.28 * len(letters))


class Key:
    """One key, and what is made of it: a key of its own for each purpose, by HKDF; by scrypt for the old formats."""

    def __init__(self, text: str) -> None:
        self._text = text.encode("utf-8", "surrogatepass")
        self._stretched: dict[bytes, bytes] = {}
        self.strength = strength(text)
        self.id = self.made(b"malote key id", size=ID)

    def made(self, purpose: bytes, salt: bytes = b"", size: int = 32) -> bytes:
        """A key for a purpose, under a salt."""
        return HKDF(SHA256(), size, salt or None, purpose).derive(self._text)

    def stretched(self, salt: bytes) -> bytes:
        """As formats 1 and 2 made it; a tenth of a second for each salt, once."""
        if salt not in self._stretched:
            self._stretched[salt] = Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(self._text)
        return self._stretched[salt]

    def digest(self, *, old: bool = False) -> hmac.HMAC:
        """A SHA-256 keyed by it: the plain hash of a file with few unknown digits would give them away.

        :param old: as it was of files in formats 1 and 2
        """
        purpose = b"malote digest"
        return hmac.new(self.stretched(purpose) if old else self.made(purpose), digestmod="sha256")


class Keys:
    """The key that seals, and the old ones, which only open.

    :param present: the password of the connection ``malote_archive``; None where there is none
    :param old: its ``old_keys``
    """

    def __init__(self, present: str | None = None, old: Iterable[str] = ()) -> None:
        self._present = Key(present) if present else None
        self._known = [*([self._present] if self._present else []), *(Key(each) for each in old if each)]

    @classmethod
    def of(cls, given: Keys | str | None) -> Keys:
        """Keys as they are; a text as the present one, without old ones."""
        return given if isinstance(given, Keys) else cls(given)

    @classmethod
    def configured(cls, password: str | None, extra: Mapping[str, Any]) -> Keys:
        """As the connection ``malote_archive`` has them: its password, and ``old_keys`` of its extra.

        :raises Misconfigured: where those are neither a list of texts nor one text
        """
        old = extra.get("old_keys") or []
        if isinstance(old, str) and old.lstrip().startswith("["):  # as a form gives it
            try:
                old = json.loads(old)
            except (ValueError, RecursionError):
                old = None
        old = [old] if isinstance(old, str) else old
        if not isinstance(old, (list, tuple)) or not all(isinstance(each, str) for each in old):
            raise Misconfigured(
                english("s_keys_old"),
                todo=english("s_do_old_keys"),
            )
        return cls(password, old)

    @property
    def present(self) -> Key:
        """The key that seals.

        :raises Misconfigured: where there is none, or one that is too weak
        """
        if self._present is None:
            raise Misconfigured(
                english("s_keys_none"),
                todo=english("s_do_archive_key"),
                kept=english("s_kept_unwritten"),
            )
        if self._present.strength < STRENGTH:
            raise Misconfigured(
                english("s_keys_weak", of=STRENGTH, bits=self._present.strength),
                todo=english("s_do_new_key"),
                kept=english("s_kept_sealed"),
            )
        return self._present

    @property
    def known(self) -> list[Key]:
        """Those that open: the present one first.

        :raises Misconfigured: where there is none
        """
        return self._known or [self.present]

    def by_id(self, id: bytes) -> Key | None:
        """The key of an id, where it is known."""
        return next((key for key in self.known if key.id == id), None)
