"""Failures of TLS in words: what is wrong, on which side, and what to do; never what a certificate says."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

_OURS = "look at client_certificate: is it the one that was registered with them, and inside its dates?"
_LEGACY = 'ask the institution to mend that; who must go on until then sets tls: {"legacy": true} in the extra'
_ADDRESS = "look at scheme, host and port of the connection"
_TROUBLE = {
    "CERTIFICATE_REQUIRED": f"the server demands a client certificate and got none that it takes: {_OURS}",
    "UNKNOWN_CA": f"the server does not know the issuer of our client certificate: {_OURS}",
    "CERTIFICATE_EXPIRED": f"the server says that our client certificate has expired: {_OURS}",
    "CERTIFICATE_REVOKED": f"the server says that our client certificate was revoked: {_OURS}",
    "CERTIFICATE_UNKNOWN": f"the server does not accept our client certificate: {_OURS}",
    "UNSUPPORTED_CERTIFICATE": f"the server does not take this kind of client certificate: {_OURS}",
    "BAD_CERTIFICATE": f"the server says that our client certificate is bad: {_OURS}",
    "ALERT_ACCESS_DENIED": "the server knows our client certificate and denies access: ask the institution",
    "DECRYPT_ERROR": f"the server cannot verify what our client certificate signed: {_OURS}",
    "INSUFFICIENT_SECURITY": "the server wants stronger ciphers than we share: ask the institution",
    "HANDSHAKE_FAILURE": "the server ended the TLS handshake, most often for want of a client certificate (else it "
    f"speaks old ciphers only, see tls.legacy): {_OURS}",
    "DH_KEY_TOO_SMALL": f"the server's Diffie-Hellman key has less than 2048 bits: {_LEGACY}",
    "UNSUPPORTED_SIGNATURE": f"the server signs its handshake by a weak algorithm: {_LEGACY}",
    "WRONG_SIGNATURE_TYPE": f"the server signs its handshake by a weak algorithm: {_LEGACY}",
    "PROTOCOL_VERSION": "the server and we share no TLS version (we speak 1.2 and 1.3): ask the institution",
    "UNSUPPORTED_PROTOCOL": "the server and we share no TLS version (we speak 1.2 and 1.3): ask the institution",
    "UNSAFE_LEGACY_RENEGOTIATION": f"the server knows only the unsafe old renegotiation of TLS: {_LEGACY}",
    "UNRECOGNIZED_NAME": f"the server does not serve this host name: {_ADDRESS}",
    "WRONG_VERSION_NUMBER": f"what answers there does not speak TLS: {_ADDRESS}",
}

_VERIFY = {
    9: "the server's certificate is not yet valid: compare this machine's clock",
    10: "the server's certificate has expired: ask the institution, and compare this machine's clock",
    66: f"the key of the server's certificate is too short: {_LEGACY}",
    67: f"the key of the server's authority is too short: {_LEGACY}",
    68: f"the server's certificate is signed by a weak algorithm: {_LEGACY}",
    62: f"the server's certificate is for another host name: {_ADDRESS}",
    64: f"the server's certificate is for another address: {_ADDRESS}; use the host name",
}
_UNTRUSTED = (
    "the server's certificate is not trusted: set ca_bundle in the connection to a PEM file with the server's CA chain "
    "(ICP-Brasil is in no system's store)"
)


def problem_of(error: BaseException) -> str:
    """A failure of TLS in words: what is wrong and what to do, never what the certificate says."""
    return _problem(error) or "TLS failed"


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
