"""Users' own schemas: repeated sequences, substitution groups, elements that may be nil, from rows to valid records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from malote.errors import Problem
from malote.treaty import Plan, treaty

HEAD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
RECORD = (
    '<xs:element name="Lista"><xs:complexType><xs:sequence><xs:element ref="R" maxOccurs="unbounded"/></xs:sequence>'
    "</xs:complexType></xs:element>"
)
XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'


def schema(inside: str, beside: str = "") -> str:
    record = f'<xs:element name="R"><xs:complexType>{inside}</xs:complexType></xs:element>'
    return f"{HEAD}{RECORD}{record}{beside}</xs:schema>"


def text(name: str, more: str = "") -> str:
    return f'<xs:element name="{name}" type="xs:string" {more}/>'


OPTIONAL, NILLABLE, PAIR = 'minOccurs="0"', 'nillable="true"', ' maxOccurs="2"'

TURNS = f'<xs:sequence><xs:sequence maxOccurs="unbounded">{text("a")}{text("b")}</xs:sequence>{text("z")}</xs:sequence>'
OUTER = f'<xs:sequence maxOccurs="9">{text("a")}{text("b", OPTIONAL)}</xs:sequence>'
CHOSEN = f'<xs:choice maxOccurs="unbounded"><xs:sequence>{text("a")}{text("b")}</xs:sequence>{text("c")}</xs:choice>'
FREE = f'<xs:choice maxOccurs="unbounded">{text("a")}{text("b")}</xs:choice>'
DEEP = (
    '<xs:sequence><xs:sequence maxOccurs="unbounded"><xs:element name="p"><xs:complexType><xs:sequence>'
    f"{text('x')}</xs:sequence></xs:complexType></xs:element>{text('q')}</xs:sequence></xs:sequence>"
)

ABAB = f"<xs:sequence>{text('a')}{text('b')}{text('a', PAIR)}{text('b', OPTIONAL)}</xs:sequence>"
TWO = (
    f'<xs:sequence><xs:sequence maxOccurs="3">{text("a")}{text("b")}</xs:sequence><xs:sequence maxOccurs="3">'
    f"{text('c')}{text('d')}</xs:sequence></xs:sequence>"
)
IN_TURN = (
    f'<xs:sequence><xs:sequence maxOccurs="9">{text("a")}<xs:sequence maxOccurs="9">{text("b")}{text("c")}'
    "</xs:sequence></xs:sequence></xs:sequence>"
)
NAMED = '<xs:sequence><xs:group ref="g" maxOccurs="unbounded"/></xs:sequence>'
EITHER = f'<xs:sequence maxOccurs="4"><xs:choice>{text("a")}{text("b")}</xs:choice>{text("z")}</xs:sequence>'
ITSELF = f'<xs:sequence>{text("n")}<xs:element ref="R" minOccurs="0"/></xs:sequence>'

PAID = (
    f'<xs:group name="g"><xs:sequence>{text("a")}{text("b")}</xs:sequence></xs:group>'
    '<xs:element name="ted" type="xs:string" substitutionGroup="pix"/>'
    '<xs:element name="pago" type="xs:string" abstract="true"/>'
    '<xs:element name="pix" type="xs:string" substitutionGroup="pago"/>'
    '<xs:element name="boleto" substitutionGroup="pago"><xs:complexType><xs:simpleContent>'
    '<xs:extension base="xs:string"><xs:attribute name="banco"/></xs:extension></xs:simpleContent></xs:complexType>'
    "</xs:element>"
)
MEMBER = f'<xs:sequence>{text("n")}<xs:element ref="pago"/>{text("z", OPTIONAL)}</xs:sequence>'
MANY = '<xs:sequence><xs:element ref="pago" maxOccurs="unbounded"/></xs:sequence>'

NIL = f"<xs:sequence>{text('a', NILLABLE)}{text('b', f'{NILLABLE} {OPTIONAL}')}{text('c', OPTIONAL)}</xs:sequence>"
NIL_BELOW = (
    '<xs:sequence><xs:element name="p" minOccurs="0"><xs:complexType><xs:sequence>'
    f"{text('x', NILLABLE)}{text('y', NILLABLE)}</xs:sequence></xs:complexType></xs:element></xs:sequence>"
)
NIL_WHOLE = (
    '<xs:sequence><xs:element name="p" nillable="true"><xs:complexType><xs:sequence>'
    f"{text('x')}</xs:sequence></xs:complexType></xs:element></xs:sequence>"
)
NIL_TURN = (
    f'<xs:sequence><xs:sequence minOccurs="0" maxOccurs="9">{text("a")}{text("b", NILLABLE)}</xs:sequence>'
    "</xs:sequence>"
)

NIL_MANY = f"<xs:sequence>{text('p', NILLABLE + PAIR.replace('2', '9'))}</xs:sequence>"
NIL_FIGURES = (
    f'<xs:sequence><xs:element name="n" type="xs:decimal" {NILLABLE}/><xs:element name="d" type="xs:date" {NILLABLE}/>'
    "</xs:sequence>"
)

EITHER_WAY = (
    f"<xs:sequence><xs:choice><xs:sequence>{text('cpf')}{text('nome')}{text('mae')}</xs:sequence>"
    f"<xs:sequence>{text('cnpj')}{text('nome', PAIR)}{text('ie', OPTIONAL)}</xs:sequence></xs:choice>{text('z')}"
    "</xs:sequence>"
)
CROSSED = (
    f"<xs:choice><xs:sequence>{text('a')}{text('b')}</xs:sequence><xs:sequence>{text('x')}{text('b')}{text('a')}"
    "</xs:sequence></xs:choice>"
)

CASES: list[tuple[str, dict[str, Any], str]] = [
    # a repeated sequence: turns by index, or by arrays
    (TURNS, {"a[1]": "1", "a[2]": "2", "b[1]": "3", "b[2]": "4", "z": "5"},
     "<a>1</a><b>3</b><a>2</a><b>4</b><z>5</z>"),
    (TURNS, {"z": "5", "b[]": ["3", "4"], "a[]": ["1", "2"]}, "<a>1</a><b>3</b><a>2</a><b>4</b><z>5</z>"),
    (TURNS, {"a": "1", "b": "3", "z": "5"}, "<a>1</a><b>3</b><z>5</z>"),
    (OUTER, {"b[]": [None, "4"], "a[]": ["1", "2"]}, "<a>1</a><a>2</a><b>4</b>"),
    (OUTER, {"a[2]": "2", "b[1]": "3", "a[1]": "1"}, "<a>1</a><b>3</b><a>2</a>"),
    (CHOSEN, {"a[]": ["1", "2"], "b[]": ["3", "4"], "c": "5"}, "<a>1</a><b>3</b><a>2</a><b>4</b><c>5</c>"),
    (FREE, {"a[]": ["1", "2"], "b[]": ["3"]}, "<a>1</a><a>2</a><b>3</b>"),
    (DEEP, {"p[].x": ["1", "2"], "q[]": ["3", "4"]}, "<p><x>1</x></p><q>3</q><p><x>2</x></p><q>4</q>"),
    (TWO, {"a[]": ["1", "2"], "b[]": ["3", "4"], "c": "5", "d": "6"},
     "<a>1</a><b>3</b><a>2</a><b>4</b><c>5</c><d>6</d>"),
    (IN_TURN, {"a": "1", "b[]": ["2", "3"], "c[]": ["4", "5"]}, "<a>1</a><b>2</b><c>4</c><b>3</b><c>5</c>"),
    (NAMED, {"b[]": ["3", "4"], "a[]": ["1", "2"]}, "<a>1</a><b>3</b><a>2</a><b>4</b>"),
    (EITHER, {"a[]": ["1", None], "b[]": [None, "2"], "z[]": ["3", "4"]}, "<a>1</a><z>3</z><b>2</b><z>4</z>"),
    (TURNS, {"a[1]": "1", "b[1]": "2", "a[3]": "3", "b[3]": "4", "z": "5"},
     "<a>1</a><b>2</b><a>3</a><b>4</b><z>5</z>"),
    (ITSELF, {"n": "1", "R.n": "2", "R.R.n": "3"}, "<n>1</n><R><n>2</n><R><n>3</n></R></R>"),
    # the same names again, written out
    (ABAB, {"a[1]": "1", "a[2]": "2", "b[1]": "3", "b[2]": "4"}, "<a>1</a><b>3</b><a>2</a><b>4</b>"),
    (ABAB, {"b[2]": "4", "a[3]": "5", "a[2]": "2", "b[1]": "3", "a[1]": "1"},
     "<a>1</a><b>3</b><a>2</a><a>5</a><b>4</b>"),
    (ABAB, {"a": "1", "b": "3", "a[2]": "2"}, "<a>1</a><b>3</b><a>2</a>"),
    # ways of a choice that share a name
    (EITHER_WAY, {"nome": "1", "ie": "2", "cnpj": "3", "z": "4"}, "<cnpj>3</cnpj><nome>1</nome><ie>2</ie><z>4</z>"),
    (EITHER_WAY, {"z": "4", "mae": "2", "nome": "1", "cpf": "3", "cnpj": None, "ie": None},
     "<cpf>3</cpf><nome>1</nome><mae>2</mae><z>4</z>"),
    (EITHER_WAY, {"cnpj": "3", "nome[]": ["1", "2"], "z": "4", "cpf": None},
     "<cnpj>3</cnpj><nome>1</nome><nome>2</nome><z>4</z>"),
    (CROSSED, {"b": "2", "a": "1"}, "<a>1</a><b>2</b>"),
    # a substitution group: its members stand where its head is named
    (MEMBER, {"n": "1", "pix": "2", "z": "3"}, "<n>1</n><pix>2</pix><z>3</z>"),
    (MEMBER, {"z": "3", "boleto.@banco": "001", "boleto": "2", "n": "1"},
     '<n>1</n><boleto banco="001">2</boleto><z>3</z>'),
    (MANY, {"pix[1]": "1", "boleto[2]": "2"}, "<pix>1</pix><boleto>2</boleto>"),
    (MEMBER, {"n": "1", "ted": "2"}, "<n>1</n><ted>2</ted>"),
    (MEMBER, {"n": "1", "pix": "2", "boleto": None}, "<n>1</n><pix>2</pix>"),
    # what must be there and may be nil
    (NIL, {"a": None, "c": "1"}, f"<a{XSI}/><c>1</c>"),
    (NIL, {"a": "1", "b": None, "c": None}, "<a>1</a>"),
    (NIL, {"a": None}, f"<a{XSI}/>"),
    (NIL_BELOW, {"p.x": "1", "p.y": None}, f"<p><x>1</x><y{XSI}/></p>"),
    (NIL_BELOW, {"p.x": None, "p.y": None}, ""),
    (NIL_WHOLE, {"p.x": None}, f"<p{XSI}/>"),
    (NIL_MANY, {"p[]": ["1", None, "2"]}, f"<p>1</p><p{XSI}/><p>2</p>"),
    (NIL_FIGURES, {"n": None, "d": None}, f"<n{XSI}/><d{XSI}/>"),
    (NIL_WHOLE, {"p.x": "1"}, "<p><x>1</x></p>"),
    (NIL_TURN, {"a[]": ["1", "2"], "b[]": [None, "3"]}, f"<a>1</a><b{XSI}/><a>2</a><b>3</b>"),
]  # fmt: skip


def plan(folder: Path, inside: str, columns: list[str]) -> tuple[Plan, Any, list[Problem]]:
    (folder / "own.xsd").write_text(schema(inside, PAID))
    agreed = treaty((folder,), ("*.xsd",), "Lista", institution="ccee")
    problems: list[Problem] = []
    return Plan(agreed, [f"R.{column}" for column in columns], "UTF-8", problems), agreed, problems


@pytest.mark.parametrize(("inside", "row", "written"), CASES)
def test_a_row_becomes_a_record_that_the_schema_takes(
    tmp_path: Path, inside: str, row: dict[str, Any], written: str
) -> None:
    made, agreed, problems = plan(tmp_path, inside, list(row))
    record = made.record(tuple(row.values()), "", [])
    assert not problems and record == (f"<R>{written}</R>" if written else "<R/>")
    assert agreed.problems(agreed.tags({}), [("1", None, record)]) == []
    together = made.records([[value, value] for value in row.values()], ["", ""], {})
    assert together == [record, record]


@pytest.mark.parametrize(("inside", "column"), [(MEMBER, "pago"), (MEMBER, "dinheiro"), (NIL, "p.x")])
def test_an_abstract_head_or_a_stranger_is_no_path(tmp_path: Path, inside: str, column: str) -> None:
    _, _, problems = plan(tmp_path, inside, [column])
    assert [each.path for each in problems] == [f"R.{column}"] and "names no path" in problems[0].rule


AMBIGUOUS = [
    (TURNS, ["a[1]", "a"], "a"), (TURNS, ["a", "a[1]"], "a[1]"), (TURNS, ["a[2]", "a[02]"], "a[02]"),
    (TURNS, ["a[]", "a"], "a"), (TURNS, ["a[3]", "a[]"], "a[3]"), (TURNS, ["a[0]"], "a[0]"),
    (TURNS, ["a[00]"], "a[00]"),
    (DEEP, ["p[].x", "p.x"], "p.x"), (DEEP, ["p[1].x", "p.x"], "p.x"), (DEEP, ["..x", "p.x"], "p.x"),
]  # fmt: skip


@pytest.mark.parametrize(("inside", "columns", "wrong"), AMBIGUOUS, ids=lambda each: str(each)[:40])
def test_what_columns_say_in_two_ways_is_refused(tmp_path: Path, inside: str, columns: list[str], wrong: str) -> None:
    _, _, problems = plan(tmp_path, inside, columns)
    assert [each.path for each in problems] == [f"R.{wrong}"], problems


def test_arrays_of_one_repeated_sequence_have_one_length(tmp_path: Path) -> None:
    made, _, _ = plan(tmp_path, TURNS, ["a[]", "b[]", "z"])
    wrong: list[Any] = []
    made.record((["1", "2"], ["3"], "5"), "", wrong)
    assert "arrays of 2 and 1" in wrong[0][2]
