"""Land and what was sent and not answered: it fails with the institution's words, or warns, and each thing once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from malote.errors import Terminal
from malote.journal import Journal
from malote_provider.retries import retry_policy
from support.notary import poked

DEEDS = "select 'D' || n as reference, 'deed ' || n as text from generate_series(1, 3) as n"

SAID: list[tuple[bytes, str]] = [
    (b'[["D1", "yes"]]', r"2 of its items have no answer that settles them \(D2, D3\)"),
    (b'[["D1", "yes"], ["D2", "perhaps"], ["D3", "no"]]', r"1 of its items .*\(D2\); the institution says: perhaps"),
    (b'[["", "no"]]', r"3 of its items .*\(D1, D2, D3\); the institution says: no"),
]


def sent(notary: SimpleNamespace, context: Callable[..., Any], answer: bytes) -> Any:
    task = notary.submit(task_id="submit", outgoing_sql=DEEDS)
    pushed = task.execute(context(task))
    notary.office.answers["N1"] = answer
    poked(notary, pushed, context)
    return pushed


@pytest.mark.parametrize(("answer", "said"), SAID, ids=[each[0].decode() for each in SAID])
def test_items_without_an_answer_fail_land_and_it_says_what_to_type(
    notary: SimpleNamespace, context: Any, answer: bytes, said: str
) -> None:
    pushed = sent(notary, context, answer)
    with pytest.raises(Terminal, match=said) as error:
        notary.land(task_id="land", pouch=pushed).execute(context())
    text = str(error.value)
    assert "malote ask-again notary-1" in text and "malote settle notary-1 ITEM --accepted | --refused" in text
    decision = retry_policy().evaluate(error.value, 1, 5)
    assert decision.action.value == "fail"


def test_it_warns_where_fail_on_does_not_name_it(
    notary: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    pushed = sent(notary, context, SAID[0][0])
    counts = notary.land(task_id="land", pouch=pushed, fail_on=("in_doubt",)).execute(context())
    assert counts["unanswered"] == 2
    assert "2 of its items have no answer" in "".join(capfd.readouterr())


def test_a_later_run_of_the_service_is_not_red_for_an_old_alarm(notary: SimpleNamespace, context: Any) -> None:
    pushed = sent(notary, context, SAID[0][0])
    with pytest.raises(Terminal):
        notary.land(task_id="land", pouch=pushed).execute(context())
    later = context(run_id="run-2")
    later["dag_run"].start_date = notary.hook().clock.now() + timedelta(seconds=1)
    counts = notary.land(task_id="land", pouch="dag/run-2/submit", scope="service").execute(later)
    assert counts["unanswered"] == 2


def test_what_a_person_settled_is_no_alarm_any_more(notary: SimpleNamespace, context: Any) -> None:
    pushed = sent(notary, context, SAID[0][0])
    with pytest.raises(Terminal):
        notary.land(task_id="land", pouch=pushed).execute(context())
    with Journal(notary.dsn) as journal:
        journal.settle("notary-1", "D2", "seen in their book", accepted=True)
        journal.settle("notary-1", "D3", "not in their book", accepted=False)
    assert notary.land(task_id="land", pouch=pushed).execute(context())["unanswered"] == 0
