"""Cielo's fact sheet, sections 2 and 3: upload and download."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, MaloteError, Misconfigured, Throttled, Unavailable
from malote.institution import Access, Reply
from malote.institutions.cielo.institution import Cielo
from malote.institutions.cielo.rules import NAMESPACE
from malote.submission import Pending, Ready, Stored
from support.cielo import (
    BRASILIA,
    CHAVE,
    EC,
    NAME,
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


@pytest.mark.parametrize(
    ("status", "reply", "ends"),
    [
        (200, erro("074"), f"Cielo knows EC {EC}"),
        (200, erro("081"), f"Cielo knows EC {EC}"),
        (200, erro("084"), Misconfigured),
        (200, erro("085"), Misconfigured),
        (200, erro("079"), Unavailable),
        (200, b"<html/>", Malformed),
        (404, b"", Malformed),
        (502, b"", Unavailable),
    ],
)
def test_the_way_is_tried_by_a_documented_question_that_changes_nothing(
    status: int, reply: bytes, ends: str | type[MaloteError]
) -> None:
    preflight = cielo().preflight()
    body = preflight.request.body
    assert preflight.request.method == "POST" and body is not None and not preflight.submits
    assert b"%3Cnumero-lote%3E999999999%3C" in body.open().read()
    if isinstance(ends, str):
        assert ends in preflight.read(Reply(status, {}, reply))
    else:
        with pytest.raises(ends):
            preflight.read(Reply(status, {}, reply))


def test_a_receipt_that_a_person_gave_is_the_lot_that_is_asked_for_and_must_be_a_number() -> None:
    body = cielo().check(one(receipt="0000001000")).request.body
    assert body is not None and b"%3Cnumero-lote%3E1000%3C" in body.open().read()
    for wrong in ("abc", "0", "1000000000"):
        with pytest.raises(Misconfigured, match="no lot number"):
            cielo().check(one(receipt=wrong))
