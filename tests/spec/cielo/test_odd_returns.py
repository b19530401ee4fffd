"""Returns as real servers send them: other prefixes, encodings, wrappings and broken streams."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import pytest

from malote.errors import Malformed
from malote.institutions.cielo.answers import rows as read
from malote.institutions.cielo.rules import NAMESPACE
from support.memory import height, only_where_seen
from support.returns import PAID, answer, cielo, denied, erro, one, rows

ODD = {
    "as UTF-8": lambda: answer(PAID, encoding="UTF-8"),
    "undeclared, in UTF-8": lambda: answer(PAID, encoding="UTF-8", declared=False),
    "undeclared, in ISO-8859-1": lambda: answer(PAID, declared=False),
    "<?XML": lambda: answer(PAID).replace(b"<?xml", b"<?XML"),
    "blanks and a byte order mark first": lambda: b"\r\n \xef\xbb\xbf" + answer(PAID, encoding="UTF-8"),
    "a namespace with a trailing blank": lambda: answer(PAID).replace(b".br\"", b".br \""),
    "no namespace": lambda: answer(PAID).replace(f' xmlns="{NAMESPACE}"'.encode(), b""),
    "another namespace, prefixed": lambda: prefixed(answer(PAID)),
    "padded lot number": lambda: answer(PAID, lot=" 0000000086\n"),
    "no lot number": lambda: answer(PAID, lot=None),
    "no pan": lambda: answer(PAID.replace("<pan>IqVz7P9zaIgTYdU41HaW/OB/d7Idwttqwb2vaTt8MT0=</pan>", "")),
    "unknown elements": lambda: answer(
        PAID.replace("<tid>", "<novo><status>9</status><valor>1</valor><token><tid>0</tid></token></novo><tid>")
        .replace("<lr>", "<par>x</par><mac><lr>51</lr></mac><lr>")
    ),
    "an erro inside of something": lambda: answer(
        PAID.replace("<captura>", "<analise><erro><codigo>9</codigo></erro></analise><captura>")
    ),
    "a list inside of something": lambda: answer(PAID.replace("<captura>", "<n><lista><x/></lista></n><captura>")),
    "blanks everywhere": lambda: answer(PAID.replace("<status>6<", "<status>\n 6 <").replace(">00<", "> 00\t<")),
    "comments and instructions": lambda: answer(PAID.replace("visa", "vi<!-- x -->sa<?pi x?>")),
    "an url-autenticacao": lambda: answer(PAID.replace("<token>", "<url-autenticacao>u</url-autenticacao><token>")),
}  # fmt: skip


ODD_CHARACTERS = {
    "a reference that XML forbids": (b"&#x1F;", "\ufffd"),
    "a raw control character": (b"\x1f", "\ufffd"),
    "an ampersand": (b"A & B", "A & B"),
    "an entity of HTML": (b"&nbsp;", "\ufffd"),
    "a NUL": (b"\0", "\ufffd"),
    "a byte of windows-1252": (b"\x80", "\x80"),
}


def prefixed(data: bytes) -> bytes:
    return data.replace(b"</", b"</y:").replace(b"<?", b"\0").replace(b"<", b"<y:").replace(b"<y:/y:", b"</y:").replace(
        b"\0", b"<?"
    ).replace(b"xmlns=", b"xmlns:y=")  # fmt: skip


@pytest.mark.parametrize("make", ODD.values(), ids=ODD.keys())
def test_an_odd_return_gives_the_same_row(make: Any) -> None:
    (plain,) = rows(answer(PAID))
    assert rows(make()) == [plain]


def wrapped(inside: str | bytes, encoding: str = "UTF-8", declared: bool = True) -> bytes:
    head = f'<?xml version="1.0" encoding="{encoding}"?>' if declared else ""
    text = inside.decode(encoding) if isinstance(inside, bytes) else inside
    whole = f'{head}<retorno-download-lote xmlns="{NAMESPACE}">\n<arquivo>{text}</arquivo></retorno-download-lote>'
    return whole.encode(encoding)


def section(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


WRAPPED = {
    "escaped": lambda data: wrapped(escape(data.decode("iso-8859-1")), "ISO-8859-1"),
    "escaped, in another encoding than it declares": lambda data: wrapped(escape(data.decode("iso-8859-1"))),
    "escaped, undeclared": lambda data: wrapped(escape(data.decode("iso-8859-1")), "ISO-8859-1", declared=False),
    "escaped by numbers": lambda data: wrapped(
        "".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in data.decode("iso-8859-1"))
    ),
    "escaped by hexadecimal numbers": lambda data: wrapped(
        "".join(c if c.isalnum() and c.isascii() else f"&#x{ord(c):X};" for c in data.decode("iso-8859-1"))
    ),
    "CDATA": lambda data: wrapped(f"\n{section(data.decode('iso-8859-1'))}\n", "ISO-8859-1"),
    "CDATA cut in many": lambda data: wrapped(
        "".join(section(data.decode("iso-8859-1")[at : at + 7]) for at in range(0, len(data), 7)), "ISO-8859-1"
    ),
    "base64": lambda data: wrapped(base64.b64encode(data)),
    "base64 in lines": lambda data: wrapped("\n" + base64.encodebytes(data).decode()),
    "bare": lambda data: wrapped(data.partition(b"?>")[2].decode("iso-8859-1")),
}


class Slow(io.BytesIO):
    """A file that gives a few bytes at a time, so that every boundary is met."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 1, 11) if size and size > 0 else 11)


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED.keys())
@pytest.mark.parametrize("read", [io.BytesIO, Slow])
def test_a_return_inside_arquivo_gives_the_same_rows(wrap: Any, read: Any) -> None:
    data = answer(PAID, denied("51", "b"), erro("030", "c", "Número &amp; <![CDATA[<é>]]>"))
    assert rows(read(wrap(data))) == rows(data)
    many = answer(*[PAID.format(id=n) for n in range(150)])
    assert len(many) > 2.5 * (64 << 10)
    assert [each["item_id"] for each in rows(wrap(many))] == [str(n) for n in range(150)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>x</body></html>",
        b"<outra/>",
        b"<a><transacao/></a>",
        f'<erro xmlns="{NAMESPACE}"><codigo>081</codigo></erro>'.encode(),
        answer(PAID)[:-20],
        answer(PAID)[:400],
        answer(PAID, lot="87"),
        answer(PAID, lot="86x"),
        answer(PAID, lot=""),
        answer(PAID, lot="９９"[:0] + "9" * 5000),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + answer(PAID, declared=False),
        wrapped(escape(answer(PAID)[:-20].decode("iso-8859-1"))),
        wrapped(escape(answer(PAID).decode("iso-8859-1")))[:-60],
        wrapped(base64.b64encode(answer(PAID))[:-3]),
        wrapped("não é nada"),
        wrapped("<![CDATA[" + answer(PAID).decode("iso-8859-1"))[:-60],
    ],
)
def test_what_is_no_whole_return_file_of_this_lot_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        rows(data)


def test_a_number_of_another_lot_that_comes_last_stops_the_landing_too() -> None:
    late = answer(PAID, lot=None).replace(b"</lista>", b"</lista><numero-lote>87</numero-lote>")
    with pytest.raises(Malformed, match="another lot"):
        rows(late)


@pytest.mark.parametrize(("inside", "read"), ODD_CHARACTERS.values(), ids=ODD_CHARACTERS)
def test_one_bad_character_in_a_lot_of_thousands_stops_no_other_row(inside: bytes, read: str) -> None:
    items = [PAID.format(id=n) for n in range(2700)]
    plain = rows(answer(*items))
    odd = items[1350].replace(" autorizada", " |autorizada")
    found = rows(answer(*items[:1350], odd, *items[1351:]).replace(b"|", inside))
    plain[1350] |= dict.fromkeys(("autorizacao_mensagem", "message"), f"Transação {read}autorizada")
    assert found == plain


@only_where_seen
def test_memory_does_not_grow_with_the_return_whatever_is_in_it() -> None:
    class Long(io.RawIOBase):
        """A return of many items, made while it is read."""

        def __init__(self, n: int) -> None:
            self._pieces = self._made(n)

        def _made(self, n: int) -> Iterator[bytes]:
            head, _, tail = answer("|").partition(b"|")
            yield head
            for at in range(n):
                yield (PAID.format(id=at), denied("51", f"{at}"), erro("030", f"{at}"))[at % 3].encode("iso-8859-1")
            yield tail

        def read(self, size: int = -1, /) -> bytes:
            return next(self._pieces, b"")

    def read(items: int) -> None:
        stream: Any = Long(items)
        assert sum(1 for _ in cielo().read(one(), stream)) == items

    read(300)  # what is made once is made
    assert height(lambda: read(30_000)) < 1 << 10  # KiB; the tree takes 140 MiB, its emptied elements alone 1.7


TWO = [
    ("<status>6</status><status>5</status>", "unanswered"),
    ("<status>5</status><status>6</status>", "unanswered"),
    ("<status>6</status><status> 6 </status>", "accepted"),
    ("<status>6</status><status/>", "accepted"),
    ("<status/><status>6</status>", "accepted"),
    ("<status>5</status><status>5</status><status>6</status>", "unanswered"),
]


@pytest.mark.parametrize(("inside", "outcome"), TWO)
def test_two_statuses_that_disagree_decide_nothing(inside: str, outcome: str) -> None:
    data = (
        f'<retorno-lote xmlns="{NAMESPACE}"><numero-lote>9</numero-lote><lista><transacao id="1"><tid>T</tid>{inside}'
        "</transacao></lista></retorno-lote>"
    ).encode()
    (row,) = read(io.BytesIO(data), "02", 9)
    assert row[-3] == outcome


def test_a_second_value_that_says_otherwise_makes_neither_of_them_true() -> None:
    (plain,) = rows(answer(PAID))
    (row,) = rows(answer(PAID.replace("<lr>", "<lr>51</lr><lr>", 1)))
    assert row["lr"] == f"51; {plain['lr']}" and row["lr_significado"] != plain["lr_significado"]
    (row,) = rows(answer(PAID.replace("<valor>", "<valor>7</valor><valor>", 1)))
    assert row["valor"] is None and "7; " in row["nao_lido"]
    (row,) = rows(answer(PAID.replace("<lr>", f"<lr>{plain['lr']}</lr><lr>", 1)))
    assert row == plain
    many = "".join(f"<lr>{n}</lr>" for n in range(5000))
    (row,) = rows(answer(PAID.replace("<lr>", f"{many}<lr>", 1)))
    assert row["lr"].startswith("0; 1; 2") and len(row["lr"]) < 300
    two = erro("001", "c", "x").replace("<codigo>001</codigo>", "<codigo>001</codigo><codigo>98</codigo>")
    (row,) = rows(answer(two))
    assert (row["erro_codigo"], row["outcome"]) == ("001; 98", "unanswered")
