"""What happens between the shelf and the warehouse: rows in, documents out, answers home."""

from __future__ import annotations

from malote.trip.asking import Asking, Rest
from malote.trip.collecting import Collecting, Landed
from malote.trip.courier import Courier, Sent
from malote.trip.discreet import Discreet
from malote.trip.kit import Kit
from malote.trip.landing import Landing, Load
from malote.trip.outgoing import Outgoing
from malote.trip.preparing import Prepared
from malote.trip.purging import purge
from malote.trip.rekeying import Rekeyed, rekey
from malote.trip.retiring import PARTS, Retired, retire
from malote.trip.selecting import Selector, selector

__all__ = [
    "PARTS",
    "Asking",
    "Collecting",
    "Courier",
    "Discreet",
    "Kit",
    "Landed",
    "Landing",
    "Load",
    "Outgoing",
    "Prepared",
    "Rekeyed",
    "Rest",
    "Retired",
    "Selector",
    "Sent",
    "purge",
    "rekey",
    "retire",
    "selector",
]
