"""The way out by a proxy, by both drivers: a tunnel by CONNECT, or one error that says what is wrong with it."""

from __future__ import annotations

import socket
from base64 import b64encode

import pytest

from malote.errors import Misconfigured, Unreachable
from malote.wire.proxy import Proxy
from support.connect_proxy import ConnectProxy
from support.server import SECRET, Drivers, Papers, call, failing, ok, serving


@pytest.mark.parametrize("submits", [False, True])
def test_everything_leaves_by_the_proxy_sealed_with_our_certificate(
    driver: Drivers, papers: Papers, submits: bool
) -> None:
    with serving(ok(), context=papers.server(demand=True)) as server, ConnectProxy() as proxy:
        send = driver(papers.client(papers.good), proxy=f"http://{proxy.where}")
        for _ in range(2):
            assert send(call(server.url(), b"x" * 100_000, submits=submits)).body == b"fine"

    assert len(server.requests) == 2 and len(proxy.heads) == (2 if submits else 1)
    for head in proxy.heads:
        assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n")
        assert SECRET not in head and "/x" not in head


def test_a_login_is_given_to_the_proxy_and_to_nobody_else(driver: Drivers, papers: Papers) -> None:
    login = b64encode("usuário:senha@1".encode()).decode()
    with serving(ok(), context=papers.server()) as server, ConnectProxy(login=login) as proxy:
        driver(papers.client(), proxy=f"http://usu%C3%A1rio:senha%401@{proxy.where}")(call(server.url()))

    assert "proxy-authorization" not in server.requests[0].headers and len(proxy.heads) == 1


@pytest.mark.parametrize(
    "fields",
    [
        "Proxy-Agent : x\r\n",
        "Content-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\n",
        "no field\r\n",
        "X: a\r\n b\r\n",
    ],
)
def test_a_proxys_own_head_is_read_however_it_is_written(driver: Drivers, papers: Papers, fields: str) -> None:
    with serving(ok(), context=papers.server()) as server, ConnectProxy(fields=fields) as proxy:
        assert driver(papers.client(), proxy=f"http://{proxy.where}")(call(server.url(), b"x")).body == b"fine"


def test_a_proxy_that_wants_another_login_is_misconfigured_and_nothing_left(driver: Drivers, papers: Papers) -> None:
    with serving(ok(), context=papers.server()) as server, ConnectProxy(login="other") as proxy:
        send = driver(papers.client(), proxy=f"http://planted:planted@{proxy.where}")
        said = failing(send, call(server.url(), b"x", submits=True), Misconfigured)

    assert "407" in said and "extra.proxy" in said and "nothing left" in said and server.connections == 0


@pytest.mark.parametrize("status", ["403 Forbidden", "502 Bad Gateway", "503 Service Unavailable"])
def test_a_proxy_that_opens_no_way_left_nothing(driver: Drivers, papers: Papers, status: str) -> None:
    with ConnectProxy(status=status) as proxy:
        send = driver(papers.client(), proxy=f"http://{proxy.where}")
        said = failing(send, call("https://example.org/", b"x", submits=True), Unreachable)

    assert status[:3] in said and proxy.where in said and "by CONNECT" in said


def test_a_proxy_that_is_not_there_left_nothing(driver: Drivers, papers: Papers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    send = driver(papers.client(), proxy=f"http://127.0.0.1:{port}")
    said = failing(send, call("https://example.org/", b"x", submits=True), Unreachable)

    assert "the proxy" in said and "cannot be reached" in said


def test_a_proxy_does_not_hide_whose_certificate_it_is(driver: Drivers, papers: Papers) -> None:
    context = papers.server(leaf=papers.ca.issue_cert("other.example.org"))
    with serving(ok(), context=context) as server, ConnectProxy() as proxy:
        said = failing(driver(papers.client(), proxy=f"http://{proxy.where}"), call(server.url()), Misconfigured)

    assert "for another address" in said and server.requests == []


def test_nothing_unsealed_goes_to_a_proxy(driver: Drivers) -> None:
    with serving(ok()) as server, ConnectProxy() as proxy:
        failing(driver(proxy=f"http://{proxy.where}"), call(server.url(), b"x"), Misconfigured)

    assert proxy.heads == [] and server.connections == 0


@pytest.mark.parametrize(
    "said", ["proxy", "proxy:3128", "https://proxy:3128", "http://proxy", "http://:3128", "http://p:99999", "http://p:1/x",
             "socks5://p:1080", "http://planted:planted@:1"]
)  # fmt: skip
def test_what_is_no_address_of_a_proxy_is_refused_without_its_login(said: str) -> None:
    with pytest.raises(Misconfigured, match=r"extra\.proxy") as caught:
        Proxy(said)
    assert "planted" not in str(caught.value)
