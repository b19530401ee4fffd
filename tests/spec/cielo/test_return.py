"""The return file to rows and into the table: every field, every outcome, whatever odd was seen or must be feared."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

import psycopg
import pytest
from psycopg.rows import dict_row

from malote.archive import Archive
from malote.clock import HeldClock
from malote.errors import InDoubt, Malformed
from malote.institution import Access
from malote.institutions.cielo.answers import TABLE, outcomes
from malote.institutions.cielo.institution import Cielo
from malote.institutions.cielo.rules import NAMESPACE, OPERATIONS, item_id
from malote.submission import Standing, Stored, Submission
from malote.trip import Landing

EC, LOT = "1006993069", 86
SERVICE = {operation.code: service for service, operation in OPERATIONS.items()}
CARD = "4012001037141112"

# Sheet 4.3: the nodes of an on-line answer in their order.
PAID = """<transacao id="{id}" versao="1.2.1">
<tid>10069930690000000001</tid><pan>IqVz7P9zaIgTYdU41HaW/OB/d7Idwttqwb2vaTt8MT0=</pan>
<dados-pedido><numero>P1</numero><valor>102099</valor><moeda>986</moeda><data-hora>2026-11-22T10:00:00.123-03:00</data-hora>
<descricao>Pedido 1</descricao><idioma>PT</idioma><taxa-embarque>0</taxa-embarque></dados-pedido>
<forma-pagamento><bandeira>visa</bandeira><produto>2</produto><parcelas>3</parcelas></forma-pagamento><status>6</status>
<autenticacao><codigo>6</codigo><mensagem>Transacao sem autenticacao</mensagem>
<data-hora>2026-11-22T23:00:00-03:00</data-hora><valor>102099</valor><eci>7</eci></autenticacao>
<autorizacao><codigo>6</codigo><mensagem>Transação autorizada</mensagem>
<data-hora>2026-11-22T23:00:01.5-03:00</data-hora><valor>102099</valor><lr>00</lr><arp>036318</arp><nsu>000123</nsu></autorizacao>
<captura><codigo>6</codigo><mensagem>Transacao capturada com sucesso</mensagem>
<data-hora>2026-11-22T23:00:02Z</data-hora><valor>102000</valor></captura>
<token><dados-token><codigo-token>TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=</codigo-token><status>1</status>
<numero-cartao-truncado>455187******0183</numero-cartao-truncado></dados-token></token>
</transacao>"""
CANCELAMENTO = """<cancelamento><codigo>9</codigo><mensagem>{0}</mensagem><data-hora>{1}</data-hora>
<valor>{2}</valor></cancelamento>"""
CANCELAMENTOS = "".join(
    ["<cancelamentos>", CANCELAMENTO.format("Parcial", "2026-11-23T08:00:00-03:00", 2000),
     CANCELAMENTO.format("Última", "2026-11-24T08:00:00-03:00", 99), "</cancelamentos>"]
)  # fmt: skip


def denied(lr: str | None, id: str = "", more: str = "", status: str = "5") -> str:
    inside = f"<lr>{lr}</lr>" if lr is not None else ""
    return (
        f'<transacao id="{id}"><tid>t2</tid><dados-pedido><numero>P2</numero><valor>100</valor></dados-pedido>'
        f"<status>{status}</status><autorizacao><codigo>5</codigo><mensagem>Autorizacao negada</mensagem>{inside}"
        f"</autorizacao>{more}</transacao>"
    )


def erro(code: str, id: str | None = None, message: str = "Motivo") -> str:
    return f"<erro{'' if id is None else f' id={id!r}'}><codigo>{code}</codigo><mensagem>{message}</mensagem></erro>"


def token(inside: str, id: str = "x") -> str:
    return f'<retorno-token id="{id}" versao="1.2.1"><token>{inside}</token></retorno-token>'


def answer(*items: str, lot: str | None = "86", encoding: str = "ISO-8859-1", declared: bool = True) -> bytes:
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n' if declared else ""
    number = "" if lot is None else f"<numero-lote>{lot}</numero-lote>"
    return (
        f'{head}<retorno-lote xmlns="{NAMESPACE}"><dados-ec><numero>{EC}</numero><chave>segredo</chave></dados-ec>'
        f"{number}<lista>{''.join(items)}</lista></retorno-lote>"
    ).encode(encoding)


def cielo() -> Cielo:
    return Cielo(Access("cielo", "simulator", "https://localhost", EC, "chave"))


def one(operation: str = "02", **changes: Any) -> Submission:
    values: dict[str, Any] = {"facts": {"numero_lote": LOT}, "receipt": str(LOT)} | changes
    return Submission(
        "cielo-1", "p", "cielo", "simulator", EC, SERVICE[operation], operation, Standing.ANSWERED, "n",
        Stored("s", "0" * 64, 1, True), 3, **values,
    )  # fmt: skip


def rows(data: bytes | BinaryIO, operation: str = "02") -> list[dict[str, Any]]:
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    names = (*TABLE.columns, "echo", "outcome", "code", "message")
    return [dict(zip(names, row, strict=True)) for row in cielo().read(one(operation), stream)]


def row(item: str, operation: str = "02", **how: Any) -> dict[str, Any]:
    (only,) = rows(answer(item, **how), operation)
    return only


# ---- the fields


def test_every_field_of_a_transaction_lands_as_it_was_written() -> None:
    found = row(PAID.replace("</transacao>", f"{CANCELAMENTOS}</transacao>").format(id="abc"))
    assert {name: value for name, value in found.items() if value is not None} == {
        "operacao": "02", "numero_lote": "86", "item_id": "abc", "tid": "10069930690000000001", "numero_pedido": "P1",
        "valor": "102099", "moeda": "986", "pedido_data_hora": "2026-11-22T10:00:00.123-03:00", "bandeira": "visa",
        "produto": "2", "parcelas": "3", "status": "6", "situacao": "Capturada", "autorizacao_codigo": "6",
        "autorizacao_mensagem": "Transação autorizada", "autorizacao_data_hora": "2026-11-22T23:00:01.5-03:00",
        "autorizacao_valor": "102099", "lr": "00", "lr_significado": "Transação autorizada", "arp": "036318",
        "nsu": "000123", "eci": "7", "captura_mensagem": "Transacao capturada com sucesso",
        "captura_data_hora": "2026-11-22T23:00:02Z", "captura_valor": "102000", "cancelamentos": "2",
        "cancelado_valor": "2099", "cancelamento_data_hora": "2026-11-24T08:00:00-03:00",
        "cancelamento_mensagem": "Última", "codigo_token": "TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=",
        "token_status": "1", "numero_cartao_truncado": "455187******0183", "echo": ("abc", "P1"),
        "outcome": "accepted", "code": "00", "message": "Transação autorizada",
    }  # fmt: skip


def test_pan_and_chave_land_nowhere() -> None:
    assert not {"pan", "chave"} & set(TABLE.columns)
    assert "IqVz7P9z" not in repr(row(PAID)) and "segredo" not in repr(row(PAID))


def test_the_old_single_cancellation_counts_once_beside_the_list() -> None:
    single = CANCELAMENTO.format("Única", "2026-11-23T08:00:00-03:00", 5)
    for inside, n, total in (
        (single, "1", "5"),
        (single + CANCELAMENTOS, "2", "2099"),
        (CANCELAMENTOS + single, "2", "2099"),
    ):
        found = row(PAID.replace("</transacao>", f"{inside}</transacao>"))
        assert (found["cancelamentos"], found["cancelado_valor"]) == (n, total)


def test_a_failed_token_inside_a_good_transaction_keeps_the_transaction_and_its_own_error() -> None:
    broken = "<token><erro><codigo>057</codigo><mensagem>Erro gerando token</mensagem></erro></token></transacao>"
    item = PAID.partition("<token>")[0] + broken
    first, second = rows(answer(item.format(id="a"), PAID.format(id="b")))
    assert (first["outcome"], first["tid"], first["valor"]) == ("accepted", "10069930690000000001", "102099")
    assert (first["token_erro_codigo"], first["token_erro_mensagem"]) == ("057", "Erro gerando token")
    assert first["erro_codigo"] is None and second["token_erro_codigo"] is None


def test_renova_facil_lands_first_6_and_last_4_of_the_new_card_and_nothing_else_of_it() -> None:
    new = f"<numero>{CARD}</numero><validade>203012</validade><nome-portador>FULANO</nome-portador>"
    found = row(denied("54", more=f"<dados-portador>{new}</dados-portador>"))
    assert (found["renova_facil"], found["renova_cartao_truncado"]) == ("t", "401200******1112")
    assert not {CARD, "203012", "FULANO"} & set(map(str, found.values()))
    assert row(denied("54"))["renova_facil"] is None


def test_renova_facil_by_token_lands_the_new_token() -> None:
    assert row(denied("54", more="<dados-portador><token>T2=</token></dados-portador>"))["codigo_token"] == "T2="


@pytest.mark.parametrize(
    ("printed", "shown"),
    [("401200******3335", "401200******3335"), (CARD, "401200******1112"), ("4551 8700 0000 0183", "455187******0183"),
     ("4551870183", "4551870183"), (f"no {CARD}", "no 401200******1112")],
)  # fmt: skip
def test_a_truncated_number_that_is_not_truncated_is_truncated_here(printed: str, shown: str) -> None:
    found = row(
        token(
            f"<dados-token><codigo-token>T</codigo-token><numero-cartao-truncado>{printed}</numero-cartao-truncado></dados-token>"
        ),
        "05",
    )
    assert found["numero_cartao_truncado"] == shown


def test_a_card_that_a_message_quotes_is_masked_wherever_a_message_lands() -> None:
    quoted = f"cartão {CARD}, valor '123'"
    item = PAID.replace("Transação autorizada", quoted).replace("Transacao capturada com sucesso", quoted)
    more = (
        CANCELAMENTO.format(quoted, "", "")
        + f"<token><erro><codigo>57</codigo><mensagem>{quoted}</mensagem></erro></token>"
    )
    found = rows(answer(item.replace("</transacao>", f"{more}</transacao>"), erro("010", "x", quoted)))
    assert CARD not in repr(found) and "'123'" not in repr(found)
    assert repr(found).count("cartão 401200******1112, valor '…'") == 7  # five columns, and what the journal keeps


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ("<valor>102099</valor>", "valor"),
        ("<valor>102000</valor>", "captura_valor"),
        ("<parcelas>3</parcelas>", "parcelas"),
    ],
)
@pytest.mark.parametrize("text", ["", "x", "1,50", "-1", "１２", "9" * 31, "1e5"])
def test_a_number_that_does_not_parse_is_null_and_stops_nothing(wrong: str, column: str, text: str) -> None:
    element = wrong[: wrong.index(">") + 1], wrong[wrong.index("</") :]
    found = row(PAID.replace(wrong, text.join(element)), encoding="UTF-8")
    assert found[column] is None and found["tid"] and found["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("text", "landed"),
    [
        ("2026-02-28T23:59:59", "2026-02-28T23:59:59 America/Sao_Paulo"),
        (" 2026-02-28T23:59:59.1Z\n", "2026-02-28T23:59:59.1Z"),
        *((each, None) for each in (
            "", "ontem", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "2026-W01-1T00:00:00Z",
            "20260228T000000", "2026-02-28T24:00:00Z", "2026-02-28T00:60:00Z", "2026-02-28T00:00:00+15:00",
            "2026-02-28", "2026-02-28T00:00:00Z; drop table", "２０２６-02-28T00:00:00Z", "-2026-02-28T00:00:00Z",
        )),
    ],
)  # fmt: skip
def test_an_instant_lands_with_its_zone_or_not_at_all(text: str, landed: str | None) -> None:
    found = row(PAID.replace("2026-11-22T23:00:02Z", text), encoding="UTF-8")
    assert found["captura_data_hora"] == landed and found["outcome"] == "accepted"


# ---- the outcomes


def test_the_statuses_are_those_of_the_manual_in_words() -> None:
    assert outcomes.STATUS == {
        "0": "Criada", "1": "Em andamento", "2": "Autenticada", "3": "Não autenticada", "4": "Autorizada",
        "5": "Não autorizada", "6": "Capturada", "9": "Cancelada", "10": "Em autenticação", "12": "Em cancelamento",
    }  # fmt: skip


@pytest.mark.parametrize("operation", ["02", "08"])
@pytest.mark.parametrize("status", ["0", "1", "2", "3", "4", "6", "7", "8", "9", "10", "11", "12", "99", "x", ""])
def test_an_authorisation_is_accepted_when_authorised_or_captured_and_locked_when_unclear(
    operation: str, status: str
) -> None:
    found = row(PAID.replace("<status>6</status>", f"<status>{status}</status>"), operation)
    assert found["outcome"] == ("accepted" if status in ("4", "6") else "unanswered")
    assert found["situacao"] == outcomes.STATUS.get(status, "status desconhecido")
    assert found["status"] == (status or None)
    assert found["permite_retentativa"] == (None if status in ("4", "6") else "f")


def test_the_lr_table_has_its_107_rows_and_the_30_that_permit_a_retry() -> None:
    assert (len(outcomes.LR_ROWS), len(outcomes.LR)) == (107, 106)
    again = "05 19 25 28 51 57 60 61 62 65 67 70 89 91 92 96 98 99 999 AA AE AV BL BO DF DM DS EB EK R1"
    assert " ".join(sorted(code for code, lr in outcomes.LR.items() if lr.retry)) == again
    assert [lr.code for lr in outcomes.LR_ROWS].count("FG") == 2
    assert {code for code, lr in outcomes.LR.items() if lr.meaning} == outcomes.LR_AUTHORISED | {"FF"}


@pytest.mark.parametrize("lr", [*outcomes.LR, "9", "0051", "BP176", "ZZ", " 51 ", "aa", None, ""])
@pytest.mark.parametrize("operation", ["02", "08"])
def test_a_denial_may_travel_again_only_where_its_lr_permits(lr: str | None, operation: str) -> None:
    found = row(denied(lr), operation)
    known = outcomes.LR.get((lr or "").strip().upper())
    again = known is not None and known.retry
    assert found["outcome"] == ("refused" if again else "refused_for_good")
    assert found["permite_retentativa"] == ("t" if again else "f")
    assert found["lr"] == ((lr or "").strip() or None)
    assert bool(found["lr_significado"]) == bool((lr or "").strip())
    assert (found["code"], found["message"]) == ((lr or "").strip() or "5", "Autorizacao negada")


def test_a_denial_says_in_words_whether_a_retry_is_permitted() -> None:
    said = {lr: row(denied(lr))["lr_significado"] for lr in ("51", "04", "ZZ")}
    assert said == {
        "51": "Não autorizada: permite retentativa",
        "04": "Não autorizada: não permite retentativa",
        "ZZ": "LR fora da tabela: não permite retentativa",
    }


@pytest.mark.parametrize("code", [*outcomes.ERROS, 4, 79, 100, 9999])
@pytest.mark.parametrize("operation", ["02", "03", "04", "05", "06", "07", "08"])
def test_each_error_of_an_item_frees_it_or_says_look_first(code: int, operation: str) -> None:
    for printed in (f"{code}", f"{code:03}"):
        found = row(erro(printed, "abc"), operation)
        locked = code in (97, 98, 99, 475) or code not in outcomes.ERROS
        assert found["outcome"] == ("unanswered" if locked else "refused")
        assert (found["situacao"], found["erro_codigo"], found["erro_mensagem"]) == ("erro", printed, "Motivo")
        assert (found["echo"], found["code"], found["message"]) == (("abc", None), printed, "Motivo")
        assert found["permite_retentativa"] == ("f" if locked else "t")


def test_the_table_of_errors_has_the_codes_of_the_sheet() -> None:
    listed = (
        "1 2 3 8 10 11 12 13 14 15 16 17 18 19 20 21 22 25 30 31 32 33 34 35 36 40 41 42 43 51 52 53 54 55 56 57 61 "
    )
    listed += "77 78 86 87 88 89 90 95 97 98 99 475"
    assert sorted(outcomes.ERROS) == [int(code) for code in listed.split()]


def test_an_error_without_words_or_code_is_told_by_the_table_and_locked() -> None:
    assert row(erro("052", "a", ""))["message"] == "Token inválido"
    assert row("<erro/>")["outcome"] == "unanswered"
    assert row("<erro><codigo> </codigo></erro>")["code"] is None


def test_a_message_in_a_cdata_section_with_line_breaks_is_one_line() -> None:
    found = row(erro("030", "a", "<![CDATA[\nStatus inválido\n  para captura]]>"), "04")
    assert found["erro_mensagem"] == "Status inválido para captura"


@pytest.mark.parametrize(
    ("status", "cancelled", "outcome"),
    [("9", False, "accepted"), ("9", True, "accepted"), ("6", True, "accepted"), ("4", True, "accepted"),
     ("6", False, "unanswered"), ("4", False, "unanswered"), ("12", True, "unanswered"), ("5", True, "unanswered")],
)  # fmt: skip
def test_a_cancellation_is_accepted_whole_or_in_part_only_where_it_shows(
    status: str, cancelled: bool, outcome: str
) -> None:
    item = PAID.replace("<status>6<", f"<status>{status}<").replace(
        "</transacao>", f"{CANCELAMENTOS * cancelled}</transacao>"
    )
    found = row(item, "03")
    assert (found["outcome"], found["echo"][1]) == (outcome, "10069930690000000001")


@pytest.mark.parametrize(
    ("status", "captured", "outcome"),
    [("6", True, "accepted"), ("6", False, "unanswered"), ("4", True, "unanswered"), ("4", False, "unanswered")],
)
def test_a_capture_is_accepted_where_it_is_there_and_the_status_says_so(
    status: str, captured: bool, outcome: str
) -> None:
    item = PAID.replace("<status>6<", f"<status>{status}<")
    item = item if captured else item.partition("<captura>")[0] + "</transacao>"
    assert row(item, "04")["outcome"] == outcome


@pytest.mark.parametrize(("operation", "name"), [("06", "10069930690000000001"), ("07", "P1")])
@pytest.mark.parametrize("status", ["0", "5", "6", "12", "99"])
def test_a_query_is_answered_whatever_it_says(operation: str, name: str, status: str) -> None:
    found = row(PAID.replace("<status>6<", f"<status>{status}<").format(id="q"), operation)
    assert (found["outcome"], found["echo"]) == ("accepted", ("q", name))


@pytest.mark.parametrize(
    ("inside", "outcome", "situacao"),
    [
        ("<dados-token><codigo-token>T=</codigo-token></dados-token>", "accepted", "Tokenizada"),
        ("<erro><codigo>010</codigo><mensagem>Cartão</mensagem></erro>", "refused", "erro"),
        ("<erro><codigo>057</codigo></erro>", "refused", "erro"),
        ("<erro><codigo>098</codigo></erro>", "unanswered", "erro"),
        ("<dados-token/>", "unanswered", "status desconhecido"),
        ("", "unanswered", "status desconhecido"),
    ],
)
def test_a_tokenisation_is_accepted_with_a_token_and_judged_by_its_error(
    inside: str, outcome: str, situacao: str
) -> None:
    for item in (token(inside), f'<transacao id="x"><token>{inside}</token></transacao>'):
        found = row(item, "05")
        assert (found["outcome"], found["situacao"], found["item_id"]) == (outcome, situacao, "x")


# ---- what real servers do


ODD = {
    "as UTF-8": lambda: answer(PAID, encoding="UTF-8"),
    "undeclared, in UTF-8": lambda: answer(PAID, encoding="UTF-8", declared=False),
    "undeclared, in ISO-8859-1": lambda: answer(PAID, declared=False),
    "<?XML": lambda: answer(PAID).replace(b"<?xml", b"<?XML"),
    "blanks and a byte order mark first": lambda: b"\r\n \xef\xbb\xbf" + answer(PAID, encoding="UTF-8"),
    "a namespace with a trailing blank": lambda: answer(PAID).replace(b".br\"", b".br \""),
    "no namespace": lambda: answer(PAID).replace(f' xmlns="{NAMESPACE}"'.encode(), b""),
    "another namespace, prefixed": lambda: prefixed(answer(PAID)),
    "padded lot number": lambda: answer(PAID, lot=" 0000000086\n"),
    "no lot number": lambda: answer(PAID, lot=None),
    "no pan": lambda: answer(PAID.replace("<pan>IqVz7P9zaIgTYdU41HaW/OB/d7Idwttqwb2vaTt8MT0=</pan>", "")),
    "unknown elements": lambda: answer(
        PAID.replace("<tid>", "<novo><status>9</status><valor>1</valor><token><tid>0</tid></token></novo><tid>")
        .replace("<lr>", "<par>x</par><mac><lr>51</lr></mac><lr>")
    ),
    "blanks everywhere": lambda: answer(PAID.replace("<status>6<", "<status>\n 6 <").replace(">00<", "> 00\t<")),
    "comments and instructions": lambda: answer(PAID.replace("visa", "vi<!-- x -->sa<?pi x?>")),
    "an url-autenticacao": lambda: answer(PAID.replace("<token>", "<url-autenticacao>u</url-autenticacao><token>")),
}  # fmt: skip


def prefixed(data: bytes) -> bytes:
    return data.replace(b"</", b"</y:").replace(b"<?", b"\0").replace(b"<", b"<y:").replace(b"<y:/y:", b"</y:").replace(
        b"\0", b"<?"
    ).replace(b"xmlns=", b"xmlns:y=")  # fmt: skip


@pytest.mark.parametrize("make", ODD.values(), ids=ODD.keys())
def test_an_odd_return_gives_the_same_row(make: Any) -> None:
    (plain,) = rows(answer(PAID))
    assert rows(make()) == [plain]


def wrapped(inside: str | bytes, encoding: str = "UTF-8", declared: bool = True) -> bytes:
    head = f'<?xml version="1.0" encoding="{encoding}"?>' if declared else ""
    text = inside.decode(encoding) if isinstance(inside, bytes) else inside
    whole = f'{head}<retorno-download-lote xmlns="{NAMESPACE}">\n<arquivo>{text}</arquivo></retorno-download-lote>'
    return whole.encode(encoding)


def section(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


WRAPPED = {
    "escaped": lambda data: wrapped(escape(data.decode("iso-8859-1")), "ISO-8859-1"),
    "escaped, in another encoding than it declares": lambda data: wrapped(escape(data.decode("iso-8859-1"))),
    "escaped, undeclared": lambda data: wrapped(escape(data.decode("iso-8859-1")), "ISO-8859-1", declared=False),
    "escaped by numbers": lambda data: wrapped(
        "".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in data.decode("iso-8859-1"))
    ),
    "escaped by hexadecimal numbers": lambda data: wrapped(
        "".join(c if c.isalnum() and c.isascii() else f"&#x{ord(c):X};" for c in data.decode("iso-8859-1"))
    ),
    "CDATA": lambda data: wrapped(f"\n{section(data.decode('iso-8859-1'))}\n", "ISO-8859-1"),
    "CDATA cut in many": lambda data: wrapped(
        "".join(section(data.decode("iso-8859-1")[at : at + 7]) for at in range(0, len(data), 7)), "ISO-8859-1"
    ),
    "base64": lambda data: wrapped(base64.b64encode(data)),
    "base64 in lines": lambda data: wrapped("\n" + base64.encodebytes(data).decode()),
    "bare": lambda data: wrapped(data.partition(b"?>")[2].decode("iso-8859-1")),
}


class Slow(io.BytesIO):
    """A file that gives a few bytes at a time, so that every boundary is met."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 1, 11) if size and size > 0 else 11)


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED.keys())
@pytest.mark.parametrize("read", [io.BytesIO, Slow])
def test_a_return_inside_arquivo_gives_the_same_rows(wrap: Any, read: Any) -> None:
    data = answer(PAID, denied("51", "b"), erro("030", "c", "Número &amp; <![CDATA[<é>]]>"))
    assert rows(read(wrap(data))) == rows(data)
    many = answer(*[PAID.format(id=n) for n in range(150)])
    assert len(many) > 2.5 * (64 << 10)
    assert [each["item_id"] for each in rows(wrap(many))] == [str(n) for n in range(150)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>x</body></html>",
        b"<outra/>",
        b"<a><transacao/></a>",
        f'<erro xmlns="{NAMESPACE}"><codigo>081</codigo></erro>'.encode(),
        answer(PAID)[:-20],
        answer(PAID)[:400],
        answer(PAID, lot="87"),
        answer(PAID, lot="86x"),
        answer(PAID, lot=""),
        answer(PAID, lot="９９"[:0] + "9" * 5000),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + answer(PAID, declared=False),
        wrapped(escape(answer(PAID)[:-20].decode("iso-8859-1"))),
        wrapped(escape(answer(PAID).decode("iso-8859-1")))[:-60],
        wrapped(base64.b64encode(answer(PAID))[:-3]),
        wrapped("não é nada"),
        wrapped("<![CDATA[" + answer(PAID).decode("iso-8859-1"))[:-60],
    ],
)
def test_what_is_no_whole_return_file_of_this_lot_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        rows(data)


def test_a_number_of_another_lot_that_comes_last_stops_the_landing_too() -> None:
    late = answer(PAID, lot=None).replace(b"</lista>", b"</lista><numero-lote>87</numero-lote>")
    with pytest.raises(Malformed, match="another lot"):
        rows(late)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="libxml2's memory is only seen by the system")
def test_memory_does_not_grow_with_the_return_whatever_is_in_it() -> None:
    class Long(io.RawIOBase):
        """A return of many items, made while it is read."""

        def __init__(self, n: int) -> None:
            self._pieces = self._made(n)

        def _made(self, n: int) -> Iterator[bytes]:
            head, _, tail = answer("|").partition(b"|")
            yield head
            for at in range(n):
                yield (PAID.format(id=at), denied("51", f"{at}"), erro("030", f"{at}"))[at % 3].encode("iso-8859-1")
            yield tail

        def read(self, size: int = -1, /) -> bytes:
            return next(self._pieces, b"")

    def memory(field: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field))

    stream: Any = Long(300)
    assert sum(1 for _ in cielo().read(one(), stream)) == 300  # what is made once is made
    Path("/proc/self/clear_refs").write_text("5")
    before, stream = memory("VmRSS"), Long(30_000)
    assert sum(1 for _ in cielo().read(one(), stream)) == 30_000
    assert memory("VmHWM") - before < 1 << 10  # KiB; the tree takes 140 MiB, its emptied elements alone 1.7


# ---- into the table


NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def landed(
    dsn: str, archive: Archive, data: bytes, references: list[str], operation: str = "02"
) -> list[dict[str, Any]]:
    with archive.write("answers", "cielo-1.xml", sealed=True) as sheet:
        sheet.write(data)
    with psycopg.connect(dsn) as c:
        c.execute(
            "insert into malote.pouch values ('p', 'cielo', 'simulator', %s, %s, '{}', now()) on conflict do nothing",
            (EC, SERVICE[operation]),
        )
        c.execute(
            """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
               standing, name, document, document_sha256, document_size, sealed, item_count, facts, prepared_at,
               sent_at, moved_at, receipt, answer, answer_sha256, answer_size)
               values ('cielo-1', 'p', 'cielo', 'simulator', %s, %s, %s, 'answered', 'n', 'd', 'x', 1, true, %s,
               '{"numero_lote": 86}', now(), '2026-11-22T02:00:00Z', now(), '86', %s, 'x', 1)
               on conflict do nothing""",
            (EC, SERVICE[operation], operation, len(references), sheet.stored.name),
        )
        for ordinal, reference in enumerate(references, 1):
            c.execute(
                "insert into malote.item_row (submission, ordinal, scope, reference) values ('cielo-1', %s, 's', %s)",
                (ordinal, reference),
            )
    submission = one(operation, answer=sheet.stored)
    Landing(dsn, archive, HeldClock(NOW)).land(cielo(), [submission])
    return select(dsn, "select * from cielo.transacao order by ordem")


def select(dsn: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row) as c:
        c.execute("set time zone 'UTC'")
        return c.execute(query).fetchall()


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
    with pytest.raises(InDoubt, match="only 1 is about"):
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
    assert [each["name"] for each in found] == [
        "submission_id", "ordem", "reference", *TABLE.columns, "landed_at"
    ]  # fmt: skip
    assert {"valor", "situacao", "permite_retentativa", "codigo_token"} <= {e["name"] for e in found if e["said"]}


# ---- the reports


def test_the_report_shows_each_item_to_a_person_with_reais_and_no_token(warehouse: str, archive: Archive) -> None:
    data = answer(PAID.format(id=tag("P1")), denied("51", tag("P2")), erro("030", tag("P3")))
    landed(warehouse, archive, data, ["P1", "P2", "P3", "P4"])
    found = select(warehouse, "select * from report.cielo_transacoes")
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
        ("P1", "Autorização", Decimal("1020.99"), "Capturada", "accepted", None, "Transação autorizada"),
        ("P2", "Autorização", Decimal("1.00"), "Não autorizada", "refused", True, "Autorizacao negada"),
        ("P3", "Autorização", None, "erro", "refused", True, "Motivo"),
        ("P4", "Autorização", None, "sem_retorno", "unanswered", False, None),
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
