"""The lot, by the manual "Processamento em lote" and Cielo's XSD: name, frame, items, limits, numbers, the schema."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from malote import place
from malote.errors import Invalid, Misconfigured, Problem
from malote.institutions.cielo.documents import item_ids
from malote.institutions.cielo.rules import LARGEST_LOT, OPERATIONS, CieloRules, item_id
from malote.submission import Document, Item
from support.orders import CARD, CHAVE, EC, ROWS, Desk, by_token, order, tid

NS = "{http://ecommerce.cbmp.com.br}"
JUDGE = etree.XMLSchema(etree.parse(str(place.schemas("cielo") / "ecm-lote.xsd")))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def root(desk: Desk, document: Document) -> Any:
    found = etree.fromstring(desk.bytes(document))
    JUDGE.assertValid(found)
    return found


def items(desk: Desk, document: Document) -> list[Any]:
    return list(root(desk, document).find(f"{NS}lista-requisicoes"))


# manual, "Regras"


def test_rule_4_the_file_name_is_prefix_ec_operation_date_and_number(desk: Desk) -> None:
    (document,) = desk.documents([order()])
    assert document.name == f"ECOMM_{EC}_02_20261122_0000000001.xml"
    assert document.facts == {"numero_lote": 1, "data": "20261122"} and document.operation == "02"


def test_rule_4_d_the_date_is_brasilias(desk: Desk) -> None:
    (document,) = desk.documents([order()], at=datetime(2026, 11, 23, 3, tzinfo=timezone.utc))
    assert "_20261123_" in document.name


@pytest.mark.parametrize("service", OPERATIONS)
def test_every_operation_becomes_a_valid_lot_of_its_type(desk: Desk, service: str) -> None:
    operation = OPERATIONS[service]
    (document,) = desk.documents([ROWS[service]], service)
    lot = root(desk, document)
    assert document.operation == operation.code and f"_{operation.code}_" in document.name
    assert not lot.attrib and [etree.QName(each).localname for each in lot] == [
        "dados-ec", "numero-lote", "tipo-operacao", "lista-requisicoes",
    ]  # fmt: skip
    assert [each.text for each in lot[0]] == [EC, CHAVE]
    assert lot[1].text == "1" and lot[2].text == str(int(operation.code)), "one digit, no padding (sheet 1)"
    (item,) = lot[3]
    assert etree.QName(item).localname == operation.element
    assert dict(item.attrib) == {"id": item_id(EC, 1, ROWS[service]["reference"]), "versao": "1.2.1"}


def test_the_credentials_stand_in_items_of_03_to_08_and_not_of_02(desk: Desk) -> None:
    for service in OPERATIONS:
        (document,) = desk.documents([ROWS[service]], service)
        (item,) = items(desk, document)
        inside = [etree.QName(each).localname for each in item]
        assert ("dados-ec" in inside) is (service != "autorizacao"), service


@pytest.mark.parametrize("service", OPERATIONS)
def test_the_name_of_the_ec_stands_in_items_of_02_only(desk: Desk, service: str) -> None:
    desk.sender = replace(desk.sender, nome="LOJA")
    (document,) = desk.documents([ROWS[service]], service)
    (item,) = items(desk, document)
    inside = [etree.QName(each).localname for each in item.find(f"{NS}dados-ec")]
    assert inside == ["numero", "chave", "nome"] if service == "autorizacao" else inside == ["numero", "chave"]


@pytest.mark.parametrize(
    ("service", "wrong", "said"),
    [
        ("captura", {"rules": CieloRules(versao="9.9.9")}, "rule versao"),
        ("autorizacao", {"rules": CieloRules(versao="9.9.9")}, "rule versao"),
        ("autorizacao", {"nome": "L" * 26}, "extra.nome_ec"),
        ("captura", {"rules": CieloRules(dados_ec_in_items=False)}, "dados_ec_in_items"),
        ("captura", {"ec": "x" * 21}, "EC number"),
        ("captura", {"chave": "s3gr3d0" * 20}, "chave"),
    ],
)
def test_what_the_connection_puts_into_items_is_never_told_as_a_fault_of_the_rows(
    desk: Desk, service: str, wrong: dict[str, Any], said: str
) -> None:
    desk.sender = replace(desk.sender, **wrong)
    with pytest.raises(Misconfigured, match=said) as caught:
        desk.documents([ROWS[service]], service)
    assert caught.value.todo == "correct the connection" and "s3gr3d0" not in str(caught.value)


def test_elements_stand_in_the_order_of_the_schema_whatever_the_columns_order(desk: Desk) -> None:
    row = dict(reversed(list(order(**{"dados-pedido.soft-descriptor": "LOJA", "campo-livre": "x"}).items())))
    (item,) = items(desk, desk.documents([row])[0])
    assert [etree.QName(each).localname for each in item] == [
        "dados-portador", "dados-pedido", "forma-pagamento", "autorizar", "capturar", "campo-livre",
    ]  # fmt: skip
    (cancel,) = items(desk, desk.documents([{"valor": 5, "tid": tid(), "reference": "C"}], "cancelamento")[0])
    assert [etree.QName(each).localname for each in cancel] == ["tid", "dados-ec", "valor"]


def test_the_items_name_in_the_answer(desk: Desk) -> None:
    echoes = {service: desk.documents([row], service)[0].items for service, row in ROWS.items()}
    assert echoes == {
        "autorizacao": (Item("PEDIDO0000001"),),
        "cancelamento": (Item("C-1", tid()),),
        "captura": (Item(tid()),),
        "tokenizacao": (Item("cliente 1"),),
        "consulta": (Item("Q-1", tid()),),
        "consulta_chsec": (Item("Q-1", "PEDIDO1"),),
        "autorizacao_tid": (Item(tid()),),
    }


def test_ids_made_together_are_those_made_one_by_one() -> None:
    references = ["A", "é", "x" * 100, "1"]
    assert item_ids(EC, 7, references) == [item_id(EC, 7, each) for each in references]
    assert len(set(item_ids(EC, 7, references) + item_ids(EC, 8, references) + item_ids("2", 7, references))) == 12


def test_rule_2_a_lot_ends_before_its_bytes_as_sent_pass_the_limit(tmp_path: Path) -> None:
    desk = Desk(tmp_path, lot_bytes=3000)
    rows = [order(n, **{"dados-portador.nome-portador": "JOSÉ & FILHOS"}) for n in range(20)]
    documents = desk.documents(rows)
    sizes = [len(desk.bytes(each)) for each in documents]
    assert len(documents) > 3 and all(size <= 3000 for size in sizes)
    assert [size for size in sizes[:-1] if size + 650 < 3000] == [], "no lot is cut before it is full"
    assert [item.reference for each in documents for item in each.items] == [row["reference"] for row in rows]
    assert [each.facts["numero_lote"] for each in documents] == list(range(1, len(documents) + 1))
    assert sizes == [each.stored.size for each in documents]


def test_rule_2_the_limit_is_met_to_the_byte(tmp_path: Path) -> None:
    (whole,) = Desk(tmp_path / "a").documents([order(1), order(2)])
    exact = Desk(tmp_path / "b", lot_bytes=whole.stored.size)
    assert len(exact.documents([order(1), order(2)])) == 1
    short = Desk(tmp_path / "c", lot_bytes=whole.stored.size - 1)
    assert len(short.documents([order(1), order(2)])) == 2


def test_items_per_lot_is_a_rule_and_a_param_that_can_lower_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, lot_items=700)
    rows = [by_token(n) for n in range(1500)]
    assert [len(each.items) for each in desk.documents(iter(rows))] == [700, 700, 100]
    assert [len(each.items) for each in desk.documents(rows, params={"items_per_lot": "600"})] == [600, 600, 300]
    assert [len(each.items) for each in desk.documents(rows, params={"items_per_lot": 9000})] == [700, 700, 100]
    for wrong in ("0", "-1", "many", 1.5):
        with pytest.raises(Misconfigured, match="items_per_lot"):
            desk.documents(rows, params={"items_per_lot": wrong})


def test_a_number_is_taken_for_each_lot_that_is_made_and_for_no_other(desk: Desk) -> None:
    assert desk.documents([]) == [] and desk.documents([order()], free=lambda *_: set()) == [] and desk.taken == []
    with pytest.raises(Invalid):
        desk.documents([order(valor=1)])
    assert desk.taken == []
    desk.documents([order(1), order(2)], params={"items_per_lot": 1})
    assert desk.taken == [(f"cielo/simulator/{EC}/lote", 1)] * 2


def test_lots_begin_where_the_user_says_and_end_at_nine_digits(tmp_path: Path) -> None:
    desk = Desk(tmp_path, first_lot=LARGEST_LOT)
    (document,) = desk.documents([order()])
    assert document.name.endswith("_0999999999.xml")
    with pytest.raises(Misconfigured, match="1000000000"):
        desk.documents([order()])


def test_two_renders_with_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [order(n) for n in range(30)]
    rows[7] = by_token(7)
    first, second = (Desk(tmp_path / name) for name in "ab")
    assert first.bytes(first.documents(rows)[0]) == second.bytes(second.documents(iter(rows))[0])


def test_only_rows_that_are_free_travel(desk: Desk) -> None:
    asked: list[tuple[str, int]] = []

    def free(operation: str, references: Any) -> set[str]:
        asked.append((operation, len(references)))
        return {each for each in references if each.endswith("7")}

    (document,) = desk.documents([by_token(n) for n in range(1200)], free=free)
    assert len(document.items) == 120 and asked == [("02", 1000), ("02", 200)]


def test_everything_is_sealed_and_no_card_nor_chave_lies_open(desk: Desk) -> None:
    (document,) = desk.documents([order()])
    assert document.stored.sealed
    (file,) = desk.left()
    assert CARD.encode() not in file.read_bytes() and CHAVE.encode() not in file.read_bytes()
    assert CARD not in repr(document) and CHAVE not in repr(desk.sender)
    with pytest.raises(Misconfigured, match="malote_archive"):
        Desk(desk.folder.parent / "keyless", key=None).documents([order()])


# the treaty is data


def test_the_users_official_files_take_the_place_of_ours(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "official"
    shutil.copytree(place.schemas("cielo"), folder)
    xsd = folder / "ecm-ec.xsd"
    text = xsd.read_text(encoding="utf-8")
    xsd.write_text(
        text.replace(
            'name="moeda" type="Moeda"/>', 'name="moeda" type="Moeda"/><xsd:element name="novo" type="Texto25"/>'
        ),
        encoding="utf-8",
    )
    own = Desk(tmp_path / "own")
    own.sender = replace(own.sender, folder=folder)
    (document,) = own.documents([order(**{"dados-pedido.novo": "sim"})])
    assert b"<moeda>986</moeda><novo>sim</novo>" in own.bytes(document)
    with pytest.raises(Invalid, match="novo"):
        own.documents([order()])
    with pytest.raises(Invalid, match="names no path of the treaty"):
        desk.documents([order(**{"dados-pedido.novo": "sim"})])
    (folder / "ecm-lote.xsd").unlink()
    with pytest.raises(Misconfigured, match="requisicao-lote"):
        own.documents([order()])


def test_the_shipped_schema_takes_what_was_recorded_and_refuses_what_the_sheet_says_is_invalid() -> None:
    model = xmlschema.XMLSchema10(str(place.schemas("cielo") / "ecm-lote.xsd"))
    head = f'<requisicao-lote xmlns="{NS[1:-1]}"><dados-ec><numero>{EC}</numero><chave>c</chave></dados-ec>'
    lot = head + "<numero-lote>{}</numero-lote><tipo-operacao>{}</tipo-operacao><lista-requisicoes/></requisicao-lote>"
    for number, kind, good in (
        ("999", "2", True), ("0000000999", "2", True), ("999999999", "8", True),
        ("1000000000", "2", False), ("0", "2", False), ("1", "02", False), ("1", "9", False),
    ):  # fmt: skip
        text = lot.format(number, kind)
        assert (model.is_valid(text), JUDGE.validate(etree.fromstring(text))) == (good, good), (number, kind)
    for text in (
        f'<retorno-upload-lote xmlns="{NS[1:-1]}"><data-envio>2016-05-27T15:50:38.024-03:00</data-envio><data-retorno>'
        "2016-05-28T15:50:38.025-03:00</data-retorno><mensagem>Seu lote está válido.</mensagem></retorno-upload-lote>",
        f'<retorno-download-lote xmlns="{NS[1:-1]}"><erro><codigo>81</codigo>'
        "<mensagem>Upload Realizado.</mensagem></erro></retorno-download-lote>",
        f'<erro xmlns="{NS[1:-1]}"><codigo>100</codigo><mensagem>Nomenclatura inválida. \n</mensagem></erro>',
        f'<requisicao-download-retorno-lote xmlns="{NS[1:-1]}" id="1" versao="1.2.1"><dados-ec><numero>1</numero>'
        "<chave>c</chave></dados-ec><numero-lote>999</numero-lote></requisicao-download-retorno-lote>",
        f'<retorno-lote xmlns="{NS[1:-1]}"><dados-ec><numero>1</numero><chave>c</chave></dados-ec>'
        '<numero-lote>1</numero-lote><lista><erro id="x"><codigo>97</codigo><mensagem>m</mensagem></erro></lista>'
        "</retorno-lote>",
    ):
        assert model.is_valid(text) and JUDGE.validate(etree.fromstring(text))


# any rows

_NAMES = st.text("ABC é&<>\"'\t]", min_size=1, max_size=50)
_FREE_TEXT = st.none() | st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=60)


@st.composite
def _rows(draw: Any) -> list[dict[str, Any]]:
    count = draw(st.integers(0, 40))
    rows = []
    for n in range(count):
        make = draw(st.sampled_from((order, by_token)))
        row = make(
            n, **{"dados-pedido.descricao": draw(_FREE_TEXT), "dados-pedido.valor": draw(st.integers(-1, 10**9))}
        )
        if make is order:
            row["dados-portador.nome-portador"] = draw(_NAMES)
        if draw(st.integers(0, 9)) == 0:
            row["dados-pedido.numero"] = row["reference"] = draw(
                st.sampled_from(("A-1", "B 2", "PEDIDO0000000", "X" * 21))
            )
        rows.append(row)
    return rows


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=_rows(), limit=st.integers(1200, 20_000), per_lot=st.integers(1, 50), rest=st.booleans())
def test_any_rows_become_valid_lots_with_every_item_in_exactly_one(
    tmp_path: Path, rows: list[dict[str, Any]], limit: int, per_lot: int, rest: bool
) -> None:
    desk = Desk(tmp_path, lot_bytes=limit)
    shutil.rmtree(desk.folder, ignore_errors=True)
    params = {"items_per_lot": per_lot, "valid_rest": rest}
    try:
        found = desk.render(rows, params=params)
    except Invalid as wrong:
        assert not rest and wrong.problems
        assert not list(desk.folder.rglob("*.part"))
        return
    documents = [each for each in found if isinstance(each, Document)]
    problems = [each for each in found if isinstance(each, Problem)]
    assert rest or not problems
    sent = [item.reference for each in documents for item in each.items]
    wrong_ones = {each.reference for each in problems}
    assert len(sent) == len(set(sent))
    assert set(sent) | wrong_ones == {row["reference"] for row in rows}
    given_rows: dict[str, Any] = {}
    for row in rows:
        given_rows.setdefault(row["reference"], row)
    for number, document in enumerate(documents, 1):
        assert document.name == f"ECOMM_{EC}_02_20261122_{number:010}.xml" and document.facts["numero_lote"] == number
        data = desk.bytes(document)
        assert len(data) <= limit and 1 <= len(document.items) <= per_lot and len(data) == document.stored.size
        inside = items(desk, document)
        assert [each.get("id") for each in inside] == [item_id(EC, number, item.reference) for item in document.items]
        for each, item in zip(inside, document.items, strict=True):
            row = given_rows[item.reference]
            assert each.findtext(f"{NS}dados-pedido/{NS}numero") == item.reference
            assert each.findtext(f"{NS}dados-pedido/{NS}valor") == str(row["dados-pedido.valor"])
            assert each.findtext(f"{NS}dados-pedido/{NS}descricao") == (row["dados-pedido.descricao"])
            assert each.findtext(f"{NS}dados-portador/{NS}nome-portador") == row.get("dados-portador.nome-portador")


def test_memory_does_not_grow_into_a_tree_of_the_file(desk: Desk) -> None:
    import tracemalloc

    def many() -> Iterator[dict[str, Any]]:
        return (by_token(n) for n in range(5000))

    desk.documents([by_token()])
    tracemalloc.start()
    (document,) = desk.documents(many())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(document.items) == 5000 and peak < 6_000_000
