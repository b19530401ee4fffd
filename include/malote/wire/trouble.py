"""Failures of TLS in words: what is wrong, on which side, and what to do; never what a certificate says."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from malote.texts import english

_OURS = english("s_tls_ours")
_LEGACY = english("s_tls_legacy")
_ADDRESS = english("s_tls_address")
_TROUBLE = {
    "CERTIFICATE_REQUIRED": english("s_tls_required", do=_OURS),
    "UNKNOWN_CA": english("s_tls_issuer", do=_OURS),
    "CERTIFICATE_EXPIRED": english("s_tls_says_expired", do=_OURS),
    "CERTIFICATE_REVOKED": english("s_tls_revoked", do=_OURS),
    "CERTIFICATE_UNKNOWN": english("s_tls_not_accepted", do=_OURS),
    "UNSUPPORTED_CERTIFICATE": english("s_tls_kind", do=_OURS),
    "BAD_CERTIFICATE": english("s_tls_bad", do=_OURS),
    "ALERT_ACCESS_DENIED": english("s_tls_denied"),
    "DECRYPT_ERROR": english("s_tls_unverified", do=_OURS),
    "INSUFFICIENT_SECURITY": english("s_tls_ciphers"),
    "HANDSHAKE_FAILURE": english("s_tls_handshake", do=_OURS),
    "DH_KEY_TOO_SMALL": english("s_tls_dh", do=_LEGACY),
    "UNSUPPORTED_SIGNATURE": english("s_tls_weak", do=_LEGACY),
    "WRONG_SIGNATURE_TYPE": english("s_tls_weak", do=_LEGACY),
    "PROTOCOL_VERSION": english("s_tls_version"),
    "UNSUPPORTED_PROTOCOL": english("s_tls_version"),
    "UNSAFE_LEGACY_RENEGOTIATION": english("s_tls_renegotiation", do=_LEGACY),
    "UNRECOGNIZED_NAME": english("s_tls_host", do=_ADDRESS),
    "WRONG_VERSION_NUMBER": english("s_tls_no_tls", do=_ADDRESS),
}

_VERIFY = {
    9: english("s_tls_server_not_yet"),
    10: english("s_tls_server_expired"),
    66: english("s_tls_short", do=_LEGACY),
    67: english("s_tls_short_authority", do=_LEGACY),
    68: english("s_tls_weak_certificate", do=_LEGACY),
    62: english("s_tls_other_host", do=_ADDRESS),
    64: english("s_tls_other_address", do=_ADDRESS),
}
_UNTRUSTED = english("s_tls_untrusted")


def problem_of(error: BaseException) -> str:
    """A failure of TLS in words: what is wrong and what to do, never what the certificate says."""
    return _problem(error) or english("s_tls_failed")


def lasting(error: BaseException) -> bool:
    """Whether trying again changes nothing: a certificate or a setting is wrong, here or there."""
    return _problem(error) is not None


def _problem(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        # aiohttp's wrapper of one is one too, without its code: the real one is behind it
        return _VERIFY.get(error.verify_code, _UNTRUSTED) if hasattr(error, "verify_code") else None
    if not isinstance(error, ssl.SSLError):
        return None
    text = reason(error).upper().replace(" ", "_")
    return next((words for mark, words in _TROUBLE.items() if mark in text), None)


def reason(error: ssl.SSLError) -> str:
    """OpenSSL's own word for it."""
    return getattr(error, "reason", None) or str(error)  # those that Python makes itself have no reason


def broken_off(error: BaseException) -> bool:
    """Whether the other side ended the connection within the handshake, and did not say why."""
    return isinstance(error, (ssl.SSLEOFError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError))


def chain(error: BaseException, before: BaseException | None) -> Iterator[BaseException]:
    """The error and all that it was made from: some hide theirs in args and ``reason``."""
    waiting, seen = [error], {id(before)}
    while waiting:
        each = waiting.pop(0)
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
            waiting.extend(part for part in inner if isinstance(part, BaseException))
