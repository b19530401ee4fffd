"""Cielo's limits, names and batch codes, as tables that a business person can read; items' codes are in outcomes.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import NamedTuple

from malote.rules import Code, Rules
from malote.texts import english

NAMESPACE = "http://ecommerce.cbmp.com.br"
"""Of every message (sheet 3). The manual's samples have it with a trailing blank; the recorded answers have not."""

LARGEST_LOT = 999_999_999
"""`numero-lote` has 9 digits in the XML (sheet 1, ecm-lote.xsd); the file name gives it 10 (manual, rule 4 e)."""


class Operation(NamedTuple):
    """One of the seven operations (manual, "Tipos de operações"; elements: sheet 1.1)."""

    code: str
    title: str
    element: str


OPERATIONS: Mapping[str, Operation] = {
    "autorizacao": Operation("02", "Autorização", "requisicao-transacao"),
    "cancelamento": Operation("03", "Cancelamento", "requisicao-cancelamento"),
    "captura": Operation("04", "Captura", "requisicao-captura"),
    "tokenizacao": Operation("05", "Tokenização", "requisicao-token"),
    "consulta": Operation("06", "Consulta", "requisicao-consulta"),
    "consulta_chsec": Operation("07", "ConsultaChSeq", "requisicao-consulta-chsec"),
    "autorizacao_tid": Operation("08", "AutorizaçãoTid", "requisicao-autorizacao-tid"),
}
"""Service to operation."""


@dataclass(frozen=True, kw_only=True)
class CieloRules(Rules):
    """Cielo's named values.

    :param send_timeout: ours: 20 MB at 1 Mbit/s take less than 3 minutes
    :param fetch_timeout: ours: a return file of 34 MB
    :param return_after: manual: the return may be asked for "após o prazo de doze horas" (two until 2016-03-17)
    :param poll_every: manual: processing runs "de hora em hora"
    :param patience: counted from `data-retorno`, which in every known answer is 24 h after the upload (sheet 1)
    :param overdue_every: ours
    :param settle, absent_times, absent_apart: as all: absence is never taken as proven, since 074 is "unknown" and "too
        early" in one; the same bytes under the same number settle it
    :param repeat_every, repeat_times: as all: processing runs "de hora em hora", and a lot has up to 20 MB
    :param unanswered_every: ours: a return is made once, so that what it left out seldom comes, and asking for it again
        is another download of all of it
    :param requests: ours, and modest: Cielo documents no limit (sheet 6)
    :param upload_path: manual; the host of the manual is an old one (sheet 2)
    :param download_path: Cielo's Java kit (sheet 2); the manual names none
    :param part_name: of the file part: Cielo's Java kit; `mensagem` was taken too (sheet 2)
    :param versao: of each item and of the download request (sheet 4: seen in batch)
    :param lot_bytes: manual, rule 2: 20 MB; whether MB or MiB is not said, so the smaller
    :param lot_items: manual, rule 2: "aprox.: 27.000 transações"
    :param first_lot: where our lots begin; raise it above what another system used for this EC (code 072)
    :param capture_within: sheet 4.2: a capture later than this after its authorisation is refused
    :param dados_ec_in_items: ecm-lote.xsd wants `dados-ec` in each item of 03 to 08 too; the server's wish is unknown
    """

    send_timeout: timedelta = timedelta(minutes=5)
    fetch_timeout: timedelta = timedelta(minutes=10)
    return_after: timedelta = timedelta(hours=12)
    poll_every: timedelta = timedelta(hours=1)
    poll_jitter: float = 0.1
    patience: timedelta = timedelta(hours=24)
    overdue_every: timedelta = timedelta(hours=6)
    unanswered_every: timedelta = timedelta(hours=6)
    requests: int = 60
    window: timedelta = timedelta(seconds=60)
    upload_path: str = "/lote/ecommwsecLoteUpload.do"
    download_path: str = "/lote/ecommwsecLoteDownload.do"
    part_name: str = "arqLoteUp"
    versao: str = "1.2.1"
    lot_bytes: int = 20_000_000
    lot_items: int = 27_000
    first_lot: int = 1
    capture_within: timedelta = timedelta(days=5)
    dados_ec_in_items: bool = True


PROMISED = timedelta(hours=24)
"""`data-retorno` after `data-envio`, for a lot whose upload answer was lost (sheet 1)."""

PROBE_LOT = LARGEST_LOT
"""The lot number that a test of the connection asks for: the last one that exists, so the last one to be used."""


def item_id(ec: str, numero_lote: int, reference: str) -> str:
    """The attribute `id` of an item: nobody else's lot holds it by chance, and it need not be stored.

    :param reference: of the item, see design section 5
    """
    return blake2b("\n".join((ec, str(numero_lote), reference)).encode(), digest_size=16).hexdigest()


_MANUAL = 'manual, "Códigos de resposta"'

CODES: tuple[Code, ...] = (
    Code("071", "Inconsistência no formato do arquivo: Lote inválido, arquivo não é um XML com formato inválido",
         english("s_cielo_free", advice=english("s_cielo_071")), "refused", True, _MANUAL),
    Code("072", "Este arquivo já foi enviado para processamento: Lote duplicado, já existe um lote com o mesmo numero "
         "para o EC", english("s_cielo_072"), "arrived", False, _MANUAL),
    Code("073", "Tipo de transação inválido: Mais de um único tipo de operação no lote",
         english("s_cielo_free", advice=english("s_cielo_073")), "refused", True, _MANUAL),
    Code("074", "Arquivo inexistente: Arquivo não consta na plataforma Cielo eCommerce",
         english("s_cielo_074"), "wait", False, f"{_MANUAL}; sheet 3"),
    Code("075", "Formatação do XML inválida: Erro de parse do arquivo, formatação do xml no arquivo inválida",
         english("s_cielo_free", advice=english("s_cielo_075")), "refused", True, _MANUAL),
    Code("076", "Nomenclatura incorreta: Nomenclatura do arquivo incorreta",
         english("s_cielo_free", advice=english("s_cielo_076")), "refused", True, _MANUAL),
    Code("079", "Erro inesperado: Falha no Sistema", english("s_cielo_079"), "doubt", False, _MANUAL),
    Code("080", "Inconsistência no conteúdo e nomenclatura: Tipos diferentes de operações presentes no conteúdo "
         "arquivo e na nomenclatura", english("s_cielo_free", advice=english("s_cielo_080")), "refused", True, _MANUAL),
    Code("081", "Lote em processamento: Lote ainda não processado", english("s_cielo_081"), "wait", False,
         f"{_MANUAL}; recorded as 81, sheet 3"),
    Code("082", "Arquivo expirado: Arquivo de lote expirado", english("s_cielo_082"), "wait", False,
         f"{_MANUAL}; that it is the segunda via is inferred, sheet 3"),
    Code("083", "Numero de lote inválido: Numero de lote inválido",
         english("s_cielo_free", advice=english("s_cielo_083")), "refused", True, _MANUAL),
    Code("084", "Número de EC Inválido: Número de EC Inválido", english("s_cielo_084"), "misconfigured", False,
         _MANUAL),
    Code("085", "Credenciais inválidas: Credenciais inválidas", english("s_cielo_085"), "misconfigured", False,
         _MANUAL),
    Code("100", "Nomenclatura inválida. Número de lote já existente ou inválido.",
         english("s_cielo_072"), "arrived", False, "recorded, sheet 3; not in the manual"),
)  # fmt: skip
"""Every batch code we know. One that is not here is doubt on an upload, and no answer on a question."""

_BY_NUMBER: Mapping[int, Code] = {int(code.code): code for code in CODES}


def batch_code(printed: str | None) -> Code | None:
    """The row of :data:`CODES` for a code as the server prints it: `081`, `81` and ` 81 ` are one."""
    text = (printed or "").strip()
    return _BY_NUMBER.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None


STATUS: Mapping[str, str] = {
    "0": "Criada",
    "1": "Em andamento",
    "2": "Autenticada",
    "3": "Não autenticada",
    "4": "Autorizada",
    "5": "Não autorizada",
    "6": "Capturada",
    "9": "Cancelada",
    "10": "Em autenticação",
    "12": "Em cancelamento",
}
"""`transacao/status` in words (sheet 4.4). Cielo's XSD disagrees (7, 8, 11; no 12): the manual is followed."""
