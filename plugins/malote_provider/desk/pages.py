"""The pages: open, one submission, one item, today. Server-rendered; each is whole without its script."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from malote.desk import NEEDS_A_PERSON, Decision, choices, groups, items, lines, loaded
from malote.errors import Misconfigured
from malote.journal import Overtaken
from malote_provider.desk.access import Forged, ReaderDep, check_origin, dag_of, token_for
from malote_provider.desk.api import cursor, found_item, place
from malote_provider.desk.rendering import page, problem, reading
from malote_provider.desk.settling import settle
from malote_provider.desk.shapes import OpenQuestion, Short, Told
from malote_provider.desk.telling import Teller, run_of
from malote_provider.desk.today import days

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
ROWS, ITEMS, NAMED = 50, 50, 20


@router.get("/")
def open_page(request: Request, reader: ReaderDep, asked: Annotated[OpenQuestion, Query()]) -> HTMLResponse:
    """What is open, what needs a person first."""
    filters, words, now = asked.filters(), reading(request), reader.journal.clock.now()
    found = lines(reader.journal, filters, reader.dags, after=place(asked.after), limit=ROWS)
    counted = groups(reader.journal, filters, reader.dags)
    named = asked.named()
    fields = {
        name: sorted({getattr(each, name) for each in counted} | ({named[name]} if name in named else set()))
        for name in ("institution", "environment", "account", "service")
    }
    matching = [each for each in counted if all(getattr(each, name) == named[name] for name in fields if name in named)]
    tally = {kind: sum(each.lines for each in matching if each.kind == kind) for kind in filters.kinds()}
    following = urlencode({**named, "after": cursor(found[-1])}) if len(found) == ROWS else ""
    return page(
        request, "open.html", here="open", teller=Teller(words, now), lines=found, tally=tally, named=named,
        fields=fields, kinds=replace(filters, kind="").kinds(), following=following,
        after=asked.after, persons=NEEDS_A_PERSON, now=now,
    )  # fmt: skip


@router.get("/submission/{id}")
def submission_page(
    request: Request,
    reader: ReaderDep,
    id: str,
    text: Short = "",
    after: Annotated[int, Query(ge=0, le=1 << 31)] = 0,
) -> HTMLResponse:
    """Everything about one submission, and what to do now."""
    return _submission(request, reader, id, text, after)


@router.get("/submission/{id}/decide")
def decided_page(id: str) -> RedirectResponse:
    """Whoever reloads a page that refused a decision sees the submission."""
    return RedirectResponse(f"../{quote(id, safe='')}", 303)


@router.post("/submission/{id}/decide")
async def decide_page(request: Request, reader: ReaderDep, id: str) -> Any:
    """A decision made by clicks; then the page again, which shows what the story now says."""
    words = reading(request)
    body = (await request.body()).decode("utf-8", "replace")
    # Of a form that has more fields than ours nothing is taken: without its token it is refused.
    form = dict(parse_qsl(body, keep_blank_values=True)) if body.count("&") < 20 else {}
    try:
        check_origin(request, reader.user, id, form.get("token", ""))
        told = Told.model_validate(form)
        decision = Decision(id, told.way, told.why, told.receipt, told.item, reader.name, told.seen)
        await settle(request, reader, decision)
    except Forged:
        return await run_in_threadpool(problem, request, words("d_expired"), 403, back=id)
    except Overtaken as error:
        why = error.event["detail"].get("why")
        told_by = words(
            "d_overtaken", at=words.when(error.event["at"], seconds=True), what=words.event(error.event["what"]),
            who=error.event["detail"].get("who") or "malote", why=f" ({why})" if why else "",
        )  # fmt: skip
        return await run_in_threadpool(_submission, request, reader, id, "", 0, told_by, 409)
    except ValidationError:
        return await run_in_threadpool(_submission, request, reader, id, "", 0, words("d_no_way"), 422)
    except Misconfigured as error:
        return await run_in_threadpool(_submission, request, reader, id, "", 0, words.error(error), 422)
    return RedirectResponse(f"../{quote(id, safe='')}", 303)


def _submission(
    request: Request, reader: Any, id: str, text: str, after: int, warning: str = "", status: int = 200
) -> HTMLResponse:
    found, words, now = reader.submission(id), reading(request), reader.journal.clock.now()
    unanswered, story = reader.journal.unanswered_items(id), reader.journal.story(id)
    dag, (_, run, _) = dag_of(found.pouch), run_of(found.pouch)
    may, ways = reader.may_decide(dag), choices(found, unanswered)
    refusal: dict[str, Any] = next((each["detail"] for each in reversed(story) if each["what"] == "refused"), {})
    doubt: dict[str, Any] = next((each["detail"] for each in reversed(story) if each["what"] == "in doubt"), {})
    rows = items(reader.journal, id, after=after, text=text, limit=ITEMS)
    load = loaded(reader.journal, id)
    teller = Teller(words, now)
    return page(
        request, "submission.html", status=status, here="open", s=found, story=story, may=may, ways=ways, dag=dag,
        run=run, refusal=refusal, doubt=doubt, unanswered=unanswered, rows=rows, text=text, after=after, now=now,
        following=rows[-1].ordinal if len(rows) == ITEMS else 0, load=load, warning=warning,
        token=token_for(reader.user, id) if may and ways else "", teller=teller, steps=teller.way(found, story),
        named=_named(reader, id, bool(unanswered)) if ways else [], done=_done(story),
        now_do=teller.now_do(found, unanswered, refusal, load["items_refused"] if load else 0),
    )  # fmt: skip


def _named(reader: Any, id: str, unanswered: bool) -> list[str]:
    standing = "unanswered" if unanswered else ""
    return [row.reference for row in items(reader.journal, id, standing=standing, limit=NAMED)]


def _done(story: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What a person did last, where nothing has happened since: the page says it aloud."""
    if story and story[-1]["what"] in ("tasks cleared", "tasks not cleared"):
        last: dict[str, Any] = story[-1]
        return last
    return None


@router.get("/item")
def item_page(request: Request, reader: ReaderDep, reference: Short = "") -> HTMLResponse:
    """Where one item is: every document it was in, every answer, why it is held."""
    words = reading(request)
    found = found_item(reader, reference, words) if reference.strip() else None
    teller = Teller(words, reader.journal.clock.now())
    return page(request, "item.html", here="item", reference=reference, found=found, teller=teller)


@router.get("/today")
def today_page(request: Request, reader: ReaderDep) -> HTMLResponse:
    """What each institution is like now, and what moved."""
    now = reader.journal.clock.now()
    return page(request, "today.html", here="today", days=days(reader, now), now=now)


@router.get("/pouch/{pouch:path}")
def pouch_page(pouch: str) -> RedirectResponse:
    """Links that earlier runs hold lead to the run's page."""
    dag, run, _ = run_of(pouch)
    up = "../" * (pouch.count("/") + 1)
    return RedirectResponse(f"{up}?{urlencode({'dag': dag, 'run': run})}", 307)


@router.get("/story/{id}")
def story_page(id: str) -> RedirectResponse:
    """As above."""
    return RedirectResponse(f"../submission/{quote(id, safe='')}", 307)
