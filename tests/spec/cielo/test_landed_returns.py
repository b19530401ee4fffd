"""The return file of Cielo into its table, and the reports over it."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from itertools import count, islice

import pytest

from malote import cards
from malote.archive import Archive
from malote.clock import HeldClock
from malote.errors import InDoubt, Malformed
from malote.institutions.cielo.answers import TABLE
from malote.institutions.cielo.rules import item_id
from malote.trip import Landing
from support.returns import EC, LOT, NOW, PAID, answer, cielo, denied, erro, landed, one, select

# ---- into the table


def tag(reference: str) -> str:
    return item_id(EC, LOT, reference)


def test_an_answer_lands_by_id_then_by_name_and_every_item_sent_has_a_row(warehouse: str, archive: Archive) -> None:
    data = answer(
        PAID.format(id=tag("P3")),  # its id is trusted more than its order number
        denied("51", ""),  # by its order number, P2
        erro("030", tag("P4")),
        erro("098", "de outro"),
    )
    found = landed(warehouse, archive, data, ["P1", "P2", "P3", "P4"])
    assert [(each["ordem"], each["reference"], each["situacao"]) for each in found] == [
        (1, "P3", "Capturada"), (2, "P2", "Não autorizada"), (3, "P4", "erro"), (4, None, "erro"),
        (5, "P1", "sem_retorno"),
    ]  # fmt: skip
    first = found[0]
    assert (first["valor"], first["parcelas"], first["numero_lote"]) == (Decimal(102099), 3, 86)
    assert first["pedido_data_hora"] == datetime(2026, 11, 22, 13, 0, 0, 123000, timezone.utc)
    assert (first["arp"], first["permite_retentativa"], found[1]["permite_retentativa"]) == ("036318", None, True)
    items = select(warehouse, "select reference, standing, code from malote.item order by ordinal")
    assert [tuple(each.values()) for each in items] == [
        ("P1", "unanswered", None), ("P2", "refused", "51"), ("P3", "accepted", None), ("P4", "refused", "030"),
    ]  # fmt: skip
    (load,) = select(warehouse, "select * from malote.load")
    assert (load["items_accepted"], load["items_refused"], load["items_unanswered"]) == (1, 2, 1)
    assert load["rows_unmatched"] == 1


def test_an_id_of_ours_lands_whole_although_its_digits_read_as_a_card_and_another_s_does_not(
    warehouse: str, archive: Archive
) -> None:
    ours, other = islice((each for each in map("P{}".format, count()) if cards.held(tag(each))), 2)
    found = landed(warehouse, archive, answer(PAID.format(id=tag(ours)), erro("098", tag(other))), [ours])
    assert [each["item_id"] for each in found] == [tag(ours), cards.masked(tag(other))]


def test_values_that_postgresql_would_not_take_stop_nothing(warehouse: str, archive: Archive) -> None:
    worst = PAID.replace("102099", "1.020,99").replace("2026-11-22T23:00:02Z", "2026-02-30T00:00:00Z")
    worst = worst.replace("<parcelas>3<", "<parcelas>99999999999<").replace("<arp>036318", "<arp>\\N\\t'")
    (found,) = landed(warehouse, archive, answer(worst.format(id=tag("P1"))), ["P1"])
    assert (found["valor"], found["captura_data_hora"], found["parcelas"]) == (None, None, None)
    assert found["arp"] == "\\N\\t'"


def test_a_return_that_is_about_nothing_that_was_sent_is_in_doubt_and_lands_nowhere(
    warehouse: str, archive: Archive
) -> None:
    with pytest.raises(InDoubt, match="not one is about"):
        landed(warehouse, archive, answer(PAID.format(id="de outro")), ["P9"])
    assert select(warehouse, "select * from cielo.transacao") == []


def test_one_id_of_ours_proves_the_return_ours_whatever_else_is_in_it(warehouse: str, archive: Archive) -> None:
    data = answer(PAID.format(id=tag("P3")), denied("04", "de outro"), denied("04", "de mais um"))
    assert [each["reference"] for each in landed(warehouse, archive, data, ["P3"])] == ["P3", None, None]
    assert select(warehouse, "select rows_unmatched as n from malote.load") == [{"n": 2}]


def test_more_orders_that_were_not_sent_than_were_make_the_return_another_s(warehouse: str, archive: Archive) -> None:
    data = answer(PAID.format(id=""), denied("04", ""), denied("04", ""))
    with pytest.raises(InDoubt, match="only 1 of them about"):
        landed(warehouse, archive, data, ["P1"])
    assert select(warehouse, "select * from cielo.transacao") == []


def test_landing_again_changes_nothing(warehouse: str, archive: Archive) -> None:
    data = answer(PAID.format(id=tag("P1")), denied("04", tag("P2")))
    before = landed(warehouse, archive, data, ["P1", "P2", "P3"])
    with archive.write("answers", "cielo-1.xml", sealed=True) as sheet:
        sheet.write(data)
    load = Landing(warehouse, archive, HeldClock(NOW)).land(cielo(), [one(answer=sheet.stored)])
    assert load.changed == 0
    assert select(warehouse, "select * from cielo.transacao order by ordem") == before


def test_no_column_of_the_table_is_forgotten_and_each_that_needs_it_has_a_comment(warehouse: str) -> None:
    found = select(
        warehouse,
        """select column_name as name, col_description('cielo.transacao'::regclass, ordinal_position::int) as said
           from information_schema.columns where table_schema = 'cielo' and table_name = 'transacao'
           order by ordinal_position""",
    )
    wanted = {"submission_id", "ordem", "reference", *TABLE.columns, "landed_at"}
    assert {each["name"] for each in found} == wanted  # one that came later stands behind landed_at
    assert {"valor", "situacao", "permite_retentativa", "codigo_token"} <= {e["name"] for e in found if e["said"]}


# ---- the reports


def test_the_report_shows_each_item_to_a_person_with_reais_and_no_token(warehouse: str, archive: Archive) -> None:
    data = answer(PAID.format(id=tag("P1")), denied("51", tag("P2")), erro("030", tag("P3")))
    landed(warehouse, archive, data, ["P1", "P2", "P3", "P4"])
    found = select(warehouse, "select * from report.cielo_transacoes order by referencia")
    shown = (
        "referencia",
        "operacao_nome",
        "valor_reais",
        "situacao",
        "situacao_item",
        "permite_retentativa",
        "mensagem",
    )
    assert [tuple(each[name] for name in shown) for each in found] == [
        ("P1", "Autorização", Decimal("1020.99"), "Capturada", "aceito", None, "Transação autorizada"),
        ("P2", "Autorização", Decimal("1.00"), "Não autorizada", "recusado", True, "Autorizacao negada"),
        ("P3", "Autorização", None, "erro", "recusado", True, "Motivo"),
        ("P4", "Autorização", None, "sem_retorno", "sem_resposta", False, None),
    ]
    assert found[0]["token_final"] == "87E=" and "TuS6LeBH" not in repr(found)
    assert (found[0]["produto"], found[0]["capturado_reais"]) == ("Parcelado loja", Decimal("1020.00"))
    assert (found[0]["ec"], found[0]["numero_lote"]) == (EC, "86")


def test_the_report_counts_approvals_by_day_ec_and_brand(warehouse: str, archive: Archive) -> None:
    good = [PAID.format(id=tag(f"P{n}")) for n in (1, 2)]
    bad = denied("51", tag("P3"), "<forma-pagamento><bandeira>visa</bandeira></forma-pagamento>")
    odd = denied("51", tag("P4"), "<forma-pagamento><bandeira>elo</bandeira></forma-pagamento>", status="12")
    landed(warehouse, archive, answer(*good, bad, odd, erro("010", tag("P5"))), [f"P{n}" for n in range(1, 7)])
    shown = ("bandeira", "enviadas", "aprovadas", "negadas", "erros", "sem_retorno", "indefinidas", "aguardando",
             "valor_aprovado_reais", "taxa_aprovacao")  # fmt: skip
    found = select(warehouse, "select * from report.cielo_aprovacao_por_dia")
    assert [tuple(each[name] for name in shown) for each in found] == [
        ("elo", 1, 0, 0, 0, 0, 1, 0, 0, None),
        ("visa", 3, 2, 1, 0, 0, 0, 0, Decimal("2041.98"), Decimal("0.6667")),
        (None, 2, 0, 0, 1, 1, 0, 0, 0, None),
    ]
    assert {str(each["dia"]) for each in found} == {"2026-11-21"}  # two in the morning UTC is the day before there
    assert {(each["ambiente"], each["ec"]) for each in found} == {("simulator", EC)}


def test_what_was_mended_in_an_answer_is_told_once_in_the_story_of_its_submission(
    warehouse: str, archive: Archive
) -> None:
    data = answer(PAID.format(id=tag("P1"))).replace(b"Transacao capturada", b"Transacao\x1f capturada") + b"\0"
    assert landed(warehouse, archive, data, ["P1"])[0]["captura_mensagem"] == "Transacao\ufffd capturada com sucesso"
    told = select(warehouse, "select what, detail from malote.event where submission = 'cielo-1' order by id")
    assert told[0]["what"] == "answer repaired" and told[1]["what"] == "landed"
    assert told[0]["detail"] == {
        "repaired": ["characters that XML forbids, now U+FFFD (1)", "bytes after the document"]
    }


def test_an_answer_with_more_rows_than_can_be_about_what_was_sent_does_not_land(
    warehouse: str, archive: Archive
) -> None:
    with pytest.raises(Malformed, match="more than 1060 rows about the 3 items"):
        landed(warehouse, archive, answer("<erro/>" * 1061), ["P1"])
    assert select(warehouse, "select * from cielo.transacao") == []


def test_a_figure_that_nobody_can_read_lands_and_is_reported(
    warehouse: str, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    odd = PAID.format(id=tag("P1")).replace("<valor>", "<valor>1.", 1)
    landed(warehouse, archive, answer(odd, denied("51", tag("P2"))), ["P1", "P2"])
    (found,) = select(warehouse, "select tabela, coluna, texto from report.nao_lidos")
    assert found["tabela"] == "cielo.transacao" and found["coluna"] == "valor" and found["texto"].startswith("1.")
    assert "1 values can be read in more than one way, or in none (valor 1)" in caplog.text
