"""SOAP envelopes written by zeep from the WSDL on disk; zeep is a codec here, never a transport."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NoReturn

import zeep
import zeep.exceptions
import zeep.transports
from lxml import etree

from malote import address, place
from malote.texts import english

misfit = partial(address.misfit, "ccee")
"""What is wrong with the connection."""

PLACEHOLDER = "malote-placeholder-2f9d1c"
"""Stands in a body where the caller's own text goes."""

_PREFIXES = {
    "mh": "http://xmlns.energia.org.br/MH/v1",
    "oas": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "bm": "http://xmlns.energia.org.br/BM/v1",
    "bo": "http://xmlns.energia.org.br/BO/v1",
}
"""Those of the manual's sample 5.1.3."""


def envelope(
    folder: Path | None, service: str, operation: str, headers: Mapping[str, Any], body: Mapping[str, Any]
) -> tuple[bytes, bytes]:
    """The bytes of an envelope before and after :data:`PLACEHOLDER`, UTF-8.

    :param folder: of the user's own treaties; a WSDL that it lacks is the shipped one
    :raises Misconfigured: where the WSDL cannot be read or does not fit
    """
    own = folder / "v1" / f"{service}.wsdl" if folder else None
    wsdl = own if own and own.is_file() else place.schemas("ccee") / "v1" / f"{service}.wsdl"
    try:
        client = _client(str(wsdl), max(each.stat().st_mtime_ns for each in wsdl.parent.iterdir()))
    except (zeep.exceptions.Error, etree.LxmlError, OSError, ValueError) as wrong:
        raise misfit(english("s_wsdl_unread", wsdl=wsdl, why=type(wrong).__name__), english("s_do_schemas")) from None
    try:
        message = client.create_message(client.service, operation, _soapheaders=dict(headers), **body)  # type: ignore[no-untyped-call]
    except (zeep.exceptions.Error, TypeError, ValueError, AttributeError) as wrong:
        # Only the class: the text may quote the password that the codec stumbled over.
        raise misfit(
            english("s_wsdl_unwritten", operation=operation, name=wsdl.name, why=type(wrong).__name__),
            english("s_do_schemas_control"),
        ) from None
    head, found, tail = etree.tostring(message, xml_declaration=True, encoding="UTF-8").partition(PLACEHOLDER.encode())
    if not found:
        raise misfit(english("s_wsdl_no_room", name=wsdl.name), english("s_do_schemas_compare"))
    return head, tail


class _Offline(zeep.transports.Transport):
    """Reads local files for zeep and refuses everything else."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise misfit(english("s_wsdl_network"), english("s_do_wsdl_beside"))

    _load_remote_data = get = post = post_xml = _refuse


@lru_cache(maxsize=8)
def _client(wsdl: str, _stamp: int) -> zeep.Client:
    settings = zeep.Settings(strict=True, forbid_dtd=True)
    client = zeep.Client(wsdl, transport=_Offline(), settings=settings)  # type: ignore[no-untyped-call]
    for prefix, namespace in _PREFIXES.items():
        client.set_ns_prefix(prefix, namespace)  # type: ignore[no-untyped-call]
    return client
