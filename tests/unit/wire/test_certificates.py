"""Certificates that both drivers show and demand, and the environment that they do not listen to."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from malote.errors import Misconfigured, ReplyLost
from malote.wire import tls
from support.server import Drivers, Papers, call, failing, ok, serving

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


# --- the environment -------------------------------------------------------------------------------------------------


def test_a_ca_file_in_the_environment_neither_adds_trust_nor_takes_it(
    driver: Drivers, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(ok(), context=papers.server()) as server:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, papers.bundle)
        failing(driver(papers.client(bundle=papers.strange_bundle)), call(server.url(), b"x"), Misconfigured)

        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, papers.strange_bundle)
        assert driver(papers.client())(call(server.url(), b"x")).status == 200


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
