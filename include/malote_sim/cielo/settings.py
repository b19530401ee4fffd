"""What can be set of the pretended Cielo: the defaults, what each may be, and transactions that were made on-line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from malote_sim.cielo.item import Item
from malote_sim.cielo.outcome import Transaction

LARGEST = {"MB": 20_000_000, "MiB": 20 * 1024 * 1024}
"""The manual's 20 MB, in bytes: it does not say which."""

DEFAULTS: dict[str, Any] = {
    "environment": "test",
    "stores": {  # Cielo's own, published test stores
        "1006993069": "25fbb99741c739dd84d7b06ec78c9bac718838630f30b112d033ce2e621b34f3",
        "1001734898": "e84827130b9837473681c2787007da5914d6359947015a5cdb2b8843db0fa832",
        "2000019700": "8c08a0d0f00b73dedd2673a06fa725b0bd8edbf71c4c7dd0614bf408e4d16120",
    },
    "processing_every": 3600,
    "result_after": 43200,
    "reused": 100,
    "largest": "MB",
    "codigo": "recorded",
    "return_in": "attachment",
    "second_copy": "",
    "second_copy_after": 3600,
    "lots_refused": {},
    "recurring": True,
    "deny_orders": {},
    "deny_amounts": {},
    "fail": {},
    "token_fails": [],
    "only_token": [],
    "online": {},
    "echo_id": True,
    "pan": True,
    "extras": False,
    "status": {},
    "unanswered": [],
    "answered_twice": [],
    "strangers": [],
}
"""What each means is written in `malote_sim.control`."""

_SEED = {"ec": "1006993069", "bandeira": "visa", "status": 4, "days_ago": 0, "capturar": False}
_RIGHT: dict[str, Callable[[Any], bool]] = {
    "environment": lambda value: value in ("test", "production"),
    "stores": lambda value: all(isinstance(chave, str) for chave in value.values()),
    "reused": lambda value: value in (100, 72),
    "largest": lambda value: value in LARGEST,
    "codigo": lambda value: value in ("recorded", "padded", "bare"),
    "return_in": lambda value: value in ("attachment", "arquivo"),
    "second_copy": lambda value: value in ("", "082", "mensagem"),
    "echo_id": lambda value: value in (True, False, "semantic"),
    "online": lambda value: all(
        {"pedido", "valor"} <= set(each) <= {*_SEED, "pedido", "valor"} for each in value.values()
    ),
    "unanswered": lambda value: isinstance(value, list) or (type(value) is int and value >= 0),
    **dict.fromkeys(("lots_refused", "fail"), lambda value: all(int(each) > 0 for each in value.values())),
    **dict.fromkeys(("deny_orders", "deny_amounts", "status"), lambda value: isinstance(value, dict)),
    **dict.fromkeys(
        ("answered_twice", "strangers", "token_fails", "only_token"), lambda value: isinstance(value, list)
    ),
    **dict.fromkeys(("processing_every", "result_after", "second_copy_after"), lambda value: value >= 0),
    **dict.fromkeys(("recurring", "pan", "extras"), lambda value: isinstance(value, bool)),
}


def check(name: str, value: Any) -> None:
    """ValueError when the setting cannot have this value."""
    if name in _RIGHT and not _RIGHT[name](value):
        raise ValueError(f"the setting {name} cannot be {value!r}; see malote_sim.control")


def made_online(tid: str, given: Mapping[str, Any], now: datetime) -> Transaction:
    """The transaction that the setting `online` tells of."""
    seed = {**_SEED, **given}
    at, status = now - timedelta(days=seed["days_ago"]), int(seed["status"])
    item = Item(
        operation="02",
        id="",
        versao="1.2.1",
        pedido=str(seed["pedido"]),
        valor=int(seed["valor"]),
        moeda="986",
        data_hora=at.strftime("%Y-%m-%dT%H:%M:%S"),
        bandeira=seed["bandeira"],
        produto="1",
        parcelas="1",
        capturar=seed["capturar"],
    )
    made = Transaction(tid, seed["ec"], item, "", status, at)
    if status in (4, 6):
        made = replace(made, authorised_at=at, lr="00", arp="123456", nsu="036318")
    return replace(made, captured=item.valor, captured_at=at) if status == 6 else made
