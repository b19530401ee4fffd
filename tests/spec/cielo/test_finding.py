"""Cielo's fact sheet, sections 5, 6 and 8: a lost upload answer, correlation, card data in Cielo's own words."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from malote.archive import Archive
from malote.errors import Malformed, MaloteError, Misconfigured, ReplyLost, Throttled, Unavailable, Unreachable
from malote.institution import Access, Reply
from malote.institutions.cielo.institution import Cielo
from malote.institutions.cielo.masking import masked
from malote.institutions.cielo.rules import CieloRules, item_id
from malote.submission import CannotTell, Document, Finding, Found, Order, Pending, Submission
from support.cielo import (
    BRASILIA,
    EC,
    PENDING,
    RETURN,
    SENT,
    TWICE,
    UPLOADED,
    check,
    cielo,
    erro,
    kept,
    one,
    upload,
    wrapped,
)

# 6 a lost upload answer


def find(archive: Archive, submission: Submission, *replies: bytes | MaloteError) -> tuple[Finding, list[str]]:
    """Drive the sequence as the courier does: each reply is read, or thrown into it; returns what was asked too."""
    asking, names, left = cielo().find(submission, archive), [], list(replies)
    try:
        call = next(asking)
        while True:
            names.append(call.name)
            reply = left.pop(0)
            try:
                if isinstance(reply, MaloteError):
                    raise reply
                value = call.read(Reply(200, {}, reply))
            except MaloteError as error:
                call = asking.throw(error)
            else:
                call = asking.send(value)
    except StopIteration as end:
        assert not left
        return end.value, names


ASKED, SENT_AGAIN = "requisicao-download-retorno-lote", "requisicao-lote"


@pytest.mark.parametrize("reply", [PENDING, erro("082"), RETURN, wrapped("<mensagem>Mais tarde</mensagem>")])
def test_a_lot_that_cielo_knows_is_found_and_never_sent_again(archive: Archive, reply: bytes) -> None:
    finding, names = find(archive, kept(archive), reply)
    assert names == [ASKED]
    assert isinstance(finding, Found)
    assert (finding.receipt.number, finding.receipt.received_at) == ("999", SENT)
    assert finding.receipt.promised_at == SENT + timedelta(hours=24)


def test_a_lot_that_cielo_has_not_goes_again_with_the_same_bytes_under_the_same_number(archive: Archive) -> None:
    submission = kept(archive, b"<lote>999</lote>")
    asking = cielo().find(submission, archive)
    look = next(asking)
    again = asking.send(look.read(Reply(200, {}, erro("074"))))
    first = cielo().submit(submission, archive)
    assert again.submits
    assert again.request.url == first.request.url and again.request.headers == first.request.headers
    assert again.request.body is not None and first.request.body is not None
    assert again.request.body.open().read() == first.request.body.open().read()
    with pytest.raises(StopIteration) as ended:
        asking.send(again.read(Reply(200, {}, UPLOADED)))
    receipt = ended.value.value.receipt
    assert (receipt.number, receipt.promised_at) == ("999", datetime(2016, 5, 28, 15, 50, 38, 25000, BRASILIA))


@pytest.mark.parametrize("reply", [TWICE, erro("072"), erro("72")])
def test_a_number_in_use_is_found_for_its_return_is_compared_before_anything_lands(
    archive: Archive, reply: bytes
) -> None:
    finding, names = find(archive, kept(archive), erro("74"), reply)
    assert names == [ASKED, SENT_AGAIN]
    assert isinstance(finding, Found) and finding.receipt.promised_at == SENT + timedelta(hours=24)
    assert "in use" in finding.receipt.facts["found"]


@pytest.mark.parametrize("code", ["071", "073", "075", "076", "080", "083"])
def test_a_lot_that_is_refused_the_second_time_is_for_a_person_with_the_evidence(archive: Archive, code: str) -> None:
    finding, _ = find(archive, kept(archive), erro("074"), erro(code))
    assert isinstance(finding, CannotTell)
    assert code in finding.evidence and "lot 999 of EC 1001734898" in finding.search
    assert "lot 999" in finding.search


def test_a_lot_whose_bytes_are_purged_can_only_be_asked_for(archive: Archive) -> None:
    finding, names = find(archive, kept(archive, purged=True), erro("074"))
    assert names == [ASKED]
    assert isinstance(finding, CannotTell) and "purged" in finding.evidence
    assert isinstance(find(archive, kept(archive, purged=True), PENDING)[0], Found)


@pytest.mark.parametrize("reply", [b"", b"<html/>", erro("079"), erro("074"), erro("9999"), UPLOADED[:50]])
def test_a_second_upload_that_is_not_answered_clearly_is_asked_about_again(archive: Archive, reply: bytes) -> None:
    with pytest.raises(Malformed, match="still unclear"):
        find(archive, kept(archive), erro("074"), reply)


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ([erro("084")], Misconfigured),
        ([erro("085")], Misconfigured),
        ([Unreachable("no network")], Unreachable),
        ([Throttled("slower")], Throttled),
        ([erro("079"), erro("079")], Malformed),
        ([b"<html/>", ReplyLost("lost")], ReplyLost),
        ([erro("074"), erro("085")], Misconfigured),
        ([erro("074"), ReplyLost("lost")], ReplyLost),
    ],
)
def test_a_question_that_fails_settles_nothing(archive: Archive, replies: list[Any], kind: type[MaloteError]) -> None:
    with pytest.raises(MaloteError) as caught:
        find(archive, kept(archive), *replies)
    assert type(caught.value) is kind


@pytest.mark.parametrize("unheard", [erro("079"), b"<html/>", b"", ReplyLost("lost"), Unavailable("down")])
@pytest.mark.parametrize("again", [UPLOADED, TWICE])
def test_a_question_that_nobody_answers_is_not_asked_twice_the_same_bytes_settle_it(
    archive: Archive, unheard: bytes | MaloteError, again: bytes
) -> None:
    finding, names = find(archive, kept(archive), unheard, again)
    assert names == [ASKED, SENT_AGAIN] and isinstance(finding, Found)


@pytest.mark.parametrize("unheard", [erro("079"), b"<html/>", ReplyLost("lost")])
def test_what_went_again_often_enough_is_only_asked_for(archive: Archive, unheard: bytes | MaloteError) -> None:
    spent = kept(archive, repeats=CieloRules().repeat_times)
    assert isinstance(find(archive, spent, PENDING)[0], Found)
    finding, names = find(archive, spent, erro("074"))
    assert names == [ASKED] and isinstance(finding, CannotTell)
    assert "sent again 6 times" in finding.evidence and "lot 999" in finding.search
    with pytest.raises((Unavailable, Malformed)):
        find(archive, spent, unheard)


# 5 correlation


def test_the_id_of_an_item_is_nobody_else_s_and_need_not_be_stored() -> None:
    assert item_id(EC, 999, "P1") == item_id(EC, 999, "P1") and len(item_id(EC, 999, "P1")) == 32
    assert len({item_id(ec, lot, ref) for ec in (EC, "1") for lot in (999, 99) for ref in ("P1", "9\nP1", "P2")}) == 12
    assert cielo().tags(one(), ["P1", "P2"]) == [item_id(EC, 999, "P1"), item_id(EC, 999, "P2")]


def test_a_rendered_lot_takes_its_number_from_the_ec_s_sequence_and_bears_the_tags_that_are_asked_for(
    archive: Archive,
) -> None:
    there, taken = cielo(rules={"first_lot": 87}), []

    def number(sequence: str, start: int) -> int:
        taken.append((sequence, start))
        return start

    rows = [{"reference": f"Q{n}", "tid": f"1001734898000000000{n}"} for n in (1, 2)]
    order = Order("p", "consulta", at=SENT)
    (document,) = there.render(order, rows, archive, lambda _, references: set(references), number)
    assert isinstance(document, Document) and document.stored.sealed
    assert taken == [("cielo/teste/1001734898/lote", 87)]
    assert (document.operation, document.facts["numero_lote"]) == ("06", 87)
    assert document.name == "ECOMM_1001734898_06_20160527_0000000087.xml"
    lot = etree.fromstring(archive.open(document.stored).read())
    submission = one(facts=document.facts)
    assert [item.get("id") for item in lot.iter("{*}requisicao-consulta")] == there.tags(submission, ["Q1", "Q2"])
    with pytest.raises(Misconfigured, match="chave"):
        list(Cielo(Access("cielo", "teste", "", EC)).render(order, rows, archive, lambda _, refs: set(refs), number))


def test_an_item_that_is_not_mentioned_lands_as_sem_retorno() -> None:
    table = cielo().tables["autorizacao"]
    row = dict(zip(table.columns, cielo().unmentioned(one()) or (), strict=True))
    assert {name: value for name, value in row.items() if value} == {
        "operacao": "02", "numero_lote": "999", "situacao": "sem_retorno", "permite_retentativa": "f",
    }  # fmt: skip


# 8 card data in Cielo's own words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("O cartão 4012001037141112 é inválido", "O cartão 401200******1112 é inválido"),
        ("cartão 4012 0010 3714 1112.", "cartão 401200******1112."),
        ("cartão 4012-0010-3714-1112", "cartão 401200******1112"),
        ("Amex 376449047333005, Aura 5078601912345600019", "Amex 376449*****3005, Aura 507860*********0019"),
        ("TID 10069930690000000001 e pedido 123456789012", "TID 10069930690000000001 e pedido 123456789012"),
        ("Value '123' is not valid for 'codigo-seguranca'", "Value '…' is not valid for '…'"),
        ("nome-portador 'JOAO D'ARC' inválido", "nome-portador '…' inválido"),
        ('valor "203012" em “validade” e «x»', 'valor "…" em “…” e «…»'),
        ("cortado em '4012", "cortado em '…'"),
        ("<codigo-seguranca>123</codigo-seguranca>", "<codigo-seguranca>…</codigo-seguranca>"),
        ("&lt;validade&gt;203012&lt;/validade&gt;", "&lt;validade&gt;…&lt;/validade&gt;"),
        ("O status 'Criada' não permite captura", "O status 'Criada' não permite captura"),
        ("O status 'JOAO' não permite captura", "O status '…' não permite captura"),
        ("&gt;1&gt;2&lt;/a&gt;&gt;3&lt;/", "&gt;…&lt;/a&gt;…&lt;/"),
        ("codigo-seguranca: 987 inválido", "codigo-seguranca: … inválido"),
        ("Código de segurança 1234", "Código de segurança …"),
        ("Código de segurança inválido: 123", "Código de segurança inválido: …"),
        ("código de segurança informado 123 incorreto", "código de segurança informado … incorreto"),
        ("co\u0301digo de seguranc\u0327a: 123", "código de segurança: …"),
        ("codigoSeguranca: 123", "codigoSeguranca: …"),
        ("CVV-2: 123", "CVV-2: …"),
        ("cod. seg.: 123", "cod. seg.: …"),
        ("codigo-seguranca = \u0660\u0661\u0662", "codigo-seguranca = …"),
        ("securityCode: 123", "securityCode: …"),
        ("CVV:\u00a0\u00a0\u00a0\u00a0\u00a0123", "CVV:\u00a0\u00a0\u00a0\u00a0\u00a0…"),
        ("Codigo 123", "Codigo 123"),
        ("CVV=123; validade", "CVV=…; validade"),
        ("Código de segurança inválido (008)", "Código de segurança inválido (008)"),
        ('O status "Autorizada" não permite', 'O status "Autorizada" não permite'),
        ("Falta d'água não cita nada", "Falta d'água não cita nada"),
    ],
)
def test_cards_and_quoted_values_are_masked_in_messages(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_no_card_that_cielo_quotes_back_reaches_an_error_or_a_receipt(archive: Archive) -> None:
    quoted = "cvc-pattern-valid: Value '123' no cartão 4012001037141112"
    replies = [erro("075", quoted), erro("9999", quoted), erro(quoted), erro("085", quoted)]
    for reply in replies:
        for act in (lambda said=reply: upload(archive, said), lambda said=reply: check(said)):
            with pytest.raises(MaloteError) as caught:
                act()
            assert "4012001037141112" not in str(caught.value) and "'123'" not in str(caught.value)
    for reply in (UPLOADED.replace(b"Seu lote", quoted.encode()), erro("100", quoted)):
        receipt = upload(archive, reply)
        assert "4012001037141112" not in repr(receipt) and "401200******1112" in repr(receipt)
    progress = check(erro("081", quoted))
    assert isinstance(progress, Pending) and "4012001037141112" not in progress.why


def test_what_is_read_is_read_from_a_file_of_any_kind() -> None:
    assert list(cielo().read(one(), io.BytesIO(RETURN))) == []
