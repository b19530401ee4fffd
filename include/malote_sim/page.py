"""Shows the control page to people: the clock and its buttons, what was received, a form for the next fault.

Every button is a `data-method`, `data-path` and `data-body` for the JSON interface of `malote_sim.control`, so that
whatever a person can do here a script can do too. Portuguese for browsers that ask for it first, else English.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from malote_sim.faults import Kind
from malote_sim.portuguese import FAULTS
from malote_sim.simulator import Simulator

SHOWN = 20
"""So many references are listed; the page of one institution tells all."""

ENGLISH = {
    "title": "The pretended institutions",
    "explained": "They answer as the manuals say, by a clock of their own: a return of Cielo takes 12 hours and comes "
    "at a full hour. Nobody waits for that here: let the hours pass, and go back to the wall clock when the rows have "
    "landed.",
    "now": "Their clock says",
    "level": "as the wall clock does",
    "ahead": "{} ahead of the wall clock",
    "behind": "{} behind the wall clock",
    "speed": "one real second is {} of theirs",
    "stopped": "stopped",
    "hour": "+ 1 hour",
    "night": "+ 13 hours (a return of Cielo)",
    "day": "+ 1 day",
    "fast": "run: 1 hour a second",
    "real": "run as usual",
    "back": "back to the wall clock",
    "received": "received",
    "items": "items",
    "twice": "more than once",
    "requests": "requests",
    "none": "nothing yet",
    "others": "… and {} more",
    "next": "Next fault",
    "on": "on",
    "any": "any request",
    "times": "times",
    "play": "play it",
    "queued": "waits to be played",
    "played": "played",
    "calm": "no more faults",
    "all": "everything that it knows, and its settings",
    "home": "all institutions",
}
PORTUGUESE = {
    "title": "As instituições simuladas",
    "explained": "Elas respondem como dizem os manuais, por um relógio só delas: um retorno da Cielo leva 12 horas e "
    "sai em hora cheia. Aqui ninguém espera por isso: deixe as horas passarem e volte à hora certa quando as linhas "
    "chegarem.",
    "now": "O relógio delas marca",
    "level": "igual ao relógio de verdade",
    "ahead": "{} adiante do relógio de verdade",
    "behind": "{} atrás do relógio de verdade",
    "speed": "um segundo de verdade são {} delas",
    "stopped": "parado",
    "hour": "+ 1 hora",
    "night": "+ 13 horas (um retorno da Cielo)",
    "day": "+ 1 dia",
    "fast": "correr: 1 hora por segundo",
    "real": "andar normalmente",
    "back": "voltar à hora certa",
    "received": "recebido",
    "items": "itens",
    "twice": "mais de uma vez",
    "requests": "requisições",
    "none": "nada ainda",
    "others": "… e mais {}",
    "next": "Próxima falha",
    "on": "em",
    "any": "qualquer requisição",
    "times": "vezes",
    "play": "simular",
    "queued": "na fila",
    "played": "já simuladas",
    "calm": "sem mais falhas",
    "all": "tudo o que ela sabe, e suas configurações",
    "home": "todas as instituições",
}
STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:62em;padding:0 1em}
section{border-top:1px solid #8888;margin-top:1.5em}button,select,input{font:inherit;padding:.15em .6em}
button{cursor:pointer}input{width:4em}select{max-width:24em}th{text-align:left;vertical-align:top;padding-right:1em}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}.said{color:#c33;min-height:1.5em}.figures b{margin-right:1em}
"""
SCRIPT = """
async function send(method, path, body) {
  const reply = await fetch(path, {method, body, headers: {"content-type": "application/json"}});
  if (reply.ok) location.reload();
  else document.querySelector(".said").textContent = (await reply.json()).error;
}
document.addEventListener("click", ({target}) => {
  const {method, path, body} = target.dataset;
  if (method) send(method, path, body);
});
document.addEventListener("change", ({target}) => {
  if (target.name === "fault") target.form.on.value = target.selectedOptions[0].dataset.on;
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  const {on, fault, times} = Object.fromEntries(new FormData(event.target));
  send("POST", event.target.dataset.path, JSON.stringify({on, fault, times: Number(times)}));
});
"""


def words(accept_language: str) -> Mapping[str, str]:
    """The page's words for a browser's `Accept-Language`: Portuguese where that comes first."""
    return PORTUGUESE if accept_language.strip().lower().startswith("pt") else ENGLISH


def everybody(simulators: Mapping[str, Simulator], now: datetime, speed: float, say: Mapping[str, str]) -> str:
    """The page of all of them: the clock, and each one's figures and faults."""
    parts = [f"<h1>{say['title']}</h1><p>{say['explained']}</p>{_clock(next(iter(simulators)), now, speed, say)}"]
    return _page(say["title"], [*parts, *(_institution(each, say) for each in simulators.values())], say)


def one(simulator: Simulator, say: Mapping[str, str]) -> str:
    """The page of one of them: the same, and everything that it tells a script."""
    described = simulator.described()
    now, speed = datetime.fromisoformat(described["clock"]), described["clock_speed"]
    told = ((_safe(name), _json(value)) for name, value in described.items())
    rows = "".join(f"<tr><th>{name}</th><td><pre>{value}</pre></td></tr>" for name, value in told)
    home = f'<p><a href="/_sim/">{say["home"]}</a></p>'
    parts = [home, _clock(simulator.name, now, speed, say), _institution(simulator, say), f"<table>{rows}</table>"]
    return _page(simulator.name.upper(), parts, say)


def _clock(name: str, now: datetime, speed: float, say: Mapping[str, str]) -> str:
    real = datetime.now(timezone.utc)
    off = timedelta(seconds=round((now - real).total_seconds()))
    where = "level" if abs(off) < timedelta(seconds=5) else "ahead" if off > timedelta() else "behind"
    rhythm = "" if speed == 1 else f", {say['speed'].format(f'{speed:g} s')}" if speed else f", {say['stopped']}"
    changes: tuple[tuple[str, Any], ...] = (
        *(("hour", {"advance": 3600}), ("night", {"advance": 13 * 3600}), ("day", {"advance": 24 * 3600})),
        *(("fast", {"speed": 3600}), ("real", {"speed": 1}), ("back", {"speed": 1, "set": "now"})),
    )
    buttons = " ".join(_button(say[what], "POST", f"/_sim/{name}/clock", body) for what, body in changes)
    return (
        f"<p>{say['now']} <b>{now:%d/%m/%Y %H:%M:%S}</b> (Brasília), {say[where].format(abs(off))}{rhythm}.</p>"
        f'<p>{buttons}</p><p class="said" role="status"></p>'
    )


def _institution(simulator: Simulator, say: Mapping[str, str]) -> str:
    with simulator.lock:
        received, twice = dict(simulator.accepted), simulator.accepted_more_than_once
        requests, faults = sum(simulator.requests.values()), simulator.faults
        queued = "; ".join(_fault(each.described()) for each in faults.queued)
        played = "; ".join(f"{each['fault']} ({each['on']})" for each in faults.played[-SHOWN:])
    items = f"{sum(received.values())} {say['items']}"
    counted = {say["received"]: items, say["twice"]: twice, say["requests"]: requests}
    figures = " ".join(f"{what} <b>{value}</b>" for what, value in counted.items())
    path, name = f"/_sim/{simulator.name}/faults", simulator.name
    submitting = simulator.operations[0]
    told = FAULTS if say is PORTUGUESE else {}
    kinds = "".join(
        _option(each, f"{each}: {told.get(kind.about, kind.about)}", f' data-on="{_only(kind, submitting)}"')
        for each, kind in faults.kinds.items()
    )
    operations = _option("*", say["any"]) + "".join(
        _option(each, each, " selected" if each == submitting else "") for each in simulator.operations
    )
    return (
        f'<section id="{name}"><h2>{name.upper()}</h2><p class="figures">{figures}</p>'
        f"<p>{_references(received, say)}</p>"
        f'<form data-path="{path}">{say["next"]}: <select name="fault">{kinds}</select> {say["on"]} '
        f'<select name="on">{operations}</select> <input name="times" type="number" min="1" value="1"> '
        f"{say['times']} <button>{say['play']}</button> {_button(say['calm'], 'DELETE', path)}</form>"
        f"<p>{say['queued']}: {_safe(queued or '—')}</p><p>{say['played']}: {_safe(played or '—')}</p>"
        f'<p><a href="/_sim/{name}/">{say["all"]}</a></p></section>'
    )


def _references(received: Mapping[str, int], say: Mapping[str, str]) -> str:
    if not received:
        return say["none"]
    newest = list(received.items())[-SHOWN:][::-1]
    told = ", ".join(f"{_safe(reference)}{f' ×{times}' if times > 1 else ''}" for reference, times in newest)
    return told + (f" {say['others'].format(len(received) - SHOWN)}" if len(received) > SHOWN else "")


def _fault(described: Mapping[str, Any]) -> str:
    options = ", ".join(f"{name} {value}" for name, value in described.items() if name not in ("on", "fault"))
    return f"{described['fault']} ({described['on']}, {options})"


def _only(kind: Kind, submitting: str) -> str:
    """On what the form plays it: the call that hands a document over, unless it can only be played on another."""
    return submitting if kind.operations is None or submitting in kind.operations else min(kind.operations)


def _option(value: str, text: str, more: str = "") -> str:
    return f'<option value="{_safe(value)}"{more}>{_safe(text)}</option>'


def _button(text: str, method: str, path: str, body: Any = None) -> str:
    given = "" if body is None else f' data-body="{_safe(json.dumps(body))}"'
    return f'<button type="button" data-method="{method}" data-path="{path}"{given}>{text}</button>'


def _page(title: str, parts: Iterable[str], say: Mapping[str, str]) -> str:
    language = "pt-BR" if say is PORTUGUESE else "en"
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{_safe(title)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}<script>{SCRIPT}</script></body></html>"
    )


def _json(value: Any) -> str:
    return _safe(json.dumps(value, ensure_ascii=False, indent=1) if value != {} else "—")


def _safe(text: object) -> str:
    return html.escape(str(text))
