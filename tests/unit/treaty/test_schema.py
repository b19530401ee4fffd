"""The frame of a document by its schema: the root's tag, and the namespace in which its elements stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from malote.errors import Problem
from malote.treaty import Plan, Treaty

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" {head}>
<xs:element name="R"><xs:complexType><xs:sequence>
<xs:element name="C" maxOccurs="unbounded"><xs:complexType>
<xs:attribute name="a" type="xs:int" use="required"/></xs:complexType></xs:element>
</xs:sequence><xs:attribute name="t"/></xs:complexType></xs:element></xs:schema>"""


@pytest.mark.parametrize(
    "head",
    ["", 'targetNamespace="urn:x" elementFormDefault="qualified"', 'targetNamespace="urn:x"',
     'targetNamespace="urn:x" elementFormDefault="unqualified"'],
)  # fmt: skip
def test_records_stand_in_the_namespace_that_the_schema_gives_them(tmp_path: Path, head: str) -> None:
    path = tmp_path / "own.xsd"
    path.write_text(XSD.format(head=head), encoding="utf-8")
    agreed = Treaty(path, "R")
    frame = agreed.tags({"t": "1"})
    assert [each.reference for each in agreed.problems(frame, [("A", 1, '<C a="1"/>'), ("B", 2, '<C a="x"/>')])] == [
        "B"
    ]


QUALIFIED = [
    ('targetNamespace="urn:x" attributeFormDefault="qualified" elementFormDefault="qualified"', ""),
    ('targetNamespace="urn:x" attributeFormDefault="qualified"', ""),
    ('targetNamespace="urn:x" elementFormDefault="qualified"', 'form="qualified"'),
]


@pytest.mark.parametrize(("head", "form"), QUALIFIED)
def test_an_attribute_is_in_the_namespace_that_the_schema_gives_it(tmp_path: Path, head: str, form: str) -> None:
    path = tmp_path / "own.xsd"
    path.write_text(XSD.format(head=head).replace('name="a"', f'name="a" {form}'), encoding="utf-8")
    agreed, wrong = Treaty(path, "R"), list[Problem]()
    record = Plan(agreed, ["C.@a"], "UTF-8", wrong).record(("1",), "", [])
    frame = agreed.tags({"t": "1"})
    assert not wrong and agreed.problems(frame, [("A", 1, record)]) == []
    (problem,) = agreed.problems(frame, [("A", 1, record.replace('"1"', '"x"'))])
    assert problem.path == "C.@a"
