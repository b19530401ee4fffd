"""What the fact sheet knows of Cielo beyond the manual: the recorded exchanges, odd replies, a lost upload answer."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from lxml import etree

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, MaloteError, Misconfigured, ReplyLost, Throttled, Unavailable, Unreachable
from malote.institution import Access, Reply
from malote.institutions.cielo.institution import Cielo
from malote.institutions.cielo.masking import masked
from malote.institutions.cielo.rules import NAMESPACE, CieloRules, item_id
from malote.submission import CannotTell, Document, Finding, Found, Order, Pending, Ready, Standing, Stored, Submission

BRASILIA = timezone(timedelta(hours=-3))
EC, CHAVE, NAME = "1001734898", "e84827130b98<&'\">", "ECOMM_1001734898_02_20160527_0000000999.xml"
SENT = datetime(2016, 5, 27, 15, 50, tzinfo=BRASILIA)

# Sheet 2 and 3, recorded in May 2016.
UPLOADED = (
    '<?XML version="1.0" encoding="UTF-8"?>\n<retorno-upload-lote xmlns="http://ecommerce.cbmp.com.br">\n'
    "    <data-envio>2016-05-27T15:50:38.024-03:00</data-envio>\n"
    "    <data-retorno>2016-05-28T15:50:38.025-03:00</data-retorno>\n"
    "    <mensagem>Seu lote está válido para processamento. Favor aguardar o prazo determinado para retorno."
    "</mensagem>\n"
    "</retorno-upload-lote>\r\n"
).encode()
TWICE = (
    '<?XML version="1.0" encoding="UTF-8"?>\n<erro xmlns="http://ecommerce.cbmp.com.br">\n  <codigo>100</codigo>\n'
    "  <mensagem>Nomenclatura inválida. \nNúmero de lote já existente ou inválido.</mensagem>\n</erro>\r\n"
).encode()
PENDING = """<?xml version="1.0" encoding="ISO-8859-1" ?><retorno-download-lote xmlns="http://ecommerce.cbmp.com.br">
  <erro>
    <codigo>81</codigo>
    <mensagem>Upload Realizado. Aguardando Processamento.</mensagem>
  </erro>
</retorno-download-lote>
""".encode("iso-8859-1")
RETURN = (
    f'<?xml version="1.0" encoding="ISO-8859-1"?><retorno-lote xmlns="{NAMESPACE}"><dados-ec><numero>{EC}</numero>'
    "<chave>x</chave></dados-ec><numero-lote>999</numero-lote><lista/></retorno-lote>"
).encode()


def wrapped(inside: str) -> bytes:
    return f'<retorno-download-lote xmlns="{NAMESPACE}">{inside}</retorno-download-lote>'.encode()


def erro(code: str, message: str = "m") -> bytes:
    return wrapped(f"<erro><codigo>{code}</codigo><mensagem>{message}</mensagem></erro>")


def cielo(**extra: Any) -> Cielo:
    return Cielo(Access("cielo", "teste", "", EC, CHAVE, extra))


def one(stored: Stored | None = None, **changes: Any) -> Submission:
    values: dict[str, Any] = {"facts": {"numero_lote": 999}, "sent_at": SENT} | changes
    return Submission(
        "cielo-1", "p", "cielo", "teste", EC, "autorizacao", "02", Standing.SENDING, NAME,
        stored or Stored("sealed/x", "0" * 64, 10, True), 1, **values,
    )  # fmt: skip


def kept(archive: Archive, data: bytes = b"<a/>", **changes: Any) -> Submission:
    with archive.write("cielo/sent", NAME, sealed=True) as sheet:
        sheet.write(data)
    return one(sheet.stored, **changes)


def upload(archive: Archive, reply: bytes, status: int = 200) -> Any:
    return cielo().submit(kept(archive), archive).read(Reply(status, {"content-type": "text/html"}, reply))


def check(reply: bytes, status: int = 200, **headers: str) -> Any:
    return cielo().check(one()).read(Reply(status, {k.replace("_", "-"): v for k, v in headers.items()}, reply))


# 2 upload


def test_the_recorded_answer_is_the_receipt_although_it_is_no_xml(archive: Archive) -> None:
    receipt = upload(archive, UPLOADED)
    assert receipt.number == "999"
    assert receipt.received_at == datetime(2016, 5, 27, 15, 50, 38, 24000, BRASILIA)
    assert receipt.promised_at == datetime(2016, 5, 28, 15, 50, 38, 25000, BRASILIA)
    assert receipt.facts["mensagem"].endswith("Favor aguardar o prazo determinado para retorno.")


def test_the_recorded_refusal_100_is_a_number_in_use_whose_return_is_compared_before_it_lands(archive: Archive) -> None:
    receipt = upload(archive, TWICE)
    assert (receipt.number, receipt.received_at) == ("999", SENT)
    assert receipt.promised_at == SENT + timedelta(hours=24)
    assert receipt.facts == {
        "found": "Cielo says that lot number 999 is in use (100)",
        "mensagem": "Nomenclatura inválida. Número de lote já existente ou inválido.",
    }


def test_the_part_is_named_as_in_cielo_s_java_kit_and_can_be_named_otherwise(archive: Archive) -> None:
    for there, name in ((cielo(), b"arqLoteUp"), (cielo(rules={"part_name": "mensagem"}), b"mensagem")):
        body = there.submit(kept(archive), archive).request.body
        assert body is not None
        head = body.open().read().partition(b"\r\n\r\n")[0]
        assert b'Content-Disposition: form-data; name="%s"; filename="%s"' % (name, NAME.encode()) in head
    for wrong in ('a"b', "a\r\nb", "é", ""):
        with pytest.raises(Misconfigured, match="part_name"):
            cielo(rules={"part_name": wrong}).submit(kept(archive), archive)


def test_the_body_is_streamed_and_the_same_each_time(archive: Archive) -> None:
    document = b"<a>" + b"0123456789abcdef" * 20_000 + b"</a>"
    call = cielo().submit(kept(archive, document), archive)
    body = call.request.body
    assert body is not None
    with body.open() as file:
        pieces = list(iter(lambda: file.read(1000), b""))
    assert max(map(len, pieces)) <= 1000 and len(b"".join(pieces)) == body.size
    assert b"".join(pieces) == body.open().read()
    boundary = call.request.headers["Content-Type"].partition("boundary=")[2].encode()
    assert boundary and b"".join(pieces) == b"\r\n".join(
        [b"--" + boundary, *b"".join(pieces).split(b"\r\n")[1:3], b"", document, b"--" + boundary + b"--", b""]
    )
    assert boundary not in document


def test_a_document_that_is_gone_is_an_error_before_any_connection(archive: Archive) -> None:
    submission = kept(archive)
    archive.purge(submission.stored)
    body = cielo().submit(submission, archive).request.body
    assert body is not None
    with pytest.raises(Misconfigured, match="archive holds no"):
        body.open()


def test_a_lot_of_20_mb_has_minutes_to_travel(archive: Archive) -> None:
    call = cielo().submit(kept(archive), archive)
    assert (call.timeout, call.limit) == (300, 1 << 20)
    assert cielo(rules={"send_timeout": "PT20M"}).submit(kept(archive), archive).timeout == 1200


@pytest.mark.parametrize(
    "reply",
    [
        UPLOADED.replace(b"<?XML", b"<?xml"),
        b"\xef\xbb\xbf\r\n " + UPLOADED,
        UPLOADED.partition(b"\n")[2],
        UPLOADED.replace(NAMESPACE.encode(), b"http://ecommerce.cbmp.com.br "),
        UPLOADED.replace(NAMESPACE.encode(), b"other"),
        UPLOADED.replace(b"<mensagem>", b"<novo/><mensagem>"),
        UPLOADED.decode().encode("iso-8859-1"),  # says UTF-8: broken, read by its pattern
        UPLOADED.replace(b"</retorno-upload-lote>", b""),
        UPLOADED.replace(b"est\xc3\xa1", b"<br>&nbsp;"),
        b"<html><body>" + UPLOADED + b"</body></html>",
        UPLOADED.replace(b"<data", b"<x:data").replace(b"</data", b"</x:data"),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_a_receipt_is_found_in_an_odd_answer(archive: Archive, reply: bytes, status: int) -> None:
    receipt = upload(archive, reply, status)
    assert receipt.number == "999" and receipt.received_at == datetime(2016, 5, 27, 15, 50, 38, 24000, BRASILIA)


@pytest.mark.parametrize(
    ("envio", "retorno", "received", "promised"),
    [
        ("ontem", "amanhã", False, False),
        ("", "", False, False),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", False, False),
        ("2016-05-27T15:50:38.024-03:00", "2099-05-28T15:50:38-03:00", True, False),
        ("2016-05-27T15:50:38.024-03:00", "2015-05-28T15:50:38-03:00", True, False),
        ("2016-05-27T15:50:38.024-03:00", "2016-02-30T00:00:00-03:00", True, False),
        (" 2016-05-27T18:50:38.024Z ", "2016-05-28T15:50:38", True, True),
    ],
)
def test_an_absurd_date_is_left_out_and_the_receipt_stays_one(
    archive: Archive, envio: str, retorno: str, received: bool, promised: bool
) -> None:
    reply = UPLOADED.replace(b"2016-05-27T15:50:38.024-03:00", envio.encode())
    receipt = upload(archive, reply.replace(b"2016-05-28T15:50:38.025-03:00", retorno.encode()))
    assert receipt.number == "999"
    assert (receipt.received_at is not None, receipt.promised_at is not None) == (received, promised)
    if received:
        assert receipt.received_at == datetime(2016, 5, 27, 15, 50, 38, 24000, BRASILIA)


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (200, b""),
        (200, b"<html><body>Bad gateway</body></html>"),
        (502, b"<html><body>Bad gateway</body></html>"),
        (503, b"Service Unavailable"),
        (429, b"Too many requests"),
        (401, b""),
        (302, b""),
        (200, UPLOADED[:60]),
        (200, TWICE[:90]),
        (200, RETURN),
        (200, PENDING),
        (200, b"<erro/>"),
        (200, b"<erro><codigo>abc</codigo></erro>"),
        (200, b"<erro><codigo>9999</codigo><mensagem>Novo</mensagem></erro>"),
        (200, b"<a><!-- <data-envio>2016-05-27T15:50:38</data-envio> --><oops"),
        (200, UPLOADED.replace(b"<mensagem>", b"<erro><codigo>071</codigo></erro><mensagem>")),
        (200, UPLOADED.replace(b"<mensagem>", b"<erro><codigo>071</codigo></erro><oops><mensagem>")),
    ],
)
def test_an_unclear_answer_to_an_upload_is_doubt(archive: Archive, status: int, reply: bytes) -> None:
    with pytest.raises(InDoubt) as caught:
        upload(archive, reply, status)
    assert "nothing is sent again" in str(caught.value) and caught.value.submission == "cielo-1"


# 2, 3 download


def test_the_recorded_stage_81_is_081() -> None:
    assert check(PENDING) == Pending("081: Upload Realizado. Aguardando Processamento.")


def test_a_return_file_is_known_by_its_beginning_and_not_read() -> None:
    assert (cielo().check(one()).peek, cielo().fetch(one()).peek) == (64 << 10, 0)
    for reply in (
        RETURN,
        (RETURN + b" " * 70_000)[: 64 << 10],
        b"\n<?XML version='1.0'?>" + RETURN.partition(b"?>")[2],
    ):
        assert check(reply) == Ready()
        assert cielo().fetch(one()).read(Reply(200, {}, reply)) is None


@pytest.mark.parametrize(
    ("reply", "headers"),
    [
        (RETURN, {"content_disposition": "attachment; filename=x.xml"}),
        (b"<outra-raiz/>", {"content_disposition": "Attachment"}),
        (wrapped("<arquivo>PD94bWw=</arquivo>"), {}),
        (wrapped("<arquivo>&lt;retorno-lote/&gt;</arquivo>"), {}),
        (wrapped("<x/><arquivo a='1'>\n <![CDATA[<retorno-lote/>]]></arquivo>"), {}),
        (b"<?xml version='1.0'?><!-- x --><a:retorno-lote xmlns:a='b'>", {}),
    ],
)
def test_every_shape_that_holds_a_return_file_is_ready(reply: bytes, headers: dict[str, str]) -> None:
    assert check(reply, **headers) == Ready()


@pytest.mark.parametrize(
    ("status", "reply", "kind"),
    [
        (200, b"", Malformed),
        (200, b"<html><body>login</body></html>", Malformed),
        (200, wrapped(""), Malformed),
        (200, wrapped("<arquivo/>"), Malformed),
        (200, wrapped("<arquivo> </arquivo>"), Malformed),
        (200, wrapped("<x>" + "y" * 70_000 + "</x>")[: 64 << 10], Malformed),
        (200, erro("9999"), Malformed),
        (200, erro("abc"), Malformed),
        (200, UPLOADED.replace(b"mensagem", b"m"), Malformed),
        (404, b"<html/>", Malformed),
        (200, erro("079"), Unavailable),
        (500, b"<html></html>", Unavailable),
        (503, b"Service Unavailable", Unavailable),
        (503, RETURN, Unavailable),
        (429, b"", Throttled),
        (403, b"", Misconfigured),
        (500, erro("085"), Misconfigured),
    ],
)
def test_a_question_that_fails_says_what_it_failed_of(status: int, reply: bytes, kind: type[MaloteError]) -> None:
    with pytest.raises(MaloteError) as caught:
        check(reply, status)
    assert type(caught.value) is kind


def test_an_html_page_is_no_return_file_although_it_is_attached() -> None:
    for reply in (b"<html><body>x</body></html>", b"<HTML>", b"", b"PK\x03\x04", erro("9999")):
        with pytest.raises(Malformed):
            check(reply, content_disposition="attachment; filename=x.xml")


def test_too_many_requests_says_when_to_come_back() -> None:
    with pytest.raises(Throttled) as caught:
        check(b"", 429, retry_after="17")
    assert caught.value.retry_after == 17.0


def test_a_return_file_may_be_six_times_the_lot_and_takes_its_time() -> None:
    assert cielo().fetch(one()).limit == 64 << 20
    large = one(Stored("x", "0" * 64, 20_000_000, True))
    assert (cielo().fetch(large).limit, cielo().fetch(large).timeout) == (120_000_000, 600)


def test_the_chave_is_escaped_travels_url_encoded_and_is_in_no_repr() -> None:
    call = cielo().check(one())
    assert call.request.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert call.request.body is not None
    assert b"%3Cchave%3Ee84827130b98%26lt%3B%26amp%3B%27%22%26gt%3B%3C%2Fchave%3E" in call.request.body.open().read()
    assert CHAVE not in repr(call) + repr(call.request) + repr(cielo()) + repr(cielo().access)
    with pytest.raises(Misconfigured, match="chave"):
        Cielo(Access("cielo", "teste", "", EC)).probe()


def test_the_way_is_open_whatever_a_get_is_answered_below_500() -> None:
    preflight = cielo().preflight()
    assert preflight.request.method == "GET" and preflight.request.body is None
    for status in (200, 302, 404, 405):
        assert preflight.read(Reply(status, {}, b"<html/>")) == "qasecommerce.cielo.com.br is reached"
    with pytest.raises(Unavailable):
        preflight.read(Reply(502, {}, b""))


def test_a_receipt_that_a_person_gave_is_the_lot_that_is_asked_for_and_must_be_a_number() -> None:
    body = cielo().check(one(receipt="0000001000")).request.body
    assert body is not None and b"%3Cnumero-lote%3E1000%3C" in body.open().read()
    for wrong in ("abc", "0", "1000000000"):
        with pytest.raises(Misconfigured, match="no lot number"):
            cielo().check(one(receipt=wrong))


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
    assert "malote resolve cielo-1 --receipt 999" in finding.search


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
    assert "sent again 6 times" in finding.evidence and "malote resolve cielo-1 --receipt 999" in finding.search
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
