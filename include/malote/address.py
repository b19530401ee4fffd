"""Where an institution is reached, checked against its environment, and where the user's own treaties lie."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from malote.errors import Misconfigured

if TYPE_CHECKING:
    from malote.institution import Access

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


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
        raise wrong(f"extra.environment is {environment!r}", f"use {', '.join(official)} or simulator")
    url = urlsplit(base)
    host = (url.hostname or "").rstrip(".")
    if theirs is not None:
        own = urlsplit(theirs)
        if base and (host != own.hostname or url.scheme != "https"):
            raise wrong(
                f"environment {environment} and address {url.scheme}://{host} do not belong together",
                f"leave host empty, or use https://{own.hostname}{own.path}; another host is for environment simulator",
            )
        return base if base and (url.path or not own.path) else theirs
    if not host:
        raise wrong("environment simulator needs an address", "set host (and port) of the connection")
    if any(f".{host}".endswith(f".{domain}") for domain in domains):
        what = f"environment simulator and host {host} do not belong together"
        raise wrong(what, "set the host's own environment")
    if url.scheme != "https" and not (url.scheme == "http" and host in _LOOPBACK):
        raise wrong(f"the address begins with {url.scheme or 'no scheme'}", "give the host with https://")
    return base


def treaties_of(access: Access) -> Path | None:
    """The folder of the user's own treaties, `extra.schemas`, or None for the shipped ones.

    :raises Misconfigured: where it is no folder
    """
    named = access.extra.get("schemas")
    folder = Path(str(named)) if named else None
    if folder and not folder.is_dir():
        what = f"extra.schemas names {folder}, which is no folder"
        raise misfit(access.institution, what, "correct it or leave it out")
    return folder


def misfit(institution: str, what: str, todo: str) -> Misconfigured:
    """What is wrong with the connection of an institution."""
    return Misconfigured(what, institution=institution, todo=todo, kept="nothing was sent")
