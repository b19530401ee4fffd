"""CCEE as an institution: wires the paths, the messages, the calls and the rules together."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, ClassVar, NoReturn

from lxml import etree

from malote.address import treaties_of
from malote.archive import Archive
from malote.errors import Malformed, Misconfigured
from malote.institution import Access, AnswerRow, Call, Free, Institution, Number, Row, Table
from malote.institutions.ccee import rules
from malote.institutions.ccee.answers import TABLE, details
from malote.institutions.ccee.calls import ENVIRONMENTS, Calls, Fault
from malote.institutions.ccee.documents import Layout, contracts, own_files
from malote.institutions.ccee.explaining import explained
from malote.rules import Code
from malote.submission import CannotTell, Document, Finding, Order, Progress, Receipt, Submission
from malote.texts import english


class Ccee(Institution):
    """Câmara de Comercialização de Energia Elétrica, v1 services of its Plataforma de Integração.

    :param access: `login` and `password` are WS-Security's; `extra` holds `codigo_perfil_agente`, and where wanted
        `schemas` (folder) and `rules`
    :raises Misconfigured: where environment and host do not agree, or the profile code is missing
    """

    name: ClassVar[str] = "ccee"
    title: ClassVar[str] = "CCEE"
    services: ClassVar[tuple[str, ...]] = ("contratos",)
    environments: ClassVar[Mapping[str, str]] = ENVIRONMENTS
    codes: ClassVar[tuple[Code, ...]] = rules.CODES
    named_by: ClassVar[tuple[str, ...]] = ("Contrato.@referencia", "Contrato.@numeroContrato")
    tables: ClassVar[Mapping[str, Table]] = {"contratos": TABLE}

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        given = access.extra.get("codigo_perfil_agente")
        profile = str(given).strip() if type(given) in (str, int) else ""
        if not 1 <= len(profile) <= 18 or not profile.isprintable():
            raise Misconfigured(
                english("s_ccee_no_profile"),
                institution="ccee",
                todo=english("s_do_perfil"),
            )
        self._profile = profile
        self._folder = treaties_of(access)
        self._rules = rules.CceeRules.of(access.extra)
        if self._rules.decimal_sign not in (",", "."):
            raise Misconfigured(
                english("s_ccee_decimal_sign", value=repr(self._rules.decimal_sign)),
                institution="ccee",
                todo=english("s_do_sign"),
            )
        self._calls = Calls(access, self._rules, profile, self._folder)

    @property
    def rules(self) -> rules.CceeRules:
        return self._rules

    @property
    def account(self) -> str:
        return self._profile

    def preflight(self) -> Call[str]:
        return self._calls.preflight()

    def probe(self) -> Call[str]:
        return self._calls.probe()

    def render(
        self, order: Order, rows: Iterable[Row], archive: Archive, free: Free, number: Number
    ) -> Iterator[Document]:
        """Files made from rows, or the user's own (param `arquivo`, or a column of that name).

        Params: `root`, `tipoGeracao`, `tipoCCEAL`, `encoding`, `records_per_file`; `arquivo`, `validate`.
        """
        params = order.params
        if params.get("arquivo"):
            yield from own_files(params, (), archive, free, self._folder)
            return
        source = iter(rows)
        first = next(source, None)
        if first is None:
            return
        selection = _again(first, source)
        if "arquivo" in first:
            yield from own_files(params, selection, archive, free, self._folder)
        else:
            yield from contracts(params, selection, archive, free, self._folder, self._rules.decimal_sign)

    def scope_of(self, order: Order) -> str:
        return self.scope(order.service, Layout.of(order.params).operation)

    def submit(self, submission: Submission, archive: Archive) -> Call[Receipt]:
        with archive.open(submission.stored) as file:
            return self._calls.submit(submission, file.read())

    def find(self, submission: Submission, archive: Archive) -> Generator[Call[Any], Any, Finding]:
        """It cannot be asked: the only query whose answer is known needs the code that was lost."""
        yield from ()
        return CannotTell(english("s_ccee_evidence"), self.search(submission))

    def search(self, submission: Submission) -> str:
        return english("s_ccee_profile", profile=self._profile, search=english("s_ccee_search", id=submission.id))

    def check(self, submission: Submission) -> Call[Progress]:
        return self._calls.check(submission)

    def fetch(self, submission: Submission) -> Call[None]:
        return self._calls.fetch(submission)

    def read(self, submission: Submission, answer: BinaryIO) -> Iterator[AnswerRow]:
        def fault(element: etree._Element) -> NoReturn:
            raise Fault.of(element).told(Malformed, english("s_ccee_kept_fault"), todo=english("s_do_ask_again"))

        return details(answer, submission.receipt, fault)

    @classmethod
    def explain(cls, answer: bytes, extra: Mapping[str, Any], *, service: str = "", status: int = 200) -> Iterator[str]:
        if service not in ("", *cls.services):
            raise Misconfigured(
                english("s_no_service", service=repr(service)), institution="ccee", todo=english("s_do_no_service")
            )
        own = {name: extra[name] for name in ("rules", "schemas") if name in extra}
        access = Access("ccee", "simulator", "https://localhost", extra={**own, "codigo_perfil_agente": "0"})
        return explained(cls(access)._calls, answer, status)


def _again(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest
