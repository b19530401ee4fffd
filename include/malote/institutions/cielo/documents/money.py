"""What a row must fulfil before it may travel, beyond the treaty: one function an operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from malote.cards import luhn
from malote.clock import ZONE
from malote.texts import ENGLISH, english

LARGEST = 999_999_999
"""Centavos that an item can hold (sheet 4.1: DadosPedido/valor; 4.2)."""

Values = Sequence[Any]

Broken = tuple[str, str]
"""A path and the rule that its value breaks; never a value of a card."""

_PEDIDO = re.compile("[a-zA-Z0-9]{1,20}")
_DESCRIPTOR = re.compile(r"[\s*a-zA-Z0-9]{0,13}", re.ASCII)
_EXPIRY = re.compile("20[0-9]{2}(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checks:
    """What one operation asks of a row.

    :param paths: whose values, as they come from the warehouse or None, are looked at, in this order
    :param broken: (values, now) to the broken rules of one row
    :param clean: values by column to whether surely none of these rows breaks a rule; a look at a whole batch costs a
        tenth of one at each row
    :param identity: the path whose text must be the reference: the item may not travel twice under two names
    :param once: the path whose value may stand once in a selection, and why
    :param echo: the path whose text the answer calls the item, where that is not the reference
    """

    paths: tuple[str, ...]
    broken: Callable[[Values, datetime], list[Broken]]
    clean: Callable[[Sequence[Values]], bool] = lambda _: False
    identity: str | None = None
    once: tuple[str, str] | None = None
    echo: str | None = None


CARD = tuple(f"dados-portador.{name}" for name in ("numero", "validade", "indicador", "codigo-seguranca", "token"))


def checks(service: str, capture_within: timedelta) -> Checks:
    """Those of a service.

    :param capture_within: how old an authorisation may be that is captured
    """
    if service == "captura":
        return Checks(
            ("valor", "taxa-embarque", "autorizado.valor", "autorizado.data-hora"),
            lambda values, now: _captura(values, now, capture_within),
            identity="tid",
        )
    return _CHECKS[service]


def centavos(value: Any, least: int = 1) -> str | None:
    """The rule that an amount breaks, or None: a whole number of centavos, never one that was rounded."""
    if isinstance(value, Decimal):
        if value.is_finite() and value.as_tuple().exponent < 0:  # type: ignore[operator]
            return _WHOLE
    elif isinstance(value, str):
        if not (value.isascii() and value.isdecimal() and len(value) < 20):
            return _WHOLE
    elif isinstance(value, bool) or not isinstance(value, int):
        return _WHOLE
    fits = least <= int(value) <= LARGEST
    return None if fits else english("s_row_between", value=value, least=least, most=LARGEST)


_WHOLE = english("s_row_centavos")


def _autorizacao(values: Values, _: datetime) -> list[Broken]:
    numero, validade, _indicador, _codigo, _token, pedido, valor, taxa, *_choices = values
    found = _number(numero, validade)
    with suppress(TypeError):  # an array: the treaty says so
        found += _choices_broken(_chosen(values))
    if pedido is not None and not _PEDIDO.fullmatch(str(pedido)):
        sign, length = _strange(text := str(pedido), ""), len(text)
        strange = english("s_row_pedido_sign", sign=sign) if sign else english("s_row_pedido_long", length=length)
        found.append(("dados-pedido.numero", strange))
    if valor is not None and (rule := centavos(valor)):
        found.append(("dados-pedido.valor", rule))
    if taxa is not None and (rule := centavos(taxa, 0)):
        found.append(("dados-pedido.taxa-embarque", rule))
    return found


def _autorizacoes_clean(columns: Sequence[Values]) -> bool:
    numero, _, _, _, _, pedido, valor, taxa, *_ = columns
    try:
        return (
            luhn(*filter(None, numero))
            and all(map(_expiry, filter(None, set(columns[1]))))
            and not any(map(_choices_broken, _all_chosen(columns)))
            and "".join(pedido).isascii()
            and "".join(pedido).isalnum()
            and 1 <= min(map(len, pedido)) <= max(map(len, pedido)) <= 20
            and set(map(type, valor)) == {int}
            and 1 <= min(valor) <= max(valor) <= LARGEST
            and not any(each is not None and centavos(each, 0) for each in taxa)
        )
    except (TypeError, ValueError):  # other types than text and whole numbers: row by row
        return False


def _chosen(values: Values) -> tuple[Any, ...]:
    """Of an authorisation, what few values are had of, so that a verdict on them serves many rows."""
    numero, validade, indicador, codigo, token, _, _, _, *choices = values
    return (bool(numero), bool(token), bool(codigo), bool(validade), indicador, *choices)


def _all_chosen(columns: Sequence[Values]) -> set[tuple[Any, ...]]:
    """Those of many rows, given by column. Most columns say the same in every row and are looked at once."""
    varied: list[int] = []
    parts: list[Iterable[Any]] = []
    row = [column[0] for column in columns]
    for place, column in enumerate(columns):
        if place not in _UNCHOSEN and column.count(column[0]) < len(column):
            varied.append(place)
            parts.append(map(bool, column) if place in _ONLY_WHETHER else column)
    found = set()
    for each in set(zip(*parts, strict=True)) or {()}:
        for place, value in zip(varied, each, strict=True):
            row[place] = value
        found.add(_chosen(row))
    return found


_UNCHOSEN, _ONLY_WHETHER = frozenset({5, 6, 7}), frozenset({0, 1, 3, 4})
"""Places in the paths of an authorisation: order number and amounts; fields of the card that are there or not."""


@lru_cache(maxsize=4096)
def _choices_broken(chosen: tuple[Any, ...]) -> tuple[Broken, ...]:
    numero, token, codigo, validade, *rest = chosen
    indicador, descriptor, bandeira, produto, parcelas, autorizar = map(_text, rest)
    found = _card(numero, token, codigo, validade, indicador, bandeira)
    if descriptor and not _DESCRIPTOR.fullmatch(descriptor):
        sign, length = _strange(descriptor, " *"), len(descriptor)
        rule = english("s_row_descriptor_sign", sign=sign) if sign else english("s_row_descriptor_long", length=length)
        found.append(("dados-pedido.soft-descriptor", rule))
    return (*found, *_payment(produto, parcelas, autorizar))


def _text(value: Any) -> str:
    """As the item will say it; equal values are one text, because a verdict is kept for all that are equal."""
    with suppress(TypeError, ValueError, OverflowError):
        if value is not None and not isinstance(value, str) and int(value) == value:
            return str(int(value))
    return "" if value is None else str(value)


def _card(numero: bool, token: bool, codigo: bool, validade: bool, indicador: str, bandeira: str) -> list[Broken]:
    """Sheet 4.1, DadosCartao."""
    found: list[Broken] = []
    if numero and token:
        found.append(("dados-portador.token", english("s_row_both")))
    if not numero and not token:
        found.append(("dados-portador.numero", english("s_row_neither")))
    if token and (validade or codigo) and not numero:
        found.append(("dados-portador.token", english("s_row_beside_card")))
    if indicador == "1" and not codigo:
        found.append(("dados-portador.indicador", english("s_row_code_missing")))
    if codigo and indicador != "1":
        found.append(("dados-portador.indicador", english("s_row_code_given")))
    if numero and not codigo and bandeira == "amex":
        found.append(("dados-portador.codigo-seguranca", english("s_row_amex")))
    if token and not bandeira:
        found.append(("forma-pagamento.bandeira", english("s_row_brand")))
    return found


def _payment(produto: str, parcelas: str, autorizar: str) -> list[Broken]:
    """Sheet 1 (no authentication in a lot), 4.1 (FormaPagamento) and 4.2 (autorizar 3 and 4)."""
    found: list[Broken] = []
    if autorizar and autorizar not in ("3", "4"):
        found.append(("autorizar", english("s_row_autorizar", value=autorizar[:10])))
    if produto == "A":
        found.append(("forma-pagamento.produto", english("s_row_debit")))
    elif autorizar == "4" and produto and produto != "1":
        found.append(("forma-pagamento.produto", english("s_row_recurring")))
    if produto in ("1", "A") and parcelas and parcelas.lstrip("0") != "1":
        found.append(("forma-pagamento.parcelas", english("s_row_parcelas", produto=produto)))
    return found


def _captura(values: Values, now: datetime, within: timedelta) -> list[Broken]:
    valor, taxa, authorised, since = values
    found: list[Broken] = []
    if valor is not None and (rule := centavos(valor, 0)):
        found.append(("valor", rule))
    elif valor is not None and authorised is not None:
        try:
            if Decimal(str(valor)) > (most := Decimal(str(authorised))):
                found.append(("valor", english("s_row_more_than", value=valor, most=f"{most:f}")))
        except ArithmeticError:
            found.append(("autorizado.valor", english("s_row_no_centavos")))
    if taxa is not None and (rule := centavos(taxa, 0)):
        found.append(("taxa-embarque", rule))
    if since is not None and not isinstance(since, datetime):
        found.append(("autorizado.data-hora", english("s_row_timestamp", kind=type(since).__name__)))
    elif since is not None:
        when = since if since.tzinfo else since.replace(tzinfo=ZONE)
        if now > when + within:
            rule = english("s_row_too_late", when=ENGLISH.when(when), n=f"{within.total_seconds() / 86400:g}")
            found.append(("autorizado.data-hora", rule))
    return found


def _cancelamento(values: Values, _: datetime) -> list[Broken]:
    """No valor, or 0, cancels all of it (sheet 4.2)."""
    rule = None if values[0] is None else centavos(values[0], 0)
    return [("valor", rule)] if rule else []


def _tokenizacao(values: Values, _: datetime) -> list[Broken]:
    numero, validade, _indicador, _codigo, token = values
    found = _number(numero, validade)
    if token:
        found.append(("dados-portador.token", english("s_row_token_given")))
    if not numero:
        found.append(("dados-portador.numero", english("s_row_card_missing")))
    return found


def _consulta(_: Values, __: datetime) -> list[Broken]:
    return []


@lru_cache(maxsize=4096)
def _expiry(text: str) -> bool:
    return _EXPIRY.fullmatch(text) is not None


def _number(numero: Any, validade: Any) -> list[Broken]:
    found: list[Broken] = []
    if numero and not luhn(str(numero)):
        found.append(("dados-portador.numero", english("s_row_no_card", wanted=english("s_row_luhn"))))
    if validade and not _expiry(str(validade)):
        found.append(("dados-portador.validade", english("s_row_expiry")))
    return found


def _strange(text: str, others: str) -> str:
    """The first sign of a text that is no letter, no digit and none of some others; empty where there is none."""
    return next((repr(each) for each in text if not (each.isascii() and (each.isalnum() or each in others))), "")


_PAYMENT = tuple(f"forma-pagamento.{name}" for name in ("bandeira", "produto", "parcelas"))
_PEDIDO_PATHS = tuple(f"dados-pedido.{name}" for name in ("numero", "valor", "taxa-embarque", "soft-descriptor"))

_APART = english("s_row_apart")

_CHECKS: Mapping[str, Checks] = {
    "autorizacao": Checks(
        (*CARD, *_PEDIDO_PATHS, *_PAYMENT, "autorizar"),
        _autorizacao,
        _autorizacoes_clean,
        identity="dados-pedido.numero",
    ),
    "cancelamento": Checks(("valor",), _cancelamento, once=("tid", _APART), echo="tid"),
    "tokenizacao": Checks(CARD, _tokenizacao),
    "consulta": Checks((), _consulta, echo="tid"),
    "consulta_chsec": Checks((), _consulta, echo="numero-pedido"),
    "autorizacao_tid": Checks((), _consulta, identity="tid"),
}
