"""The EFD-Reinf in Airflow's words: the names that DAG files import, the order of events, and the monthly deadline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

from malote.errors import Misconfigured
from malote.hours import ZONE, bank_day
from malote.texts import english
from malote_provider.declaration import REINF
from malote_provider.operators import DoubtOperator, LandOperator, SubmitOperator
from malote_provider.selecting import NO_CARD
from malote_provider.sensors import ReceiptSensor

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

    from malote_provider.hooks import MaloteHook as ReinfHook

__all__ = [
    "EVENTO",
    "EVENTOS",
    "MES",
    "NO_CARD",
    "ReinfDoubtOperator",
    "ReinfHook",
    "ReinfLandOperator",
    "ReinfLoteSensor",
    "ReinfSubmitOperator",
    "chosen",
    "due",
]
__getattr__ = REINF.hook_class

MES = (("r1000",), ("r4010", "r4020", "r9000"), ("r4099",))
"""What a run without an event of its own sends, one step behind the other: tables, periodic events, the closing."""

EVENTOS: Mapping[str, str] = {
    "mes": "O mês: tabelas, pagamentos, exclusões, fechamento, o que estiver pronto",
    "r1000": "R-1000 Contribuinte",
    "r1050": "R-1050 Entidades ligadas",
    "r1070": "R-1070 Processos",
    "r2010": "R-2010 Serviços tomados",
    "r2020": "R-2020 Serviços prestados",
    "r2055": "R-2055 Aquisição de produção rural",
    "r2060": "R-2060 CPRB",
    "r4010": "R-4010 Pagamentos a pessoa física",
    "r4020": "R-4020 Pagamentos a pessoa jurídica",
    "r4040": "R-4040 Beneficiário não identificado",
    "r4080": "R-4080 Retenção no recebimento",
    "r2099": "R-2099 Fechamento da série R-2000",
    "r4099": "R-4099 Fechamento ou reabertura da série R-4000",
    "r2098": "R-2098 Reabertura da série R-2000",
    "r9000": "R-9000 Exclusão",
}
"""What a run may send, and how a form shows each."""

TOLD = 3
"""So many months back it is told that one is not closed."""

UNKNOWN = (
    "nothing of it was declared, and nothing of it is in outgoing.reinf_r4010 or outgoing.reinf_r4020; where there was "
    "nothing to withhold there is nothing to do"
)

_MONTH = """select fechada, falta from report.reinf_competencia
            where per_apur = %s and ambiente = %s and conta = %s"""

EVENTO = Asset(REINF.asset)
"""What ``land`` emits: answers have landed in ``reinf.evento``."""


def chosen(evento: str, step: int, outgoing_sql: str | None = None) -> list[str]:
    """The events of one step of a run; an event that was chosen alone is one of the step that it belongs to.

    :param step: 0 tables, 1 periodic events and exclusions, 2 closings and reopenings
    :raises Misconfigured: for one SQL file that several events would select by
    """
    if evento == "mes":
        if str(outgoing_sql).strip().endswith(".sql"):
            raise Misconfigured(
                english("s_several_events"), institution="reinf",
                todo=english("s_do_choose_evento"),
                kept=english("s_kept_neither"),
            )  # fmt: skip
        return list(MES[step])
    own = 0 if evento in ("r1000", "r1050", "r1070") else 2 if evento in ("r2098", "r2099", "r4099") else 1
    return [evento] if own == step else []


def due(day: date, due_day: int = 15) -> date:
    """Until when the month before that of a day has to be declared: its due day, or the bank day before it."""
    found = day.replace(day=due_day)
    while not bank_day(found):
        found -= timedelta(days=1)
    return found


class ReinfSubmitOperator(SubmitOperator, of=REINF):
    """Sends lotes of signed events to the EFD-Reinf; see :class:`SubmitOperator`.

    With a R-4099 it says first which of the last months are not closed and what they lack, from ``tell_before`` the
    deadline on.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        if self.service == "r4099":
            self._remind()
        return super().execute(context)

    def _remind(self) -> None:
        """Tell the deadline of the last months while there is time, and what is missing of each."""
        from malote.institutions.reinf.rules import ReinfRules
        from malote.warehouse import connect

        with self.hook() as hook:
            institution, today = hook.get_institution(), self.clock.now().astimezone(ZONE).date()
            rules = institution.rules
            assert isinstance(rules, ReinfRules)
            months = dict(months_due(today, rules.due_day))
            with connect(hook.warehouse_dsn()) as connection:
                home = institution.access.environment, institution.account
                known = {month: _lacks(connection.execute(_MONTH, (month, *home)).fetchone()) for month in months}
        for month, until in months.items():
            lacks = known[month] if known[month] != UNKNOWN or month == max(months) else None
            if lacks and today >= until - rules.tell_before:
                left = (until - today).days
                when = f"in {left} day{'s' * (left != 1)}" if left > 0 else "today" if not left else f"{-left} days ago"
                self.log.warning("%s is due on %s (%s): %s", month, until.isoformat(), when, lacks)


def months_due(today: date, due_day: int) -> Iterator[tuple[str, date]]:
    """The last months, the oldest first, and until when each is due."""
    day = today.replace(day=1)
    for _ in range(TOLD - 1):
        day = (day - timedelta(days=1)).replace(day=1)
    for _ in range(TOLD):
        yield f"{day - timedelta(days=1):%Y-%m}", due(day, due_day)
        day = (day + timedelta(days=31)).replace(day=1)


def _lacks(found: tuple[bool, str | None] | None) -> str | None:
    """What is to be done about a month, in words; None where nothing is."""
    if found is None:
        return UNKNOWN
    closed, missing = found
    if not closed:
        return f"it is not closed: {missing or 'nothing is missing but its R-4099 (outgoing.reinf_r4099)'}"
    return f"it is closed, and open it again (R-4099, fech_ret 1) for: {missing}" if missing else None


class ReinfLoteSensor(ReceiptSensor, of=REINF):
    """Waits for the results of lotes (``/consulta/lotes/{protocolo}``); see :class:`ReceiptSensor`."""


class ReinfLandOperator(LandOperator, of=REINF):
    """Lands results in ``reinf.evento`` and refusals in ``reinf.ocorrencia``; see :class:`LandOperator`."""


class ReinfDoubtOperator(DoubtOperator, of=REINF):
    """Asks inside Airflow what became of lotes in doubt; see :class:`DoubtOperator`."""
