"""Reads the contract file that importarArquivo carries: its records, and where it departs from the examples of it.

No schema of CCEE's is known: the examples are those of a copy of its "Especificação do XSD – Módulo de Contratos".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from malote_sim.ccee.messages import Record, Unreadable, local, parse

_BELOW = {
    **dict.fromkeys(("AtivoAssociadoModulacao", "LimiteModulacao", "MesAno", "TipoModulacao"), "MontanteMedio"),
    "MontanteMedioContratoCCEALFirme": "MontanteMedio",
    "MontanteMedio": "Contrato",
    "Dia": "MesAno",
    "Hora": "Dia",
}
"""Of each element of a CCEAL Firme, which one it stands directly below."""

_WEEK = ("semana", "Semana")
_AMOUNTS = ("montanteMedio", "montanteHorario", "limiteMinimoModulacao", "limiteMaximoModulacao")


@dataclass(frozen=True, slots=True)
class File:
    """A contract file: its bytes in the encoding that it declares, its records, its departures from the examples."""

    content: bytes
    root: str
    tipo_geracao: str
    records: tuple[Record, ...]
    departures: tuple[str, ...] = ()


def read_file(arquivo: etree._Element) -> File:
    """The contract file inside `arquivo`: trimmed, then parsed in the encoding it declares, or Unreadable.

    CCEE's sample has white space before the CDATA and declares ISO-8859-1 inside an envelope in UTF-8.
    """
    if any(isinstance(each.tag, str) for each in arquivo):
        raise Unreadable("o arquivo deve vir como texto (CDATA), não como elementos")
    content = "".join(arquivo.itertext()).strip()
    declared = re.match(r"""<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""", content)
    try:
        encoded = content.encode(declared[1] if declared else "utf-8")
    except (UnicodeEncodeError, LookupError):
        raise Unreadable("o arquivo não cabe na codificação que declara") from None
    root = parse(encoded)
    records = tuple(_record(each) for each in root if local(each) == "Contrato")
    if not records:
        raise Unreadable("o arquivo não contém Contrato")
    return File(encoded, local(root), root.get("tipoGeracao", ""), records, tuple(_departures(root)))


def _record(contrato: etree._Element) -> Record:
    reference = contrato.get("referencia") or contrato.get("numeroContrato") or ""
    amounts = "".join(each.get(name, "") for each in contrato.iter("{*}*") for name in _AMOUNTS)
    signs = "".join(sign for sign in ",." if sign in amounts)
    return Record(reference.strip(), contrato.get("idComprador", ""), contrato.get("idVendedor", ""), signs)


def _departures(root: etree._Element) -> Iterator[str]:
    if local(root) != "ContratosCCEAL":
        return
    for each in root.iter("{*}*"):
        wanted, parent = _BELOW.get(local(each)), each.getparent()
        if wanted is None or parent is None or local(parent) == wanted:
            continue
        if not (wanted == "MontanteMedio" and local(parent) in _WEEK):
            yield f"{local(each)} below {local(parent)} instead of {wanted}"
