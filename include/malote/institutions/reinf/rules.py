"""The EFD-Reinf's events, limits, rhythm and words, as tables that a business person can read; codes: codes.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from malote import address
from malote.rules import Rules, some_of
from malote.texts import english

misfit = partial(address.misfit, "reinf")
"""What is wrong with the connection."""

MOST_EVENTS = 50
"""Events of a lote, at most (X)."""

TABELA, PERIODICO, FECHAMENTO, REABERTURA, EXCLUSAO = "tabela", "periódico", "fechamento", "reabertura", "exclusão"


class Event(NamedTuple):
    """One kind of event.

    :param name: as a service, e.g. `r4020`
    :param code: as the Receita writes it, e.g. `R-4020`
    :param group: tables come before periodic events, and those before the closing (M 5.1)
    :param key: elements by which `reciboevento` is asked for one, in the order of its path; none where no path is known
    :param nameless: of the last of these, where the event has none: the path's extra word, and what stands for it
    :param asked: `reciboevento` knows it (P, N): with an empty `key` by the contributor alone
    """

    name: str
    code: str
    group: str
    key: tuple[str, ...] = ()
    nameless: tuple[str, str] | None = None
    asked: bool = False


_BENEFICIARY = ("perApur", "tpInscEstab", "nrInscEstab")

EVENTS: Mapping[str, Event] = {
    each.name: each
    for each in (
        Event("r1000", "R-1000", TABELA, asked=True),
        Event("r1050", "R-1050", TABELA),
        Event("r1070", "R-1070", TABELA),
        Event("r2010", "R-2010", PERIODICO, (*_BENEFICIARY, "cnpjPrestador"), asked=True),
        Event("r2020", "R-2020", PERIODICO),
        Event("r2055", "R-2055", PERIODICO),
        Event("r2060", "R-2060", PERIODICO),
        Event("r4010", "R-4010", PERIODICO, (*_BENEFICIARY, "cpfBenef"), ("semCpfBeneficiario", "nmBenef"), True),
        Event("r4020", "R-4020", PERIODICO, (*_BENEFICIARY, "cnpjBenef"), ("semCnpjBeneficiario", "nmBenef"), True),
        Event("r4040", "R-4040", PERIODICO),
        Event("r4080", "R-4080", PERIODICO),
        Event("r2099", "R-2099", FECHAMENTO, ("perApur",), asked=True),
        Event("r4099", "R-4099", FECHAMENTO, ("perApur",), asked=True),
        Event("r2098", "R-2098", REABERTURA),
        Event("r9000", "R-9000", EXCLUSAO),
    )
}
"""The events that travel, in the order in which they have to (M 5.1, 5.4; paths of `reciboevento`: P, N)."""

RECEIPTLESS = frozenset({"r9000"})
"""Events that may be accepted without a receipt of their own: R-9001 need not have one (X)."""

TAKEN, WELL, SOME, NOT_RECEIVED, WRONG_QUERY, NOT_FOUND, INTERNAL = 1, 2, 3, 7, 8, 9, 99
"""`cdResposta` (M 4.4.1.2, 4.4.2.2): of a send 1, 7, 99; of a query 1 (still in process), 2, 3, 8, 9, 99."""

TAGS: Mapping[str, tuple[str, ...]] = {
    "recibo": ("nrRecArqBase", "nrRecibo", "numeroRecibo", "recibo"),
    "protocolo": ("nrProtLote", "nrProtEntr", "protocoloEnvio", "numeroProtocolo", "nrProtocolo"),
    "recebido_em": ("dhRecepcao", "dhRecebimento", "dataHoraRecepcao", "dataHoraRecebimento"),
}
"""Local names of what an answer of `reciboevento` says, tried in order: its shape is not published. The first of each
are those of R-9005 (X), all others are inferred; `extra.rules.tags` replaces any list."""


@dataclass(frozen=True, kw_only=True)
class ReinfRules(Rules):
    """The EFD-Reinf's named values. M is the manual of 22/02/2022, X the official XSDs, P a public client, N the press.

    :param return_after: ours: how long processing takes is not said
    :param poll_every: ours: asking again too soon "may be taken for abuse", without a figure (M 4.4.2.3); spread widely
    :param patience: ours: how long a protocol can be asked for is not said
    :param settle: ours, as of all: how far `reciboevento` lags is not said. Sending the same bytes again would be told
        apart over there (`evtDupl`, X), so two hours are caution, not need
    :param opening_hours: "" because it is open at all hours, with maintenance that is told by 500 and 503
    :param requests: ours, and modest: no limit is known
    :param eventos_por_lote: of the 50 that are allowed (X)
    :param ver_proc: `verProc`, free text of at most 20 characters (X)
    :param answer_bytes: of a result, at most; ours
    :param duplicate_codes: of an event's ocorrência: the same event was received before. The list of codes is only on
        the portal; this one is told by a third party
    :param there: words of a lote's refusal that mean, after an earlier attempt, that the first one arrived; inferred
    :param due_day: of the next month, until which a month is declared; the bank day before where it is none (N)
    :param tell_before: so long before that day it is told what is missing; ours
    :param tags: see :data:`TAGS`
    """

    return_after: timedelta = timedelta(seconds=30)
    poll_every: timedelta = timedelta(minutes=2)
    poll_jitter: float = 0.25
    patience: timedelta = timedelta(hours=24)
    settle: timedelta = timedelta(hours=2)
    opening_hours: str = ""
    requests: int = 60
    window: timedelta = timedelta(seconds=60)
    eventos_por_lote: int = MOST_EVENTS
    ver_proc: str = "malote"
    answer_bytes: int = 16 << 20
    duplicate_codes: tuple[str, ...] = ("MS0022",)
    there: tuple[str, ...] = ("já receb", "já envi", "já exist", "duplic")
    due_day: int = 15
    tell_before: timedelta = timedelta(days=7)
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(TAGS))

    def __post_init__(self) -> None:
        if not 1 <= self.eventos_por_lote <= MOST_EVENTS:
            raise misfit(
                english("s_rules_is", rule="eventos_por_lote", value=self.eventos_por_lote),
                english("s_do_up_to", most=MOST_EVENTS),
            )
        if not 1 <= len(self.ver_proc.strip()) <= 20:
            raise misfit(english("s_rules_ver_proc"), english("s_do_ver_proc"))
        if not 1 <= self.due_day <= 28:
            raise misfit(english("s_rules_is", rule="due_day", value=self.due_day), english("s_do_due_day"))
        if strange := sorted(set(self.tags) - set(TAGS)):
            raise misfit(english("s_rules_names", rule="tags", names=", ".join(strange)), some_of(TAGS))
        if not all(isinstance(each, (list, tuple)) and each and all(map(_text, each)) for each in self.tags.values()):
            raise misfit(english("s_rules_no_list", rule="tags"), english("s_do_tags_recibo"))


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
