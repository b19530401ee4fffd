"""The way out by a proxy: a tunnel by CONNECT, and what it says where it does not open one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import aiohttp
from yarl import URL

from malote.errors import MaloteError, Misconfigured, Unreachable
from malote.texts import english

_LEFT = english("s_kept_here")


class Proxy:
    """A proxy as the connection names it. It is given the host and port that is wanted, and bytes that TLS has sealed.

    :param said: `http://host:port`, with `login:password@` where it wants them, percent-encoded
    :ivar where: host and port
    :raises Misconfigured: where that is no such address; its words hold no login
    """

    def __init__(self, said: str) -> None:
        try:
            parts = urlsplit(said.strip())
            host, port = parts.hostname or "", parts.port
            if parts.scheme != "http" or not host or not port or parts.path.strip("/") or parts.query or parts.fragment:
                raise ValueError
            self.url = URL.build(scheme="http", host=host, port=port)
        except ValueError:
            raise Misconfigured(english("s_proxy_none"), todo=english("s_do_proxy"), kept=_LEFT) from None
        self.where = f"{host}:{port}"
        self.headers: dict[str, str] = {}
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self.headers["Proxy-Authorization"] = f"Basic {b64encode(login.encode()).decode()}"

    def verdict(self, chain: Iterable[BaseException], where: str) -> MaloteError | None:
        """What it means that there was no connection, where the proxy is why; ``where`` ends in its name."""
        for each in chain:
            if isinstance(each, aiohttp.ClientHttpProxyError) and each.status == 407:
                return Misconfigured(
                    f"{where}: {english('s_proxy_login')}",
                    todo=english("s_do_proxy_login"), kept=_LEFT,
                )  # fmt: skip
            if isinstance(each, aiohttp.ClientHttpProxyError):
                return Unreachable(
                    f"{where}: {english('s_proxy_no_way', status=each.status)}",
                    todo=english("s_do_proxy_connect"),
                    kept=_LEFT,
                )
            if isinstance(each, aiohttp.ClientProxyConnectionError):
                return Unreachable(
                    f"{where}: {english('s_proxy_away')}",
                    todo=english("s_do_proxy_network"),
                    kept=_LEFT,
                )
        return None
