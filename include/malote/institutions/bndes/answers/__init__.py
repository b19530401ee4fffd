"""What comes back: receipts, results, reasons and searches, read leniently."""

from __future__ import annotations

from malote.institutions.bndes.answers.elements import Fields, Tags, name_of, plain, texts
from malote.institutions.bndes.answers.failing import about, gateway
from malote.institutions.bndes.answers.replies import PROTOCOL, Reading
from malote.institutions.bndes.answers.results import (
    BY_NUMBER,
    cut_off,
    events,
    is_of,
    is_unnamed,
    operation_of,
    operations,
    shown,
    subcredito,
    unread,
)
from malote.institutions.bndes.answers.tables import CRITICA, OPERACAO, RESULTADO, SUBCREDITO
from malote.institutions.bndes.answers.words import REHEARSE
from malote.reading import instant

__all__ = [
    "BY_NUMBER",
    "CRITICA",
    "OPERACAO",
    "PROTOCOL",
    "REHEARSE",
    "RESULTADO",
    "SUBCREDITO",
    "Fields",
    "Reading",
    "Tags",
    "about",
    "cut_off",
    "events",
    "gateway",
    "instant",
    "is_of",
    "is_unnamed",
    "name_of",
    "operation_of",
    "operations",
    "plain",
    "shown",
    "subcredito",
    "texts",
    "unread",
]
