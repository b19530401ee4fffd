"""The desk as an app for the api-server: pages, API, static files; what goes wrong is said, never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from malote import __version__
from malote.clock import Clock, SystemClock
from malote.errors import MaloteError
from malote.journal import Overtaken
from malote_provider.desk import api, pages
from malote_provider.desk.access import Forged, JournalAway, NotYours, Unseen
from malote_provider.desk.rendering import HEADERS, misfit, problem, reading
from malote_provider.desk.shapes import is_text
from malote_provider.options import option

clock: Clock = SystemClock()
"""Of all that a request does: its page and its journal tell one time."""

NOT_TEXT = "not_text"
_BY_STATUS = {401: "sign_in", 403: "may_not", 404: "nothing_to_show", 405: "no_method"}
"""What is said of a request that did not come as far as a page of ours."""


def only_text(request: Request) -> None:
    """Nobody's id, reference or receipt holds a control character, and the database takes none."""
    parts = [
        request.url.path,
        *request.path_params.values(),
        *(v for pair in request.query_params.multi_items() for v in pair),
    ]
    try:
        is_text("".join(map(str, parts)))
    except ValueError:
        raise HTTPException(404, NOT_TEXT) from None


app = FastAPI(
    title="malote",
    description="Everything that travels, and everything that needs a person.",
    version=__version__,
    docs_url=None,
    redoc_url=None,
    openapi_url="/api/v1/openapi.json",
    dependencies=[Depends(get_user), Depends(only_text)],  # so that no route can forget them
)
app.include_router(api.router)
app.include_router(pages.router)
app.mount("/static", StaticFiles(directory=Path(__file__).with_name("static")), name="static")


@app.middleware("http")
async def sealed(request: Request, call_next: Any) -> Response:
    """Nothing from elsewhere, nothing kept, framed by Airflow only; by the one clock."""
    request.state.clock = clock
    response: Response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _said(request: Request, said: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """What is wrong, to a program or to a person."""
    if _for_program(request):
        return JSONResponse({"detail": said}, status, headers)
    page = problem(request, said, status)
    page.headers.update(headers or {})
    return page


def _for_program(request: Request) -> bool:
    return "/api/v1/" in request.url.path


@app.exception_handler(Unseen)
def unseen(request: Request, error: Unseen) -> Response:
    """There is none, or it is another's."""
    return _said(request, reading(request)("no_submission", id=error.what), 404)


@app.exception_handler(StarletteHTTPException)
def refused(request: Request, error: StarletteHTTPException) -> Response:
    """Not signed in, no such page, no text."""
    key = NOT_TEXT if error.detail == NOT_TEXT else _BY_STATUS.get(error.status_code)
    said = reading(request)(key, method=request.method) if key else str(error.detail)
    return _said(request, said, error.status_code, error.headers)


@app.exception_handler(RequestValidationError)
def misasked(request: Request, error: RequestValidationError) -> Response:
    """A question or a decision that is none; what was given is not repeated."""
    say = reading(request)
    found = [{"type": each["type"], "loc": each["loc"], "msg": misfit(say, each)} for each in error.errors()]
    if _for_program(request):
        return JSONResponse({"detail": found}, 422)
    told = (say("asked_wrongly", name=each["loc"][-1], said=each["msg"]) for each in found)
    return problem(request, "; ".join(told), 422)


@app.exception_handler(JournalAway)
def away(request: Request, error: JournalAway) -> Response:
    """The warehouse cannot be reached."""
    say = reading(request)
    return _said(request, say("unreachable", why=say.again(error.what), conn=option("warehouse_conn_id")), 503)


@app.exception_handler(psycopg.OperationalError)
def failing(request: Request, error: psycopg.OperationalError) -> Response:
    """The warehouse went away, or took too long."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return _said(request, reading(request)("too_long"), 503)
    return away(request, JournalAway(type(error).__name__))


@app.exception_handler(MaloteError)
def told(request: Request, error: MaloteError) -> Response:
    """What the core says, in the reader's language."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
    say = reading(request)
    if _for_program(request):
        said = say("d_not_yours", dag=error.what) if isinstance(error, NotYours) else say.again(error.what)
        return JSONResponse({"detail": said, "todo": say.again(error.todo) if error.todo else None}, status)
    if isinstance(error, NotYours):
        return problem(request, say("d_not_yours", dag=error.what), status, back=error.submission or "")
    return problem(request, say.error(error), status)


_STATUS: tuple[tuple[type[MaloteError], int], ...] = ((Forged, 403), (NotYours, 403), (Overtaken, 409))
