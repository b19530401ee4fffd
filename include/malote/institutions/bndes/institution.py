"""BNDES APA as an institution: wires the layouts, the messages, the calls, the replies and the rules together."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any, BinaryIO, ClassVar

from malote.address import treaties_of
from malote.archive import Archive
from malote.errors import Problem
from malote.hours import ZONE, Counter, bank_day
from malote.institution import Access, AnswerRow, Call, Free, Institution, Number, Row, Table
from malote.institutions.bndes import codes, documents, layouts, rules
from malote.institutions.bndes.answers import CRITICA, OPERACAO, RESULTADO, SUBCREDITO, Reading, results
from malote.institutions.bndes.calls import ENVIRONMENTS, Calls, Finder
from malote.institutions.bndes.explaining import explained
from malote.institutions.bndes.rules import Service, misfit
from malote.reading import figures, markup
from malote.rules import Code
from malote.submission import Document, Finding, Order, Pending, Progress, Receipt, Submission
from malote.texts import english

log = logging.getLogger("malote.institutions.bndes")

_TABLES = {"resultado": RESULTADO, "operacao": OPERACAO, "subcredito": SUBCREDITO}
_NAO_LIDO = {name: table.columns.index("nao_lido") for name, table in _TABLES.items()}


class Bndes(Institution):
    """BNDES's Sistema de Aprovações Automáticas, technical manual 0.1.3.

    :param access: `extra` holds `cnpj` (that of the e-CNPJ), where the login does not, and where wanted `schemas` (a
        folder) and `rules`; there is no password
    :raises Misconfigured: where environment and host do not agree, or no CNPJ is known
    """

    name: ClassVar[str] = "bndes"
    title: ClassVar[str] = "BNDES"
    services: ClassVar[tuple[str, ...]] = rules.TRAVELLING
    environments: ClassVar[Mapping[str, str]] = ENVIRONMENTS
    codes: ClassVar[tuple[Code, ...]] = codes.CODES
    tables: ClassVar[Mapping[str, Table]] = dict.fromkeys(rules.TRAVELLING, RESULTADO)
    reasons_table: ClassVar[Table | None] = CRITICA
    lasting: ClassVar[frozenset[str]] = frozenset({"financiamento"})  # its numeroBNDES

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self._cnpj = re.sub(r"[\s./-]", "", str(access.extra.get("cnpj") or access.login or "")).upper()
        if not re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", self._cnpj):
            raise misfit(english("s_bndes_no_cnpj"), english("s_do_cnpj"))
        self._folder = treaties_of(access)
        self._rules = rules.BndesRules.of(access.extra)
        self.catalogue = rules.catalogue(self._rules.services)
        travelling = tuple(name for name, each in self.catalogue.items() if each.kind == rules.ASYNC)
        # Services that the connection adds travel as well: on this object, not on the class.
        vars(self).update(services=travelling, tables=dict.fromkeys(travelling, RESULTADO))
        self._reading = Reading(self._rules, self._folder)
        self._calls = Calls(access, self._rules, self.catalogue, self._reading)
        self._finder = Finder(self._calls, self._reading, self._question, self._cnpj)
        results.cut_off(self._rules)

    @property
    def rules(self) -> rules.BndesRules:
        return self._rules

    @property
    def account(self) -> str:
        return self._cnpj

    def preflight(self) -> Call[str]:
        return self._calls.status()

    def probe(self) -> Call[str]:
        return self._calls.probe()

    def render(
        self, order: Order, rows: Iterable[Row], archive: Archive, free: Free, number: Number
    ) -> Iterator[Document | Problem]:
        """One document for each row. Params: `valid_rest`, `hold_after_cut_off` (liberacao)."""
        service = self._travelling(order.service)
        here = self.access.environment, self._cnpj
        tags = self._rules.tags
        return documents.documents(service, self._layout(service), tags, order, rows, archive, free, here=here)

    def submit(self, submission: Submission, archive: Archive) -> Call[Receipt]:
        with archive.open(submission.stored) as file:
            return self._calls.submit(submission, file.read())

    def find(self, submission: Submission, archive: Archive) -> Generator[Call[Any], Any, Finding]:
        """Pesquisa by proposal, then consultaSubcredito; see :mod:`malote.institutions.bndes.calls.finding`."""
        return self._finder.find(submission)

    def search(self, submission: Submission) -> str:
        return self._finder.search(submission)

    def check(self, submission: Submission) -> Call[Progress]:
        if self._by_number(submission):
            return self._calls.look(submission, self._finder.asked(submission))
        return self._calls.check(submission)

    def fetch(self, submission: Submission) -> Call[Pending | None]:
        return self._calls.fetch(submission)

    def read(self, submission: Submission, answer: BinaryIO) -> Iterator[AnswerRow]:
        service = self._travelling(submission.service)
        row = results.result(self._reading, service, submission, markup.parse(answer.read()))
        yield from figures.counted([row], _NAO_LIDO["resultado"], log, submission.id)

    def scope_of(self, order: Order) -> str:
        return self.scope(order.service, order.service)

    def counter(self, service: str) -> Counter:
        """Open by the hours for what they bind (manual 2.5), else always. What a connection adds is bound."""
        bound = service in self._rules.bound_services or service not in rules.SERVICES
        return Counter.of(self._rules) if bound else Counter()

    def answering(self) -> Counter:
        return Counter.of(self._rules) if self._rules.bound_results else Counter()

    def held_until(self, submission: Submission, at: datetime) -> datetime | None:
        """The next opening, for a liberação that its order holds back and that would miss the day's cut-off."""
        if submission.service != "liberacao" or not submission.facts.get("hold_after_cut_off"):
            return None
        local = at.astimezone(ZONE)
        if not bank_day(local.date()) or local.time() <= results.cut_off(self._rules).at:
            return None
        tomorrow = datetime.combine(local.date() + timedelta(days=1), time(), ZONE)
        return self.counter(submission.service).opens_at(tomorrow)

    def refusal_stands(self, message: str) -> bool:
        """Not where the words of `closed`, taught meanwhile, say that the counter was."""
        return not self._reading.says("closed", [message])

    def reasons(self, submission: Submission) -> Call[list[tuple[str | None, ...]]] | None:
        """The log de críticas of its protocol (manual 5.15); None where it has none."""
        return self._calls.log(submission) if submission.receipt and not self._by_number(submission) else None

    # ---- the services that answer at once

    def pesquisa(self, row: Row) -> Call[bytes]:
        """Search operations by proposal, beneficiary or event; reads into the answer's bytes (send it without a sink).

        :param row: paths of `pesquisa_operacao.xsd` to values, e.g. `{"anoProposta": "2026", "numeroProposta": "17"}`
        :raises Invalid: where the row breaks the layout
        """
        return self._calls.search(self._question(row))

    def read_operacoes(self, answer: BinaryIO) -> Iterator[tuple[str | None, ...]]:
        """The answer to :meth:`pesquisa` as rows of `malote.institutions.bndes.answers.OPERACAO`."""
        rows = results.operations(markup.parse(answer.read()), self._rules.tags)
        yield from figures.counted(rows, _NAO_LIDO["operacao"], log, "pesquisa")

    def subcredito(self, numero: str) -> Call[bytes]:
        """A subcrédito in detail, by numeroContratoBNDES; reads into the answer's bytes (send it without a sink)."""
        return self._calls.detail(numero)

    def read_subcredito(self, answer: BinaryIO) -> Iterator[tuple[str | None, ...]]:
        """The answer to :meth:`subcredito` as rows of `malote.institutions.bndes.answers.SUBCREDITO`."""
        rows = results.subcredito(markup.parse(answer.read()), self._rules.tags)
        yield from figures.counted(rows, _NAO_LIDO["subcredito"], log, "consultaSubcredito")

    def status(self) -> Call[str]:
        """How the system is, in its own words.

        The call raises ``Unavailable`` where it says that it is down.
        """
        return self._calls.status()

    @classmethod
    def explain(cls, answer: bytes, extra: Mapping[str, Any], *, service: str = "", status: int = 200) -> Iterator[str]:
        own = {name: extra[name] for name in ("rules", "schemas") if name in extra}
        there = cls(Access("bndes", "simulator", "https://localhost/apa", extra={**own, "cnpj": "0" * 14}))
        travelling = there._travelling(service or "financiamento")
        return explained(there._reading, travelling, there.catalogue["pesquisa"], answer, status)

    def _travelling(self, name: str) -> Service:
        service = self.catalogue.get(name)
        if service is None or service.kind != rules.ASYNC:
            raise misfit(
                english("s_bndes_no_service", name=repr(name)), english("s_do_one_of", names=", ".join(self.services))
            )
        return service

    def _layout(self, service: Service) -> layouts.Layout:
        return layouts.sent_by(service, self._folder, pretended=self.access.environment == "simulator")

    def _question(self, row: Row) -> bytes:
        return documents.question(self._layout(self.catalogue["pesquisa"]), row)

    def _by_number(self, submission: Submission) -> bool:
        return (submission.receipt or "").startswith(results.BY_NUMBER)
