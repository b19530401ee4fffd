"""Opens a PKCS#12 file once in a process: connecting, describing and signing ask for the same one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates


@lru_cache(maxsize=4)  # libcrypto proves a key each time that it is read, which costs a task 30 ms of the processor
def opened(data: bytes, password: str | None) -> PKCS12KeyAndCertificates:
    """The key and the certificates in the bytes of a file; they stay in memory, as those of a connection do anyhow.

    :raises ValueError: where it is none, or the password is wrong
    :raises cryptography.exceptions.UnsupportedAlgorithm: where it is locked in a way that nobody opens any more
    """
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    return load_pkcs12(data, password.encode() if password else None)
