"""Cielo as an institution: wires the lots, the calls, the return file and the rules together."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar

from malote.address import treaties_of
from malote.archive import Archive
from malote.errors import Problem
from malote.institution import Access, AnswerRow, Call, Free, Institution, Number, Row, Table
from malote.institutions.cielo import rules
from malote.institutions.cielo.answers import TABLE, unmentioned
from malote.institutions.cielo.answers import rows as returned
from malote.institutions.cielo.calls import ENVIRONMENTS, Calls, find, lot_number, misfit
from malote.institutions.cielo.documents import Sender, item_ids, lots
from malote.institutions.cielo.explaining import explained
from malote.reading import figures
from malote.rules import Code
from malote.submission import Document, Finding, Order, Pending, Progress, Receipt, Submission
from malote.texts import english

log = logging.getLogger("malote.institutions.cielo")


class Cielo(Institution):
    """Cielo eCommerce Webservice 1.5, Processamento em Lote.

    :param access: `login` is the number of the EC, 10 digits; `password` the chave; `extra` may hold `schemas` (a
        folder), `nome_ec` and `rules`
    :raises Misconfigured: where environment and host do not agree, or the EC's number is none
    """

    name: ClassVar[str] = "cielo"
    title: ClassVar[str] = "Cielo"
    services: ClassVar[tuple[str, ...]] = tuple(rules.OPERATIONS)
    environments: ClassVar[Mapping[str, str]] = ENVIRONMENTS
    codes: ClassVar[tuple[Code, ...]] = rules.CODES
    named_by: ClassVar[tuple[str, ...]] = ("dados-pedido.numero", "tid", "numero-pedido")
    tables: ClassVar[Mapping[str, Table]] = dict.fromkeys(rules.OPERATIONS, TABLE)

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self._ec = access.login.strip()
        if not re.fullmatch("[0-9]{10}", self._ec):
            raise misfit(
                english("s_cielo_login"),
                english("s_do_ec"),
            )
        self._folder = treaties_of(access)
        self._rules = rules.CieloRules.of(access.extra)
        self._calls = Calls(access, self._rules, self._ec)

    @property
    def rules(self) -> rules.CieloRules:
        return self._rules

    @property
    def account(self) -> str:
        return self._ec

    def preflight(self) -> Call[str]:
        return self._calls.preflight()

    def probe(self) -> Call[str]:
        return self._calls.probe()

    def render(
        self, order: Order, rows: Iterable[Row], archive: Archive, free: Free, number: Number
    ) -> Iterator[Document | Problem]:
        """Rows to lots. Params: `items_per_lot`, `valid_rest`."""
        sender = Sender(
            self._ec,
            self._calls.chave,
            self.access.environment,
            self._rules,
            str(self.access.extra.get("nome_ec") or ""),
            self._folder,
        )
        yield from lots(order, rows, archive, free, number, sender)

    def submit(self, submission: Submission, archive: Archive) -> Call[Receipt]:
        return self._calls.upload(submission, archive)

    def find(self, submission: Submission, archive: Archive) -> Generator[Call[Any], Any, Finding]:
        """Its return is asked for; where Cielo has no such lot, the same bytes go again under the same number."""
        return find(self._calls, submission, archive, self._ec, self._rules)

    def search(self, submission: Submission) -> str:
        return english("s_cielo_search", number=lot_number(submission), ec=self._ec)

    def check(self, submission: Submission) -> Call[Progress]:
        return self._calls.check(submission)

    def fetch(self, submission: Submission) -> Call[Pending | None]:
        return self._calls.fetch(submission)

    def read(self, submission: Submission, answer: BinaryIO) -> Iterator[AnswerRow]:
        rows = returned(answer, submission.operation, lot_number(submission))
        return figures.counted(rows, TABLE.columns.index("nao_lido"), log, submission.id)

    def scope_of(self, order: Order) -> str:
        return self.scope(order.service, rules.OPERATIONS[order.service].code)

    @classmethod
    def explain(cls, answer: bytes, extra: Mapping[str, Any], *, service: str = "", status: int = 200) -> Iterator[str]:
        rules.CieloRules.of(extra)  # which refuses what does not fit
        operation = rules.OPERATIONS.get(service or "autorizacao")
        if operation is None:
            raise misfit(
                english("s_no_service", service=repr(service)),
                english("s_do_one_of", names=", ".join(rules.OPERATIONS)),
            )
        return explained(operation.code, answer, status)

    def tags(self, submission: Submission, references: Sequence[str]) -> Sequence[str] | None:
        number = int(submission.facts["numero_lote"])
        return item_ids(self._ec, number, references)

    def unmentioned(self, submission: Submission) -> tuple[str | None, ...] | None:
        return unmentioned(submission.operation, str(lot_number(submission)))
