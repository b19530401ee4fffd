"""The desk as an app for the api-server: pages, API, static files; what goes wrong is said, never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from malote import __version__
from malote.errors import MaloteError
from malote.journal import Overtaken
from malote.texts import english
from malote_provider.desk import api, pages
from malote_provider.desk.access import Forged, JournalAway, NotYours, Unseen
from malote_provider.desk.rendering import HEADERS, problem, reading
from malote_provider.desk.shapes import is_text
from malote_provider.options import option


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
        raise HTTPException(404, "the address holds what is not text") from None


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
    """Nothing from elsewhere, nothing kept, framed by Airflow only."""
    response: Response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _said(request: Request, status: int, key: str, error: Exception, **values: str) -> Response:
    if "/api/v1/" in request.url.path:
        return JSONResponse({"detail": str(error) or key}, status)
    return problem(request, reading(request)(key, **values), status)


@app.exception_handler(Unseen)
def unseen(request: Request, error: Unseen) -> Response:
    """There is none, or it is another's."""
    error.args = (f"there is no submission {error.what!r}, or you may not see it",)
    return _said(request, 404, "no_submission", HTTPException(404, error.args[0]), id=error.what)


@app.exception_handler(HTTPException)
def refused(request: Request, error: HTTPException) -> Response:
    """Not signed in, no such page, no text."""
    if error.status_code == 404 and "/api/v1/" not in request.url.path:
        return problem(request, reading(request)("not_text" if "text" in str(error.detail) else "nothing_to_show"), 404)
    return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)


@app.exception_handler(JournalAway)
def away(request: Request, error: JournalAway) -> Response:
    """The warehouse cannot be reached."""
    why = reading(request).again(error.what)
    return _said(request, 503, "unreachable", error, why=why, conn=option("warehouse_conn_id"))


@app.exception_handler(psycopg.OperationalError)
def failing(request: Request, error: psycopg.OperationalError) -> Response:
    """The warehouse went away, or took too long."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return _said(request, 503, "too_long", MaloteError(english("s_too_long")))
    return away(request, JournalAway(type(error).__name__))


@app.exception_handler(MaloteError)
def told(request: Request, error: MaloteError) -> Response:
    """What the core says, in the reader's language."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
    say = reading(request)
    if "/api/v1/" in request.url.path:
        said = say("d_not_yours", dag=error.what) if isinstance(error, NotYours) else say.again(error.what)
        return JSONResponse({"detail": said, "todo": say.again(error.todo) if error.todo else None}, status)
    if isinstance(error, NotYours):
        return problem(request, say("d_not_yours", dag=error.what), status, back=error.submission or "")
    return problem(request, say.error(error), status)


_STATUS: tuple[tuple[type[MaloteError], int], ...] = ((Forged, 403), (NotYours, 403), (Overtaken, 409))
