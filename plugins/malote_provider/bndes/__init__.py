"""BNDES APA in Airflow's words: the names that DAG files import, and what a liberação after the cut-off is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

from malote.errors import Misconfigured, Unavailable
from malote.hours import ZONE
from malote.submission import Standing
from malote.texts import english
from malote_provider.bndes.questions import BndesPesquisaOperator, BndesSubcreditoOperator
from malote_provider.bndes.status import BndesStatusSensor
from malote_provider.declaration import BNDES
from malote_provider.operators import DoubtOperator, LandOperator, SubmitOperator
from malote_provider.selecting import true
from malote_provider.sensors import ReceiptSensor

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

    from malote_provider.hooks import MaloteHook
    from malote_provider.hooks import MaloteHook as BndesHook

__all__ = [
    "ESTEIRA",
    "RESULTADO",
    "SERVICOS",
    "BndesDoubtOperator",
    "BndesHook",
    "BndesLandOperator",
    "BndesPesquisaOperator",
    "BndesProtocoloSensor",
    "BndesStatusSensor",
    "BndesSubcreditoOperator",
    "BndesSubmitOperator",
    "chosen",
]
__getattr__ = BNDES.hook_class

ESTEIRA = ("financiamento", "contratacao", "liberacao")
"""What a run without a service of its own sends: an operation's life, each step as far as it is ready."""

SERVICOS: Mapping[str, str] = {
    "esteira": "Esteira: financiamento, contratação e liberação, o que estiver pronto",
    "financiamento": "Financiamento",
    "contratacao": "Contratação",
    "liberacao": "Liberação",
    "cancelamento": "Cancelamento",
    "prorrogacao_prazo": "Prorrogação de prazo (não documentado)",
    "cancelamento_saldo": "Cancelamento de saldo a liberar (não documentado)",
    "aditivo": "Aditivo ao financiamento (não documentado)",
    "previa_financiamento": "Prévia de financiamento (não documentado)",
    "simular_contratacao": "Simular contratação (não documentado)",
    "simular_liberacao": "Simular liberação (não documentado)",
}
"""What a run may send, and how a form shows each. Of the undocumented ones the manual gives no more than the name."""

RESULTADO = Asset(BNDES.asset)
"""What ``land`` emits where something has landed in ``bndes.resultado``, and only then: it starts the next step."""


DOWN = timedelta(minutes=5)
"""So long after a 503 a pouch is tried again, as a wait and not as a failure, until the counter closes."""


def chosen(servico: str, outgoing_sql: str | None = None) -> list[str]:
    """The services of a run, one each, or those of :data:`ESTEIRA`.

    :raises Misconfigured: for one SQL file that several services would select by
    """
    if servico != "esteira":
        return [servico]
    if str(outgoing_sql).strip().endswith(".sql"):
        raise Misconfigured(
            english("s_several_services"),
            institution="bndes",
            todo=english("s_do_choose_servico"),
            kept=english("s_kept_neither"),
        )
    return list(ESTEIRA)


class BndesSubmitOperator(SubmitOperator, of=BNDES):
    """Sends requests to BNDES, one document and one protocol for each row; see :class:`SubmitOperator`.

    While BNDES is down for maintenance (503) it waits in the triggerer, until the counter closes; then it fails.

    :param hold_after_cut_off: liberações that would miss the day's cut-off (16:30) wait for the next opening; otherwise
        they travel, and a warning says when they will be credited (templated)
    """

    template_fields: Sequence[str] = (*SubmitOperator.template_fields, "hold_after_cut_off")

    def __init__(self, *, hold_after_cut_off: bool | str = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hold_after_cut_off = hold_after_cut_off

    def execute(self, context: Context) -> dict[str, Any]:
        if true(self.hold_after_cut_off):
            self.options = {**(self.options or {}), "hold_after_cut_off": True}
        return super().execute(context)

    def _send(self, hook: MaloteHook, pouch: str, held: Mapping[str, int], invalid: int) -> dict[str, Any]:
        if self.service == "liberacao":
            self._warn(hook, pouch)
        try:
            return super()._send(hook, pouch, held, invalid)
        except Unavailable as unavailable:
            down = unavailable
        again, institution = self.clock.now() + DOWN, hook.get_institution()
        if down.code == "503" and institution.counter(self.service_of(institution)).is_open(again):
            self._wait(again, down.what, held, invalid)
        raise down

    def _warn(self, hook: MaloteHook, pouch: str) -> None:
        from malote.institutions.bndes.answers import cut_off
        from malote.institutions.bndes.rules import BndesRules

        institution, now = hook.get_institution(), self.clock.now()
        assert isinstance(institution.rules, BndesRules)
        rule, today = cut_off(institution.rules), now.astimezone(ZONE)
        if today.time() <= rule.at or not institution.counter("liberacao").is_open(now):
            return
        prepared = hook.journal().submissions(hook.scope(pouch, "pouch", ""), Standing.PREPARED)
        late = [each for each in prepared if not each.facts.get("hold_after_cut_off")]
        if late:
            self.log.warning(
                "%d liberações leave after the cut-off of %s: expected on %s, not on %s (hold_after_cut_off makes such "
                "wait for the next opening)", len(late), rule.at, rule.credit_day(now),
                rule.credit_day(datetime.combine(today, rule.at, ZONE)),
            )  # fmt: skip


class BndesProtocoloSensor(ReceiptSensor, of=BNDES):
    """Waits for the results of protocols (``…/retorno/{numeroProtocolo}``); see :class:`ReceiptSensor`."""


class BndesLandOperator(LandOperator, of=BNDES):
    """Lands results in ``bndes.resultado`` and reasons in ``bndes.critica``; see :class:`LandOperator`."""


class BndesDoubtOperator(DoubtOperator, of=BNDES):
    """Asks a person about what may or may not have reached BNDES; see :class:`DoubtOperator`."""
