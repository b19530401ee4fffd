"""How the pretended BNDES decides: what the life cycle forbids, which documents are rejected, and what comes of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from malote_sim.bndes.counter import credit_date, months_later
from malote_sim.bndes.operation import Operation, Solicitacao
from malote_sim.bndes.services import ASYNCHRONOUS
from malote_sim.bndes.settings import named
from malote_sim.bndes.words import Message, said

AT_THE_DOOR, WITH_AN_ALERT = "99990", "99995"
_BY_NUMBER = {
    **dict.fromkeys(("financiamento", "previaFinanciamento"), "99991"),
    **dict.fromkeys(("contratacao", "simularContratacao"), "99992"),
    **dict.fromkeys(("liberacao", "simularLiberacao"), "99993"),
    "cancelamento": "99994",
}
_BAD_AMOUNT = Decimal("666.66")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one request. `facts` are more elements of its answer; `amount`, in reais, what it came to."""

    messages: tuple[Message, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    amount: Decimal | None = None

    @property
    def approved(self) -> bool:
        """Whether nothing but alerts was said."""
        return all(each.alert for each in self.messages)


def obstacle(service: str, operation: Operation) -> str:
    """The key of the message that says why the life cycle forbids it now (manual 5.7, 5.9), or ""."""
    after = ASYNCHRONOUS[service].after
    if not after:
        return ""
    if operation.approved is None:
        return "not_approved"
    if operation.situation == "cancelado":
        return "cancelled"
    if after == "contratacao" and operation.contracted is None:
        return "not_contracted"
    if service == "prorrogacaoPrazo" and operation.approvals("liberacao"):
        return "released"
    return ""


def judge(filed: Solicitacao, operation: Operation, settings: Mapping[str, Any]) -> Verdict:
    """What becomes of a request that is processed while its operation stands so."""
    about = {"proposta": filed.proposal, "numero": filed.numero_bndes, "servico": filed.service}
    if filed.proposal.startswith("BNDES "):
        return Verdict((said(settings, "no_operation", about),))
    if key := obstacle(filed.service, operation):
        return Verdict((said(settings, key, about),))
    if criticas := _criticas(filed, settings):
        return Verdict(tuple(said(settings, key, about) for key in criticas))
    alerts = (said(settings, "guarantee", alert=True),) if _number(filed).startswith(WITH_AN_ALERT) else ()
    if filed.service in ("liberacao", "simularLiberacao"):
        return _release(filed, operation, settings, alerts)
    if filed.service in ("cancelamento", "cancelamentoSaldo"):
        return _cancel(operation, settings, about, alerts)
    return Verdict(alerts, _dates(filed), filed.amount)


def _criticas(filed: Solicitacao, settings: Mapping[str, Any]) -> list[str]:
    told = named(settings["reject"], filed.protocol, filed.reference, filed.proposal, filed.service)
    if told is not None:
        return list(told)
    by_number = _BY_NUMBER.get(filed.service)
    if by_number is not None and _number(filed).startswith(by_number):
        return ["above_limit", "cadin"]
    if filed.amount is not None and filed.amount % 1000 == _BAD_AMOUNT:
        return ["above_limit"]
    return []


def _number(filed: Solicitacao) -> str:
    return filed.proposal.partition("/")[2]


def _release(
    filed: Solicitacao, operation: Operation, settings: Mapping[str, Any], alerts: tuple[Message, ...]
) -> Verdict:
    balance, amount = operation.balance, filed.amount
    if balance is not None and balance <= 0:
        return Verdict((said(settings, "no_balance", {"numero": filed.numero_bndes}),))
    if amount is None:
        amount = balance
    if amount is not None and balance is not None and amount > balance:
        return Verdict((said(settings, "beyond_balance", {"saldo": f"{balance:.2f}"}),))
    released = () if amount is None else (("valorLiberado", f"{amount:.2f}"),)
    expected = credit_date(filed.received_at, settings["closed_days"])
    return Verdict(alerts, (*released, ("dataPrevistaLiberacao", expected.isoformat())), amount)


def _cancel(
    operation: Operation, settings: Mapping[str, Any], about: Mapping[str, str], alerts: tuple[Message, ...]
) -> Verdict:
    balance = operation.balance
    if balance is not None and balance <= 0:  # 5.12, observation 2
        return Verdict((said(settings, "no_balance", about),))
    kind = "parcial" if operation.approvals("liberacao") else "total"  # observation 1
    told = () if balance is None else (("valorCancelado", f"{balance:.2f}"),)
    return Verdict(alerts, (("tipoCancelamento", kind), *told), balance)


def _dates(filed: Solicitacao) -> tuple[tuple[str, str], ...]:
    day = filed.received_at.date()
    if filed.service in ("contratacao", "simularContratacao"):
        dates = {"dataTerminoCarencia": 12, "dataPrimeiraAmortizacao": 13, "dataUltimaAmortizacao": 72}
        return tuple((name, months_later(day, months).isoformat()) for name, months in dates.items())
    if filed.service == "prorrogacaoPrazo":  # + 60 days (2.3); from when is not said
        return (("dataLimitePrimeiroPL", (day + timedelta(days=60)).isoformat()),)
    return ()
