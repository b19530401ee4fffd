"""What comes back: the return of a lote, its events as rows that land, its ocorrências."""

from __future__ import annotations

from malote.institutions.reinf.answers.events import events
from malote.institutions.reinf.answers.retorno import PROTOCOL, Retorno
from malote.institutions.reinf.answers.table import EVENTO, OCORRENCIA

__all__ = ["EVENTO", "OCORRENCIA", "PROTOCOL", "Retorno", "events"]
