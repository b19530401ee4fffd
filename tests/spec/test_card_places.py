"""No place where a text is kept or shown keeps a card number, however it is written there."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from malote.archive import Archive
from malote.clock import HeldClock
from malote.errors import Invalid, MaloteError, Misconfigured, Problem
from malote.institution import Access
from malote.institutions.ccee.institution import Ccee
from malote.institutions.cielo.masking import masked
from malote.institutions.cielo.rules import NAMESPACE
from malote.journal import Journal, noted
from malote.submission import Order
from malote.treaty import HOLDS
from malote.trip.preparing import prepare
from malote_provider.selecting import refuse_cards
from support import orders, proposals, reinf
from support.card_forms import CARD, FORMS, shows
from support.returns import PAID, answer, landed, select
from support.selections import all_free, unnumbered

FORM = pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)


def error(text: str) -> str:
    said = [
        MaloteError(f"is {text}", item=text, code=text, meaning=text, todo=text, kept=text, facts={"said": text}),
        Invalid("1 problem", problems=(Problem(text, f"x.{text}", f"is {text}", 3),)),
        Misconfigured(text),
    ]
    again = [pickle.loads(pickle.dumps(each)) for each in said]
    return "\n".join(f"{each}{vars(each)}{each.args}" for each in (*said, *again))


def refused(call: Callable[[], Any], wanted: type[MaloteError] = Invalid, column: str = "") -> str:
    with pytest.raises(wanted) as caught:
        call()
    problems = getattr(caught.value, "problems", ())
    # A column with a rule of its own may be refused by that rule first.
    assert HOLDS in str(caught.value) or any(each.path == column for each in problems), caught.value
    return f"{caught.value}{problems}"


def cielo(text: str, folder: Path, service: str, column: str) -> str:
    desk = orders.Desk(folder)
    row = {**(orders.order() if service == "autorizacao" else orders.ROWS[service]), column: text}
    good = [orders.order(2)] if service == "autorizacao" else []
    return refused(lambda: desk.render([*good, row], service), column=column) + "".join(map(str, desk.left()))


def ccee(text: str, folder: Path, column: str) -> str:
    there = Ccee(Access("ccee", "piloto", extra={"codigo_perfil_agente": "1234"}))
    row = {"reference": "A-1", "Contrato.@tipoGravacao": "R", "Contrato.@referencia": "A-1", column: text}
    order = Order("p", "contratos", {})
    return refused(lambda: list(there.render(order, [row], Archive(str(folder)), all_free, unnumbered)))


def bndes(text: str, folder: Path, column: str) -> str:
    return refused(lambda: proposals.render(Archive(str(folder)), [{**proposals.row(), column: text}]))


OWN_FILE = (
    '<?xml version="1.0" encoding="UTF-8"?><ContratosCCEAL tipoGeracao="1" observacao={root}><Contrato '
    'referencia={key} observacao={record}><MontanteMedio observacao={inside}>{text}</MontanteMedio></Contrato>'
    "</ContratosCCEAL>"
)  # fmt: skip


def own_file(text: str, folder: Path, place: str) -> str:
    there = Ccee(Access("ccee", "piloto", extra={"codigo_perfil_agente": "1234"}))
    said = {"root": "x", "key": "A-1", "record": "x", "inside": "x", "text": "x", "name": "file", place: text}
    name, inside = said.pop("name"), escape(said.pop("text"))
    file = OWN_FILE.format(text=inside, **{each: quoteattr(value) for each, value in said.items()})
    rows, order = [{"reference": name, "arquivo": file}], Order("p", "contratos", {})
    return refused(lambda: list(there.render(order, rows, Archive(str(folder)), all_free, unnumbered)))


def reinf_rows(text: str, folder: Path, column: str) -> str:
    row = {**reinf.ROW, column: text}
    return refused(lambda: reinf.rendered(reinf.reinf(), [row], Archive(str(folder))), column=column)


def params(text: str) -> str:
    kit: Any = SimpleNamespace(institution=SimpleNamespace(name="cielo"))
    found = [
        refused(lambda given=given: prepare(Order("p", "s", given), (), kit, refused_too=False), Misconfigured)  # type: ignore[misc]
        for given in ({"x": text}, {text: "x"}, {"x": [{"y": text}]})
    ]
    found += [
        refused(lambda given=given: refuse_cards("cielo", given), Misconfigured)  # type: ignore[misc]
        for given in ({"conf": {"x": text}}, {"conf": {text: "x"}}, {"outgoing_sql": text}, {"options": {"x": [text]}})
    ]
    return "".join(found)


PLACES: dict[str, Callable[[str, Path], str]] = {
    "an error": lambda text, _: error(text),
    "what Cielo says": lambda text, _: masked(text) + masked(f"Motivo: {text}"),
    "the detail of an event": lambda text, _: json.dumps(noted({"a": text, "b": [{text: 1}, [text]]}).obj),
    "a run's params and conf": lambda text, _: params(text),
    "CCEE: reference": lambda text, folder: ccee(text, folder, "reference"),
    "CCEE: a column": lambda text, folder: ccee(text, folder, "Contrato.@idComprador"),
    **{
        f"CCEE: own file, {place}": lambda text, folder, at=place: own_file(text, folder, at)  # type: ignore[misc]
        for place in ("root", "key", "record", "inside", "text", "name")
    },
    "Reinf: reference": lambda text, folder: reinf_rows(text, folder, "reference"),
    "Reinf: a column": lambda text, folder: reinf_rows(text, folder, "ideEstab.ideBenef.nmBenef"),
    "Reinf: a column of its own": lambda text, folder: reinf_rows(text, folder, "ideEstab..idePgto[].observ"),
    "BNDES: reference": lambda text, folder: bndes(text, folder, "reference"),
    "BNDES: a column": lambda text, folder: bndes(text, folder, "beneficiario.nome"),
    **{
        f"Cielo: {service}, {column}": lambda text, folder, at=(service, column): cielo(text, folder, *at)  # type: ignore[misc]
        for service, column in (
            ("tokenizacao", "reference"), ("cancelamento", "reference"), ("consulta", "reference"),
            ("cancelamento", "tid"), ("consulta", "tid"), ("consulta_chsec", "numero-pedido"), ("captura", "tid"),
            ("autorizacao", "reference"), ("autorizacao", "campo-livre"), ("autorizacao", "dados-pedido.descricao"),
            ("autorizacao", "dados-pedido.numero"), ("autorizacao", "dados-pedido.valor"),
            ("autorizacao", "dados-portador.token"),
        )
    },
}  # fmt: skip


@FORM
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_no_place_keeps_or_says_a_card_number(place: Callable[[str, Path], str], text: str, tmp_path: Path) -> None:
    assert not shows(place(text, tmp_path))


def test_the_look_itself_sees_every_form() -> None:
    assert [name for name, text in FORMS.items() if not shows(text)] == []
    assert not shows(f"{CARD[:6]}******{CARD[-4:]}")


# what lands


COLUMNS = ("tid", "dados-pedido/numero", "dados-pedido/valor", "autorizacao/nsu", "autorizacao/arp", "autorizacao/lr",
           "captura/mensagem", "captura/valor", "status", "forma-pagamento/bandeira", "token/dados-token/codigo-token",
           "token/dados-token/status")  # fmt: skip


def test_no_column_lands_a_card_number_in_any_form(warehouse: str, archive: Archive) -> None:
    from lxml import etree

    items: list[str] = []
    names: list[str] = []
    for form, text in FORMS.items():
        for path in COLUMNS:
            names.append(f"{form}/{path}"[:30] + str(len(names)))
            element = etree.fromstring(f'<x xmlns="{NAMESPACE}">{PAID.format(id="")}</x>')[0]
            found = element.find("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
            assert found is not None
            found.text = text
            items.append(etree.tostring(element, encoding="unicode"))
    rows = landed(warehouse, archive, answer(*items, encoding="UTF-8"), ["P1", *names])
    assert len(rows) >= len(items), "every row lands"
    assert [(name, row) for name, row in zip(names, rows, strict=False) if shows(str(list(row.values())))] == []
    assert not any(shows(str(each)) for each in select(warehouse, "select to_jsonb(i) as i from malote.item_row as i"))


@FORM
def test_no_message_of_a_refusal_is_kept_with_a_card_number(warehouse: str, archive: Archive, text: str) -> None:
    said = f"<erro><codigo>021</codigo><mensagem>{escape(text)}</mensagem></erro>"
    landed(warehouse, archive, answer(PAID.format(id=""), said, encoding="UTF-8"), ["P1"])
    kept = select(warehouse, "select to_jsonb(t) as t from cielo.transacao as t union all select to_jsonb(l) from "
                  "malote.load as l union all select to_jsonb(e) from malote.event as e")  # fmt: skip
    assert kept and not any(shows(str(each)) for each in kept)


@FORM
def test_the_journal_keeps_no_card_number_that_a_person_or_an_institution_says(
    warehouse: str, archive: Archive, text: str
) -> None:
    landed(warehouse, archive, answer(PAID.format(id="")), ["P1"])
    with Journal(warehouse, HeldClock(datetime(2026, 11, 23, 12, tzinfo=timezone.utc))) as journal:
        journal.connection.execute("update malote.submission set standing = 'sending'")
        journal.refused("cielo-1", text, f"say {text}", frees=True, reasons=[(text, None)])
        journal.connection.execute("update malote.submission set standing = 'in_doubt'")
        journal.withdraw("cielo-1", f"saw {text}", absent=True)
        kept = select(warehouse, "select to_jsonb(s) as t from malote.submission as s union all select to_jsonb(i) "
                      "from malote.item_row as i union all select to_jsonb(e) from malote.event as e")  # fmt: skip
    assert len(kept) > 3 and not any(shows(str(each)) for each in kept)
