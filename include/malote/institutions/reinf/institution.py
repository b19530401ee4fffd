"""The EFD-Reinf as an institution: wires the layouts, the lotes, the calls, the answers and the rules together."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, ClassVar

from malote.address import treaties_of
from malote.archive import Archive
from malote.errors import Problem
from malote.institution import Access, AnswerRow, Call, Free, Institution, Number, Row, Table
from malote.institutions.reinf import codes, rules
from malote.institutions.reinf.answers import EVENTO, OCORRENCIA, Retorno, events
from malote.institutions.reinf.calls import ENVIRONMENTS, Calls, find, search
from malote.institutions.reinf.documents import Sender, Signer, lotes
from malote.institutions.reinf.explaining import explained
from malote.institutions.reinf.layouts import layout_of
from malote.institutions.reinf.rules import EVENTS, misfit
from malote.reading import figures
from malote.rules import Code
from malote.submission import Document, Finding, Order, Pending, Progress, Receipt, Submission
from malote.texts import english

log = logging.getLogger("malote.institutions.reinf")


class Reinf(Institution):
    """EFD-Reinf of the Receita Federal, asynchronous lotes 1.01, events 2.1.2.

    :param access: `extra` holds `client_certificate` and its password (it signs, too), `cnpj` (that of the e-CNPJ) or
        `contribuinte` (8, 11 or 14 characters: who is declared for), and where wanted `schemas` (a folder) and `rules`
    :raises Misconfigured: where environment and host do not agree, or no contributor is known
    """

    name: ClassVar[str] = "reinf"
    title: ClassVar[str] = "EFD-Reinf"
    services: ClassVar[tuple[str, ...]] = tuple(EVENTS)
    environments: ClassVar[Mapping[str, str]] = ENVIRONMENTS
    codes: ClassVar[tuple[Code, ...]] = codes.CODES
    tables: ClassVar[Mapping[str, Table]] = dict.fromkeys(EVENTS, EVENTO)
    reasons_table: ClassVar[Table | None] = OCORRENCIA

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        extra = access.extra
        given, cnpj = (re.sub(r"[\s./-]", "", str(extra.get(key) or "")).upper() for key in ("contribuinte", "cnpj"))
        own = given or cnpj[:8]
        if not re.fullmatch("[0-9A-Z]{8}|[0-9]{11}|[0-9A-Z]{12}[0-9]{2}", own):
            raise misfit(
                english("s_reinf_who"),
                english("s_do_contributor"),
            )
        self._inscription = own
        self._folder = treaties_of(access)
        self._rules = rules.ReinfRules().override(extra.get("rules") or {})
        self._calls = Calls(access, self._rules)

    @property
    def rules(self) -> rules.ReinfRules:
        return self._rules

    @property
    def account(self) -> str:
        return self._inscription

    def preflight(self) -> Call[str]:
        return self._calls.probe()

    def probe(self) -> Call[str]:
        return self._calls.probe()

    def render(
        self, order: Order, rows: Iterable[Row], archive: Archive, free: Free, number: Number
    ) -> Iterator[Document | Problem]:
        """Rows to lotes of one kind of event. Params: `eventos_por_lote`, `valid_rest`."""
        event = EVENTS.get(order.service)
        if event is None:
            raise misfit(
                english("s_reinf_no_service", service=repr(order.service)),
                english("s_do_one_of", names=", ".join(EVENTS)),
            )
        sender = Sender(self.access.environment, self._inscription, self._rules, self._signer)
        yield from lotes(event, layout_of(event, self._folder), order, rows, archive, free, number, sender)

    def submit(self, submission: Submission, archive: Archive) -> Call[Receipt]:
        return self._calls.submit(submission, archive)

    def find(self, submission: Submission, archive: Archive) -> Generator[Call[Any], Any, Finding]:
        """reciboevento by the keys of its events; see :mod:`malote.institutions.reinf.calls.finding`."""
        return find(self._calls, submission, archive)

    def search(self, submission: Submission) -> str:
        return search(submission)

    def check(self, submission: Submission) -> Call[Progress]:
        return self._calls.check(submission)

    def fetch(self, submission: Submission) -> Call[Pending | None]:
        return self._calls.fetch(submission)

    def read(self, submission: Submission, answer: BinaryIO) -> Iterator[AnswerRow]:
        rows = events(Retorno.of(answer.read()), submission, self._rules)
        yield from figures.counted(rows, EVENTO.columns.index("nao_lido"), log, submission.id)

    def scope_of(self, order: Order) -> str:
        return self.scope(order.service, EVENTS[order.service].code) if order.service in EVENTS else ""

    def reasons(self, submission: Submission) -> Call[list[tuple[str | None, ...]]] | None:
        """The ocorrências of its events, by its protocol; None where it has none."""
        return self._calls.ocorrencias(submission) if submission.receipt else None

    @classmethod
    def explain(cls, answer: bytes, extra: Mapping[str, Any], *, service: str = "", status: int = 200) -> Iterator[str]:
        own = {"rules": extra["rules"]} if "rules" in extra else {}
        there = cls(Access("reinf", "simulator", "https://localhost", extra={**own, "contribuinte": "0" * 8}))
        if service and service not in EVENTS:
            raise misfit(
                english("s_no_service", service=repr(service)), english("s_do_one_of", names=", ".join(EVENTS))
            )
        return explained(there._calls, there._rules, service or "r4020", answer, status)

    def _signer(self, at: datetime) -> Signer:
        extra = self.access.extra
        return Signer(
            str(extra.get("client_certificate") or ""), str(extra.get("client_certificate_password") or ""), at
        )
