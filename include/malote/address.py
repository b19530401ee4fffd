"""Where an institution is reached, checked against its environment, and where the user's own treaties lie."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from malote.errors import Misconfigured
from malote.texts import english

if TYPE_CHECKING:
    from malote.institution import Access

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PRINTABLE = re.compile(r"[!-~]+")


def host_of(url: str) -> tuple[str, int | None]:
    """Host and port of an address, where nothing that sends to it could read another host out of it.

    A name is letters, digits, dots and dashes, as DNS has them, without a dot at its end; or an IP in its usual form:
    whatever a resolver, an URL parser or a person might take for another name is no name here.

    :raises ValueError: where it is not so, or it says a login, a query or a fragment
    """
    if not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise ValueError(english("s_address_characters"))
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if "@" in parts.netloc or parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError(english("s_address_more"))
    if parts.netloc.endswith(":") or port == 0:
        raise ValueError("no port")
    if parts.netloc.startswith("["):
        if "%" in host or ipaddress.IPv6Address(host).ipv4_mapped:
            raise ValueError(english("s_address_disguise"))
        return str(ipaddress.IPv6Address(host)), port
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise ValueError(english("s_address_no_host"))
    last = host.rpartition(".")[2]
    if last.isdecimal() or re.fullmatch("0x[0-9a-f]*", last):  # then a resolver takes all of it for a number
        return str(ipaddress.IPv4Address(host)), port
    return host, port


def base_of(access: Access, official: Mapping[str, str], *domains: str) -> str:
    """The base URL without the last slash: test data never leaves for production, nor the reverse.

    :param official: environment to its base URL; the path of the connection, where it has one, stands for that one's
    :param domains: of the institution; the environment `simulator` may be anywhere else
    :raises Misconfigured: where environment and host do not agree
    """
    wrong = partial(misfit, access.institution)
    environment, base = access.environment, access.base_url.rstrip("/")
    theirs = official.get(environment)
    if theirs is None and environment != "simulator":
        raise wrong(
            english("s_address_environment", environment=repr(environment)),
            english("s_do_official", names=", ".join(official)),
        )
    url, host = urlsplit(""), ""
    if base:
        try:
            host, _ = host_of(base)
        except ValueError:  # whose words may quote a login
            raise wrong(english("s_address_none"), english("s_do_address")) from None
        url = urlsplit(base)
    if theirs is not None:
        own = urlsplit(theirs)
        if base and (host != own.hostname or url.scheme != "https"):
            raise wrong(
                english("s_address_apart", environment=environment, scheme=url.scheme, host=host),
                english("s_do_host_own", host=own.hostname, path=own.path),
            )
        return base if base and (url.path or not own.path) else theirs
    if not host:
        raise wrong(english("s_address_simulator"), english("s_do_host_set"))
    if any(f".{host}".endswith(f".{domain}") for domain in domains):
        what = english("s_address_not_simulator", host=host)
        raise wrong(what, english("s_do_environment_own"))
    if url.scheme != "https" and not (url.scheme == "http" and host in _LOOPBACK):
        raise wrong(english("s_address_scheme", scheme=url.scheme or "no scheme"), english("s_do_host_https"))
    return base


def treaties_of(access: Access) -> Path | None:
    """The folder of the user's own treaties, `extra.schemas`, or None for the shipped ones.

    :raises Misconfigured: where it is no folder
    """
    named = access.extra.get("schemas")
    folder = Path(str(named)) if named else None
    if folder and not _is_folder(folder):
        what = english("s_schemas_no_folder", folder=folder)
        raise misfit(access.institution, what, english("s_do_correct_or_leave"))
    return folder


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # longer than a path may be, or with a NUL
        return False


def misfit(institution: str, what: str, todo: str) -> Misconfigured:
    """What is wrong with the connection of an institution."""
    return Misconfigured(what, institution=institution, todo=todo, kept=english("s_kept_unsent"))
