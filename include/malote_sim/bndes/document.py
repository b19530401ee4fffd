"""Reads what comes in a form: the document's bytes, and the leaves of its markup by their local names."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import unquote_to_bytes

from lxml import etree

FORM = "application/x-www-form-urlencoded"
_DECLARATION = re.compile(rb"""<\?xml\s+version=["']1\.0["']\s+encoding=["']utf-8["'][^>]*\?>""", re.IGNORECASE)
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,2})?")


class Rejected(Exception):
    """The answer is 400 with the message known as `key`, about these things."""

    def __init__(self, key: str, **about: object) -> None:
        super().__init__(key)
        self.key, self.about = key, about


class NotAForm(Exception):
    """The Content-Type is not the one that the manual asks for (5 d)."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document that could be read. `leaves` are the elements without children, with text, in their order."""

    root: str
    sha256: str
    leaves: tuple[tuple[str, str], ...] = field(repr=False)

    def first(self, name: str) -> str:
        """The text of the first leaf of that local name, or ""."""
        return next((text for each, text in self.leaves if each == name), "")

    def amount(self, name: str = "") -> Decimal | None:
        """The leaf of that name, or else the first whose name starts with `valor`, in reais; None when none is there.

        Raises `Rejected` when it is no amount.
        """
        for each, text in self.leaves:
            if each == name or (not name and each.lower().startswith("valor")):
                if not _AMOUNT.fullmatch(text):
                    raise Rejected("schema", porque=f"{each} não é um valor")
                return Decimal(text)
        return None


def read_form(content_type: str, body: bytes, wanted: str) -> tuple[bytes, list[str]]:
    """The one field `wanted` of a form, and the names of other fields that came with it."""
    kind, _, parameters = content_type.lower().partition(";")
    if kind.strip() != FORM or ("charset" in parameters and "utf-8" not in parameters):
        raise NotAForm
    fields = [each.partition(b"=")[::2] for each in body.split(b"&") if each]
    read = [(_plain(name).decode("latin-1"), _plain(value)) for name, value in fields]
    values = [value for name, value in read if name == wanted]
    if len(values) != 1 or not values[0].strip():
        raise Rejected("form", campo=wanted)
    return values[0], [name for name, _ in read if name != wanted]


def read_document(content: bytes, *, field_name: str, strangers: tuple[str, ...] = ()) -> Document:
    """The document in `content`. It starts with the manual's declaration (3.2.1.1), and has no DTD.

    `strangers` are roots that belong to other services (3.4.1: a message is submitted to its own schema).
    """
    try:
        content.decode()
    except UnicodeDecodeError:
        raise Rejected("utf8", campo=field_name) from None
    if not _DECLARATION.match(content):
        raise Rejected("xml", porque="o documento não inicia com a declaração XML 1.0 em UTF-8")
    if b"<!DOCTYPE" in content:
        raise Rejected("xml", porque="DTD não é aceito")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Rejected("xml", porque=f"linha {error.lineno}") from None
    name = _local(root)
    if name in strangers:
        raise Rejected("schema", porque=f"{name} pertence a outro serviço")
    leaves = tuple(
        (_local(each), (each.text or "").strip())
        for each in root.iter("*")
        if len(each) == 0 and (each.text or "").strip()
    )
    return Document(name, hashlib.sha256(content).hexdigest(), leaves)


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _plain(encoded: bytes) -> bytes:
    return unquote_to_bytes(encoded.replace(b"+", b" "))
