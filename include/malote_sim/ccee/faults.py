"""How the pretended CCEE says no: the SOAP faults seen on its wire, by errorCode, and those of its gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from malote_sim.ccee.messages import ENV, FM, Writer

PROVIDER = ("Server.4001", "Erro retornado pelo provedor da informação", "4", "unexpectedTechnicalFault")
PARAMETERS = ("Server.3006", "Parâmetros Inválidos", "4", "invalidParametersFault")
NO_DATA = ("Server.3006", "Parâmetros Inválidos", "4", "noDataFoundFault")
DENIED = ("Server.2001", "Acesso Negado", "02", "securityFault")
SHAPES = {
    "2001": DENIED,
    "3001": NO_DATA,
    "1-3001": NO_DATA,
    "3006": PARAMETERS,
    "1-3006": PARAMETERS,
    "4001": PROVIDER,
}
"""Of each errorCode: faultcode, faultstring, faultactor and the element in `detail`, as seen on the wire."""

NO_DATA_FOUND = "Dados não encontrados."
NOT_ALLOWED = "Rejected: Usuário não está autorizado a usar o codigoPerfilAgente."
THROTTLED, SHUT = "Rejected by SLM Monitor", "Failed to establish a backside connection"
"""What CCEE says when it throttles or is not at work is not known: these are its gateway's stock words."""

SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_BINDING = re.compile(rb' xmlns:[\w.-]+="%s"' % FM.encode())


class Fails(Exception):
    """The answer is a SOAP fault with this errorCode and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


def written(
    prefixes: str | Mapping[str, str], *, uri: str, code: str, message: str, options: Mapping[str, Any] | None = None
) -> bytes:
    """The fault with an errorCode, in the shape that goes with it unless `options` say otherwise.

    `form`: "1.2" is SOAP 1.2's, "unbound" has a prefix within `detail` that is bound to nothing.
    """
    options = options or {}
    if options.get("form") == "1.2":
        return _of_soap_12(code, options.get("faultstring", message))
    faultcode, faultstring, actor, element = SHAPES.get(code, (f"Server.{code}", *PROVIDER[1:]))
    body = Writer(prefixes if "prefix" not in options else {"fm": options["prefix"]}).fault(
        code=code,
        faultcode=options.get("faultcode", faultcode),
        faultstring=options.get("faultstring", faultstring),
        actor=options.get("faultactor", actor),
        element=options.get("element", element),
        message=message,
        uri=uri,
        namespace=options.get("namespace", FM),
    )
    return _BINDING.sub(b"", body) if options.get("form") == "unbound" else body


def _of_soap_12(code: str, reason: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="{SOAP_12}"><env:Body><env:Fault><env:Code>'
        f"<env:Value>env:Receiver</env:Value><env:Subcode><env:Value>Server.{escape(code)}</env:Value></env:Subcode>"
        f'</env:Code><env:Reason><env:Text xml:lang="pt-BR">{escape(reason)}</env:Text></env:Reason></env:Fault>'
        "</env:Body></env:Envelope>"
    ).encode()


def of_the_gateway(words: str) -> bytes:
    """A fault of the gateway itself, without any detail."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="{ENV}"><env:Body><env:Fault>'
        f"<faultcode>env:Client</faultcode><faultstring>{words} (from client)</faultstring>"
        "</env:Fault></env:Body></env:Envelope>"
    ).encode()
