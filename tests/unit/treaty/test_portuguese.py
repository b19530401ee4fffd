"""What a schema forbids, as xmlschema and libxml2 say it, is read in Portuguese; so is what the system says."""

from __future__ import annotations

import errno
import os
import re
import socket
from pathlib import Path

import pytest

from malote.errors import Problem
from malote.texts import TEXTS, Words, english
from malote.treaty import Treaty
from support.portuguese import read

PORTUGUESE, ENGLISH = Words("pt-BR"), Words("en")
XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" xmlns="urn:t"
    elementFormDefault="qualified"><xs:element name="R"><xs:complexType><xs:sequence>
    <xs:element name="C" maxOccurs="unbounded"><xs:complexType><xs:sequence>{}</xs:sequence>{}</xs:complexType>
    </xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"""
ANY = '<xs:element name="a"/>'
OPTIONS = f'<xs:choice>{ANY}<xs:element name="b"/></xs:choice>'
OF = '<xs:element name="a"><xs:simpleType>{}</xs:simpleType></xs:element>'
NIL = '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'


def kind(base: str, **facets: str | int) -> str:
    """An element `a` of a simple type."""
    inside = "".join(f'<xs:{name} value="{value}"/>' for name, value in facets.items())
    return OF.format(f'<xs:restriction base="xs:{base}">{inside}</xs:restriction>')


def attribute(more: str = "") -> str:
    return f'<xs:attribute name="n" type="xs:int" {more}/>'


CASES = [
    (kind("string", length=3), "<a>ab</a>"),
    (kind("string", minLength=3), "<a>ab</a>"),
    (kind("string", maxLength=1), "<a>ab</a>"),
    (kind("string", pattern="[0-9]+"), "<a>ab</a>"),
    (kind("string", enumeration="x"), "<a>ab</a>"),
    (kind("decimal", totalDigits=3), "<a>12345</a>"),
    (kind("decimal", fractionDigits=2), "<a>1.2345</a>"),
    (kind("decimal", minInclusive=3), "<a>1</a>"),
    (kind("decimal", minExclusive=3), "<a>1</a>"),
    (kind("decimal", maxInclusive=0), "<a>1</a>"),
    (kind("decimal", maxExclusive=1), "<a>1</a>"),
    *((kind(base), "<a>x</a>") for base in ("decimal", "integer", "float", "boolean", "date", "dateTime", "hexBinary")),
    (kind("gYearMonth"), "<a>2026-13</a>"),
    (kind("date"), "<a>2026-02-30</a>"),
    (kind("dateTime"), "<a>2026-02-03T25:00:00</a>"),
    (kind("dateTime"), "<a>2026-02-03T05:61:00</a>"),
    (kind("NMTOKEN"), "<a>a b</a>"),
    (kind("int"), "<a>99999999999</a>"),
    (kind("positiveInteger"), "<a>0</a>"),
    (kind("nonNegativeInteger"), "<a>-1</a>"),
    (kind("negativeInteger"), "<a>1</a>"),
    (kind("nonPositiveInteger"), "<a>1</a>"),
    (ANY + '<xs:element name="b"/>', "<a/>"),
    (ANY + '<xs:element name="b"/>', "<b/>"),
    (ANY, "<a/><a/>"),
    (ANY, "<a/>text"),
    (OPTIONS, "<c/>"),
    (OPTIONS, ""),
    ('<xs:element name="a" minOccurs="2" maxOccurs="3"/>', "<a/>"),
    ('<xs:element name="a" type="xs:string" fixed="1"/>', "<a>2</a>"),
    ('<xs:element name="a" type="xs:string"/>', "<a><b/></a>"),
    ('<xs:element name="a" type="xs:string"/>', NIL),
    ('<xs:element name="a"><xs:complexType/></xs:element>', "<a>x</a>"),
    ('<xs:element name="a"><xs:complexType/></xs:element>', "<a><b/></a>"),
    (OF.format('<xs:union memberTypes="xs:int xs:date"/>'), "<a>x</a>"),
    (OF.format('<xs:list itemType="xs:int"/>'), "<a>1 x</a>"),
    ('<xs:any namespace="##other" processContents="strict"/>', "<a/>"),
    ('<xs:any namespace="##other" processContents="strict"/>', '<z:a xmlns:z="urn:z"/>'),
]  # fmt: skip
ATTRIBUTES = [
    (' n="ab"', attribute()),
    (' n="ab"', ""),
    ("", attribute('use="required"')),
    (' n="2"', attribute('fixed="1"')),
    (' n="2"', attribute('use="prohibited"')),
]
ALL = [(model, "", inner, "") for model, inner in CASES] + [(ANY, own, "<a/>", said) for own, said in ATTRIBUTES]


@pytest.mark.parametrize("explained", [1, 0], ids=["xmlschema", "libxml2"])
@pytest.mark.parametrize(("model", "own", "inner", "attributes"), ALL)
def test_what_a_schema_says_of_a_row_is_read_in_portuguese(
    tmp_path: Path, model: str, own: str, inner: str, attributes: str, explained: int
) -> None:
    (tmp_path / "t.xsd").write_text(XSD.format(model, attributes))
    treaty = Treaty(tmp_path / "t.xsd", "R")
    found = treaty.problems(treaty.tags({}), [("A", 7, f"<C{own}>{inner}</C>")], explained)
    assert found
    read(found)
    for problem in found:
        said = PORTUGUESE.problem(problem)
        assert said.startswith(f"item A: linha 7, {problem.path}: ")
        assert ENGLISH.problem(problem) == str(problem)


def test_libxml2s_own_address_of_an_error_is_read_too() -> None:
    rule = "Element 'a', attribute 'n': [facet 'pattern'] The value 'x' is not accepted by the pattern 'y'."
    said = PORTUGUESE.problem(Problem(None, "R", rule))
    assert said == "item ?: R: elemento 'a', atributo 'n': (pattern) o valor 'x' não segue o padrão 'y'."


@pytest.mark.parametrize("key", sorted(key for key in TEXTS if key.startswith(("s_row_", "x_"))))
def test_every_rule_is_read_again_whatever_it_is_about(key: str) -> None:
    values = {name: f"v{at}" for at, name in enumerate(re.findall(r"{(\w+)}", TEXTS[key][1]))}
    said = PORTUGUESE.problem(Problem("A", "p", TEXTS[key][1].format(**values)))
    assert said == f"item A: p: {TEXTS[key][0].format(**values)}"


def test_what_others_say_of_a_rule_stays_as_it_is() -> None:
    said = PORTUGUESE.problem(Problem("A", "p", "deve ser informado"))
    assert said == "item A: p: deve ser informado"
    assert PORTUGUESE.again("value must be positive") == "value must be positive", "it is no rule of a row's there"


SYSTEM = ("ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EACCES",
          "ENOENT", "EISDIR", "ENOTDIR", "ENAMETOOLONG", "ENOSPC", "EROFS", "EMFILE", "EIO")  # fmt: skip


@pytest.mark.parametrize("name", SYSTEM)
def test_why_the_system_did_not_do_it_is_read_in_portuguese(name: str) -> None:
    why = os.strerror(getattr(errno, name)).lower()
    assert PORTUGUESE.again(english("s_wire_unreached", why=why)) == PORTUGUESE(
        "s_wire_unreached", why=PORTUGUESE.again(why)
    )
    assert PORTUGUESE.again(why) != why


def test_a_host_that_nobody_knows_is_said_in_portuguese() -> None:
    with pytest.raises(OSError) as unknown:
        socket.getaddrinfo("nowhere.invalid", None, flags=socket.AI_NUMERICHOST)
    why = str(unknown.value.strerror).lower()
    assert PORTUGUESE.again(why) != why
