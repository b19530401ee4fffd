"""The user's own contract file: byte for byte as it is, its records read for the item guard, and every bad file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from malote.archive import Archive
from malote.errors import Invalid, Misconfigured
from malote.institution import Access
from malote.institutions.ccee.institution import Ccee
from malote.submission import Document, Item, Order
from support import DATA, portuguese
from support.selections import all_free, unnumbered

CCEE = DATA / "ccee"
FILE = (CCEE / "contratos.xml").read_bytes()


def render(archive: Archive, rows: Any = (), free: Any = all_free, **params: Any) -> list[Document]:
    there = Ccee(Access("ccee", "piloto", extra={"codigo_perfil_agente": "1234"}))
    return list(there.render(Order("p", "contratos", params), rows, archive, free, unnumbered))


def column(archive: Archive, *files: Any, free: Any = all_free, **params: Any) -> list[Document]:
    rows = [{"reference": f"file-{number}", "arquivo": file} for number, file in enumerate(files)]
    return render(archive, rows, free, **params)


def problems(archive: Archive, *files: Any, **more: Any) -> list[tuple[str | None, int | None, str]]:
    with pytest.raises(Invalid) as caught:
        column(archive, *files, **more)
    portuguese.read(caught.value.problems)
    return [(each.reference, each.line, each.rule) for each in caught.value.problems]


def test_a_file_by_path_is_kept_byte_for_byte(archive: Archive) -> None:
    (document,) = render(archive, arquivo=str(CCEE / "contratos.xml"))
    assert (document.operation, document.name) == ("ContratosCCEAL-1", "contratos.xml")
    assert document.items == (Item("ADV-12", "ADV-12"), Item("ADV-13", "ADV-13"))
    with archive.open(document.stored) as file:
        assert file.read() == FILE


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: data.decode("iso-8859-1")])
def test_a_file_in_a_column_is_kept_byte_for_byte_and_named_by_its_reference(archive: Archive, kind: Any) -> None:
    (document,) = column(archive, kind(FILE))
    assert document.name == "file-0"
    with archive.open(document.stored) as file:
        assert file.read() == FILE


def test_every_root_of_the_family_is_read_and_says_its_operation(archive: Archive) -> None:
    roots = ("ContratosCBR", "ContratosCCEARQ", "ContratosLeilaoAjuste", "ContratosProinfa", "ReducaoContratual")
    files = [f'<{root} tipoGeracao="4"><Contrato referencia="A"/></{root}>' for root in roots]
    assert [document.operation for document in column(archive, *files)] == [f"{root}-4" for root in roots]


@pytest.mark.parametrize(("kind", "operation"), [("1", "1"), ("01", "1"), (" 13 ", "13"), ("0013", "13"), ("0", "0")])
def test_a_kind_of_file_is_the_same_operation_however_its_number_is_spelt(
    archive: Archive, kind: str, operation: str
) -> None:
    (document,) = column(archive, f'<ContratosCCEAL tipoGeracao="{kind}"><Contrato referencia="A"/></ContratosCCEAL>')
    assert document.operation == f"ContratosCCEAL-{operation}"


def test_edits_are_told_apart_by_their_content_and_echoed_by_the_contracts_number(archive: Archive) -> None:
    data = (CCEE / "edicoes.xml").read_text()
    (document,) = column(archive, data)
    assert [item.echo for item in document.items] == ["1922021", "1922021"] and document.facts == {"echoes": 1}
    references = [item.reference for item in document.items]
    assert len(set(references)) == 2 and all(len(each) == len("1922021#") + 12 for each in references)
    lines = data.splitlines()
    other = "\n".join([lines[0], lines[1], lines[3].replace("'", '"'), lines[2], lines[4]])
    renumbered = other.replace('Controle="1"', 'Controle="9"').replace("<Contrato ", "<Contrato   ")
    assert [item.reference for item in column(archive, renumbered)[0].items] == references[::-1]
    indented = renumbered.replace("><", ">\n\t <").replace("/>", "/>\n  ")
    assert indented != renumbered
    assert [item.reference for item in column(archive, indented)[0].items] == references[::-1]


def test_a_file_none_of_whose_records_is_free_is_not_sent(archive: Archive) -> None:
    assert column(archive, FILE, free=lambda *_: set()) == []


def test_a_file_some_of_whose_records_travel_already_is_refused(archive: Archive, tmp_path: Path) -> None:
    (found,) = problems(archive, FILE, free=lambda *_: {"ADV-13"})
    assert found[:2] == ("ADV-12", 3) and "may not be altered" in found[2]
    assert not [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]


def test_a_name_that_holds_a_card_number_is_left_nowhere(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        render(archive, [{"reference": "4012001037141112", "arquivo": FILE}])
    assert [each.path for each in caught.value.problems] == ["reference"]
    assert not [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]


def test_records_are_asked_for_in_chunks(archive: Archive) -> None:
    asked: list[int] = []

    def free(_: str, references: Sequence[str]) -> set[str]:
        asked.append(len(references))
        return set(references)

    many = "".join(f'<Contrato referencia="A-{n}"/>' for n in range(1200))
    (document,) = column(archive, f'<ContratosCCEAL tipoGeracao="1">{many}</ContratosCCEAL>', free=free)
    assert len(document.items) == 1200 and asked == [500, 500, 200]


def test_the_schema_is_asked_only_where_the_user_wants_it(archive: Archive) -> None:
    odd = FILE.replace(b'idComprador="64983"', b'idComprador="ABC"', 1).replace(b'tipoCCEAL="1"', b'tipoCCEAL="9"')
    assert len(column(archive, odd)) == 1
    found = problems(archive, odd, validate=True)
    assert [(each[0], each[1]) for each in found] == [(None, None), ("ADV-12", 3)]
    assert len(column(archive, FILE, validate=True)) == 1


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"<ContratosCCEAL tipoGeracao='1'><Contrato referencia='A'/>", "not well-formed"),
        (b"not xml", "no XML"),
        (b"<html><body/></html>", "HTML"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a tipoGeracao='1'><Contrato referencia='A'/></a>", "DOCTYPE"),
        (b"<ContratosCCEAL tipoGeracao='1'><Contrato referencia='&lol;'/></ContratosCCEAL>", "not well-formed"),
        (b"<ContratosCCEAL tipoGeracao='1'/>", "has no Contrato"),
        (b"<ContratosCCEAL><Contrato referencia='A'/></ContratosCCEAL>", "is missing"),
        (b"<ContratosCCEAL tipoGeracao='1'><Contrato/></ContratosCCEAL>", "Write a referencia of yours"),
        (b"\n<?xml version='1.0'?><a tipoGeracao='1'><Contrato referencia='A'/></a>", "white space"),
        (b"<?XML version='1.0'?><a tipoGeracao='1'><Contrato referencia='A'/></a>", "upper-case"),
        ("<?xml version='1.0'?><a><Contrato referencia='ç'/></a>".encode("latin-1"), "not of the encoding"),
        (b"<?xml version='1.0' encoding='UTF-16'?><a tipoGeracao='1'><Contrato referencia='A'/></a>", "UTF-16"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a><Contrato referencia='€'/></a>", "U+20AC"),
        (b"", "is empty"),
        (None, "is empty"),
        (7, "is a int"),
    ],
)
def test_a_bad_file_says_what_is_wrong(archive: Archive, file: Any, said: str) -> None:
    assert said in problems(archive, file)[0][2]


def test_a_reference_stands_once_in_a_file_and_in_the_files_of_a_selection(archive: Archive) -> None:
    twice = FILE.replace(b"ADV-13", b"ADV-12")
    assert problems(archive, twice) == [("ADV-12", 8, "stands twice in what is to be sent")]
    assert [each[0] for each in problems(archive, FILE, FILE)] == ["ADV-12", "ADV-13"]


def test_the_problems_of_all_files_come_in_one_error(archive: Archive) -> None:
    found = problems(archive, b"not xml", FILE, FILE.replace(b' referencia="ADV-13"', b""))
    assert len(found) == 3


def test_a_billion_laughs_stay_unlaughed(archive: Archive) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY b%d "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">' % n for n in range(9)
    )
    assert "DOCTYPE" in problems(archive, bomb + b"]><l tipoGeracao='1'><Contrato referencia='&b8;'/></l>")[0][2]


def test_a_path_that_cannot_be_read_is_misconfigured(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        render(archive, arquivo=str(tmp_path / "absent.xml"))


def test_a_file_with_a_byte_order_mark_is_kept_with_it(archive: Archive) -> None:
    data = b"\xef\xbb\xbf<?xml version='1.0'?><ContratosCBR tipoGeracao='1'><Contrato referencia='A'/></ContratosCBR>"
    (document,) = column(archive, data)
    assert document.stored.size == len(data)
