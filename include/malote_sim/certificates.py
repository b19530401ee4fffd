"""Makes the simulators' certificates: a pretended authority, a server, clients with an ICP-Brasil-like subject."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSWORD = "malote-sim"  # noqa: S105
"""The password of `client.p12`: written here for everybody, as nothing true is behind it."""
CNPJ = "11222333000181"
"""The CNPJ that the client's certificate names (a made-up one, with right check digits)."""

STRANGER = "99888777000160"
"""The CNPJ of a certificate that is in order, of somebody who has no rights."""

_VALID = timedelta(days=394)  # CCEE takes server-type certificates that live less than 395 days
_LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)
_OID_CNPJ = x509.ObjectIdentifier("2.16.76.1.3.3")  # where ICP-Brasil keeps the holder's CNPJ
_OID_RESPONSIBLE = x509.ObjectIdentifier("2.16.76.1.3.2")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the certificates are; all PEM but `client`, which is PKCS#12."""

    folder: Path
    ca: Path
    """PEM of the authority that signed server and client: a connection's `ca_bundle`."""
    server: Path
    """PEM of the server's certificate and key."""
    client: Path
    """PKCS#12 of the client: a connection's `client_certificate`."""
    client_pem: Path
    """The same certificate and key as one PEM file, for curl and requests."""
    legacy: Path
    """The same as `client`, packed as old tools do, with SHA-1 and 3DES (RC2 can be read by Python, not written)."""
    stranger: Path
    """PKCS#12 of somebody else, whose CNPJ is `STRANGER`."""
    nameless: Path
    """PKCS#12 that names no CNPJ."""
    expired: Path
    """PKCS#12 of `client`'s holder, out of date since yesterday."""
    lasting: Path
    """PKCS#12 of `client`'s holder, valid since 2020: for whoever holds a clock at some other day."""
    foreign: Path
    """PKCS#12 of `client`'s holder, signed by an authority that the server does not know."""
    password: str
    """Of all PKCS#12: a connection's `client_certificate_password`."""


def make(folder: Path, *, host: str = "127.0.0.1") -> Certificates:
    """The certificates in `folder`, made when they are missing, soon out of date, or do not name `host`.

    The server's certificate is for localhost, 127.0.0.1 and `host`. Takes about half a second when something is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(
        folder=folder,
        ca=folder / "ca.pem",
        server=folder / "server.pem",
        client=folder / "client.p12",
        client_pem=folder / "client.pem",
        legacy=folder / "legacy.p12",
        stranger=folder / "stranger.p12",
        nameless=folder / "nameless.p12",
        expired=folder / "expired.p12",
        lasting=folder / "lasting.p12",
        foreign=folder / "foreign.p12",
        password=PASSWORD,
    )
    names = ["localhost", "127.0.0.1"]
    if host not in ("localhost", "127.0.0.1", "0.0.0.0", "::"):
        names.append(host)
    if not _usable(made, names):
        _make(made, names)
    return made


@lru_cache
def cnpj_of(certificate: bytes) -> str:
    """The CNPJ that a certificate in DER names as ICP-Brasil's do, in its subjectAltName; "" when it names none."""
    if not certificate:
        return ""
    extensions = x509.load_der_x509_certificate(certificate).extensions
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    held = [each.value for each in names.get_values_for_type(x509.OtherName) if each.type_id == _OID_CNPJ]
    return held[0][2:].decode("ascii") if held else ""


def _packed(made: Certificates) -> list[Path]:
    return [made.client, made.legacy, made.stranger, made.nameless, made.expired, made.lasting, made.foreign]


def _usable(made: Certificates, names: list[str]) -> bool:
    if not all(path.exists() for path in (made.ca, made.server, made.client_pem, *_packed(made))):
        return False
    server = x509.load_pem_x509_certificate(made.server.read_bytes())
    covered = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    now = datetime.now(timezone.utc)
    valid = server.not_valid_before_utc < now < server.not_valid_after_utc - timedelta(days=2)
    return valid and all(_general_name(name) in covered for name in names)


def _make(made: Certificates, names: list[str]) -> None:
    authority = _Authority("AC Malote de Mentira")
    server_key, client_key = _key(), _key()
    server = authority.signs(server_key, "localhost", "Simulador", [_general_name(name) for name in names])
    _write(made.server, server.public_bytes(Encoding.PEM) + _pem(server_key))
    _write(made.ca, authority.certificate.public_bytes(Encoding.PEM))

    def pack(
        path: Path, by: _Authority, cnpj: str, *, days: int = 0, since: datetime | None = None, old: bool = False
    ) -> x509.Certificate:
        holder = f"AGENTE DE MENTIRA LTDA:{cnpj}" if cnpj else "AGENTE DE MENTIRA LTDA"
        client = by.signs(client_key, holder, "Certificado PJ A1", _holder(cnpj), days=days, since=since)
        encryption = (_OLD if old else _NEW).build(PASSWORD.encode())
        chain = [by.certificate]
        _write(path, serialize_key_and_certificates(holder.encode(), client_key, client, chain, encryption))
        return client

    pack(made.stranger, authority, STRANGER)
    pack(made.nameless, authority, "")
    pack(made.expired, authority, CNPJ, days=-_VALID.days - 1)
    pack(made.lasting, authority, CNPJ, since=_LONG_AGO)
    pack(made.foreign, _Authority("AC Estranha"), CNPJ)
    pack(made.legacy, authority, CNPJ, old=True)
    client = pack(made.client, authority, CNPJ)
    _write(made.client_pem, client.public_bytes(Encoding.PEM) + _pem(client_key))


_ROUNDS = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)  # everybody knows the password: few are enough
_NEW = _ROUNDS.key_cert_algorithm(PBES.PBESv2SHA256AndAES256CBC).hmac_hash(hashes.SHA256())
_OLD = _ROUNDS.key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1())  # noqa: S303


class _Authority:
    """Signs for servers and clients."""

    def __init__(self, name: str) -> None:
        self._key, self._name = _key(), _subject(name, "Autoridade Certificadora Simulada")
        self.certificate = (
            _builder(self._name, self._key, self._name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def signs(
        self,
        key: rsa.RSAPrivateKey,
        common_name: str,
        unit: str,
        alternatives: list[x509.GeneralName],
        *,
        days: int = 0,
        since: datetime | None = None,
    ) -> x509.Certificate:
        """A certificate whose life begins so many days from now, or at `since`."""
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return (
            _builder(_subject(common_name, unit), key, self._name, days=days, since=since)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _holder(cnpj: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [
        x509.DNSName("agente.malote.invalid"),
        x509.OtherName(_OID_RESPONSIBLE, _printable("MARIA DE MENTIRA")),
    ]
    return [*names, x509.OtherName(_OID_CNPJ, _printable(cnpj))] if cnpj else names


def _builder(
    subject: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer: x509.Name,
    *,
    days: int = 0,
    since: datetime | None = None,
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc) + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since or now - timedelta(hours=1))
        .not_valid_after(now + _VALID)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_encipherment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(common_name: str, unit: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ICP-Brasil (simulada)"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _printable(text: str) -> bytes:
    return b"\x13" + bytes([len(text)]) + text.encode("ascii")  # DER PrintableString, shorter than 128


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)
