"""The fields of a run's form: title and description in words, names for values, and what is wrong said in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from airflow.sdk import Param
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from malote_provider import options
from malote_provider.noting import words
from malote_provider.selecting import NO_CARD

FORM = "urn:malote:form"
"""The dialect of JSON Schema that the fields are written in: its errors are the field's own words and nothing else.

jsonschema's own show the pattern, which nobody reads, and the value, which may be what nobody should see. Known to
every process that loads the plugin; another falls back to jsonschema's own words."""

DURATION = (
    r"^\s*P(?!\s*$)(?:[0-9]{1,4}W|(?:[0-9]{1,2}Y)?(?:[0-9]{1,3}M)?(?:[0-9]{1,4}D)?"
    r"(?:T(?=[0-9])(?:[0-9]{1,5}H)?(?:[0-9]{1,6}M)?(?:[0-9]{1,8}S)?)?)\s*$"
)
"""ISO 8601: ``PT10M``, ``P3D``, ``P1DT12H``, ``P2W``."""

GERACAO = {
    "1": "criar dados gerais e montantes",
    "2": "criar semanal",
    "3": "criar mensal",
    "4": "criar por período",
    "5": "criar declarado por hora",
    "6": "criar declarado por patamar",
    "13": "editar semanal",
    "14": "editar mensal",
    "15": "editar por período",
    "16": "editar declarado por hora",
    "17": "editar declarado por patamar",
    "24": "validar montante médio",
    "25": "finalizar ou cancelar",
}
"""Names of the CCEE's ``tipoGeracao`` of a CCEAL, as far as a manual gives them."""


class Told(ValidationError):  # type: ignore[misc]
    """Raised where a field is wrong: its words, without the value."""

    def __str__(self) -> str:
        return str(self.message)


def _worded(rule: Callable[..., Iterable[ValidationError] | None]) -> Callable[..., Iterator[ValidationError]]:
    def check(validator: Any, value: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        if any(True for _ in rule(validator, value, instance, schema) or ()):
            yield Told(schema.get("words") or words()("p_field_wrong"))

    return check


validators.create(
    {"$id": FORM},
    validators={name: _worded(rule) for name, rule in Draft202012Validator.VALIDATORS.items()},
    type_checker=Draft202012Validator.TYPE_CHECKER,
    version="malote form",
)


def _field(name: str, default: Any, **schema: Any) -> Param:
    say = words()
    told = {"title": say(f"p_{name}"), "words": say(f"p_{name}_wrong"), "$schema": FORM}
    return Param(default, say(f"p_{name}_about"), schema={**told, **schema})


def outgoing_sql() -> Param:
    """The name of a SQL file, or of a folder of these; empty for the usual."""
    return _field("outgoing_sql", None, type=["null", "string"], pattern=NO_CARD, maxLength=500)


def arquivo() -> Param:
    """A file that is sent as it is; empty for rows."""
    return _field("arquivo", None, type=["null", "string"], pattern=NO_CARD, maxLength=500)


def tipo_geracao(default: str = "1") -> Param:
    """The CCEE's ``tipoGeracao``, each by its name where it has one."""
    display = {str(n): f"{n} {GERACAO.get(str(n), '')}".strip() for n in range(1, 26)}
    return _field("tipo_geracao", default, type="string", enum=list(display), values_display=display)


def chosen(name: str, default: str, among: Mapping[str, str]) -> Param:
    """One of some services or operations, each by its name; ``name`` is ``operacao`` or ``servico``."""
    return _field(name, default, type="string", enum=list(among), values_display=dict(among))


def text(name: str, longest: int) -> Param:
    """Some words; empty where there are none."""
    return _field(name, "", type=["null", "string"], maxLength=longest)


def items_per_lot() -> Param:
    """How many items a lot has at most; empty for as many as it may hold."""
    return _field("items_per_lot", None, type=["null", "integer"], minimum=1, maximum=1_000_000)


def yes_or_no(name: str) -> Param:
    """A box to tick: ``valid_rest``, ``resend_refused``, ``hold_after_cut_off``, ``ask_doubts``.

    Not ticked at first, but for the last one, of which ``[malote] ask_doubts`` says.
    """
    ticked = name == "ask_doubts" and options.ticked(name)
    return _field(name, ticked, type="boolean")


def scope(default: str) -> Param:
    """What wait and land are about."""
    say = words()
    display = {each: say(f"p_scope_{each}") for each in ("pouch", "service")}
    return _field("scope", default, type="string", enum=list(display), values_display=display)


def patience(default: str) -> Param:
    """How long wait waits."""
    return _field("patience", default, type="string", pattern=DURATION)
