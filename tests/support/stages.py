"""One stage for each institution: its simulator, driver and rows, and what it accepted; the crash suites play there."""

from __future__ import annotations

import ssl
import tempfile
from abc import ABC, abstractmethod
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

import malote_sim
from malote.clock import SystemClock
from malote.institution import Access, Institution, load
from malote.submission import Submission
from malote.wire import SyncDriver, context
from malote_sim.certificates import CNPJ
from support.notary import Notary, Office, make_table
from support.reinf import cnpj_number
from support.sim.reinf import Caller, Signer


class Stage(ABC):
    """An institution as the crash suites see it."""

    name: str
    service: str
    table: str
    verdict: tuple[str, str]
    """The landed column that says what became of an item, and what it says of the stage's rows."""
    findable: bool
    """It can be asked whether a document arrived."""
    faults: tuple[str, ...]
    """Faults that it can be told to play on the next exchange; each must leave the promise whole."""

    @abstractmethod
    def institution(self) -> Institution: ...

    @abstractmethod
    def driver(self) -> Any: ...

    @abstractmethod
    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        """Outgoing rows number ``first`` and on."""

    @abstractmethod
    def accepted(self) -> Counter[str]:
        """How often the institution accepted each reference."""

    @abstractmethod
    def play(self, fault: str) -> None: ...

    @abstractmethod
    def calm(self) -> None:
        """No more faults; whatever was held up is answered at once."""

    @abstractmethod
    def truth(self, submission: Submission) -> str | None:
        """The receipt under which this submission really was accepted, as a person would find it over there."""

    def prepare_warehouse(self, dsn: str) -> None:
        """Make what the migrations do not."""

    def close(self) -> None:
        """Let go of the simulator."""


class NotaryStage(Stage):
    """The made-up institution: it can be asked, and its answer is fetched apart."""

    name, service, table = "notary", "deeds", "notary.verdict"
    verdict, findable = ("verdict", "yes"), True
    faults = ("lost_reply", "timeout", "lost_before", "reset_before", "html", "malformed", "503", "throttle", "late")

    def __init__(self, folder: Path) -> None:
        self.office = Office()

    def institution(self) -> Institution:
        return Notary()

    def driver(self) -> Any:
        return self.office

    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        return [{"reference": f"D{i:03}", "text": f"deed {i}"} for i in range(first, first + n)]

    def accepted(self) -> Counter[str]:
        return self.office.accepted

    def play(self, fault: str) -> None:
        self.office.faults.append(fault)

    def calm(self) -> None:
        self.office.faults.clear()
        self.office.pending = -1000

    def truth(self, submission: Submission) -> str | None:
        return self.office.keys.get(submission.stored.sha256)

    def prepare_warehouse(self, dsn: str) -> None:
        make_table(dsn)


class SimulatedStage(Stage):
    """An institution that is simulated: real HTTPS, in another thread."""

    def __init__(self, folder: Path) -> None:
        self._running = malote_sim.running(
            self.name, folder=Path(tempfile.gettempdir()) / "malote-certificates-of-tests"
        )
        self.sim = self._running.__enter__()

    @abstractmethod
    def access(self, **extra: Any) -> Access:
        """The connection of this simulator."""

    def institution(self) -> Institution:
        return load(self.name)(self.access())

    def driver(self) -> Any:
        return driver_of(self.access())

    def close(self) -> None:
        self._running.__exit__(None, None, None)


def driver_of(access: Access) -> SyncDriver:
    """What a task would send with."""
    return SyncDriver(trust(access))


def trust(access: Access) -> ssl.SSLContext:
    """The TLS context that a connection describes."""
    extra = access.extra
    return context(
        certificate=extra.get("client_certificate"), password=extra.get("client_certificate_password"),
        ca_bundle=extra["ca_bundle"], now=SystemClock().now(),
    )  # fmt: skip


class CceeStage(SimulatedStage):
    """The CCEE: it cannot be asked, so a lost reply is a doubt."""

    name, service, table = "ccee", "contratos", "ccee.resultado_processamento"
    verdict, findable = ("status", "SUCESSO"), False
    faults = (
        "lost_reply", "reset_before", "timeout", "500", "503", "throttle", "malformed", "truncated", "html", "late",
        "partial", "wrong_code",
    )  # fmt: skip

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sim.ccee.set(result_after=0)

    def access(self, **extra: Any) -> Access:
        certificates = self.sim.certificates
        return Access(
            "ccee",
            "simulator",
            self.sim.url("ccee"),
            "usuario",
            "senha",
            {
                "codigo_perfil_agente": "1234",
                "ca_bundle": str(certificates.ca),
                "client_certificate": str(certificates.client),
                "client_certificate_password": certificates.password,
                "rules": {"send_timeout": "PT1S", "ask_timeout": "PT1S", "requests": 0},
                **extra,
            },
        )

    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        return [
            {
                "reference": f"C{i:03}",
                "Contrato.@tipoGravacao": "R",
                "Contrato.@dataDeInicio": datetime(2027, 1, 1),
                "Contrato.@dataDeFim": datetime(2027, 12, 31, 23),
                "Contrato.@idComprador": "64983",
                "Contrato.@idVendedor": "66242",
                "Contrato.@idSubMerEntrega": "1",
                "Contrato.@referencia": f"C{i:03}",
                "Contrato.MontanteMedio.@dataDeInicio": datetime(2027, 1, 1),
                "Contrato.MontanteMedio.@dataDeFim": datetime(2027, 12, 31, 23),
                "Contrato.MontanteMedio..@montanteMedio": Decimal("1.500000"),
                "Contrato.MontanteMedio.TipoModulacao.@tipoModulacao": "F",
            }
            for i in range(first, first + n)
        ]

    def accepted(self) -> Counter[str]:
        return self.sim.ccee.accepted

    def play(self, fault: str) -> None:
        self.sim.ccee.play(fault)

    def calm(self) -> None:
        self.sim.ccee.faults.queued.clear()
        self.sim.clock.advance(7200)

    def truth(self, submission: Submission) -> str | None:
        there = self.sim.ccee.submissions
        return next((code for code, each in there.items() if each.sha256 == submission.stored.sha256), None)


class CieloStage(SimulatedStage):
    """Cielo: the same lot again under the same number tells whether it arrived; everything it keeps is sealed."""

    name, service, table = "cielo", "autorizacao", "cielo.transacao"
    verdict, findable = ("situacao", "Capturada"), True
    faults = (
        "lost_reply", "reset_before", "timeout", "500", "503", "throttle", "malformed", "truncated", "html", "late",
        "erro",
    )  # fmt: skip

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sim.cielo.set(result_after=0, processing_every=0)
        self.sim.clock.set(datetime(2026, 11, 23, 12, tzinfo=timezone.utc))

    def access(self, **extra: Any) -> Access:
        ec = "1006993069"
        rules = {"send_timeout": "PT1S", "ask_timeout": "PT1S", "requests": 0, "return_after": "PT1M"}
        return Access(
            "cielo", "simulator", self.sim.url("cielo"), ec, self.sim.cielo.settings["stores"][ec],
            {"ca_bundle": str(self.sim.certificates.ca), "rules": {**rules, "poll_every": "PT10M"}, **extra},
        )  # fmt: skip

    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        return [
            {
                "reference": f"P{i:03}",
                "dados-portador.numero": "4012001037141112",
                "dados-portador.validade": "209912",
                "dados-portador.indicador": 1,
                "dados-portador.codigo-seguranca": "123",
                "dados-pedido.numero": f"P{i:03}",
                "dados-pedido.valor": 100 * (i + 1),
                "dados-pedido.moeda": 986,
                "dados-pedido.data-hora": datetime(2026, 11, 23, 9),
                "forma-pagamento.bandeira": "visa",
                "forma-pagamento.produto": "1",
                "forma-pagamento.parcelas": 1,
                "autorizar": 3,
                "capturar": True,
            }
            for i in range(first, first + n)
        ]

    def accepted(self) -> Counter[str]:
        return self.sim.cielo.accepted | self.sim.cielo.charged

    def play(self, fault: str) -> None:
        self.sim.cielo.play(fault)

    def calm(self) -> None:
        self.sim.cielo.faults.queued.clear()
        self.sim.clock.advance(7200)

    def truth(self, submission: Submission) -> str | None:
        number = str(submission.facts["numero_lote"])
        return number if f"{submission.account}/{number}" in self.sim.cielo.lots else None


class BndesStage(SimulatedStage):
    """BNDES: one document for each row, and a search that tells whether it arrived."""

    name, service, table = "bndes", "financiamento", "bndes.resultado"
    verdict, findable = ("situacao", "aprovado"), True
    faults = (
        "lost_reply", "reset_before", "timeout", "500", "503", "throttle", "malformed", "truncated", "html", "late",
        "own_500", "gateway", "empty", "iso",
    )  # fmt: skip

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sim.bndes.set(result_after=0, hours="")
        self.sim.clock.set(datetime(2026, 11, 23, 12, tzinfo=timezone.utc))

    def access(self, **extra: Any) -> Access:
        certificates = self.sim.certificates
        rules = {"send_timeout": "PT1S", "ask_timeout": "PT1S", "requests": 0, "opening_days": "all"}
        return Access(
            "bndes", "simulator", f"{self.sim.url('bndes')}/apa", "", "",
            {
                "cnpj": CNPJ,
                "ca_bundle": str(certificates.ca),
                "client_certificate": str(certificates.client),
                "client_certificate_password": certificates.password,
                "rules": {**rules, "opening_hours": ""},
                **extra,
            },
        )  # fmt: skip

    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        return [
            {
                "reference": f"2026/{1000 + i}",
                "anoProposta": "2026",
                "numeroProposta": str(1000 + i),
                "beneficiario.cpfCnpj": "52998224725",
                "valorFinanciado": Decimal("1000.50"),
            }
            for i in range(first, first + n)
        ]

    def accepted(self) -> Counter[str]:
        return self.sim.bndes.accepted

    def play(self, fault: str) -> None:
        self.sim.bndes.play(fault)

    def calm(self) -> None:
        self.sim.bndes.faults.queued.clear()
        self.sim.clock.advance(7200)

    def truth(self, submission: Submission) -> str | None:
        there = self.sim.bndes.solicitacoes
        return next((p for p, each in there.items() if each.sha256 == submission.stored.sha256), None)


class ReinfStage(SimulatedStage):
    """The EFD-Reinf: up to 50 signed events a lote, receipts by key after a lost reply, duplicates told."""

    name, service, table = "reinf", "r4020", "reinf.evento"
    verdict, findable = ("situacao", "aceito"), True
    faults = (
        "lost_reply", "reset_before", "timeout", "500", "503", "throttle", "malformed", "truncated", "html", "late",
        "own_500", "gateway", "json", "empty", "iso", "no_protocol", "partial", "no_receipts",
    )  # fmt: skip

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sim.reinf.set(result_after=0)
        self.sim.clock.set(datetime(2026, 11, 23, 12, tzinfo=timezone.utc))
        with requests.Session() as other:
            other.trust_env, other.verify = False, str(self.sim.certificates.ca)
            other.cert = str(self.sim.certificates.client_pem)
            Caller(self.sim, other, Signer(self.sim.certificates.client)).registered()

    def access(self, **extra: Any) -> Access:
        certificates = self.sim.certificates
        return Access(
            "reinf", "simulator", self.sim.url("reinf"), "", "",
            {
                "cnpj": CNPJ,
                "ca_bundle": str(certificates.ca),
                "client_certificate": str(certificates.client),
                "client_certificate_password": certificates.password,
                "rules": {"send_timeout": "PT1S", "ask_timeout": "PT1S", "requests": 0},
                **extra,
            },
        )  # fmt: skip

    def rows(self, first: int, n: int) -> list[dict[str, Any]]:
        return [
            {
                "reference": f"2026-10/matriz/{i:05}",
                "ideEvento.indRetif": "1",
                "ideEvento.perApur": "2026-10",
                "ideEstab.tpInscEstab": "1",
                "ideEstab.nrInscEstab": CNPJ,
                "ideEstab.ideBenef.cnpjBenef": cnpj_number(i),
                "ideEstab.ideBenef.idePgto[].natRend": ["15001"],
                "ideEstab..idePgto[].infoPgto[].dtFG": [["2026-10-05", "2026-10-20"]],
                "ideEstab..idePgto[].infoPgto[].vlrBruto": [["1000,00", "500,00"]],
                "ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseIR": [["1000,00", None]],
                "ideEstab..idePgto[].infoPgto[].retencoes.vlrIR": [["15,00", None]],
            }
            for i in range(first, first + n)
        ]

    def accepted(self) -> Counter[str]:
        return Counter({name: n for name, n in self.sim.reinf.accepted.items() if name.startswith("R-4020")})

    def play(self, fault: str) -> None:
        self.sim.reinf.play(fault)

    def calm(self) -> None:
        self.sim.reinf.faults.queued.clear()
        self.sim.clock.advance(7200)

    def truth(self, submission: Submission) -> str | None:
        there = self.sim.reinf.lotes
        return next((p for p, each in there.items() if each.sha256 == submission.stored.sha256), None)


STAGES: dict[str, type[Stage]] = {
    "notary": NotaryStage, "ccee": CceeStage, "cielo": CieloStage, "bndes": BndesStage, "reinf": ReinfStage,
}  # fmt: skip
