"""The manual of Processamento em Lote, clause by clause, with its own XML examples: what is sent, what codes mean."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, MaloteError, Misconfigured, Refused, Unavailable
from malote.institution import Access, Reply, Request
from malote.institutions.cielo.institution import Cielo
from malote.institutions.cielo.rules import CODES, NAMESPACE, OPERATIONS, CieloRules, batch_code
from malote.submission import Pending, Standing, Stored, Submission

BRASILIA = timezone(timedelta(hours=-3))
EC, CHAVE = "1006993069", "25fbb997438630f30b112d033ce2e621b34f3"
NAME = "ECOMM_1006993069_02_20121002_0000000086.xml"
UPLOADED = """<?xml version="1.0" encoding="UTF-8"?>
<retorno-upload-lote xmlns="http://ecommerce.cbmp.com.br ">
    <data-envio>2012-10-08T09:38:04.284-03:00</data-envio>
    <data-retorno>2012-10-09T09:38:04.284-03:00</data-retorno>
    <mensagem>Seu lote está válido para processamento. Favor aguardar o determinado para retorno.</mensagem>
</retorno-upload-lote>
""".encode()
# The manual's code table, column by column: code, kind, frees.
TABLE = [
    ("071", "refused", True), ("072", "arrived", False), ("073", "refused", True), ("074", "wait", False),
    ("075", "refused", True), ("076", "refused", True), ("079", "doubt", False), ("080", "refused", True),
    ("081", "wait", False), ("082", "wait", False), ("083", "refused", True), ("084", "misconfigured", False),
    ("085", "misconfigured", False),
]  # fmt: skip


def cielo(environment: str = "producao", base_url: str = "", login: str = EC, **extra: Any) -> Cielo:
    return Cielo(Access("cielo", environment, base_url, login, CHAVE, extra))


def one(stored: Stored | None = None, **changes: Any) -> Submission:
    values: dict[str, Any] = {"facts": {"numero_lote": 86}, "receipt": "86"} | changes
    return Submission(
        "cielo-1", "p", "cielo", "producao", EC, "autorizacao", "02", Standing.RECEIVED, NAME,
        stored or Stored("sealed/x", "0" * 64, 10, True), 1, **values,
    )  # fmt: skip


def kept(archive: Archive, data: bytes, **changes: Any) -> Submission:
    with archive.write("cielo/sent", NAME, sealed=True) as sheet:
        sheet.write(data)
    return one(sheet.stored, receipt=None, **changes)


def body(request: Request) -> bytes:
    assert request.body is not None
    with request.body.open() as file:
        return file.read()


def asked(request: Request) -> Any:
    return etree.fromstring(parse_qs(body(request).decode(), strict_parsing=True)["mensagem"][0].encode())


def erro(code: str, message: str = "x") -> bytes:
    return f'<erro xmlns="{NAMESPACE}"><codigo>{code}</codigo><mensagem>{message}</mensagem></erro>'.encode()


def outcome(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except MaloteError as error:
        return error


# Regras


def test_regra_2_the_limit_of_20_mb_is_taken_as_the_smaller_and_27000_items() -> None:
    assert (CieloRules().lot_bytes, CieloRules().lot_items) == (20 * 1000**2, 27_000)


def test_regra_3_the_operations_are_the_seven_of_the_annex() -> None:
    assert [operation.code for operation in OPERATIONS.values()] == ["02", "03", "04", "05", "06", "07", "08"]
    assert tuple(OPERATIONS) == Cielo.services == tuple(Cielo.tables)
    assert {table.name for table in Cielo.tables.values()} == {"cielo.transacao"}


def test_regra_3_the_ec_of_the_connection_is_the_one_establishment_of_all_its_lots() -> None:
    assert cielo().account == EC
    assert {cielo().scope(service, "02").split("/")[2] for service in Cielo.services} == {EC}


@pytest.mark.parametrize("login", ["", "100699306", "10069930690", "100699306X", "１００６９９３０６９"])
def test_regra_4b_the_ec_has_ten_digits(login: str) -> None:
    with pytest.raises(Misconfigured, match="10 digits"):
        cielo(login=login)


def test_regra_4e_the_lot_number_is_sequential_and_starts_where_the_user_says() -> None:
    assert cielo().rules.first_lot == 1
    assert cielo(rules={"first_lot": 87}).rules.first_lot == 87


# Mensagem de upload


def test_upload_is_a_post_by_https_of_the_file_under_its_ecomm_name(archive: Archive) -> None:
    document = "<?xml version='1.0'?><requisicao-lote>ação</requisicao-lote>".encode()
    call = cielo().submit(kept(archive, document), archive)
    assert call.submits and call.request.method == "POST"
    assert call.request.url == "https://ecommerce.cielo.com.br/lote/ecommwsecLoteUpload.do"
    assert call.request.body is not None and call.request.body.size == len(body(call.request))
    headers = "".join(f"{name}: {value}\r\n" for name, value in call.request.headers.items()).encode()
    (part,) = message_from_bytes(headers + b"\r\n" + body(call.request)).get_payload()
    assert part.get_filename() == NAME
    assert part.get_payload(decode=True) == document


def test_upload_s_answer_is_the_receipt_with_its_two_dates(archive: Archive) -> None:
    receipt = cielo().submit(kept(archive, b"<a/>"), archive).read(Reply(200, {}, UPLOADED))
    assert receipt.number == "86"
    assert receipt.received_at == datetime(2012, 10, 8, 9, 38, 4, 284000, BRASILIA)
    assert receipt.promised_at == datetime(2012, 10, 9, 9, 38, 4, 284000, BRASILIA)
    assert receipt.facts["mensagem"].startswith("Seu lote está válido para processamento.")


# Mensagem de solicitação de download


def test_download_is_asked_for_with_ec_chave_and_lot_number() -> None:
    for request in (cielo().check(one()).request, cielo().fetch(one()).request):
        assert (request.method, urlsplit(request.url).scheme) == ("POST", "https")
        root = asked(request)
        assert root.tag == f"{{{NAMESPACE}}}requisicao-download-retorno-lote"
        assert set(root.attrib) == {"id", "versao"}
        leaves = [(etree.QName(leaf).localname, leaf.text) for leaf in root.iter() if not len(leaf)]
        assert leaves == [("numero", EC), ("chave", CHAVE), ("numero-lote", "86")]


def test_download_is_asked_for_after_twelve_hours_then_hourly_until_the_promised_return_and_a_day() -> None:
    rules = CieloRules()
    assert rules.return_after == timedelta(hours=12)
    assert rules.poll_every == timedelta(hours=1) and 0 < rules.poll_jitter < 0.5
    assert rules.patience == timedelta(hours=24)
    assert rules.opening_hours == ""
    later = cielo(rules={"return_after": "PT2H", "patience": "PT36H"}).rules
    assert (later.return_after, later.patience) == (timedelta(hours=2), timedelta(hours=36))


def test_download_says_in_which_stage_it_is_pending() -> None:
    progress = cielo().check(one()).read(Reply(200, {}, erro("081", "Lote em processamento")))
    assert progress == Pending("081: Lote em processamento")


def test_download_orders_the_segunda_via_which_is_waited_for() -> None:
    told = (
        f'<retorno-download-lote xmlns="{NAMESPACE}"><mensagem>Solicite mais tarde.</mensagem></retorno-download-lote>'
    )
    for reply in (told.encode(), b"<mensagem>Solicite mais tarde.</mensagem>"):
        assert cielo().check(one()).read(Reply(200, {}, reply)) == Pending("Solicite mais tarde.")
        assert cielo().fetch(one()).read(Reply(200, {}, reply)) == Pending("Solicite mais tarde.")


# Códigos de resposta


def test_the_table_of_codes_is_the_manual_s_and_the_one_that_was_recorded() -> None:
    assert [(code.code, code.kind, code.frees) for code in CODES] == [*TABLE, ("100", "arrived", False)]
    assert Cielo.codes is CODES
    assert all(code.meaning and code.action and code.source for code in CODES)


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for code, kind, _ in TABLE if kind != "arrived"])
@pytest.mark.parametrize("printed", ["{}", "{:d}", "\n {} "])
def test_each_code_after_an_upload(archive: Archive, code: str, kind: str, printed: str) -> None:
    shown = printed.format(code) if "d" not in printed else str(int(code))
    call = cielo().submit(kept(archive, b"<a/>"), archive)
    error = outcome(lambda: call.read(Reply(200, {}, erro(shown, "Motivo"))))
    expected = {"refused": Refused, "misconfigured": Misconfigured}.get(kind, InDoubt)
    assert type(error) is expected
    assert error.code == code and error.meaning and error.facts == {"mensagem": "Motivo"}
    if kind in ("refused", "misconfigured"):
        found = batch_code(code)
        assert found is not None and error.todo == found.action and error.kept


@pytest.mark.parametrize("code", ["072", "72", "100"])
def test_a_number_in_use_is_a_receipt_whose_return_is_compared(archive: Archive, code: str) -> None:
    receipt = cielo().submit(kept(archive, b"<a/>"), archive).read(Reply(200, {}, erro(code, "Motivo")))
    assert receipt.number == "86" and "in use" in receipt.facts["found"] and receipt.facts["mensagem"] == "Motivo"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("071", Malformed), ("072", Malformed), ("073", Malformed), ("074", Pending), ("075", Malformed),
        ("076", Malformed), ("079", Unavailable), ("080", Malformed), ("081", Pending), ("082", Pending),
        ("083", Malformed), ("084", Misconfigured), ("085", Misconfigured), ("100", Malformed), ("777", Malformed),
    ],
)  # fmt: skip
def test_each_code_after_a_question(code: str, kind: type[Any]) -> None:
    for there in (cielo().check(one()), cielo().fetch(one())):
        for reply in (erro(code), erro(str(int(code)))):
            assert type(outcome(lambda call=there, said=reply: call.read(Reply(200, {}, said)))) is kind


@pytest.mark.parametrize("code", ["071", "072", "073", "074", "075", "076", "080", "081", "082", "083", "100"])
def test_any_known_code_but_a_denial_proves_the_credentials(code: str) -> None:
    assert cielo().probe().read(Reply(200, {}, erro(code))) == f"Cielo knows EC {EC} and accepts its chave"


@pytest.mark.parametrize(("code", "said"), [("084", f"does not know EC {EC}"), ("085", f"the chave of EC {EC}")])
def test_084_and_085_say_which_field_of_the_connection_is_wrong(code: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        cielo().probe().read(Reply(200, {}, erro(code)))


def test_the_test_of_the_connection_asks_for_a_lot_that_does_not_exist_and_changes_nothing() -> None:
    probe = cielo().probe()
    assert asked(probe.request).findtext("{*}numero-lote") == "999999999" and not probe.submits
    for reply in (erro("777"), b"<html/>", b""):
        with pytest.raises(Malformed):
            probe.read(Reply(200, {}, reply))


def test_074_waits_until_the_deadline_and_082_says_that_a_copy_was_ordered() -> None:
    for code, word in (("074", "deadline"), ("082", "second copy")):
        found = batch_code(code)
        assert found is not None and word in found.action


def test_the_addresses_are_checked_against_the_environment() -> None:
    assert cielo("teste").check(one()).request.url == (
        "https://qasecommerce.cielo.com.br/lote/ecommwsecLoteDownload.do"
    )
    for environment, url in [
        ("teste", "https://ecommerce.cielo.com.br"),
        ("producao", "https://qasecommerce.cielo.com.br"),
        ("producao", "http://ecommerce.cielo.com.br"),
        ("producao", "https://ecommerce.cielo.com.br.example.com"),
        ("simulator", "https://ecommerce.cielo.com.br"),
        ("simulator", "https://ecommerce.cbmp.com.br"),
        ("simulator", "https://ECOMMERCE.CBMP.COM.BR."),
        ("simulator", ""),
        ("simulator", "http://example.com"),
        ("homologacao", ""),
    ]:
        with pytest.raises(Misconfigured):
            cielo(environment, url)
    assert (
        cielo("simulator", "http://localhost:8080/").check(one()).request.url.startswith("http://localhost:8080/lote")
    )


def test_the_return_of_another_lot_is_not_taken() -> None:
    answer = f'<retorno-lote xmlns="{NAMESPACE}"><numero-lote>0000000087</numero-lote><lista/></retorno-lote>'.encode()
    with pytest.raises(Malformed, match="another lot"):
        list(cielo().read(one(), io.BytesIO(answer)))
    assert list(cielo().read(one(), io.BytesIO(answer.replace(b"87", b"86")))) == []
