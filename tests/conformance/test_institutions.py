"""What every institution in ``malote.INSTITUTIONS`` must be, whichever it is."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import malote_sim
from malote import INSTITUTIONS
from malote.archive import Archive
from malote.errors import MaloteError, Misconfigured
from malote.hours import Counter
from malote.institution import Body, Call, Institution, load
from malote.place import outgoing, schemas
from malote.rules import Rules
from malote.submission import Document, Order, Standing, Submission
from malote.wire import AsyncDriver
from support import ROOT
from support.planted import ARCHIVE_KEY
from support.stages import STAGES, Stage, trust

NOON = datetime(2026, 11, 23, 15, tzinfo=timezone.utc)
KINDS = {"refused", "arrived", "wait", "transient", "misconfigured", "doubt"}
VERBS = ("render", "submit", "find", "check", "fetch", "read")

pytestmark = pytest.mark.parametrize("name", list(INSTITUTIONS))


@pytest.fixture
def stage(name: str, tmp_path: Path) -> Iterator[Stage]:
    stage = STAGES[name](tmp_path)
    yield stage
    stage.close()


def rendered(stage: Stage, folder: Path, first: int = 0) -> tuple[list[Document], Archive]:
    archive = Archive(str(folder), ARCHIVE_KEY)
    order = Order("pouch", stage.service, at=NOON)
    everything: Callable[[str, Any], set[str]] = lambda operation, references: set(references)  # noqa: E731
    documents = stage.institution().render(order, stage.rows(first, 4), archive, everything, counting(first))
    return [each for each in documents if isinstance(each, Document)], archive


def test_the_scope_of_an_order_is_that_of_its_documents(stage: Stage, tmp_path: Path) -> None:
    institution, order = stage.institution(), Order("pouch", stage.service, at=NOON)
    documents, _ = rendered(stage, tmp_path)
    scopes = {institution.scope(stage.service, each.operation) for each in documents}
    assert {institution.scope_of(order)} == scopes


def counting(first: int = 0) -> Callable[[str, int], int]:
    """A sequence of numbers, ``first`` of them taken."""
    numbers = count(first)
    return lambda sequence, start: start + next(numbers)


def submission(stage: Stage, document: Document, **changes: Any) -> Submission:
    institution = stage.institution()
    plain = Submission(
        f"{stage.name}-1", "pouch", stage.name, "simulator", institution.account, stage.service, document.operation,
        Standing.PREPARED, document.name, document.stored, len(document.items), document.facts,
    )  # fmt: skip
    return replace(plain, **changes)


def test_it_has_the_six_verbs_and_says_what_it_is(name: str) -> None:
    cls = load(name)
    assert issubclass(cls, Institution)
    assert not inspect.isabstract(cls)
    assert all(callable(getattr(cls, verb)) for verb in VERBS)
    assert cls.name == name
    assert cls.title
    assert set(cls.tables) == set(cls.services)


def test_every_default_of_its_rules_has_a_line_that_says_why(name: str, stage: Stage) -> None:
    own = [each for each in type(stage.institution().rules).__mro__ if issubclass(each, Rules)]
    said = " ".join(map(str, map(inspect.getdoc, own)))
    chosen = {each for holder in own for each in inspect.get_annotations(holder) if not each.startswith("_")}
    assert {each for each in chosen if f":param {each}:" not in said and f"`{each}`" not in said} == set()


def test_its_rules_are_complete_and_each_can_be_overridden(name: str, stage: Stage) -> None:
    rules = stage.institution().rules
    assert isinstance(rules, Rules)
    assert rules.override({"return_after": "PT2H", "requests": 7}).requests == 7
    with pytest.raises(Misconfigured, match="no rule"):
        rules.override({"returns_after": "PT2H"})
    with pytest.raises(Misconfigured, match="patience"):
        rules.override({"patience": "twelve hours"})


def test_its_counter_opens_some_time(name: str, stage: Stage) -> None:
    counter = Counter.of(stage.institution().rules)
    opens = counter.opens_at(datetime(2026, 11, 20, 3, tzinfo=timezone.utc))
    assert counter.is_open(opens)


def test_its_codes_are_a_table_in_which_only_a_refusal_frees(name: str) -> None:
    codes = load(name).codes
    assert codes
    assert len({code.code for code in codes}) == len(codes)
    for code in codes:
        assert code.kind in KINDS, code
        assert code.meaning and code.action and code.source, code
        assert not code.frees or code.kind == "refused", code


def test_it_has_a_simulator_a_docs_page_treaties_and_sql(name: str) -> None:
    assert name in malote_sim.SIMULATORS
    assert (ROOT / "docs" / f"{name}.md").is_file()
    assert (schemas(name) / "SOURCES.md").is_file()
    for service in load(name).services:
        assert "{servico}" not in outgoing(name, service)


def test_its_names_can_be_imported_from_the_provider(name: str) -> None:
    module = importlib.import_module(f"malote_provider.{name}")
    for kind in ("Hook", "SubmitOperator", "LandOperator"):
        assert hasattr(module, f"{name.capitalize()}{kind}"), kind
    assert getattr(module, f"{name.capitalize()}Hook").conn_type == name


def test_rendering_again_gives_the_same_bytes(name: str, stage: Stage, tmp_path: Path) -> None:
    first, there = rendered(stage, tmp_path / "a")
    again, here = rendered(stage, tmp_path / "b")
    assert [d.stored.sha256 for d in first] == [d.stored.sha256 for d in again]
    assert there.open(first[0].stored).read() == here.open(again[0].stored).read()
    assert [document.items for document in first] == [document.items for document in again]
    assert sum(len(document.items) for document in first) == 4


def test_what_already_travels_is_left_out(name: str, stage: Stage, tmp_path: Path) -> None:
    held = stage.rows(0, 4)[1]["reference"]
    documents = list(
        stage.institution().render(
            Order("p", stage.service, at=NOON),
            stage.rows(0, 4),
            Archive(str(tmp_path), ARCHIVE_KEY),
            lambda _, refs: set(refs) - {held},
            counting(),
        )
    )
    assert held not in {item.reference for document in documents for item in document.items}
    assert sum(len(document.items) for document in documents) == 3


def test_a_selection_of_which_nothing_is_free_gives_no_document_and_no_problem(
    name: str, stage: Stage, tmp_path: Path
) -> None:
    order, rows = Order("p", stage.service, at=NOON), stage.rows(0, 4)
    held = stage.institution().render(
        order, rows, Archive(str(tmp_path), ARCHIVE_KEY), lambda _, refs: set(), counting()
    )
    assert list(held) == []
    none = stage.institution().render(
        order, [], Archive(str(tmp_path), ARCHIVE_KEY), lambda _, refs: set(refs), counting()
    )
    assert list(none) == []


def test_both_drivers_read_the_same_from_the_same_call(name: str, stage: Stage, tmp_path: Path) -> None:
    (document, *_), archive = rendered(stage, tmp_path)
    (other, *_), _ = rendered(stage, tmp_path, 10)
    institution, sync = stage.institution(), stage.driver()
    receipts = [sync.send(institution.submit(submission(stage, document), archive))]

    async def both() -> None:
        driver = AsyncDriver(trust(institution.access))
        try:
            receipts.append(await driver.send(institution.submit(submission(stage, other), archive)))
            there = submission(stage, document, standing=Standing.RECEIVED, receipt=receipts[0].number)
            for make in (institution.preflight, institution.probe, lambda: institution.check(there)):
                assert await outcome(driver.send, make()) == await outcome(sync.send, make())
        finally:
            await driver.close()

    asyncio.run(both())
    assert receipts[0].number != receipts[1].number
    assert set(receipts[0].facts) == set(receipts[1].facts)


async def outcome(send: Callable[[Call[Any]], Any], call: Call[Any]) -> Any:
    try:
        value = send(call)
        value = await value if inspect.isawaitable(value) else value
    except MaloteError as error:
        return type(error), error.code, error.what
    answer = getattr(value, "answer", None)
    return type(value), len(answer) if answer else value


def test_a_submit_is_marked_as_one_and_a_query_is_not(name: str, stage: Stage, tmp_path: Path) -> None:
    (document, *_), archive = rendered(stage, tmp_path)
    institution = stage.institution()
    there = submission(stage, document, standing=Standing.RECEIVED, receipt="1")
    assert institution.submit(there, archive).submits
    for query in (institution.check(there), institution.fetch(there), institution.preflight(), institution.probe()):
        assert not query.submits


def test_nothing_that_can_be_printed_holds_a_secret(name: str, stage: Stage, tmp_path: Path) -> None:
    (document, *_), archive = rendered(stage, tmp_path)
    institution = stage.institution()
    call = institution.submit(submission(stage, document), archive)
    printed = f"{institution!r} {institution.access!r} {call!r} {call.request!r} {Body.of(b'senha')!r}"
    for secret in (institution.access.password, institution.access.extra.get("client_certificate_password")):
        assert not secret or secret not in printed


def test_an_environment_that_is_not_the_hosts_is_refused(name: str, stage: Stage) -> None:
    access = stage.institution().access
    for environment, url in load(name).environments.items():
        if not url:
            continue
        others = [each for each in load(name).environments if each != environment]
        for other in [*others, "simulator"]:
            with pytest.raises(Misconfigured):
                load(name)(replace(access, environment=other, base_url=url))
        load(name)(replace(access, environment=environment, base_url=url))
        with pytest.raises(Misconfigured):
            load(name)(replace(access, environment=environment, base_url="https://localhost:8443"))
