"""A doubt as a required action: asked with its evidence, answered by a person, and what was decided brought home."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.bases.notifier import BaseNotifier

from malote.desk import Decision, Way, decide
from malote.errors import InDoubt, Refused
from malote.journal import Journal
from malote.texts import TEXTS
from malote_provider.operators import DoubtOperator, LandOperator
from malote_provider.triggers import ReceiptTrigger
from malote_provider.version_compat import ASKING, AirflowSkipException, TaskDeferred
from support.notary import poked

DEEDS = "select 'D' || n as reference, 'deed' as text from generate_series(1, {}) n"
ARRIVED, RESEND, ABSENT = (TEXTS[f"d_{way}"][0] for way in ("receipt", "resend", "absent"))


class Asking:
    """A pouch with a doubt in it, the task that asks, and what Airflow was told to show."""

    def __init__(self, notary: SimpleNamespace, context: Callable[..., Any], shown: list[dict[str, Any]]) -> None:
        self.notary, self._context, self.shown = notary, context, shown
        self.pouch: Any = None
        self.options: dict[str, Any] = {}

    def send(self, n: int = 2, lost: int = 1) -> None:
        self.pouch = self.notary.submit(task_id="submit", outgoing_sql=DEEDS.format(n)).execute(self.context())
        with Journal(self.notary.dsn) as journal:
            for k in range(1, lost + 1):
                journal.parked(f"notary-{k}", "<b>the reply</b> was lost", "look at [the office](http://x)")

    def context(self) -> Any:
        return self._context()

    def task(self) -> Any:
        return self.notary.doubt(task_id="doubt", pouch=self.pouch, **self.options)

    def ask(self) -> dict[str, Any]:
        """What the task would be resumed with, beside the answer."""
        with pytest.raises(ASKING) as asking:
            self.task().execute(self.context())
        assert asking.value.method_name == "execute_complete"
        return dict(asking.value.kwargs or {})

    def answer(self, kept: dict[str, Any], option: str, **given: Any) -> Any:
        event = {
            "chosen_options": [option],
            "params_input": {"submission": next(iter(kept["seen"])), "receipt": "", "why": "", **given},
            "responded_at": datetime.now(timezone.utc),
            "responded_by_user": {"id": "7", "name": "ana"},
        }
        return self.task().resume_execution("execute_complete", {"event": event, **kept}, self.context())

    def story(self, id: str = "notary-1") -> list[dict[str, Any]]:
        with Journal(self.notary.dsn) as journal:
            return journal.story(id)

    def standing(self, id: str = "notary-1") -> str:
        with Journal(self.notary.dsn) as journal:
            return journal.submission(id).standing.value


@pytest.fixture
def asking(notary: SimpleNamespace, context: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Asking:
    class NotaryDoubt(DoubtOperator):
        institution = "notary"

    notary.doubt = NotaryDoubt
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **values: shown.append(values))
    return Asking(notary, context, shown)


def home(asking: Asking, deferred: TaskDeferred) -> Any:
    """What the task does when the trigger that it was deferred to has ended."""
    assert isinstance(deferred.trigger, ReceiptTrigger) and deferred.method_name == "bring_home"
    asking.notary.office.pending = 0
    poked(asking.notary, asking.pouch, lambda _: asking.context())
    return asking.task().resume_execution("bring_home", {"event": {"status": "settled"}}, asking.context())


def test_it_asks_with_the_evidence_and_no_reference_of_what_was_sent(asking: Asking) -> None:
    asking.send()
    kept = asking.ask()
    (shown,) = asking.shown
    assert shown["options"] == [ARRIVED, RESEND, ABSENT] and shown["subject"] == TEXTS["r_subject"][0]
    assert set(shown["params"]) == {"submission", "receipt", "why"} and set(kept["seen"]) == {"notary-1"}
    assert "notary-1" in shown["body"] and "/malote/submission/notary-1" in shown["body"]
    assert "D1" not in str(shown), "Airflow keeps this: references are on the desk's page"
    assert "<b>" not in shown["body"] and "](http://x)" not in shown["body"], "their words are no markup"


def test_where_nothing_is_in_doubt_it_is_skipped(asking: Asking) -> None:
    asking.send(lost=0)
    with pytest.raises(AirflowSkipException):
        asking.task().execute(asking.context())
    assert asking.shown == []


def test_it_arrived_is_noted_with_the_users_name_and_its_answer_comes_home(asking: Asking) -> None:
    asking.send()
    with pytest.raises(TaskDeferred) as deferred:
        asking.answer(asking.ask(), ARRIVED, receipt="N1", why="seen in their book")
    decided = next(each for each in asking.story() if each["detail"].get("who"))
    assert (decided["detail"]["who"], decided["detail"]["why"]) == ("ana", "seen in their book")
    assert asking.standing() == "received"
    assert home(asking, deferred.value)["items_accepted"] == 2
    assert asking.standing() == "landed" and set(asking.notary.office.accepted.values()) == {1}


def test_send_it_again_sends_the_very_document_once_more_and_lands_it(asking: Asking) -> None:
    asking.send()
    asking.notary.office.accepted.clear()
    with pytest.raises(TaskDeferred) as deferred:
        asking.answer(asking.ask(), RESEND, why="it is not there")
    assert home(asking, deferred.value)["landed"] == 1 and asking.standing() == "landed"
    assert set(asking.notary.office.accepted.values()) == {1}


def test_given_up_leaves_nothing_to_wait_for(asking: Asking) -> None:
    asking.send()
    assert asking.answer(asking.ask(), ABSENT, why="their book has a gap there")["landed"] == 0
    assert asking.standing() == "withdrawn"


@pytest.mark.parametrize(
    ("option", "given", "said"),
    [
        (ARRIVED, {"why": "seen"}, "no receipt was given"),
        (ARRIVED, {"receipt": "N1"}, "needs a reason"),
        (RESEND, {"why": "x", "submission": "ccee-1"}, "um dos envios da lista"),
        (RESEND, {"why": "x" * 2001}, "2.000 caracteres"),
        (RESEND, {"why": None}, "needs a reason"),
    ],
)
def test_an_answer_that_is_wrong_is_said_and_the_question_stands_again(
    asking: Asking, option: str, given: dict[str, Any], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    asking.send()
    kept = asking.ask()
    with pytest.raises(ASKING):
        asking.answer(kept, option, **given)
    assert said in "".join(capfd.readouterr()) and len(asking.shown) == 2
    assert asking.standing() == "in_doubt"


def test_who_answers_after_somebody_on_the_page_is_told_and_what_the_first_decided_goes_on(
    asking: Asking, capfd: pytest.CaptureFixture[str]
) -> None:
    asking.send()
    kept = asking.ask()
    with Journal(asking.notary.dsn) as journal:
        decide(journal, Decision("notary-1", Way.ABSENT, "gone", who="rui"))
    assert asking.answer(kept, RESEND, why="not there")["landed"] == 0
    assert "meanwhile rui noted" in "".join(capfd.readouterr()) and asking.standing() == "withdrawn"


def test_several_doubts_of_a_pouch_are_asked_one_after_the_other(asking: Asking) -> None:
    asking.send(4, lost=2)
    kept = asking.ask()
    assert set(kept["seen"]) == {"notary-1", "notary-2"}
    with pytest.raises(ASKING) as again:
        asking.answer(kept, ABSENT, submission="notary-2", why="gone")
    assert set(again.value.kwargs["seen"]) == {"notary-1"} and asking.standing("notary-2") == "withdrawn"
    assert asking.answer(again.value.kwargs, ABSENT, why="gone too")["in_doubt"] == 0


def waits_until(asking: Any) -> datetime:
    """Until when a person is waited for: below 3.3 a trigger knows it."""
    if asking.timeout:
        return datetime.now(timezone.utc) + asking.timeout  # type: ignore[no-any-return]
    return asking.trigger.timeout_datetime  # type: ignore[no-any-return]


@pytest.mark.skipif(
    "response_timeout" not in inspect.signature(hitl.HITLOperator.__init__).parameters,
    reason="comes with the standard provider 1.14",
)
def test_nobody_in_time_fails_it_and_decides_nothing(asking: Asking) -> None:
    asking.options = {"response_timeout": timedelta(hours=2)}
    asking.send()
    with pytest.raises(ASKING) as waiting:
        asking.task().execute(asking.context())
    assert waits_until(waiting.value) - datetime.now(timezone.utc) > timedelta(hours=1, minutes=55)
    event = {"error": "the timeout has passed", "error_type": "timeout"}
    with pytest.raises(InDoubt, match="nobody has answered in time"):
        asking.task().resume_execution("execute_complete", {"event": event, **waiting.value.kwargs}, asking.context())
    assert asking.standing() == "in_doubt"


def test_notifiers_are_told_when_it_begins_to_ask(asking: Asking) -> None:
    told: list[Any] = []

    class Bell(BaseNotifier):
        def notify(self, context: Any) -> None:
            told.append(context["ti"].run_id)

    asking.options = {"notifiers": Bell()}
    asking.send()
    asking.ask()
    assert told == ["run-1"]


# ---- land hands over


def land(asking: Asking, **options: Any) -> Any:
    return asking.notary.land(task_id="land", pouch=asking.pouch, **options).execute(asking.context())


@pytest.mark.parametrize("ask", [True, "True"])
def test_land_hands_its_own_doubts_over_where_it_is_asked_to(asking: Asking, ask: Any) -> None:
    asking.send(lost=2, n=4)
    assert land(asking, ask=ask)["in_doubt"] == 2
    with pytest.raises(InDoubt):
        land(asking, ask=not ask if ask is True else "False")


def test_land_fails_over_a_doubt_beside_another_trouble(asking: Asking) -> None:
    asking.send(4, lost=1)
    with Journal(asking.notary.dsn) as journal:
        journal.connection.execute("update malote.submission set standing = 'refused' where id = 'notary-2'")
    with pytest.raises((InDoubt, Refused)):
        land(asking, ask=True)


def test_every_institution_has_one_and_it_is_a_producer_of_the_asset() -> None:
    from malote_provider.bndes import RESULTADO, BndesDoubtOperator
    from malote_provider.ccee import RESULTADO_PROCESSAMENTO, CceeDoubtOperator
    from malote_provider.cielo import TRANSACAO, CieloDoubtOperator

    for kind, asset in (
        (BndesDoubtOperator, RESULTADO),
        (CceeDoubtOperator, RESULTADO_PROCESSAMENTO),
        (CieloDoubtOperator, TRANSACAO),
    ):
        assert issubclass(kind, LandOperator) and kind(task_id="doubt", pouch="a/b/c").outlets == [asset]
