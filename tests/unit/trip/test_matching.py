"""Of several rows about one item: which of them says what became of it, and in whose words."""

from __future__ import annotations

from typing import Any

import pytest

from malote.trip.matching import Matching

YES, NO, NEVER, WHAT, NOTE = "accepted", "refused", "refused_for_good", "unanswered", "noted"

SAID = [
    ("one that refuses", [(NO, "1", "first")], (NO, "1", "first")),
    ("two that refuse: the first has the word", [(NO, "1", "first"), (NO, "2", "then")], (NO, "1", "first")),
    ("for good outdoes for now", [(NO, "1", "first"), (NEVER, "2", "then")], (NEVER, "2", "then")),
    ("for now does not take back for good", [(NEVER, "1", "first"), (NO, "2", "then")], (NEVER, "1", "first")),
    ("a status that nobody knows locks it", [(NEVER, "1", "first"), (WHAT, "2", "then")], (WHAT, "2", "then")),
    ("so does a row without any status", [(NEVER, "1", "first"), (None, "2", "then")], (WHAT, "2", "then")),
    ("and is not outvoted", [(WHAT, "1", "first"), (NEVER, "2", "then")], (WHAT, "1", "first")),
    ("accepted once is accepted, and not in the words of a refusal", [(NO, "1", "x"), (YES, None, None)],
     (None, None, None)),
    ("a note alone accepts", [(NOTE, "9", "by the way")], (None, None, None)),
    ("a note beside a refusal does not", [(NOTE, "9", "x"), (NO, "1", "no")], (NO, "1", "no")),
    ("nor behind it", [(NO, "1", "no"), (NOTE, "9", "x")], (NO, "1", "no")),
    ("nor where nobody knows", [(WHAT, "2", "?"), (NOTE, "9", "x")], (WHAT, "2", "?")),
    ("a note and a yes", [(NOTE, "9", "x"), (YES, None, None)], (None, None, None)),
    ("whatever comes later", [(YES, None, None), (NEVER, "2", "then")], (None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "said"), [each[1:] for each in SAID], ids=[each[0] for each in SAID])
def test_of_several_rows_about_an_item_the_weightiest_says_what_became_of_it(
    rows: list[tuple[str | None, ...]], said: tuple[str | None, ...]
) -> None:
    matching = Matching(["A", "B"])
    landed = list(matching.landed("s-1", [("own", "B", *row) for row in rows]))
    assert [row[:3] for row in landed] == [("s-1", n, "B") for n in range(1, len(rows) + 1)]
    assert list(matching.news()) == [(2, *said)]
    assert [each[0] for each in matching.exceptions()] == ([1] if said[0] is None else [1, 2])
    assert matching.tally().answered_twice == (len(rows) > 1)


def test_rows_that_name_several_items_are_about_them_in_order_and_the_surplus_about_the_last() -> None:
    matching = Matching(["A", "B", "C"], ["same", None, "same"])
    rows = [("own", "same", YES, None, None), ("own", "B", NO, "1", "no"), ("own", "same", NO, "2", "no"),
            ("own", "same", NEVER, "3", "never")]  # fmt: skip
    assert [row[2] for row in matching.landed("s-1", rows)] == ["A", "B", "C", "C"]
    assert list(matching.exceptions()) == [(2, NO, "1", "no"), (3, NEVER, "3", "never")]


SPELT = ["B", " B", "B  ", "\u00a0B", "\ufeffB", "B\t\n"]


@pytest.mark.parametrize("echo", SPELT, ids=ascii)
def test_an_answer_that_spells_a_reference_otherwise_is_about_it_all_the_same(echo: str) -> None:
    matching = Matching(["A", "B", "A\u00c7\u00c3O"])
    rows = [("own", echo, YES, None, None), ("own", "AC\u0327A\u0303O", NO, "1", "no")]
    assert [row[2] for row in matching.landed("s-1", rows)] == ["B", "A\u00c7\u00c3O"]
    assert not matching.strange and matching.tally().unmatched == 0


@pytest.mark.parametrize("echo", ["b", "B.", "B B", "0B", "", " ", None])
def test_what_is_another_word_is_about_something_else(echo: str | None) -> None:
    matching = Matching(["A", "B"])
    assert [row[2] for row in matching.landed("s-1", [("own", echo, YES, None, None)])] == [None]


def test_a_tag_is_believed_before_a_name_and_is_nobody_elses() -> None:
    matching = Matching(["A", "B"], None, ["t-1", "t-2"])
    rows = [("own", ("t-2", "A"), YES, None, None), ("own", (None, "X"), NO, None, None), ("own", "Y", NO, None, None)]
    assert [row[2] for row in matching.landed("s-1", rows)] == ["B", None, None]
    assert not matching.strange, "more rows name others, but nobody else could have known the tag"


@pytest.mark.parametrize(
    ("rows", "tags"),
    [
        ([("922", "922")], [None]),
        ([("922", "ADV-12")], [None]),  # the name of its creation stands beside it
        ([("922", None)], [None]),
        ([("922", "ADV-12"), ("922", "ADV-12")], [None]),
        ([("555", "B"), ("922", "ADV-12")], [None, "B"]),
    ],
)
def test_an_item_that_has_an_echo_is_found_by_the_institutions_own_name_too(rows: Any, tags: Any) -> None:
    matching = Matching(["922#abc", "B"], ["922", None], None, 0)
    landed = list(matching.landed("s", [(own, echo, "accepted", None, None) for own, echo in rows]))
    assert {row[2] for row in landed} == {tag or "922#abc" for tag in tags} and not matching.strange


def test_the_own_name_of_something_new_is_no_items_reference() -> None:
    matching = Matching(["1001", "A"], [None, "7"], None, 0)
    (row,) = matching.landed("s", [("1001", None, "accepted", None, None)])
    assert row[2] is None
