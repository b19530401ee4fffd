"""Certificates: a PKCS#12 file and a CA bundle into the one SSLContext of the driver."""

from __future__ import annotations

import os
import re
import secrets
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from malote.clock import day_of
from malote.errors import Misconfigured
from malote.pkcs12 import opened
from malote.texts import ENGLISH, Words, english
from malote.wire.trouble import reason

WARN_BEFORE = timedelta(days=30)

_LEGACY_SERVER_CONNECT = 0x4  # ssl has a name for it from Python 3.12 on
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
"""Where distributions keep the store in one file."""

_CNPJ_OID = x509.ObjectIdentifier("2.16.76.1.3.3")
_CNPJ = r"[0-9A-Z]{12}[0-9]{2}"
_PKCS12 = re.compile(rb"\x30(?:\x80|[\x00-\x7f]|\x81.|\x82..|\x83.{3}|\x84.{4})\x02\x01\x03", re.DOTALL)


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """What a client certificate says of itself. ``repr`` is that of ``object``: a subject may be a person.

    :param subject: common name, or the whole name where it has none
    :param cnpj: 14 characters, from the ICP-Brasil field or the end of the common name; None where it has none
    :param not_after: last instant at which it is valid, aware, UTC; ``not_before`` the first
    """

    subject: str
    issuer: str
    cnpj: str | None
    not_before: datetime
    not_after: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends, negative when it has ended; ``now`` is aware."""
        return (self.not_after - now).days

    def warning(self, now: datetime, say: Words) -> str | None:
        """What to say when it ends within :data:`WARN_BEFORE`, or has ended; else None."""
        day = day_of(self.not_after)
        if now > self.not_after:
            return say("n_certificate_over", day=day)
        if now > self.not_after - WARN_BEFORE:
            return f"{say('n_certificate', day=day, n=self.days_left(now))}: {say('n_certificate_do')}"
        return None


def context(
    *,
    certificate: str | None = None,
    password: str | None = None,
    ca_bundle: str | None = None,
    legacy: bool = False,
    now: datetime | None = None,
) -> ssl.SSLContext:
    """The SSLContext of the driver: the server is always verified, TLS 1.2 or newer, no ALPN.

    The client certificate is shown whenever it is asked for: in the handshake, when a server of TLS 1.2 renegotiates,
    and after the handshake of TLS 1.3. Nothing is taken from the environment.

    :param certificate: path of the PKCS#12 file (old RC2 and 3DES ones too), or None for no client certificate
    :param ca_bundle: path of a PEM file that is trusted *instead of* the system's store
    :param legacy: take servers with short keys, old ciphers or the unsafe renegotiation; for those who must
    :param now: the instant at which the certificate has to be valid, aware; nobody may leave it out who names one
    :raises Misconfigured: where a file is missing, is none of its kind, the password is wrong, or the dates are
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.post_handshake_auth = True
    if legacy:
        made.set_ciphers("DEFAULT:@SECLEVEL=1")
        made.options |= _LEGACY_SERVER_CONNECT
    if ca_bundle:
        _trust(made, ca_bundle)
    else:
        _trust_the_system(made)
    if certificate:
        key, chain = _read(certificate, password)
        if now is None:
            raise TypeError("with a certificate the instant is needed at which it has to be valid")
        _check_dates(_describe(chain[0]), now)
        _present(made, key, chain)
    return made


def describe(certificate: str, password: str | None) -> Certificate:
    """What the client certificate in a PKCS#12 file says of itself, valid or not.

    :raises Misconfigured: where the file is missing, is no PKCS#12, or the password is wrong
    """
    return _describe(_read(certificate, password)[1][0])


def _trust_the_system(made: ssl.SSLContext) -> None:
    """Trust what this machine does. OpenSSL's own way would let SSL_CERT_FILE and SSL_CERT_DIR stand for it."""
    built = ssl.get_default_verify_paths()
    folder = built.openssl_capath if os.path.isdir(built.openssl_capath) else None
    files = [path for path in (built.openssl_cafile, *_BUNDLES) if os.path.isfile(path)]
    if folder and os.listdir(folder):
        made.load_verify_locations(capath=folder)
    elif files:
        made.load_verify_locations(cafile=files[0])
    else:
        raise Misconfigured(
            english("s_tls_no_store"),
            todo=english("s_do_ca"),
        )


def _trust(made: ssl.SSLContext, ca_bundle: str) -> None:
    try:
        made.load_verify_locations(cafile=ca_bundle)
    except ssl.SSLError:
        raise Misconfigured(english("s_tls_no_pem", path=ca_bundle), todo=english("s_do_pem")) from None
    except OSError as error:
        raise _unreadable("ca_bundle", ca_bundle, error) from None


def _read(path: str, password: str | None) -> tuple[PrivateKeyTypes, list[x509.Certificate]]:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise _unreadable("client_certificate", path, error) from None
    if not _PKCS12.match(data):
        kind = english("s_tls_a_pem") if b"-----BEGIN" in data else english("s_tls_else")
        raise Misconfigured(
            english("s_tls_no_pkcs12", path=path, kind=kind),
            todo=english("s_do_export_pkcs12"),
        )
    try:
        inside = opened(data, password)
    except (ValueError, UnsupportedAlgorithm):
        raise Misconfigured(
            english("s_tls_not_open", path=path),
            todo=english("s_do_try_password"),
        ) from None
    if inside.key is None or inside.cert is None:
        raise Misconfigured(
            english("s_tls_no_key", path=path),
            todo=english("s_do_export_key"),
        )
    return inside.key, _ordered(inside.cert.certificate, [other.certificate for other in inside.additional_certs])


def _ordered(leaf: x509.Certificate, others: list[x509.Certificate]) -> list[x509.Certificate]:
    """The leaf and its chain, each followed by its issuer, then the others: strict servers take no other order."""
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject:
        issuer = next((each for each in others if each.subject == chain[-1].issuer and each not in chain), None)
        if issuer is None:
            break
        chain.append(issuer)
    return chain + [each for each in others if each not in chain]


def _present(made: ssl.SSLContext, key: PrivateKeyTypes, chain: list[x509.Certificate]) -> None:
    # The ssl module loads keys from files only: the key is in this one under a password that nobody else ever sees.
    once = secrets.token_hex(32)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(once.encode()),
    ) + b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)
    handle, path = tempfile.mkstemp(suffix=".pem")  # mode 0600
    try:
        with open(handle, "wb") as file:
            file.write(pem)
        made.load_cert_chain(path, password=once)
    except ssl.SSLError as error:
        raise Misconfigured(
            english("s_tls_openssl", why=reason(error).replace("_", " ").lower()),
            todo=english("s_do_issuer"),
        ) from None
    finally:
        os.unlink(path)


def _check_dates(found: Certificate, now: datetime) -> None:
    if now > found.not_after:
        raise Misconfigured(
            english("s_tls_expired", at=ENGLISH.when(found.not_after)),
            todo=english("s_do_renew_register"),
        )
    if now < found.not_before:
        raise Misconfigured(
            english("s_tls_not_yet", at=ENGLISH.when(found.not_before)),
            todo=english("s_do_not_yet"),
        )


def _describe(found: x509.Certificate) -> Certificate:
    names = _name(found.subject), _name(found.issuer)
    return Certificate(*names, _cnpj(found), found.not_valid_before_utc, found.not_valid_after_utc)


def _name(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def _cnpj(found: x509.Certificate) -> str | None:
    with suppress(x509.ExtensionNotFound, ValueError):  # a certificate with odd extensions still has a common name
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        for other in names.get_values_for_type(x509.OtherName):
            # DER: tag and length (a string of any kind, 14 long), then the characters
            if other.type_id == _CNPJ_OID and (
                inside := re.fullmatch(rb".\x0e(%b)" % _CNPJ.encode(), other.value, re.DOTALL)
            ):
                return inside[1].decode()
    end = re.search(rf":({_CNPJ})$", _name(found.subject))
    return end[1] if end else None


def _unreadable(field: str, path: str, error: OSError) -> Misconfigured:
    return Misconfigured(
        english("s_tls_unread", field=field, path=path, why=(error.strerror or "unknown").lower()),
        todo=english("s_do_put_file", field=field),
    )
