"""Certificates that both drivers show and demand, and the environment that they do not listen to."""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import dh
from cryptography.hazmat.primitives.serialization import Encoding, ParameterFormat

from malote.errors import Misconfigured, ReplyLost, Unreachable
from malote.wire import tls
from support.server import Drivers, Papers, Seen, Server, call, failing, ok, serving

# --- certificates ----------------------------------------------------------------------------------------------------

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("submits", [False, True])
def test_a_client_certificate_is_shown(driver: Drivers, papers: Papers, version: str, submits: bool) -> None:
    with serving(ok(), context=papers.server(demand=True, version=VERSIONS[version])) as server:
        reply = driver(papers.client(papers.good))(call(server.url(), b"x", submits=submits))

    assert reply.body == b"fine"
    assert server.alpn == [None]


@pytest.mark.parametrize("which", ["none", "expired"])
@pytest.mark.parametrize("body", [None, b"x" * 1000])
def test_a_refused_client_certificate_under_tls_1_2_is_misconfigured(
    driver: Drivers, papers: Papers, which: str, body: bytes | None
) -> None:
    context = papers.server(demand=True, version=ssl.TLSVersion.TLSv1_2)
    with serving(ok(), context=context) as server:
        send = driver(papers.client(papers.expired if which == "expired" else None))
        for submits in (False, True):
            said = failing(send, call(server.url(), body, submits=submits), Misconfigured)
            assert "client certificate" in said
            assert "expired" in said or which == "none"
    assert server.requests == []


@pytest.mark.parametrize("which", ["none", "expired"])
def test_a_refused_client_certificate_under_tls_1_3_is_misconfigured_on_a_query_and_doubt_on_a_submit(
    driver: Drivers, papers: Papers, which: str
) -> None:
    context = papers.server(demand=True, version=ssl.TLSVersion.TLSv1_3)
    with serving(ok(), context=context) as server:
        send = driver(papers.client(papers.expired if which == "expired" else None))
        said = failing(send, call(server.url()), Misconfigured)
        assert "client certificate" in said and ("expired" in said or which == "none")
        failing(send, call(server.url(), b"x" * 1000), Misconfigured)
        failing(send, call(server.url(), b"x" * 1000, submits=True), ReplyLost)
        failing(send, call(server.url(), submits=True), ReplyLost)
    assert server.requests == []


def test_a_server_that_is_not_trusted_is_told_nothing_and_the_setting_is_named(driver: Drivers, papers: Papers) -> None:
    with serving(ok(), context=papers.server()) as server:
        for bundle in (papers.strange_bundle, None):
            context = papers.client(bundle=bundle) if bundle else tls.context()
            said = failing(driver(context), call(server.url(), b"x", submits=True), Misconfigured)
            assert "ca_bundle" in said
    assert server.requests == []


def test_another_host_s_certificate_and_an_expired_one_are_named(driver: Drivers, papers: Papers) -> None:
    past = datetime.now(timezone.utc) - timedelta(days=2)
    other = papers.ca.issue_cert("other.example.org")
    old = papers.ca.issue_cert("127.0.0.1", not_before=past - timedelta(days=9), not_after=past)
    for leaf, said in ((other, "for another address"), (old, "has expired")):
        with serving(ok(), context=papers.server(leaf=leaf)) as server:
            assert said in failing(driver(papers.client()), call(server.url(), b"x", submits=True), Misconfigured)
        assert server.requests == []


def test_https_to_a_plain_server_is_named(driver: Drivers, papers: Papers) -> None:
    with serving(ok(), greet=lambda raw: raw.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        url = server.url().replace("http:", "https:")
        assert "does not speak TLS" in failing(driver(papers.client()), call(url, b"x"), Misconfigured)


def test_a_certificate_that_is_asked_for_after_the_request_is_shown_under_tls_1_3(
    driver: Drivers, papers: Papers
) -> None:
    """As IIS and Apache ask for it where only some paths demand one: after the handshake."""

    def ask(_server: Server, connection: socket.socket, _seen: Seen) -> None:
        assert isinstance(connection, ssl.SSLSocket) and connection.getpeercert() is None
        connection.verify_client_post_handshake()
        connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        connection.settimeout(0.05)
        for _ in range(200):
            with suppress(TimeoutError):
                connection.recv(1)
            if connection.getpeercert():
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
                return

    context = papers.server(demand=True, version=ssl.TLSVersion.TLSv1_3)
    context.post_handshake_auth = True
    with serving(ask, context=context) as server:
        assert driver(papers.client(papers.good))(call(server.url(), b"x", submits=True)).body == b"fine"


@pytest.mark.skipif(not shutil.which("openssl"), reason="only openssl's own server renegotiates")
def test_a_certificate_that_is_asked_for_by_renegotiation_is_shown_under_tls_1_2(
    driver: Drivers, papers: Papers, tmp_path: Path
) -> None:
    papers.here.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = f"openssl s_server -accept 127.0.0.1:{port} -cert {tmp_path}/server.pem -CAfile {papers.bundle}"
    options = [*line.split(), "-tls1_2", "-crlf", "-no_resumption_on_reneg"]
    with subprocess.Popen(options, stdin=PIPE, stdout=PIPE, stderr=subprocess.STDOUT, bufsize=0) as server:
        assert server.stdin and server.stdout
        said = _until(server.stdout, b"ACCEPT")

        def play() -> None:
            _until(server.stdout, b"User-Agent")
            server.stdin.write(b"R\n")
            shown.append(_until(server.stdout, b"SSL_do_handshake -> 1"))
            server.stdin.write(b"HTTP/1.1 200 OK\nContent-Length: 4\n\nfine\n")

        shown: list[bytes] = []
        playing = threading.Thread(target=play, daemon=True)
        playing.start()
        reply = driver(papers.client(papers.good))(call(f"https://127.0.0.1:{port}/x"))
        playing.join(10)
        server.kill()

    assert reply.body == b"fine" and b"verify return:1" in shown[0] and said


def _until(stream: Any, mark: bytes) -> bytes:
    said = b""
    while mark not in said and (data := stream.read(4096)):
        said += data
    return said


@pytest.mark.parametrize("manner", ["reset", "quiet"])
def test_a_handshake_that_is_broken_off_names_the_certificate_before_the_network(
    driver: Drivers, papers: Papers, manner: str
) -> None:
    """As servers of TLS 1.2 refuse a client certificate that say nothing about it."""

    def greet(raw: socket.socket) -> None:
        raw.recv(100)
        if manner == "reset":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise OSError

    with Server(ok(), papers.server(), greet) as server:
        said = failing(driver(papers.client(papers.good)), call(server.url(), b"x", submits=True), Unreachable)
    assert "look at client_certificate first" in said and "firewall" not in said and "nothing left" in said


# --- old forms of TLS ------------------------------------------------------------------------------------------------

OAKLEY_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE65381FFFFFFFFFFFFFFFF", 16,
)  # fmt: skip
"""The prime of 1024 bits of RFC 2409, as old servers have it."""


def test_a_server_with_a_short_diffie_hellman_key_is_named_and_taken_by_who_must(
    driver: Drivers, papers: Papers, tmp_path: Path
) -> None:
    short = dh.DHParameterNumbers(OAKLEY_2, 2).parameters()
    (tmp_path / "dh.pem").write_bytes(short.parameter_bytes(Encoding.PEM, ParameterFormat.PKCS3))
    rsa = trustme.CA(key_type=trustme.KeyType.RSA)
    rsa.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = papers.server(
        version=ssl.TLSVersion.TLSv1_2, leaf=rsa.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    )
    context.set_ciphers("DHE-RSA-AES128-SHA256:@SECLEVEL=0")
    context.load_dh_params(str(tmp_path / "dh.pem"))
    with serving(ok(), context=context) as server:
        said = failing(driver(tls.context(ca_bundle=str(tmp_path / "ca.pem"))), call(server.url(), b"x"), Misconfigured)
        assert "less than 2048 bits" in said and '{"legacy": true}' in said
        must = tls.context(ca_bundle=str(tmp_path / "ca.pem"), legacy=True)
        assert driver(must)(call(server.url(), b"x")).body == b"fine"


HELLO = b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2f" + b"\x00"
"""A ServerHello of TLS 1.2 without extensions: no promise of safe renegotiation (RFC 5746)."""


def test_a_server_that_knows_the_unsafe_renegotiation_only_is_named_and_its_hello_taken_by_who_must(
    driver: Drivers, papers: Papers
) -> None:
    """No OpenSSL keeps that promise back, so its hello alone is played: whoever takes it waits for more."""

    def greet(raw: socket.socket) -> None:
        raw.recv(4096)
        message = b"\x02" + len(HELLO).to_bytes(3, "big") + HELLO
        raw.sendall(b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message)
        raise OSError

    with Server(ok(), papers.server(), greet) as server:
        said = failing(driver(papers.client()), call(server.url(), b"x", submits=True), Misconfigured)
        assert "renegotiation" in said and '{"legacy": true}' in said
        must = tls.context(ca_bundle=papers.bundle, legacy=True)
        said = failing(driver(must), call(server.url(), b"x", submits=True), Unreachable)
        assert "renegotiation" not in said and "legacy" not in said


# --- the environment -------------------------------------------------------------------------------------------------


def test_a_ca_file_in_the_environment_neither_adds_trust_nor_takes_it(
    driver: Drivers, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    with serving(ok(), context=papers.server()) as server:
        for name in names:
            monkeypatch.setenv(name, papers.bundle)
        failing(driver(papers.client(bundle=papers.strange_bundle)), call(server.url(), b"x"), Misconfigured)
        failing(driver(tls.context()), call(server.url(), b"x"), Misconfigured)

        for name in names:
            monkeypatch.setenv(name, papers.strange_bundle)
        assert driver(papers.client())(call(server.url(), b"x")).status == 200


def test_a_machine_that_trusts_nobody_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere = ssl.DefaultVerifyPaths("", "", "", str(tmp_path / "none.pem"), "", str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    monkeypatch.setattr(tls, "_BUNDLES", ())
    with pytest.raises(Misconfigured, match="no store of authorities") as caught:
        tls.context()
    assert "ca_bundle" in str(caught.value)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_proxy_and_a_netrc_in_the_environment_are_ignored(
    driver: Drivers, papers: Papers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secure: bool
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for spelt in (name, name.lower()):
            monkeypatch.setenv(spelt, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    with serving(ok(), context=papers.server() if secure else None) as server:
        driver(papers.client() if secure else None)(call(server.url(), b"x"))

    assert "authorization" not in server.requests[0].headers
