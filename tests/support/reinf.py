"""What several tests of the EFD-Reinf share: people, companies, rows of a month, replies, trips to the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from lxml import etree

import malote_sim
from malote import place
from malote.archive import Archive
from malote.clock import HeldClock
from malote.institution import Access, Reply
from malote.institutions.reinf.institution import Reinf
from malote.submission import Document, Order, Standing, Stored, Submission
from malote.trip import Outgoing
from malote_sim.certificates import CNPJ
from support.trip import Trip

NOW = datetime(2026, 11, 3, 13, tzinfo=timezone.utc)
MONTH, ROOT_OF_CNPJ = "2026-10", CNPJ[:8]
ID = f"ID1{ROOT_OF_CNPJ}00000020261103100000"
PERSON = "52998224725"
RETORNO = "http://www.reinf.esocial.gov.br/schemas/retornoLoteEventosAssincrono/v1_00_00"


def cnpj_number(n: int) -> str:
    """The CNPJ of the n-th company, with its own check digits."""
    return cnpj_of(f"{10_000_000 + n:08}")


def cnpj_of(root: str) -> str:
    """The CNPJ of the head office of a company of this root (eight digits)."""
    digits = [int(each) for each in f"{root}0001"]
    for size in (12, 13):
        rest = sum(digit * ((size - 1 - at) % 8 + 2) for at, digit in enumerate(digits)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "".join(map(str, digits))


def cpf_number(n: int) -> str:
    """The CPF of the n-th person, with its own check digits."""
    digits = [int(each) for each in f"{100_000_000 + n:09}"]
    for size in (9, 10):
        digits.append(sum(digit * (size + 1 - at) for at, digit in enumerate(digits)) * 10 % 11 % 10)
    return "".join(map(str, digits))


def access_to(sim: malote_sim.Running, **extra: Any) -> Access:
    """The connection of a running simulator."""
    held = sim.certificates
    return Access(
        "reinf", "simulator", sim.url("reinf"),
        extra={
            "cnpj": CNPJ, "ca_bundle": str(held.ca), "client_certificate": str(held.client),
            "client_certificate_password": held.password,
            "rules": {"send_timeout": "PT1S", "ask_timeout": "PT1S", "requests": 0}, **extra,
        },
    )  # fmt: skip


def reinf(environment: str = "producao_restrita", base_url: str = "", **extra: Any) -> Reinf:
    """The institution without a simulator."""
    return Reinf(Access("reinf", environment, base_url, extra={"cnpj": CNPJ, **extra}))


def submission(
    service: str = "r4020", receipt: str | None = "2.202611.1", events: int = 2, **changes: Any
) -> Submission:
    """A lote of events of which nothing else is known."""
    plain = Submission(
        "reinf-1", "p", "reinf", "producao_restrita", ROOT_OF_CNPJ, service, "R-4020", Standing.RECEIVED, "x.xml",
        Stored("reinf/sent/x.xml", "0" * 64, 10), events,
        {"eventos": {f"{ID}{n:05}": {"perApur": MONTH} for n in range(events)}}, receipt=receipt, attempt=1,
    )  # fmt: skip
    return replace(plain, **changes)


def event(n: int, cd: str = "0", receipt: str = "7-01-4020-2610-7", more: str = "", **attributes: str) -> str:
    """An event of a return."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    held = f"<nrRecArqBase>{receipt}</nrRecArqBase>" if receipt else ""
    return (
        f'<evento Id="{ID}{n:05}"{said}><retornoEvento><Reinf xmlns="{RETORNO}x"><evtRet id="x"><ideRecRetorno>'
        f"<ideStatus><cdRetorno>{cd}</cdRetorno><descRetorno>Texto</descRetorno>{more}</ideStatus></ideRecRetorno>"
        f"<infoRecEv>{held}<dhRecepcao>2026-11-03T10:00:00-03:00</dhRecepcao><tpEv>R-4020</tpEv>"
        f"<idEv>{ID}{n:05}</idEv><hash>x=</hash></infoRecEv></evtRet></Reinf></retornoEvento></evento>"
    )


def retorno(
    code: int, inside: str = "", *, protocol: str = "2.202611.1", whose: str = ROOT_OF_CNPJ, more: str = ""
) -> str:
    """A return of a lote."""
    held = f"<dadosRecepcaoLote><protocoloEnvio>{protocol}</protocoloEnvio></dadosRecepcaoLote>" if protocol else ""
    events = f"<retornoEventos>{inside}</retornoEventos>" if inside else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Reinf xmlns="{RETORNO}"><retornoLoteEventosAssincrono>'
        f"<ideContribuinte><tpInsc>1</tpInsc><nrInsc>{whose}</nrInsc></ideContribuinte><status>"
        f"<cdResposta>{code}</cdResposta><descResposta>Texto</descResposta>{more}</status>{held}{events}"
        "</retornoLoteEventosAssincrono></Reinf>"
    )


def ocorrencia(codigo: str = "MS0001", descricao: str = "Motivo") -> str:
    """The ocorrências of a lote."""
    said = f"<codigo>{codigo}</codigo><descricao>{descricao}</descricao><tipo>1</tipo>"
    return f"<ocorrencias><ocorrencia>{said}</ocorrencia></ocorrencias>"


def reply(status: int, body: str | bytes = "", kind: str = "application/xml") -> Reply:
    """What came back."""
    return Reply(status, {"content-type": kind}, body if isinstance(body, bytes) else body.encode())


ROW = {
    "reference": "E1",
    "ideEvento.indRetif": "1",
    "ideEvento.perApur": MONTH,
    "ideEstab.tpInscEstab": "1",
    "ideEstab.nrInscEstab": CNPJ,
    "ideEstab.ideBenef.cnpjBenef": "33000167000101",
    "ideEstab.ideBenef.idePgto[].natRend": ["15001", "17001"],
    "ideEstab..idePgto[].infoPgto[].dtFG": [["2026-10-05", date(2026, 10, 6)], ["2026-10-07"]],
    "ideEstab..idePgto[].infoPgto[].vlrBruto": [["1000,00", "500,00"], ["1,00"]],
    "ideEstab..idePgto[].infoPgto[].retencoes.vlrIR": [["15,00", None], [None]],
}
"""A row of the selection of R-4020."""


def rendered(
    institution: Reinf, selection: Any, archive: Archive, service: str = "r4020", taken: int = 0,
    at: datetime = NOW, **params: Any,
) -> list[Any]:  # fmt: skip
    """The lotes of a selection; ``taken`` numbers were given before."""
    numbers: dict[str, Any] = {}

    def number(sequence: str, start: int) -> int:
        return int(next(numbers.setdefault(sequence, count(start + (0 if numbers else taken)))))

    order = Order("p", service, params, at)
    return list(institution.render(order, selection, archive, lambda _, some: set(some), number))


def lote(document: Document, archive: Archive) -> etree._Element:
    """A lote, parsed."""
    with archive.open(document.stored) as file:
        return etree.fromstring(file.read())


class Desk:
    """A warehouse, an archive and the simulated EFD-Reinf: runs of one kind of event after the other."""

    def __init__(self, sim: malote_sim.Running, dsn: str, folder: Path, **extra: Any) -> None:
        self.sim, self.dsn, self.clock = sim, dsn, HeldClock(NOW)
        self._folder, self._runs = folder, 0
        self.institution = Reinf(access_to(sim, **extra))
        from support.stages import driver_of  # which has a stage that is made of this module's numbers

        self.driver = driver_of(self.institution.access)

    @contextmanager
    def trip(self, service: str, pouch: str = "", **params: Any) -> Iterator[Trip]:
        """A run of one kind of event, with the shipped SQL where :meth:`run` makes it."""
        self._runs += 1
        trip = Trip(
            self.institution, self.driver, self.dsn, str(self._folder / "archive"), service=service, clock=self.clock,
            pouch=pouch or f"dag/run-{self._runs}/submit/{service}", params=params,
        )  # fmt: skip
        try:
            yield trip
        finally:
            trip.close()

    def run(self, service: str, *, again: bool = False, **params: Any) -> tuple[int, int]:
        """Select by the shipped SQL, send, wait, land; how many lotes went and how many rows landed."""
        with self.trip(service, **params) as trip:
            prepared = trip.prepare(self.rows(service), refused_too=again)
            trip.send()
            self.sim.clock.advance(60)
            trip.wait()
            return prepared.submissions, trip.land().rows

    def rows(self, service: str) -> Outgoing:
        """The shipped selection, as the tasks read it."""
        return self.selected(service, place.outgoing("reinf", service))

    def selected(self, service: str, query: str) -> Outgoing:
        """A selection of one's own, as the tasks read it."""
        return Outgoing(self.dsn, query, scope=self.institution.scope_of(Order("p", service, {}, NOW)))

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives, or nothing."""
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute(query, values)
            return found.fetchall() if found.description else []


CONTRIBUTOR = """
    insert into outgoing.reinf_r1000 (ini_valid, class_trib, nm_ctt, cpf_ctt)
    values ('2020-01', '99', 'MARIA DE MENTIRA', '52998224725')
"""


def pay(desk: Desk, n: int, company: int = 0, *, ir: str = "15.00", nature: str = "15001", month: str = MONTH) -> None:
    """The n-th payment of a month, to a company."""
    desk.sql(
        """insert into outgoing.reinf_r4020
               (referencia, per_apur, nr_insc_estab, cnpj_benef, nat_rend, dt_fg, vlr_bruto, vlr_base_ir, vlr_ir)
           values (%s, %s, %s, %s, %s, (%s || '-05')::date, 1000, 1000, %s)""",
        f"P{n}", month, CNPJ, cnpj_number(company), nature, month, ir,
    )  # fmt: skip


def pay_person(desk: Desk, n: int, person: int = 0, *, ir: str = "7.50") -> None:
    """The n-th payment of the month, to a person."""
    desk.sql(
        """insert into outgoing.reinf_r4010 (referencia, per_apur, nr_insc_estab, beneficiario, cpf_benef, nm_benef,
               nat_rend, dt_fg, vlr_rend_bruto, vlr_rend_trib, vlr_ir)
           values (%s, %s, %s, %s, %s, 'FULANA DE MENTIRA', '10001', '2026-10-05', 500, 500, %s)""",
        f"F{n}", MONTH, CNPJ, f"func-{person}", cpf_number(person), ir,
    )  # fmt: skip
