"""Two pages of the api-server: what became of a pouch, and the story of a submission. They only read the journal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.configuration import conf
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from malote.errors import MaloteError, Transient
from malote.hours import ZONE
from malote.scope import Scope
from malote.submission import Standing, Submission
from malote_provider.connections import dsn_of
from malote_provider.explaining import in_doubt, overdue, unsent

if TYPE_CHECKING:
    from malote.journal import Journal

SHOWN = 500
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
STYLE = """
:root { color-scheme: light dark; --text: #1c2430; --soft: #5b6676; --line: #d9dee6; --page: #fff; --mark: #a33b12 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ee; --soft: #9aa5b4; --line: #333c49; --page: #161b22; --mark: #ff9d6b } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 2rem auto;
  max-width: 72rem; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.3rem } table { border-collapse: collapse; width: 100% }
caption { text-align: left; color: var(--soft) }
th, td { text-align: left; vertical-align: top; overflow-wrap: normal;
  padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line) }
td:last-child { overflow-wrap: anywhere }
th { color: var(--soft); font-weight: 600 } a { color: inherit } .soft { color: var(--soft) }
.now { border-left: 4px solid var(--mark); padding: .3rem .8rem; white-space: pre-line } td.n { text-align: right }
"""
_WAIT = "Nothing: a later `wait` asks for its answer."
_NOW = {
    Standing.RECEIVED: _WAIT,
    Standing.ANSWERED: "Nothing: `land` lands its answer; clear it where it has failed.",
    Standing.LANDED: "Nothing: its answer has landed.",
    Standing.WITHDRAWN: "Nothing: a person gave it up.",
    Standing.REFUSED: "It was refused: correct the rows and run again with resend_refused, where it freed them.",
}

app = FastAPI(title="malote", docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/pouch/{pouch:path}", response_class=HTMLResponse)
def pouch_page(pouch: str, user: GetUserDep) -> HTMLResponse:  # noqa: ARG001 (without it the page would be open)
    """The submissions of a pouch: standings, counts, receipts."""
    with _page() as page, _journal() as journal:
        scope = Scope.pouch(pouch)
        tally, found = journal.tally(scope), journal.submissions(scope, limit=SHOWN)
        up = "../" * len(pouch.split("/"))
        page += [f"<h1>Pouch {escape(pouch)}</h1>"]
        if not tally:
            page += ["<p>Nothing was sent in this pouch: the selection was empty, or all of it already travels.</p>"]
        else:
            page += ["<p>", escape(", ".join(f"{name} {n}" for name, n in sorted(tally.items()))), "</p>"]
            rows = [
                (f'<a href="{up}story/{quote(each.id, safe="")}">{escape(each.id)}</a>', *_cells(each))
                for each in found
            ]
            page += _table(("Submission", "Standing", "File", "Items", "Receipt", "Sends", "Sent"), rows)
        if len(found) == SHOWN:
            page += [f"<p class=soft>The first {SHOWN} are shown.</p>"]
    return page.response()


@app.get("/story/{submission}", response_class=HTMLResponse)
def story_page(submission: str, user: GetUserDep) -> HTMLResponse:  # noqa: ARG001
    """Everything that happened to a submission, and what to do now."""
    with _page() as page, _journal() as journal:
        found = journal.submission(submission)
        back = f"../pouch/{quote(found.pouch)}"
        page += [f"<h1>{escape(found.id)}: {escape(found.standing.value.replace('_', ' '))}</h1>"]
        page += [f'<p class=now>{escape(_now(found))}</p><p>Pouch <a href="{back}">{escape(found.pouch)}</a></p>']
        page += _table(("Standing", "File", "Items", "Receipt", "Sends", "Sent"), [_cells(found)])
        events = [
            (_when(each["at"]), escape(each["what"]), _detail(each["detail"])) for each in journal.story(found.id)
        ]
        page += _table(("When", "What", "Detail"), events)
    return page.response()


class _Page(list[str]):
    """The pieces of a page, escaped, and its status."""

    status = 200

    def response(self) -> HTMLResponse:
        head = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        )
        text = f"{head}<title>malote</title><style>{STYLE}</style><main>{''.join(self)}</main></html>"
        return HTMLResponse(text, self.status, HEADERS)


@contextmanager
def _page() -> Iterator[_Page]:
    page = _Page()
    try:
        yield page
    except MaloteError as error:
        page.status = 404 if error.what.startswith("there is no submission") else 503
        page[:] = [f"<h1>Nothing to show</h1><p class=now>{escape(str(error))}</p>"]


@contextmanager
def _journal() -> Iterator[Journal]:
    import psycopg

    from malote.journal import Journal

    conn_id = conf.get("malote", "warehouse_conn_id")
    try:
        with Journal(dsn_of(BaseHook.get_connection(conn_id))) as journal:
            yield journal
    except (Transient, psycopg.OperationalError, AirflowNotFoundException) as error:
        raise MaloteError(
            f"the journal cannot be reached ({type(error).__name__})", todo=f"look at the connection {conn_id}"
        ) from None


def _now(submission: Submission) -> str:
    if submission.standing is Standing.IN_DOUBT:
        return str(in_doubt(submission.id).todo)
    if submission.standing is Standing.OVERDUE:
        return str(overdue(submission.id).todo)
    return _NOW.get(submission.standing) or str(unsent(submission.id).todo)


def _cells(submission: Submission) -> tuple[str, ...]:
    return (
        escape(submission.standing.value.replace("_", " ")),
        escape(submission.name),
        str(submission.item_count),
        escape(submission.receipt or ""),
        str(submission.attempt),
        _when(submission.sent_at),
    )


def _detail(detail: dict[str, Any]) -> str:
    parts = (f"{name}: {value if isinstance(value, str) else json.dumps(value)}" for name, value in detail.items())
    return "<br>".join(escape(part) for part in parts)


def _when(at: datetime | None) -> str:
    return at.astimezone(ZONE).strftime("%d/%m/%Y %H:%M:%S") if at else ""


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> list[str]:
    head = "".join(f"<th>{escape(name)}" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row)}" for row in rows)
    return [f"<table><caption>Times of Brasília</caption><tr>{head}{body}</table>"]
