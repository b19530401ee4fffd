"""Certificates: what is wrong with a file is said in words, nothing plain is left on disk, trust is what was given."""

from __future__ import annotations

import base64
import ssl
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from malote.errors import Misconfigured
from malote.texts import Words
from malote.wire import tls, trouble

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
CNPJ_OID = x509.ObjectIdentifier("2.16.76.1.3.3")

RC2_AND_3DES = """
    MIIDygIBAzCCA5AGCSqGSIb3DQEHAaCCA4EEggN9MIIDeTCCAm8GCSqGSIb3DQEHBqCCAmAwggJcAgEAMIICVQYJKoZIhvcN
    AQcBMBwGCiqGSIb3DQEMAQYwDgQIvHfhiJLLbyUCAggAgIICKOI4ZRa8iqRikt4muHBOXu3rAJF9rTb2brFKJ5sMX2IiZyYN
    02nf0ySZ4ndoMxCk8FIXfkk61v/LGrh76Z/PQRjzy1et7u1POYHNVsTHTt0ah9dLpkgxAi6nwnZkPmr+FcbdNkRQ7vyz11WW
    b+Yg1+WZZb7y/UpASqPUSZ3ohJzBcj0zlf2LS0cVyedOC7JRI0yzSlwfHeQtoGFKY5UhdU+3eMZOcCe4HgoUmkHNfmj38TPu
    UXRxVcoRrsWJ/EdgfT8s8rpJY0hDUGgIlwFziopABEHOR0JJ3BRI5s9DdwD92MySqoTTGwRsehmk4p0axUd9T9uoV5MJjN8p
    7wIkDwjGbLX/W9KlReIKruK0Hg+I605xw4pB3Vz4W/3i4G8KQWotQT4Xx+bI3iTLcFqbfi+uj0ONlEgUrX6gPf/yjp1yTtEb
    1pkuHep1O0hTg3ctxeKDHijkkUWDC6acamECDGwT7mYiLgZrJpF1P0ZAZ4VcXph+hvOaZShoVuVIhGqxsWhW/Na0G10jKVdQ
    AIK6uyrRoem6pg9b8PLKZ+6RwozWjjoq/LSZ4ySZ4ypqbwhVXnJw2pXpQEhsKEYX+9imJ4ufTIkv9set9BOSjSyZSUbKuRjN
    SqTVE2P0cRr9ltTzS6nvEb5aGJWy2umuoBY93g0iuvK54iGbztkqASxGGnP1e7si72qexTPMlzHQ5UZDQ21Jwospczm0f7rs
    anVEiKt9Q4oGS0qB4TCCAQIGCSqGSIb3DQEHAaCB9ASB8TCB7jCB6wYLKoZIhvcNAQwKAQKggbQwgbEwHAYKKoZIhvcNAQwB
    AzAOBAhF8NI1Z7paAQICCAAEgZBMt/MXR+Xum181aYQXjFhzfuy/lHSaQquH+63A6lWyII0atzr3vDOWvrf0bbECTOIeewfI
    M6ivy3Eu7ZlW/TfH9Rxzc5z4S8Xtt4wIKztnwnn6TEN9NymMD7vB5OjTSgGaQ1j92O910z3xFXm0xQ0a11t6Z0v5se/Slnh9
    qAIBtwxtos+DHBJy2h4vixST/JIxJTAjBgkqhkiG9w0BCRUxFgQUjLcYgxKlz6Yn8IZyXAo46pmNrlMwMTAhMAkGBSsOAwIa
    BQAEFDmCW6kdJ1e9pDUxLKj2tOXL9/uPBAjLcCf6rtYDEAICCAA=
"""
"""A throw-away certificate until 2126, password "senha", packed as old tools do: RC2-40 for it, 3DES for its key."""


def issue(
    common_name: str = "USINA TESTE:11222333000181",
    *,
    start: datetime = NOW - timedelta(days=300),
    end: datetime = NOW + timedelta(days=65),
    other: bytes | None = None,
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A self-signed certificate, as ICP-Brasil writes them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AC Teste")]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if other is not None:
        names = [x509.RFC822Name("a@example.org"), x509.OtherName(CNPJ_OID, other)]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return key, made.sign(key, hashes.SHA256())


def packed(
    folder: Path,
    pair: tuple[ec.EllipticCurvePrivateKey | None, x509.Certificate] | None = None,
    password: str | None = "senha",
) -> str:
    """The path of a PKCS#12 file."""
    key, certificate = pair or issue()
    locked = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    path = folder / "client.pfx"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, locked))
    return str(path)


def refused(path: str | None, password: str | None = "senha", *, ca_bundle: str | None = None) -> str:
    """What is said where a context cannot be made."""
    with pytest.raises(Misconfigured) as caught:
        tls.context(certificate=path, password=password, ca_bundle=ca_bundle, now=NOW)
    assert caught.value.todo
    assert "senha" not in str(caught.value)
    return str(caught.value)


def test_the_server_is_always_verified_by_tls_1_2_or_newer() -> None:
    made = tls.context()

    assert made.verify_mode is ssl.CERT_REQUIRED and made.check_hostname
    assert made.minimum_version == ssl.TLSVersion.TLSv1_2
    assert made.post_handshake_auth


def test_a_given_bundle_is_trusted_instead_of_the_system(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    assert tls.context(ca_bundle=str(tmp_path / "ca.pem")).cert_store_stats()["x509"] == 1


def test_a_missing_bundle_and_one_that_is_no_pem_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.der").write_bytes(b"\x30\x03\x02\x01\x03")

    assert "ca_bundle" in (said := refused(None, ca_bundle=str(tmp_path / "none.pem"))) and "no such file" in said
    assert "holds no PEM certificate" in refused(None, ca_bundle=str(tmp_path / "ca.der"))
    assert "ca_bundle" in refused(None, ca_bundle=str(tmp_path))


@pytest.mark.parametrize("password", ["senha", "ç~ã", None])
def test_a_pkcs12_file_becomes_a_context(tmp_path: Path, password: str | None) -> None:
    assert tls.context(certificate=packed(tmp_path, password=password), password=password, now=NOW)


def test_an_old_rc2_and_3des_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "old.pfx").write_bytes(base64.b64decode(RC2_AND_3DES))

    assert tls.context(certificate=str(tmp_path / "old.pfx"), password="senha", now=NOW + timedelta(days=30))
    assert tls.describe(str(tmp_path / "old.pfx"), "senha").cnpj == "11222333000181"


def test_no_file_is_left_and_none_ever_held_a_plain_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    seen: list[tuple[int, bytes]] = []
    load = ssl.SSLContext.load_cert_chain

    def looking(self: ssl.SSLContext, path: str, **more: str) -> None:
        seen.append((Path(path).stat().st_mode & 0o777, Path(path).read_bytes()))
        load(self, path, **more)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", looking)
    tls.context(certificate=packed(tmp_path), password="senha", now=NOW)

    assert list(folder.iterdir()) == []
    [(mode, data)] = seen
    assert mode == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in data and b"BEGIN PRIVATE KEY" not in data and b"BEGIN EC PRIVATE" not in data


def test_the_temporary_file_goes_also_when_openssl_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    def refuse(self: ssl.SSLContext, path: str, **more: str) -> None:
        raise ssl.SSLError(1, "[SSL: EE_KEY_TOO_SMALL] ee key too small")

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", refuse)

    assert "not accepted by OpenSSL" in refused(packed(tmp_path))
    assert list(folder.iterdir()) == []


def test_a_missing_file_a_wrong_password_and_another_kind_of_file_are_told_apart(tmp_path: Path) -> None:
    good = packed(tmp_path)
    (tmp_path / "key.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (tmp_path / "other").write_bytes(b"hello")
    (tmp_path / "cut.pfx").write_bytes(Path(good).read_bytes()[:200])

    assert "no such file" in refused(str(tmp_path / "none.pfx"))
    assert "client_certificate_password" in refused(good, "wrong")
    assert "client_certificate_password" in refused(good, None)
    assert "a PEM file" in refused(str(tmp_path / "key.pem"))
    assert "not a PKCS#12 file" in refused(str(tmp_path / "other"))
    assert "damaged" in refused(str(tmp_path / "cut.pfx"))


def test_a_file_without_its_private_key_says_so(tmp_path: Path) -> None:
    path = tmp_path / "only.pfx"
    locked = serialization.BestAvailableEncryption(b"senha")
    path.write_bytes(pkcs12.serialize_key_and_certificates(None, None, None, [issue()[1]], locked))

    assert "no private key" in refused(str(path))


def test_an_expired_certificate_says_since_when_and_can_still_be_described(tmp_path: Path) -> None:
    path = packed(tmp_path, issue(end=NOW - timedelta(days=3)))

    assert "expired since 2026-11-20 09:00 \N{MINUS SIGN}03:00" in refused(path)
    assert tls.describe(path, "senha").days_left(NOW) == -3


def test_a_certificate_of_tomorrow_is_not_yet_valid(tmp_path: Path) -> None:
    path = packed(tmp_path, issue(start=NOW + timedelta(days=1)))

    assert "not valid before 2026-11-24 09:00 \N{MINUS SIGN}03:00" in refused(path)


def test_a_certificate_is_described(tmp_path: Path) -> None:
    found = tls.describe(packed(tmp_path), "senha")

    assert (found.subject, found.issuer, found.cnpj) == ("USINA TESTE:11222333000181", "AC Teste", "11222333000181")
    assert found.not_after == NOW + timedelta(days=65) and found.not_after.tzinfo is not None
    assert "USINA" not in repr(found)


@pytest.mark.parametrize(
    ("name", "other", "cnpj"),
    [
        ("USINA:11222333000181", b"\x04\x0e44555666000199", "44555666000199"),  # OCTET STRING
        ("USINA", b"\x13\x0e12ABC34501DE35", "12ABC34501DE35"),  # PrintableString, alphanumeric CNPJ
        ("USINA:12ABC34501DE35", None, "12ABC34501DE35"),
        ("USINA:11222333000181", b"\x04\x00", "11222333000181"),
        ("FULANO DE TAL:12345678901", None, None),  # a CPF
        ("www.example.org", None, None),
    ],
)
def test_the_cnpj_is_in_its_own_field_or_ends_the_name(
    tmp_path: Path, name: str, other: bytes | None, cnpj: str | None
) -> None:
    assert tls.describe(packed(tmp_path, issue(name, other=other)), "senha").cnpj == cnpj


@pytest.mark.parametrize(
    ("days", "said"),
    [(31, None), (29, "ends on 2026-12-22, in 29 days"), (0, "in 0 days"), (-1, "expired on 2026-11-22")],
)
def test_the_end_is_warned_about_from_thirty_days_before(tmp_path: Path, days: int, said: str | None) -> None:
    end = NOW + timedelta(days=days, minutes=1)
    warning = tls.describe(packed(tmp_path, issue(end=end)), "senha").warning(NOW, Words("en"))

    assert warning is None if said is None else said in str(warning)


def test_a_failure_that_may_pass_is_not_taken_for_a_wrong_setting() -> None:
    for passing in (
        ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
        ssl.SSLError(1, "internal error"),
        OSError(),
    ):
        assert not trouble.lasting(passing)
    for lasting in ("tlsv13 alert certificate required", "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert"):
        assert trouble.lasting(ssl.SSLError(1, lasting)) and "certificate" in trouble.problem_of(
            ssl.SSLError(1, lasting)
        )
