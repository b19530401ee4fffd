"""XML that comes in: what real servers get wrong is mended, what an attacker would send is refused, in words."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import pytest

from malote.errors import Malformed
from malote.reading import markup, repair

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
NESTED = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE r [<!ENTITY e0 "ha">{NESTED}]><r><t>&e9;</t></r>'.encode()
QUADRATIC = b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 50_000 + b'">]><r><t>' + b"&a;" * 50_000 + b"</t></r>"

HOSTILE = {
    "billion laughs": LAUGHS,
    "billion laughs behind a declaration and a comment": DECLARATION + b"<!-- > <r> -->\n<?pi <r>?>" + LAUGHS,
    "billion laughs in lower case": LAUGHS.replace(b"DOCTYPE", b"doctype"),
    "quadratic blow-up": QUADRATIC,
    "external entity": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r><t>&x;</t></r>',
    "external DTD": b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r><t/></r>',
    "DOCTYPE hidden in UTF-16": LAUGHS.decode().encode("utf-16"),
    "DOCTYPE hidden in UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE r+AD4APA-r/+AD4-',
    "DOCTYPE far behind a comment": b"<!--" + b"x" * 100_000 + b"-->" + LAUGHS,
    "100,000 levels": b"<t>" * 100_000 + b"</t>" * 100_000,
    "a text of 11 MB": b"<r><t>" + b"x" * 11_000_000 + b"</t></r>",
    "an attribute of 11 MB": b'<r><t a="' + b"x" * 11_000_000 + b'"/></r>',
    "undeclared entity": b"<r><t>&planted-1234;</t></r>",
    "truncated": b"<r><t>planted-1234</t><t>planted-1234",
    "truncated at a boundary": b"<r><t>planted-1234</t>",
    "mismatched": b"<r><t>planted-1234</r></t>",
    "two roots": b"<r><t/></r><r/>",
    "empty": b"",
    "blank": b" \r\n\t",
    "text": b"planted-1234",
    "HTML with a doctype": b"<!DOCTYPE html><html><body>planted-1234</body></html>",
    "HTML without": b"<html><t>planted-1234</t></html>",
    "a control character in an end tag": b"<r><t></t\x03></r>",
    "a DOCTYPE behind a NUL": b"\0" + LAUGHS,
    "a DOCTYPE in a multipart body": b"--b\r\nContent-Type: text/xml\r\n\r\n" + LAUGHS + b"\r\n--b--",
    "unknown encoding": b'<?xml version="1.0" encoding="EBCDIC-CP-BE"?><r><t/></r>',
    "only a declaration": DECLARATION,
    "undeclared prefix": b"<r><x:t>planted-1234</x:t></r>",
}


def parsed(data: bytes) -> None:
    markup.parse(data)


def streamed(data: bytes) -> None:
    list(markup.records(io.BytesIO(data), "t"))


@pytest.fixture(params=[parsed, streamed])
def read(request: pytest.FixtureRequest) -> Callable[[bytes], None]:
    """Both ways in."""
    way: Callable[[bytes], None] = request.param
    return way


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_or_broken_is_malformed_and_never_quoted(read: Callable[[bytes], None], what: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(HOSTILE[what])

    said = str(caught.value)
    assert caught.value.todo
    assert not re.search(r"planted|1234|xxx|ação|hostname", said), said
    assert len(said) < 300


def test_a_doctype_and_an_html_page_are_named(read: Callable[[bytes], None]) -> None:
    with pytest.raises(Malformed, match="DOCTYPE"):
        read(LAUGHS)
    with pytest.raises(Malformed, match="HTML page"):
        read(HOSTILE["HTML with a doctype"])


def test_a_broken_file_says_where(read: Callable[[bytes], None]) -> None:
    with pytest.raises(Malformed, match=r"tag name mismatch at line 3, column 5"):
        read(b"<r>\n<t>\n</r>\n</t>")


@pytest.mark.parametrize(
    "before",
    [
        b'<?XML version="1.0" encoding="UTF-8"?>',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>',
        b'\r\n  <?xml version="1.0"?>',
        b'\xef\xbb\xbf \n<?XML version="1.0"?>\r\n<!-- a <!DOCTYPE in a comment -->',
        b"\xef\xbb\xbf",
        b"\n",
    ],
)
def test_the_beginning_is_mended_and_nothing_else(before: bytes) -> None:
    rest = "<r><t> <![CDATA[<?XML ação]]> </t></r>\r\n".encode()

    assert repair(before + rest).endswith(rest)
    assert markup.first_text(markup.parse(before + rest), "t") == "<?XML ação"
    assert [t.text for t in markup.records(io.BytesIO(before + rest), "t")] == [" <?XML ação "]


def test_what_needs_no_repair_is_the_same_object() -> None:
    for data in (DECLARATION + b"<r/>", b"<r/>", b""):
        assert repair(data) is data


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "windows-1252"])
@pytest.mark.parametrize("declared", [True, False])
def test_accents_survive_with_and_without_a_declaration(encoding: str, declared: bool) -> None:
    text = "transação não autorizada nº 5"
    data = f"<r><t>{text}</t></r>".encode(encoding)
    if declared:
        data = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + data

    assert markup.first_text(markup.parse(data), "t") == text
    assert [t.text for t in markup.records(io.BytesIO(data), "t")] == [text]


def test_an_accent_far_behind_in_an_undeclared_file_is_read_at_any_cut() -> None:
    for pad in range(65_530, 65_540):
        for encoding in ("UTF-8", "ISO-8859-1"):
            data = ("<r><p>" + "x" * (pad - 6) + "</p><t>não é</t></r>").encode(encoding)
            assert [t.text for t in markup.records(io.BytesIO(data), "t")] == ["não é"]


def test_the_declared_encoding_is_told() -> None:
    assert markup.declared_encoding(b'<?XML version="1.0" encoding="iso-8859-1"?><r/>') == "ISO-8859-1"
    assert markup.declared_encoding(b"<?xml version='1.0' encoding='utf-8' standalone='yes'?><r/>") == "UTF-8"
    assert markup.declared_encoding(b'<?xml version="1.0"?><r encoding="latin1"/>') == "UTF-8"
    assert markup.declared_encoding(b"") == "UTF-8"
    with pytest.raises(Malformed, match="UTF-16"):
        markup.declared_encoding(b'<?xml version="1.0" encoding="UTF-16"?><r/>')


def test_more_bytes_than_the_limit_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(Malformed, match="21 bytes, more than the 20"):
        markup.parse(b"<r>0123456789abcd</r>", limit=20)
    assert markup.parse(b"<r>0123456789abcd</r>", limit=21).text == "0123456789abcd"


def test_names_are_found_below_any_prefix_and_namespace() -> None:
    for data in (
        b"<r><codigo>7</codigo></r>",
        b'<r xmlns="urn:a"><codigo>7</codigo></r>',
        b'<x:r xmlns:x="urn:b"><x:codigo> 7 </x:codigo></x:r>',
    ):
        root = markup.parse(data)
        assert markup.local(root.tag) == "r"
        assert markup.first_text(root, "codigo") == "7"
        assert [element.text.strip() for element in markup.records(io.BytesIO(data), "codigo") if element.text] == ["7"]


def test_a_text_that_is_not_there_is_none_and_an_empty_one_is_empty() -> None:
    root = markup.parse(b"<r><a/><b>x<!-- y --><c>z</c></b></r>")

    assert markup.first_text(root, "none") is None
    assert markup.first_text(root, "a") == ""
    assert markup.first_text(root, "b") == "xz"


def test_several_names_come_in_the_order_of_the_file() -> None:
    data = b"<r><t>1</t><erro>2</erro><x/><t>3</t></r>"

    assert [e.text for e in markup.records(io.BytesIO(data), "t", "erro")] == ["1", "2", "3"]


def test_the_head_of_the_file_is_there_at_the_first_record() -> None:
    found = markup.records(io.BytesIO(b"<r><lote>9</lote><l><t>1</t><t>2</t></l></r>"), "t")

    assert markup.first_text(next(found).getroottree().getroot(), "lote") == "9"
    assert markup.first_text(next(found).getroottree().getroot(), "lote") is None


def test_records_before_the_break_are_given_and_then_it_is_malformed() -> None:
    found = markup.records(io.BytesIO(b"<r>" + b"<t>1</t>" * 50_000 + b"<t"), "t")

    assert sum(1 for _ in itertools.islice(found, 40_000)) == 40_000
    with pytest.raises(Malformed):
        list(found)


@pytest.mark.parametrize("shape", [b"<t><v>%d</v></t>", b"<w><l><t><v>%d</v></t></l></w>", b"<other/><t><v>%d</v></t>"])
def test_a_large_file_is_streamed_in_flat_memory(shape: bytes) -> None:
    count = 4_000_000 // len(shape)
    stream: BinaryIO = cast(BinaryIO, io.BufferedReader(Endless(shape, count)))
    seen, before, most = 0, resident(), 0

    for element in markup.records(stream, "t"):
        seen += bool(element[0].text)
        if seen % 1000 == 0:
            most = max(most, resident())

    assert seen == count
    assert most - before < 8_000, f"{most - before} KiB more than before; the whole tree takes 30,000"


class Endless(io.RawIOBase):
    """A large document that is made as it is read."""

    def __init__(self, shape: bytes, count: int) -> None:
        self._parts = self._make(shape, count)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self._rest) < len(buffer) and (part := next(self._parts, b"")):
            self._rest += part
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def _make(self, shape: bytes, count: int) -> Iterator[bytes]:
        yield DECLARATION + b"<r>"
        for number in range(count):
            yield shape % number
        yield b"</r>"


def resident() -> int:
    """The resident memory of this process in KiB: libxml2's trees are not in Python's own count."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4
