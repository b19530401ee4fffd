"""What the spec tests of Cielo stand on: the institution, a submission, replies recorded and written by hand."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from malote.archive import Archive
from malote.institution import Access, Reply
from malote.institutions.cielo.institution import Cielo
from malote.institutions.cielo.rules import NAMESPACE
from malote.submission import Standing, Stored, Submission

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
