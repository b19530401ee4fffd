"""What the database says of itself: every table, view and column, in Portuguese, with its unit and its source."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
import pytest

from malote.migrations import comments, upgrade
from malote.submission import Standing
from malote_local.dictionary import PAGE, page

Named = comments.Named
SOURCE = re.compile(r" \[(malote|CCEE, .+|Cielo, .+|BNDES, .+|EFD-Reinf, .+)\]$")
HOW = "add a line to include/sql/comentarios.txt, then `make dictionary`"


@pytest.fixture
def named(warehouse: str) -> list[Named]:
    with psycopg.connect(warehouse) as connection:
        return comments.there(connection)


def wanting(named: list[Named], holds: Callable[[Named], object]) -> list[str]:
    return [f"{each.relation}.{each.name}".rstrip(".") for each in named if not holds(each)]


def test_every_table_view_and_column_has_a_comment_with_its_source(named: list[Named]) -> None:
    assert len(named) > 400
    assert wanting(named, lambda each: SOURCE.search(each.comment)) == [], HOW


def test_a_relation_says_what_one_row_of_it_is(named: list[Named]) -> None:
    assert wanting(named, lambda each: each.name or each.comment.startswith("Uma linha")) == [], HOW


@pytest.mark.parametrize(
    ("type_", "unit"),
    [
        ("timestamp with time zone", "nstante"),
        ("timestamp without time zone", "hora de Brasília"),
        ("date", r"[Dd]ia\b"),
        ("numeric", "reais|centavos|MWmédio|[Pp]roporção"),
    ],
)
def test_instants_days_and_amounts_say_their_unit(named: list[Named], type_: str, unit: str) -> None:
    of_type = [each for each in named if each.type.startswith(type_)]
    assert of_type and wanting(of_type, lambda each: re.search(unit, each.comment)) == [], HOW


def test_a_report_names_nothing_as_the_journal_does_but_the_key_that_leads_there(named: list[Named]) -> None:
    english = {each.name for each in named if each.relation.startswith("malote.") and each.name}
    english |= {"landed_at", "submissions", "items_held"}
    found = {each.name for each in named if each.relation.startswith("report.")} & english
    assert found == {"submission_id"}


@pytest.mark.parametrize(
    "word", [*(each.value for each in Standing), "sent", "accepted", "unanswered", "refused_here", "refused_unchanged"]
)
def test_a_report_says_the_journals_words_in_portuguese(warehouse: str, word: str) -> None:
    with psycopg.connect(warehouse) as connection:
        (said,) = connection.execute("select report.em_portugues(%s)", (word,)).fetchone() or ("",)
    assert said and said != word


def test_the_dictionary_begins_with_the_reports_and_ends_with_what_is_internal() -> None:
    parts = PAGE.read_text("utf-8").split("\n## ")
    assert parts[1].startswith("Relatórios\n") and parts[-1].startswith("Interno")
    internal = ["### " + name for name in ("malote.submission", "report.conferencia", "report.cargas_novas")]
    assert [each for each in internal if each in parts[-1]] == internal and "interna:" not in "".join(parts[:-1])


def test_nothing_is_said_of_what_is_not_there(named: list[Named]) -> None:
    there = {(each.relation, each.name) for each in named} | {("*", each.name) for each in named}
    assert sorted(set(comments.words()) - there) == []


def test_an_upgrade_says_again_what_somebody_unsaid_and_nothing_else(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        assert comments.steps(connection) == []
        connection.execute("comment on column ccee.resultado_processamento.status is 'mine'")
        (step,) = comments.steps(connection)
        assert "status" in step
        upgrade(warehouse)
        assert comments.steps(connection) == []


def test_a_table_that_somebody_made_beside_ours_is_left_as_it_is(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("create table outgoing.mine (referencia text, submission_id text)")
        assert comments.steps(connection) == [] and "outgoing.mine" not in page(connection)
        connection.execute("drop table outgoing.mine")


def test_the_data_dictionary_is_what_the_database_says(warehouse: str) -> None:
    with psycopg.connect(warehouse) as connection:
        assert PAGE.read_text("utf-8") == page(connection), HOW


@pytest.mark.parametrize("line", ["no colon", "= ccee.x without a source", "two words: text"])
def test_a_line_that_says_nothing_is_named(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr("pathlib.Path.read_text", lambda *_, **__: f"# a comment\n{line}\n")
    with pytest.raises(ValueError, match="line 2"):
        comments.words()
