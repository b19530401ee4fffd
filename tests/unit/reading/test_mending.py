"""Any bytes of a server: read to the same by every institution and by both ways in; hostile ones in linear time."""

from __future__ import annotations

import base64
import cProfile
import io
import quopri
from collections.abc import Callable

import pytest

from malote.errors import Malformed, MaloteError
from malote.institution import Reply
from malote.institutions.cielo.answers import holds_return
from malote.reading import Mended, Repairs, markup, mending, pieces
from support.hostile import HOSTILE, READERS, ROOMS, institution, submission
from support.memory import height, only_where_seen

UTF8, LATIN1 = '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0" encoding="ISO-8859-1"?>'


def said(encoding: str) -> str:
    return UTF8.replace("UTF-8", encoding)


def multipart(body: str, line: str = "\r\n", before: str = "", more: str = "") -> bytes:
    head = f'--uuid:1{line}Content-Type: application/xop+xml; charset=utf-8; type="text/xml"{line}{line}'
    return f"{before}{head}{body}{line}{more}--uuid:1--{line}".encode()


def in_parts(*parts: tuple[str, str, str], encoding: str = "utf-8") -> bytes:
    """Parts by their coding, name and text."""
    body = b""
    for coding, name, text in parts:
        data = text.encode(encoding)
        packed = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(coding.lower(), bytes)(
            data
        )
        head = f"--=_7\r\nContent-Type: text/xml\r\nContent-Transfer-Encoding: {coding}\r\nContent-ID: {name}\r\n\r\n"
        body += head.encode() + packed + b"\r\n"
    return body + b"--=_7--\r\n"


INCLUDE = '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="{}"/>'
AROUND = {
    "ccee": "<soap:Envelope xmlns:soap='s'><soap:Body><r>{}</r></soap:Body></soap:Envelope>",
    "bndes": "<soap:Envelope xmlns:soap='s'><soap:Body><r>{}</r></soap:Body></soap:Envelope>",
    "cielo": "<retorno-download-lote><arquivo>{}</arquivo></retorno-download-lote>",
}

MENDED: dict[str, tuple[Callable[[str], bytes], str, str, str]] = {
    # What it is: the bytes of an answer, the text in it as it is written and as it is read, what the story says.
    "a forbidden reference": (lambda x: (UTF8 + x).encode(), "USINA&#x1F; TESTE", "USINA\ufffd TESTE", "forbids"),
    "a decimal one": (lambda x: (UTF8 + x).encode(), "USINA&#31;", "USINA\ufffd", "forbids"),
    "with zeros": (lambda x: (UTF8 + x).encode(), "USINA&#x000001f;", "USINA\ufffd", "forbids"),
    "of a surrogate": (lambda x: (UTF8 + x).encode(), "USINA&#xD800;", "USINA\ufffd", "forbids"),
    "beyond Unicode": (lambda x: (UTF8 + x).encode(), "USINA&#x110000;", "USINA\ufffd", "forbids"),
    "an ampersand": (lambda x: (UTF8 + x).encode(), "CIA & FILHOS &amp; C&", "CIA & FILHOS & C&", "forbids"),
    "an entity of HTML": (lambda x: (UTF8 + x).encode(), "USINA&nbsp;I", "USINA\ufffdI", "forbids"),
    "a reference without end": (lambda x: (UTF8 + x).encode(), "USINA&#xFFFFFFFFFFFF;", "USINA\ufffd", "forbids"),
    "a large X": (lambda x: (UTF8 + x).encode(), "USINA&#X1F;", "USINA\ufffd", "forbids"),
    "a sign before it": (lambda x: (UTF8 + x).encode(), "USINA&#-1;", "USINA\ufffd", "forbids"),
    "beside a section": (lambda x: (UTF8 + x).encode(), "<![CDATA[A & B&nbsp;]]> & C", "A & B&nbsp; & C", "forbids"),
    "utf-8-sig": (lambda x: (said("utf-8-sig") + x).encode(), "ação", "ação", "utf-8-sig is utf-8"),
    "IANA's own": (lambda x: (said("ISO_8859-1:1987") + x).encode("latin-1"), "ação", "ação", "is iso-8859-1"),
    "a name that nobody knows": (lambda x: (said("x-unknown") + x).encode(), "ação", "ação", "x-unknown is utf-8"),
    "no name": (lambda x: (said("") + x).encode(), "ação", "ação", "is utf-8"),
    "a name without quotes": (lambda x: f"<?xml version='1.0' encoding=UTF-8?>{x}".encode(), "ação", "ação", "utf-8"),
    "no version": (lambda x: f"<?xml encoding='UTF-8'?>{x}".encode(), "ação", "ação", "is utf-8"),
    "another version": (lambda x: f"<?xml version='2.0'?>{x}".encode(), "ação", "ação", "is utf-8"),
    "a mark that was encoded twice": (
        lambda x: b"\xc3\xaf\xc2\xbb\xc2\xbf" + (UTF8 + x).encode(), "ok", "ok", "before the XML declaration"
    ),
    "a sign of no width": (lambda x: ("\u200b" + UTF8 + x).encode(), "ok", "ok", "before the XML declaration"),
    "a raw control character": (lambda x: (UTF8 + x).encode(), "USINA\x0b", "USINA\ufffd", "forbids"),
    "a raw one in Latin-1": (lambda x: (LATIN1 + x).encode("latin-1"), "AÇÃO\x1a", "AÇÃO\ufffd", "forbids"),
    "a noncharacter": (lambda x: (UTF8 + x).encode(), "USINA\uffff", "USINA\ufffd", "forbids"),
    "a trailing NUL": (lambda x: (UTF8 + x).encode() + b"\0", "ok", "ok", "after the document"),
    "many bytes behind": (lambda x: (UTF8 + x).encode() + b"\r\n\0\0\x1a\n", "ok", "ok", "after the document"),
    "a leading NUL": (lambda x: b"\0" + (UTF8 + x).encode(), "ok", "ok", "before the XML declaration"),
    "utf8": (lambda x: (said("utf8") + x).encode(), "ação", "ação", "encoding utf8 is utf-8"),
    "iso8859-1": (lambda x: (said("iso8859-1") + x).encode("latin-1"), "ação", "ação", "iso8859-1 is iso-8859-1"),
    "latin-1": (lambda x: (said("latin-1") + x).encode("latin-1"), "ação", "ação", "latin-1 is iso-8859-1"),
    "ISO_8859-1": (lambda x: (said("ISO_8859-1") + x).encode("latin-1"), "ação", "ação", "is iso-8859-1"),
    "win-1252": (lambda x: (said("win-1252") + x).encode("cp1252"), "ação – 5 €", "ação – 5 €", "is windows-1252"),
    "utf-16 said": (lambda x: (said("utf-16") + x).encode(), "ação", "ação", "declared as utf-16, sent as UTF-8"),
    "utf-16 sent": (lambda x: (said("utf-16") + x).encode("utf-16"), "ação", "ação", "UTF-16"),
    "utf-16 without a mark": (lambda x: (UTF8 + x).encode("utf-16-be"), "ação", "ação", "UTF-16"),
    "Latin-1 said to be UTF-8": (lambda x: (UTF8 + x).encode("latin-1"), "Operação", "Operação", "are ISO-8859-1"),
    "both in one": (lambda x: (UTF8 + x).encode().replace(b"!", b"\xe7"), "ação a!ao", "ação açao", "are ISO-8859-1"),
    "Latin-1 and no word of it": (lambda x: x.encode("latin-1"), "ação", "ação", "not declared"),
    "UTF-8 said to be Latin-1": (lambda x: (LATIN1 + x).encode(), "ação", "ação", "ISO-8859-1, sent as UTF-8"),
    "UTF-8 said to be ASCII": (lambda x: (said("latin1") + x).encode(), "ação", "ação", "latin1, sent as UTF-8"),
    "multipart": (lambda x: multipart(UTF8 + x), "ação", "ação", "multipart"),
    "with bare line feeds": (lambda x: multipart(x, "\n"), "ação", "ação", "multipart"),
    "with a preamble": (lambda x: multipart(x, before="This is MIME.\r\n"), "ok", "ok", "multipart"),
    "in base64": (lambda x: in_parts(("base64", "", UTF8 + x)), "ação", "ação", "multipart"),
    "quoted, in Latin-1": (
        lambda x: in_parts(("Quoted-Printable", "", LATIN1 + x), encoding="latin-1"), "ação = ã", "ação = ã",
        "multipart",
    ),
    "no head of a part": (lambda x: f"--b\r\n\r\n{UTF8}{x}\r\n--b--".encode(), "ação", "ação", "multipart"),
    "a head of another kind first": (
        lambda x: f"--b\nX-Id : 7\nContent-Type: text/xml\n\n{x}\n--b--".encode(), "ação", "ação", "multipart",
    ),
    "a picture before it": (
        lambda x: in_parts(("base64", "<logo>", "\x89PNG"), ("base64", "<root>", UTF8 + x)), "ok", "ok", "multipart"
    ),
    "all of it included": (
        lambda x: in_parts(("binary", "<a>", INCLUDE.format("cid:b")), ("base64", "<b>", UTF8 + x)), "ação", "ação",
        "XOP",
    ),
    "with a second part": (
        lambda x: multipart(x, more="--uuid:1\r\nContent-Type: image/png\r\n\r\n<a>\0\r\n"), "ok", "ok", "multipart",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROOMS)
@pytest.mark.parametrize("what", MENDED)
def test_what_servers_get_wrong_is_read_alike_by_every_room_and_told(name: str, what: str) -> None:
    make, written, read, told = MENDED[what]
    answer = Mended(io.BytesIO(make(ROOMS[name].answer.format(text=written))))
    (row,) = institution(name).read(submission(name), answer)

    assert (row[-1], row[-3]) == (read, "refused" if name == "bndes" else "accepted")
    assert any(told in each for each in answer.repairs.told()), answer.repairs.told()


@pytest.fixture
def piece(monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes that are read at a time, a sixteenth of what they are: in as many pieces, a body is as much less dear."""
    size = pieces.CHUNK // 16
    for module, name in ((pieces, "CHUNK"), (mending, "CHUNK"), (mending, "HEAD"), (markup, "HEAD")):
        monkeypatch.setattr(module, name, size)
    return size


@pytest.mark.parametrize("what", MENDED)
@pytest.mark.parametrize("pieces_before", [0, 1, 3])
def test_both_ways_in_read_the_same_wherever_the_bytes_are_cut(what: str, pieces_before: int, piece: int) -> None:
    make, written, read, _ = MENDED[what]
    padding = "<p>x</p>" * ((pieces_before * piece - 40) // 8)
    for more in range(0, 40, 3) if padding else (0,):
        data = make(f"<r>{padding}<p>{'y' * more}</p><t>{written}</t></r>")
        assert markup.first_text(markup.parse(data), "t") == read
        assert [each.text for each in markup.records(io.BytesIO(data), "t")] == [read]


@pytest.mark.parametrize(
    "data",
    [
        UTF8 + "<r>a&#233;b &#x9; ção</r>\n",
        LATIN1 + "<r>ação nº 5</r>",
        said("windows-1252") + "<r>ação</r>",
        "<r>ç</r>",
    ],
)
def test_what_is_right_is_neither_changed_nor_told(data: str) -> None:
    repairs = Repairs()
    encoding = "latin-1" if "8859" in data or "1252" in data else "utf-8"
    assert markup.parse(data.encode(encoding), repairs=repairs).text == data[data.index("<r>") + 3 : -4].replace(
        "&#233;", "é"
    ).replace("&#x9;", "\t").replace("</r>", "").rstrip("<")
    assert repairs.told() == []


INCLUDED = {
    # Name of the part, address of it in the Include, coding.
    "as it is": ("<resultado@bndes>", "cid:resultado@bndes", "binary"),
    "percent-encoded": ("<resultado@bndes>", "cid:resultado%40bndes", "binary"),
    "encoded in both": ("<uuid%3A1@x>", "cid:uuid%3A1%40x", "8bit"),
    "an ampersand": ("<a&b>", "cid:a&amp;b", "binary"),
    "without brackets": ("r1", "CID:r1", "binary"),
    "in base64": ("<r1>", "cid:r1", "base64"),
}


@pytest.mark.parametrize("name", ROOMS)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("what", INCLUDED)
def test_a_result_in_another_part_is_read_where_it_is_included(name: str, encoding: str, what: str) -> None:
    part, address, coding = INCLUDED[what]
    result = (LATIN1 if encoding == "latin-1" else UTF8) + ROOMS[name].answer.format(text="ação")
    parts = ("binary", "<root>", AROUND[name].format(INCLUDE.format(address))), (coding, part, result)
    data = in_parts(parts[0], ("binary", "<other>", "x" * 70_000), parts[1], encoding=encoding)
    answer = Mended(io.BytesIO(data))
    (row,) = institution(name).read(submission(name), answer)

    assert (row[-1], row[-3]) == ("ação", "refused" if name == "bndes" else "accepted")
    assert "XOP" in "".join(answer.repairs.told())
    assert name != "cielo" or holds_return(data)


def test_parts_in_another_order_and_what_is_no_xml_are_included_too() -> None:
    root = "<r><a>" + INCLUDE.format("cid:1") + "</a><b>" + INCLUDE.format("cid:2") + "</b></r>"
    data = in_parts(("binary", "<0>", root), ("binary", "<2>", "\x89PNG"), ("binary", "<1>", "<t>x</t>"))
    read = markup.parse(data)
    assert markup.first_text(read, "t") == "x"
    assert base64.b64decode(markup.first_text(read, "b") or "").decode() == "\x89PNG"


@pytest.mark.parametrize("missing", ["", "<t>x</t>"])
def test_a_part_that_is_missing_makes_the_answer_malformed(missing: str) -> None:
    data = in_parts(("binary", "<0>", f"<r>{INCLUDE.format('cid:1')}</r>"), ("binary", "<2>", missing))
    with pytest.raises(Malformed, match="cut short"):
        markup.parse(data)


def test_a_tree_of_more_nodes_than_memory_allows_is_refused_by_both_ways_in() -> None:
    data = b"<r>" + b"<a/>" * 1_000_000 + b"</r>"
    with pytest.raises(Malformed, match="more than 500000 elements"):
        markup.parse(data)
    with pytest.raises(Malformed, match="more than 500000 elements"):
        list(markup.records(io.BytesIO(data), "t"))


@only_where_seen
@pytest.mark.parametrize(
    "read", [markup.parse, lambda data: list(markup.records(io.BytesIO(data), "t"))], ids=["whole", "by record"]
)
def test_sixteen_megabytes_of_empty_elements_take_no_memory_to_speak_of(read: Callable[[bytes], object]) -> None:
    data = b"<r>" + b"<a/>" * (4 << 20) + b"</r>"

    def refused() -> None:
        with pytest.raises(Malformed):
            read(data)

    assert height(refused) < 100 << 10  # KiB; the tree takes 500 MiB


def test_reasons_of_one_answer_are_bounded_and_the_rest_is_counted() -> None:
    data = f"<retorno>{'<erro>x</erro>' * 1500}</retorno>".encode()
    rows = institution("bndes").reasons(submission("bndes")).read(Reply(200, {}, data))
    assert len(rows) == 1001 and any("e mais 500 " in str(value) for value in rows[-1])


def test_a_word_with_a_forbidden_character_decides_nothing() -> None:
    for name, word in (("ccee", "SUCESSO"), ("cielo", ">6<"), ("bndes", "rejeitado")):
        data = (UTF8 + ROOMS[name].answer.format(text="x").replace(word, f"{word[:2]}&#2;{word[2:]}")).encode()
        (row,) = institution(name).read(submission(name), io.BytesIO(data))
        assert row[-3] == "unanswered"


@pytest.mark.parametrize("name", ["ccee"])
def test_a_receipt_says_what_was_mended_in_its_reply(name: str) -> None:
    body = multipart(UTF8 + "<e><codigoProcessamento>77</codigoProcessamento></e>")
    receipt = institution(name)._calls.receipt(submission(name), Reply(200, {}, body))
    assert (receipt.number, receipt.facts["repaired"]) == ("77", "a multipart body around it")


def test_the_reason_of_a_soap_12_fault_is_told() -> None:
    body = (
        b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><e:Fault><e:Code><e:Value>e:Receiver'
        b"</e:Value></e:Code><e:Reason><e:Text xml:lang='en'>Down</e:Text><e:Text xml:lang='pt-BR'>Fora do ar</e:Text>"
        b"</e:Reason><e:Detail><x/></e:Detail></e:Fault></e:Body></e:Envelope>"
    )
    there = institution("ccee")
    with pytest.raises(MaloteError, match="Fora do ar") as caught:
        there.check(submission("ccee")).read(Reply(500, {}, body))
    assert caught.value.facts["faultcode"] == "e:Receiver"


@pytest.mark.parametrize("blanks", ["", " " * 400])
@pytest.mark.parametrize("encoding", ["cp850", "ISO-8859-2", "x-unknown"])
def test_bytes_of_an_encoding_that_nobody_knows_are_not_guessed(encoding: str, blanks: str) -> None:
    with pytest.raises(Malformed, match="not read here"):
        markup.parse(said(encoding).replace("?>", blanks + "?>").encode() + b"<r>a\x87\xc6o</r>")


# ---- hostile bodies: work is linear


@pytest.mark.parametrize("what", HOSTILE)
def test_the_work_of_every_reader_is_linear_in_a_hostile_body(what: str, piece: int) -> None:
    """Counted in calls, of Python's and of C's; in time it is measured by `make bench` (readers)."""
    small, large = HOSTILE[what](2 * piece), HOSTILE[what](8 * piece)
    grown = {name: (calls(read, small), calls(read, large)) for name, read in READERS.items()}
    assert {name: each for name, each in grown.items() if each[1] > 5 * max(each[0], 1000)} == {}


def calls(read: Callable[[bytes], object], data: bytes) -> int:
    made = cProfile.Profile()
    made.enable()
    try:
        read(data)
    except MaloteError as error:
        assert len(str(error)) < 4000
    finally:
        made.disable()
    return sum(each.callcount for each in made.getstats())
