"""Reads what Cielo is sent: the file within the multipart upload, the lot within the file, the ask for its return."""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from lxml import etree

from malote_sim.cielo.item import OPERATIONS, Card, Item, local, read_item
from malote_sim.cielo.outcome import Outcome

NAMESPACE = "http://ecommerce.cbmp.com.br"
_BLANK = f'"{NAMESPACE} "'.encode()
NAME = re.compile(r"ECOMM_(?P<ec>\d{10})_(?P<operation>0[2-8])_(?P<date>\d{8})_(?P<numero>\d{10})\.xml", re.ASCII)


class Wrong(Exception):
    """The answer is this code of Cielo's batch table."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Contents:
    """What a lot's file holds, with the texts as they were written."""

    ec: str
    chave: str = field(repr=False)
    numero: str
    tipo: str
    items: tuple[Item, ...]
    departures: Counter[str]


@dataclass(slots=True)
class Lot:
    """One accepted lot. The instants are simulated; `asks` counts the asks for its return, `returned` the returns."""

    ec: str
    numero: int
    operation: str
    file: str
    sha256: str
    accepted_at: datetime
    process_at: datetime
    ready_at: datetime
    items: tuple[Item, ...] = field(repr=False)
    asks: int = 0
    returned: int = 0
    copy_at: datetime | None = None
    """When the second copy will be there, once it was asked for."""
    outcomes: tuple[Outcome, ...] | None = field(default=None, repr=False)
    """What became of the items, in the order in which they were sent; None until the lot is processed."""

    @property
    def key(self) -> str:
        """By which the control page and `Cielo.lots` know it: EC/number."""
        return f"{self.ec}/{self.numero}"

    def kept(self) -> dict[str, Any]:
        """As the journal keeps it."""
        kept = {name: getattr(self, name) for name in ("ec", "numero", "operation", "file", "sha256")}
        instants = {name: getattr(self, name).isoformat() for name in _INSTANTS}
        items = ({key: value for key, value in asdict(item).items() if value} for item in self.items)
        return {**kept, **instants, "items": list(items)}

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Lot:
        """From what `kept` gave the journal."""
        fields = {name: kept[name] for name in ("ec", "numero", "operation", "file", "sha256")}
        instants: dict[str, Any] = {name: datetime.fromisoformat(kept[name]) for name in _INSTANTS}
        return cls(**fields, **instants, items=tuple(_restored(each) for each in kept["items"]))

    def shown(self) -> dict[str, Any]:
        """As the control page shows it."""
        return {
            "operation": self.operation,
            "file": self.file,
            "sha256": self.sha256,
            **{name: getattr(self, name).isoformat() for name in _INSTANTS},
            "items": len(self.items),
            "processed": self.outcomes is not None,
            "asks": self.asks,
            "returned": self.returned,
        }


_INSTANTS = ("accepted_at", "process_at", "ready_at")


def _restored(kept: Mapping[str, Any]) -> Item:
    card = {"card": Card(**kept["card"])} if "card" in kept else {}
    return Item(**{"id": "", "versao": "", **kept, **card})


def read_upload(content_type: str, body: bytes) -> tuple[str, bytes]:
    """Name and content of the first file of a multipart body; Wrong(76) without one.

    Recorded: `multipart/form-data, boundary=AaB03x` (a comma) is taken, the part may have any name and no Content-Type.
    """
    told = re.search(r'boundary="?([^";,\s]+)', content_type, re.IGNORECASE)
    boundary = b"--" + told[1].encode() if told else body[:200].split(b"\n", 1)[0].strip()
    start = 0 if body.startswith(boundary) else body.find(b"\n" + boundary) + 1
    while boundary.startswith(b"--") and len(boundary) > 2:
        start += len(boundary)
        head = re.compile(rb"\r?\n\r?\n").search(body, start, start + 65536)
        if head is None:
            break
        named = re.search(rb'filename="?([^"\r\n;]*)"?', body[start : head.start()], re.IGNORECASE)
        end = body.find(b"\n" + boundary, head.end() - 1)
        if end < 0:
            raise Wrong(75)  # the body ends before the last boundary
        if named is not None:
            content = body[head.end() : max(head.end(), end - (body[end - 1 : end] == b"\r"))]
            return re.split(r"[\\/]", named[1].decode("utf-8", "replace"))[-1], content
        start = end + 1
    raise Wrong(76)


def read_lot(content: bytes) -> Contents:
    """The lot of a file, item by item and without building its tree; Wrong with 71, 75 or 73."""
    if not content[:1024].strip().removeprefix(b"\xef\xbb\xbf").startswith(b"<"):
        raise Wrong(71)
    departures: Counter[str] = Counter()
    items: list[Item] = []
    ec: tuple[str, str] | None = None
    try:
        parser = etree.iterparse(
            io.BytesIO(_without_blank(content)),
            tag=[f"{{*}}{name}" for name in OPERATIONS],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=True,
        )
        for _, element in parser:
            if ec is None:
                root = element.getroottree()
                if root.docinfo.doctype:
                    raise Wrong(75)
                ec = _ec(root.getroot())
            items.append(read_item(element, ec, lambda how: departures.update([how])))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        root = parser.root
    except (etree.XMLSyntaxError, UnicodeDecodeError):
        raise Wrong(75) from None
    if root is None or local(root) != "requisicao-lote" or not items:
        raise Wrong(71)
    if len({item.operation for item in items}) > 1:
        raise Wrong(73)
    departures.update(_of_the_root(root, items))
    if _without_blank(content) is not content:
        departures["xmlns with a blank at its end"] += 1
    number, chave = _ec(root)
    return Contents(number, chave, _text(root, "numero-lote"), _text(root, "tipo-operacao"), tuple(items), departures)


def _of_the_root(root: etree._Element, items: list[Item]) -> Iterator[str]:
    if root.tag != f"{{{NAMESPACE}}}requisicao-lote":
        yield f"{etree.QName(root).namespace} instead of {NAMESPACE} in requisicao-lote"
    yield from (f"requisicao-lote with the attribute {name}" for name in map(str, root.attrib))
    if len(_text(root, "tipo-operacao")) != 1:
        yield "tipo-operacao with more than one digit"
    identities = [item.id for item in items if item.id]
    if len(set(identities)) < len(identities):
        yield "the same id twice in one lot"


def lot_number(text: str) -> int:
    """numero-lote, with or without zeros before it: 1 to 999999999 or Wrong(83)."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 999_999_999):
        raise Wrong(83)
    return int(text)


def agree(named: Mapping[str, str], contents: Contents) -> None:
    """Wrong(80) unless a file's name (the groups of `NAME`) and its contents say the same."""
    tipo, sent = contents.tipo, contents.items[0].operation
    if not (tipo.isascii() and tipo.isdigit() and named["operation"] == sent == f"{int(tipo):02d}"):
        raise Wrong(80)
    if (named["ec"], int(named["numero"])) != (contents.ec.zfill(10), lot_number(contents.numero)):
        raise Wrong(80)


@dataclass(frozen=True, slots=True)
class Ask:
    """A requisicao-download-retorno-lote."""

    ec: str
    chave: str = field(repr=False)
    numero: str
    departures: tuple[str, ...]


def read_ask(body: bytes) -> Ask:
    """The ask within the form field `mensagem`, URL-encoded or (recorded) raw; Wrong with 75 or 71."""
    at = body.find(b"mensagem=")
    message = body[at + len(b"mensagem=") :] if at >= 0 else b""
    if not message.lstrip().startswith(b"<"):
        message = unquote_to_bytes(message.split(b"&", 1)[0].replace(b"+", b" "))
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(_without_blank(message.strip()), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Wrong(75) from None
    if local(root) != "requisicao-download-retorno-lote":
        raise Wrong(71)
    space = etree.QName(root).namespace
    departures = [f"{local(root)} without {name}" for name in ("id", "versao") if not root.get(name)]
    if space not in (None, NAMESPACE):  # the manual's sample has none, the recorded one has this
        departures.append(f"{root.tag} instead of {{{NAMESPACE}}}{local(root)}")
    return Ask(*_ec(root), _text(root, "numero-lote"), tuple(departures))


def _without_blank(xml: bytes) -> bytes:
    """The manual's samples end the namespace with a blank, which libxml2 does not parse."""
    return xml.replace(_BLANK, _BLANK.replace(b" ", b""), 1) if _BLANK in xml[:1024] else xml


def digest(content: bytes) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _ec(root: etree._Element) -> tuple[str, str]:
    return _text(root, "dados-ec", "numero"), _text(root, "dados-ec", "chave")


def _text(root: etree._Element, *path: str) -> str:
    element: etree._Element | None = root
    for name in path:
        element = next((each for each in (() if element is None else element) if local(each) == name), None)
    return "" if element is None else (element.text or "").strip()
