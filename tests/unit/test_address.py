"""No address may be read as another one's: test data never leaves for production, however the host is written."""

from __future__ import annotations

import pytest

from malote.address import base_of, host_of
from malote.errors import Misconfigured
from malote.institution import Access

OFFICIAL = {"producao": "https://servicos.ccee.org.br/ws", "piloto": "https://piloto-servicos.ccee.org.br/ws"}

NO_ADDRESS = [
    "https://servicos.ccee%2eorg.br",
    "https://servicos.ccee%2Eorg%2Ebr/ws",
    "https://%73ervicos.ccee.org.br",
    "https://ｓervicos.ccee.org.br",
    "https://servicos。ccee。org。br",
    "https://servicos．ccee．org．br",
    "https://servicos｡ccee.org.br",
    "https://servicos.ccee.org.br.",
    "https://servicos.ccee.org.br..",
    "https://servicos..ccee.org.br",
    "https://.servicos.ccee.org.br",
    "https://servicos.ccee.org.br\u200b",
    "https://servicos.\u00adccee.org.br",
    "https://servicoß.ccee.org.br",
    "https://servicos_ccee.org.br",
    "https://-servicos.ccee.org.br",
    "https://servicos-.ccee.org.br",
    "https://servicos.ccee.org.br\\@simulator.invalid",
    "https://simulator.invalid\\.servicos.ccee.org.br",
    "https://simulator.invalid@servicos.ccee.org.br",
    "https://user:planted@servicos.ccee.org.br",
    "https://@servicos.ccee.org.br",
    "https://:@servicos.ccee.org.br",
    "https://servicos.ccee.org.br:planted",
    "https://servicos.ccee.org.br:",
    "https://servicos.ccee.org.br:0",
    "https://servicos.ccee.org.br:65536",
    "https://servicos.ccee.org.br:-1",
    "https://servicos.ccee.org.br:44３",
    "https://servicos.ccee.org.br?x",
    "https://servicos.ccee.org.br#x",
    "https://servicos.ccee.org.br/ws?",
    "https://servicos.\tccee.org.br",
    "https://servicos.ccee\n.org.br",
    " https://servicos.ccee.org.br",
    "https://servicos.ccee.org.br/ws ",
    "https://servicos.ccee.org.br\0",
    "https://servicos.ccee.org.br\ud800",
    "https://[::1",
    "https://[::1%25eth0]",
    "https://[::ffff:127.0.0.1]",
    "https://[servicos.ccee.org.br]",
    "https://[v1.x]",
    "https://::1",
    "https://127.1",
    "https://2130706433",
    "https://0x7f000001",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://127.0.0.256",
    "https://1.2.3.4.5",
    "https://" + "a" * 64 + ".invalid",
    "https://" + "a." * 127 + "invalid",
    "https://",
    "https:///ws",
    "https:servicos.ccee.org.br",
    "//servicos.ccee.org.br@x",
]


@pytest.mark.parametrize("url", NO_ADDRESS, ids=ascii)
@pytest.mark.parametrize("environment", ["simulator", "producao"])
def test_what_could_be_read_as_another_host_is_no_address(url: str, environment: str) -> None:
    with pytest.raises(Misconfigured) as said:
        base_of(access(url, environment), OFFICIAL, "ccee.org.br")
    assert "planted" not in str(said.value) and said.value.todo


ADDRESSES = [
    ("https://simulator.invalid", "simulator.invalid", None),
    ("https://SIMULATOR.Invalid:8443/ws", "simulator.invalid", 8443),
    ("https://sim-1.x1.invalid/a%20b", "sim-1.x1.invalid", None),
    ("https://xn--servios-xxa.invalid", "xn--servios-xxa.invalid", None),
    ("https://127.0.0.1:1", "127.0.0.1", 1),
    ("https://[::1]:8443", "::1", 8443),
    ("https://[0:0:0:0:0:0:0:1]", "::1", None),
    ("http://localhost:65535/", "localhost", 65535),
    ("https://3com.invalid", "3com.invalid", None),
]


@pytest.mark.parametrize(("url", "host", "port"), ADDRESSES, ids=str)
def test_an_address_is_a_name_or_an_ip_and_perhaps_a_port(url: str, host: str, port: int | None) -> None:
    assert host_of(url) == (host, port)
    assert base_of(access(url, "simulator"), OFFICIAL, "ccee.org.br") == url.rstrip("/")


THEIRS = [
    "https://servicos.ccee.org.br", "https://SERVICOS.CCEE.ORG.BR", "https://ccee.org.br", "https://x.ccee.org.br:8443/y"
]  # fmt: skip


@pytest.mark.parametrize("url", THEIRS)
def test_a_host_of_the_institution_is_never_the_simulator(url: str) -> None:
    with pytest.raises(Misconfigured, match="do not belong together"):
        base_of(access(url, "simulator"), OFFICIAL, "ccee.org.br")


def access(url: str, environment: str) -> Access:
    return Access(institution="ccee", environment=environment, base_url=url, login="", password="", extra={})
