"""One exchange each with Cielo: the upload of a lot, and the request to download its return file (sheet 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from malote import address
from malote.address import base_of
from malote.archive import Archive
from malote.errors import Malformed
from malote.institution import Access, Body, Call, Reply, Request
from malote.institutions.cielo.answers import PEEK
from malote.institutions.cielo.calls import multipart, replies
from malote.institutions.cielo.rules import LARGEST_LOT, NAMESPACE, PROBE_LOT, CieloRules
from malote.submission import Pending, Progress, Ready, Receipt, Submission
from malote.texts import english

misfit = partial(address.misfit, "cielo")
"""What is wrong with the connection."""

T = TypeVar("T")

ENVIRONMENTS: Mapping[str, str] = {
    "producao": "https://ecommerce.cielo.com.br",
    "teste": "https://qasecommerce.cielo.com.br",
}
"""Cielo's Java kit, and the recorded exchanges (sheet 2); the manual prints an older host."""

_DOMAINS = ("cielo.com.br", "cbmp.com.br", "hdevelo.com.br")


class Calls:
    """The exchanges of one connection.

    :param ec: number of the establishment
    """

    def __init__(self, access: Access, rules: CieloRules, ec: str) -> None:
        self._access, self._rules, self._ec = access, rules, ec
        self._base = base_of(access, ENVIRONMENTS, *_DOMAINS)

    def upload(self, submission: Submission, archive: Archive) -> Call[Receipt]:
        """The lot as a file; the answer is read as leniently as can be (manual, "Mensagem de Upload de Arquivo")."""
        body, kind = multipart.upload(archive, submission.stored, part=self._rules.part_name, file_name=submission.name)
        return Call(
            "requisicao-lote",
            Request("POST", self._base + self._rules.upload_path, {"Content-Type": kind}, body),
            partial(replies.receipt, submission, lot_number(submission), self._ec),
            timeout=self._rules.send_timeout.total_seconds(),
            submits=True,
        )

    def look(self, submission: Submission) -> Call[replies.Heard]:
        """Ask for the return file, and read only enough to see whether it is there."""
        return self._download(submission.id, lot_number(submission), self._heard, peek=PEEK)

    def check(self, submission: Submission) -> Call[Progress]:
        """As :meth:`look`, as progress."""
        return self._download(submission.id, lot_number(submission), self._progress, peek=PEEK)

    def fetch(self, submission: Submission) -> Call[Pending | None]:
        """Ask for the return file, into a sink (manual, "Mensagem de Solicitação de Download de Retorno")."""
        return self._download(
            submission.id,
            lot_number(submission),
            self._fetched,
            limit=max(64 << 20, 6 * submission.stored.size),
            timeout=self._rules.fetch_timeout.total_seconds(),
        )

    def preflight(self) -> Call[str]:
        """As :meth:`probe`: the manual has no other exchange that changes nothing."""
        return self.probe()

    def probe(self) -> Call[str]:
        """Ask for a lot that does not exist (manual, 074): any answer but a denial proves the way, EC and chave."""
        return replace(self._download("probe", PROBE_LOT, self._welcome, peek=PEEK), name="probe")

    def _download(
        self,
        id: str,
        number: int,
        read: Callable[[Reply], T],
        *,
        peek: int = 0,
        limit: int = 1 << 20,
        timeout: float | None = None,
    ) -> Call[T]:
        message = (
            f'<?xml version="1.0" encoding="UTF-8"?><requisicao-download-retorno-lote xmlns="{NAMESPACE}" '
            f"id={quoteattr(id)} versao={quoteattr(self._rules.versao)}><dados-ec><numero>{self._ec}</numero>"
            f"<chave>{escape(self.chave)}</chave></dados-ec><numero-lote>{number}</numero-lote>"
            "</requisicao-download-retorno-lote>"
        )
        body = Body.of(urlencode({"mensagem": message}).encode())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = Request("POST", self._base + self._rules.download_path, headers, body)
        seconds = self._rules.ask_timeout.total_seconds() if timeout is None else timeout
        return Call("requisicao-download-retorno-lote", request, read, limit=limit, peek=peek, timeout=seconds)

    @property
    def chave(self) -> str:
        """The chave, of 1 to 100 characters.

        :raises Misconfigured: where the connection has none
        """
        if not 1 <= len(self._access.password) <= 100:
            raise misfit(english("s_cielo_no_chave"), english("s_do_password"))
        return self._access.password

    def _heard(self, reply: Reply) -> replies.Heard:
        return replies.heard(reply, self._ec)

    def _progress(self, reply: Reply) -> Progress:
        heard = self._heard(reply)
        return Ready() if heard.ready else Pending(heard.why)

    def _fetched(self, reply: Reply) -> Pending | None:
        heard = self._heard(reply)
        return None if heard.ready else Pending(heard.why)

    def _welcome(self, reply: Reply) -> str:
        try:
            self._heard(reply)
        except Malformed as odd:
            if odd.code is None:  # an unknown code, or no words of Cielo's at all
                raise
        return english("s_cielo_knows", ec=self._ec)


def lot_number(submission: Submission) -> int:
    """The number of its lot: its receipt, else what it was rendered with.

    :raises Misconfigured: where a person gave it a receipt that is no lot number
    """
    text = submission.receipt or str(submission.facts.get("numero_lote") or "")
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdigit() and len(digits) < 10 and 1 <= int(digits or 0) <= LARGEST_LOT):
        raise misfit(english("s_cielo_no_receipt", id=submission.id), english("s_do_resolve_lot"))
    return int(digits)
