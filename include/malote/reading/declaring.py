"""What an XML declaration says of the encoding, however it is written, and what is meant by it."""

from __future__ import annotations

import re

from malote.errors import Malformed
from malote.reading.repairs import STRICT, Repairs
from malote.texts import english

TODO = english("s_do_compare_bytes")

_DECLARED = re.compile(
    rb"<\?xml\s[^>]{0,200}?\bencoding\s{0,20}=\s{0,20}[\"']\s{0,20}([A-Za-z0-9][A-Za-z0-9._: -]{0,39}?)\s{0,20}[\"']"
)

_SPELLINGS = {
    "utf-8": "utf8 utf8n utf8sig xutf8 cp65001 65001 usascii ascii ansix341968 iso646us",
    "utf-16": "utf16 utf16le utf16be ucs2 iso10646ucs2 unicode utf32 utf32le utf32be ucs4 iso10646ucs4",
    "iso-8859-1": "iso88591 iso885911987 88591 latin1 l1 isolatin1 ibm819 cp819 latin iso8859 cp28591",
    "iso-8859-15": "iso885915 885915 latin9 l9 isolatin9 cp28605",
    "windows-1252": "windows1252 cp1252 1252 win1252 xcp1252 ansi",
}
_MEANT = {spelling: encoding for encoding, spellings in _SPELLINGS.items() for spelling in spellings.split()}
PROPER = frozenset({"UTF-8", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252", "CP1252", "LATIN1"})
"""Encodings as XML spells them, that are read without a repair."""

_PROPER = re.compile(
    rb"<\?xml\s+version\s*=\s*([\"'])1\.[0-9]\1(?:\s+encoding\s*=\s*([\"'])\s*[A-Za-z0-9][A-Za-z0-9._: -]*\2)?"
    rb"(?:\s+standalone\s*=\s*([\"'])(?:yes|no)\3)?\s*\?>"
)
_DECLARATION = re.compile(rb"<\?xml\s[^<>]{0,300}?\?>")
_NO_ASCII = re.compile("ebcdic|ibm|utf7|cp(?:037|500|875|1026|1047|1140)")
_OURS = b'<?xml version="1.0" encoding="UTF-8"?>'


def declared(head: bytes) -> str | None:
    """The encoding that the XML declaration at the very beginning names, in upper case, as it stands; None without."""
    found = _DECLARED.match(head)
    return found[1].decode("ascii").upper() if found else None


def declaring(head: bytes, repairs: Repairs) -> tuple[bytes, str, str, Malformed | None]:
    """The beginning with a declaration that any parser takes; the encoding that it says, and the one that is meant.

    Last what is wrong where its name is nobody's: then the bytes may tell, for of UTF-8 there is no other reading.
    """
    found = _DECLARED.match(head)
    said = found[1].decode("ascii") if found else ""
    spelling = re.sub("[^a-z0-9]", "", said.lower())
    meant = _MEANT.get(spelling) if said else "utf-8"
    unknown = None if meant else Malformed(english("s_xml_encoding", encoding=said.upper()), todo=TODO)
    if (unknown and _NO_ASCII.match(spelling)) or (repairs is STRICT and said and said.upper() not in PROPER):
        raise unknown or Malformed(english("s_xml_encoding", encoding=said.upper()), todo=TODO)
    whole = None if repairs is STRICT else _DECLARATION.match(head)
    if whole and (unknown or not _PROPER.match(head)):
        repairs.note(english("s_mended_encoding", said=said or "?", meant=meant or "utf-8"))
        return _OURS + head[whole.end() :], said, meant or "utf-8", unknown
    if found and meant != "utf-8":
        head = head[: found.start(1)] + b"UTF-8" + head[found.end(1) :]
    if meant == "utf-16":
        repairs.note(english("s_mended_utf8", said=said))
    elif said and said.upper() not in PROPER:
        repairs.note(english("s_mended_encoding", said=said, meant=meant or "utf-8"))
    return head, said, meant or "utf-8", unknown
