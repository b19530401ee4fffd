"""Makes a page of a template: in the reader's language, with links that survive a sub-path."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from malote.clock import ZONE
from malote.texts import TEXTS, Words
from malote_provider.desk import drawing
from malote_provider.desk.telling import airflow_run

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}


def reading(request: Request) -> Words:
    """The words of the reader's language."""
    return Words.accepted(request.headers.get("accept-language", ""))


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of ours."""
    words = reading(request)
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    up = "../" * path.strip("/").count("/") or "./"
    ours = {"t": words, "up": up, "drawing": drawing, "zone": ZONE, "airflow_run": airflow_run}
    text = _templates().get_template(template).render(**ours, **{"now": request.state.clock.now(), **values})
    return HTMLResponse(text, status)


def problem(request: Request, said: str, status: int, back: str = "") -> HTMLResponse:
    """A page that says what is wrong."""
    return page(request, "problem.html", status=status, here="", said=said, back=back)


def misfit(say: Words, wrong: Mapping[str, Any]) -> str:
    """What is wrong with a value of a request, in the reader's language; never the value.

    :param wrong: as pydantic tells it
    """
    given, key = wrong.get("ctx", {}), f"v_{wrong['type']}"
    return say(
        key if key in TEXTS else "v_odd",
        expected=str(given.get("expected")).replace(" or ", ", "), said=say.again(str(given.get("error"))),
        n=given.get("max_length", given.get("min_length")), least=given.get("ge"), most=given.get("le"),
        kind=wrong["type"],
    )  # fmt: skip


def _parted(text: str) -> Markup:
    """A name that may be long, which breaks behind its strokes rather than within a number."""
    return Markup("/<wbr>").join(text.split("/"))


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("malote_provider.desk"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    found.filters["segment"] = lambda text: quote(str(text), safe="")
    found.filters["parted"] = _parted
    return found
