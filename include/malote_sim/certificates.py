"""Makes the simulators' certificates: a pretended authority, a server, and a client with an ICP-Brasil-like subject."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSWORD = "malote-sim"  # noqa: S105
"""The password of `client.p12`: written here for everybody, as nothing true is behind it."""
CNPJ = "11222333000181"
"""The CNPJ that the client's certificate names (a made-up one, with right check digits)."""

_VALID = timedelta(days=394)  # CCEE takes server-type certificates that live less than 395 days
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
    password: str
    """Of `client`: a connection's `client_certificate_password`."""


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
        password=PASSWORD,
    )
    names = ["localhost", "127.0.0.1"]
    if host not in ("localhost", "127.0.0.1", "0.0.0.0", "::"):
        names.append(host)
    if not _usable(made, names):
        _make(made, names)
    return made


def _usable(made: Certificates, names: list[str]) -> bool:
    if not all(path.exists() for path in (made.ca, made.server, made.client, made.client_pem)):
        return False
    server = x509.load_pem_x509_certificate(made.server.read_bytes())
    covered = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    soon = datetime.now(timezone.utc) + timedelta(days=2)
    return server.not_valid_after_utc > soon and all(_general_name(name) in covered for name in names)


def _make(made: Certificates, names: list[str]) -> None:
    ca_key, ca_name = _key(), _subject("AC Malote de Mentira", "Autoridade Certificadora Simulada")
    ca = (
        _builder(ca_name, ca_key, ca_name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )

    def signed(
        common_name: str, unit: str, alternatives: list[x509.GeneralName]
    ) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
        key = _key()
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return key, (
            _builder(_subject(common_name, unit), key, ca_name)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )

    server_key, server = signed("localhost", "Simulador", [_general_name(name) for name in names])
    holder = f"AGENTE DE MENTIRA LTDA:{CNPJ}"
    client_key, client = signed(
        holder,
        "Certificado PJ A1",
        [
            x509.DNSName("agente.malote.invalid"),
            x509.OtherName(_OID_RESPONSIBLE, _printable("MARIA DE MENTIRA")),
            x509.OtherName(_OID_CNPJ, _printable(CNPJ)),
        ],
    )
    encryption = BestAvailableEncryption(PASSWORD.encode())
    _write(made.client, serialize_key_and_certificates(holder.encode(), client_key, client, [ca], encryption))
    _write(made.client_pem, client.public_bytes(Encoding.PEM) + _pem(client_key))
    _write(made.server, server.public_bytes(Encoding.PEM) + _pem(server_key))
    _write(made.ca, ca.public_bytes(Encoding.PEM))


def _builder(subject: x509.Name, key: rsa.RSAPrivateKey, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
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
