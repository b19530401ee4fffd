"""What needs a person is told once a day until it is settled, in the words of the errors, and is carried by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.bases.notifier import BaseNotifier

from malote import commandline
from malote.clock import HeldClock
from malote.desk import NEEDS, Need, notice
from malote.errors import Closed, InDoubt, Invalid, MaloteError, Problem, Refused, Terminal, Transient
from malote.submission import Unanswered
from malote.texts import LANGUAGES, Words, english
from malote_provider import explaining
from malote_provider.notifiers import MailNotifier, words
from malote_provider.operators import AlarmOperator

EIGHT = 11  # in Brasília, as UTC has it


class Post(BaseNotifier):
    """A notifier of somebody else's: it knows nothing of malote but its template."""

    template_fields = ("text",)

    def __init__(self) -> None:
        super().__init__()
        self.text = "{{ malote.subject }}\n{{ malote.text }}"
        self.said: list[str] = []
        self.broken = False

    def notify(self, context: Any) -> None:
        if self.broken:
            raise OSError("no route to host, password planted-secret")
        self.said.append(self.text)
        self.text = "{{ malote.subject }}\n{{ malote.text }}"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def alarm(declared: SimpleNamespace, context: Callable[..., Any], post: Post) -> Callable[[], MaloteError | None]:
    """``alarm()``: the error over which the task fails, None where it is content. It is noon."""
    declared.clock.at = declared.clock.at.replace(hour=15, minute=0, second=0, microsecond=0)

    def alarm() -> MaloteError | None:
        try:
            assert AlarmOperator(task_id="avisa", notifiers=[post]).execute(context()) == 0
        except MaloteError as error:
            return error
        return None

    return alarm


def standing(what: str) -> str:
    return f"update malote.submission set standing = '{what}'"


SITUATIONS: dict[str, tuple[str, str]] = {  # a need: what makes it; what the error of the same says first
    "in_doubt": (standing("in_doubt"), explaining.in_doubt("notary-1").what),
    "overdue": (standing("overdue"), explaining.overdue("notary-1").what),
    "refused": (
        "with s as (update malote.submission set standing = 'refused', code = 'bad') "
        "update malote.item_row set outcome = 'refused'",
        "the institution refused it: bad: Deed not acceptable",
    ),
    "unanswered": (
        f"with s as ({standing('landed')}) update malote.item_row set outcome = 'unanswered'",
        "1 of its items has no answer that settles it",
    ),
    "held": (
        "with s as (update malote.submission set standing = 'landed'), "
        "i as (update malote.item_row set outcome = 'refused') insert into malote.held "
        "(scope, reference, submission, reason, since, seen_at) "
        "select scope, reference, submission, 'refused', now(), now() from malote.item_row",
        "1 row that a selection wanted to send is held back",
    ),
}


@pytest.mark.parametrize("kind", SITUATIONS)
def test_it_is_told_what_happened_and_what_to_do_in_the_words_of_the_error(
    kind: str, sent: Any, alarm: Any, post: Post, change: Callable[[str], None], caplog: Any
) -> None:
    sent(1)
    assert alarm() is None and post.said == []
    statement, what = SITUATIONS[kind]
    change(statement)
    told = alarm()
    assert isinstance(told, InDoubt if kind == "in_doubt" else Terminal)
    (inner,) = told.each  # type: ignore[attr-defined]
    assert inner.what.startswith(what) and inner.todo
    (text,) = post.said
    assert text.splitlines()[0] == f"malote: {Words('pt-BR')(kind)} (1)"
    assert "[notary simulator notary-1]" in text and "Fazer agora: " in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_say_it(
    language: str, sent: Any, alarm: Any, post: Post, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__LANGUAGE", language)
    sent(1)
    change(standing("in_doubt"))
    told = alarm()
    say = Words(language)
    assert say("n_in_doubt") in post.said[0] and say("n_in_doubt_do", id="notary-1") in post.said[0]
    assert told.each[0].what == Words("en")("n_in_doubt")


def test_a_doubt_is_told_at_once_and_every_morning_and_no_more_until_it_is_settled(
    declared: SimpleNamespace, sent: Any, alarm: Any, post: Post, change: Any
) -> None:
    sent(1)
    change(standing("in_doubt"))
    clock: HeldClock = declared.clock
    assert alarm() is not None
    told, morning = 1, clock.at.replace(hour=EIGHT, minute=1) + timedelta(days=1)
    for day in range(14):
        for hour in range(0, 24, 4):
            clock.at = morning + timedelta(days=day, hours=hour)
            told += alarm() is not None
        assert len(post.said) == told == day + 2
    settled = ["resolve", "notary-1", "--withdraw", "--absent", "--why", "seen in their list"]
    assert commandline.main(["--warehouse", declared.dsn, *settled]) == 0
    clock.pass_(days=2)
    assert alarm() is None


def test_what_is_new_is_told_alone_and_what_stands_with_the_others_in_the_morning(
    sent: Any, alarm: Any, post: Post, change: Any, declared: SimpleNamespace
) -> None:
    sent(6)
    change(f"{standing('in_doubt')} where number = 1")
    assert alarm() is not None
    change(f"{standing('overdue')} where number = 2")
    assert alarm() is not None
    assert "notary-2" in post.said[1] and "notary-1" not in post.said[1]
    declared.clock.pass_(days=1)
    assert alarm() is not None
    assert "notary-1" in post.said[2] and "notary-2" in post.said[2] and len(post.said) == 3


def test_what_is_in_doubt_again_after_it_was_sent_again_is_told_at_once(
    sent: Any, alarm: Any, post: Post, change: Any, declared: SimpleNamespace
) -> None:
    sent(1)
    change(standing("in_doubt"))
    assert alarm() is not None and alarm() is None
    declared.clock.pass_(minutes=10)
    change(f"update malote.submission set moved_at = '{declared.clock.at.isoformat()}'")
    assert alarm() is not None and alarm() is None


def test_what_no_notifier_carried_counts_as_told_to_nobody_and_is_told_later(
    sent: Any, alarm: Any, post: Post, change: Any
) -> None:
    sent(1)
    change(standing("in_doubt"))
    post.broken = True
    told = alarm()
    assert isinstance(told, Transient) and "Post could not tell a person: OSError" in told.what
    assert "planted-secret" not in str(told)
    post.broken = False
    assert isinstance(alarm(), InDoubt) and len(post.said) == 1


def test_a_crash_after_the_telling_tells_again_and_loses_nothing(
    sent: Any, alarm: Any, post: Post, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(1)
    change(standing("in_doubt"))
    with monkeypatch.context() as killed:
        killed.setattr("malote.journal.Journal.tell", lambda *_: (_ for _ in ()).throw(Terminal("killed here")))
        assert alarm().what == "killed here"
    assert isinstance(alarm(), InDoubt) and len(post.said) == 2


def test_many_of_a_kind_are_counted_and_the_first_are_named(sent: Any, alarm: Any, post: Post, change: Any) -> None:
    sent(75)
    change(standing("in_doubt"))
    told = alarm()
    assert told.what.startswith("25 things need a person") and len(told.each) == 20
    assert post.said[0].splitlines()[0] == "malote: Em dúvida (25)" and "… e mais 5" in post.said[0]
    assert alarm() is None, "those that are only counted are told too"


def test_a_counter_that_was_missed_is_told_once_it_has_closed(
    sent: Any, alarm: Any, declared: SimpleNamespace, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(1)
    change(standing("prepared"))
    assert alarm() is None, "a counter without hours is never missed"
    quick = type(declared.hook().get_institution())
    monkeypatch.setattr(
        quick, "quick", quick.quick.override({"opening_hours": "08:00-20:00", "closing_margin": "PT0S"})
    )
    assert alarm() is None
    declared.clock.pass_(hours=8, minutes=5)
    told = alarm()
    assert told.each[0].what.startswith("it was not sent before the counter closed") and alarm() is None


@pytest.mark.parametrize("days", [31, 29, 0, -1])
def test_a_certificate_is_told_from_30_days_before_its_end_in_the_words_of_the_connection_test(
    days: int, ccee: SimpleNamespace, clock: HeldClock, context: Callable[..., Any]
) -> None:
    from malote_provider.ccee import CceeHook

    with CceeHook() as hook:
        certificate = hook.certificate()
    assert certificate
    clock.at = certificate.not_after - timedelta(days=days, seconds=-1)
    alarm = AlarmOperator(task_id="avisa")
    warning = certificate.warning(clock.at, Words("en"))
    assert (warning is None) == (days > 30)
    if warning is None:
        assert alarm.execute(context()) == 0
        return
    with pytest.raises(Terminal) as told:
        alarm.execute(context())
    (inner,) = told.value.each  # type: ignore[attr-defined]
    assert inner.what == warning or f"{inner.what}: {inner.todo}" == warning
    assert alarm.execute(context()) == 0, "told today"


def test_an_airflow_without_connections_has_nothing_to_tell(connected: str, context: Callable[..., Any]) -> None:
    assert AlarmOperator(task_id="avisa").execute(context()) == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_need_has_its_words(language: str, clock: HeldClock) -> None:
    say, now = Words(language), clock.now()
    for kind in NEEDS:
        need = Need(kind, "ccee-1", "ccee", "producao", "1234", "contratos", now, 2, ask_at=now + timedelta(days=3))
        told = notice([need], say, now)
        assert say(kind) in told.subject and "ccee-1" in told.text and "{" not in told.text


# ---- by mail


TI = SimpleNamespace(dag_id="ccee_contratos", run_id="manual__1", task_id="land")


def test_a_doubt_travels_by_mail_to_whom_the_option_names(
    mails: Any, sent: Any, change: Any, declared: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__ALARM_MAIL", "plantao@empresa.com.br, chefe@empresa.com.br")
    sent(1)
    change(standing("in_doubt"))
    alarm = AlarmOperator(task_id="avisa", notifiers=[MailNotifier()])
    with pytest.raises(InDoubt):
        alarm.execute(context())
    assert alarm.execute(context()) == 0
    ((subject, to, body),) = mails()
    assert subject == "malote: Em dúvida (1)"
    assert to == "plantao@empresa.com.br, chefe@empresa.com.br"
    assert "não se sabe se chegou" in body and "malote resolve notary-1" in body and "/malote" in body


@pytest.mark.parametrize(
    ("language", "what", "said"),
    [
        ("en", "it is unclear whether it arrived; it is not sent again",
         ["Do now: `malote story ccee-42` says where to look", "run manual__1, task land"]),
        ("pt-BR", "não se sabe se chegou; não é enviado de novo",
         ["Fazer agora: `malote story ccee-42` diz onde procurar", "execução manual__1, tarefa land"]),
    ],
)  # fmt: skip
def test_a_task_that_fails_is_told_by_mail_with_the_words_of_its_error(
    language: str, what: str, said: list[str], mails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__LANGUAGE", language)
    error = explaining.in_doubt("ccee-42").about(institution="ccee", submission="ccee-42")
    MailNotifier(["plantao@empresa.com.br"])({"ti": TI, "exception": error})
    ((subject, _, body),) = mails()
    assert subject == f"malote: ccee ccee-42: {what}"
    assert [each for each in said if each not in body] == []


def unanswered(words: str) -> Unanswered:
    """Two items of a landed submission without an answer."""
    return Unanswered("ccee-1", 2, ("C1", "C2"), words, None, datetime(2026, 11, 27, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    "error",
    [
        explaining.overdue("ccee-1"),
        explaining.unsent("ccee-1"),
        explaining.unanswered(unanswered("")),
        explaining.unanswered(unanswered("Lote em processamento")),
        explaining.refused_items([("ccee-1", 2)], 2),
        explaining.failed_before(["submit", "wait"]),
        explaining.together([explaining.in_doubt("ccee-1"), explaining.overdue("ccee-2")], "malote"),
        Refused("Lote inválido", code="071", meaning="Lote inválido", kept=english("s_kept_items"),
                todo=f"{english('s_cielo_071').rstrip('.')} (its items stay locked)"),
        Invalid(english("s_problems", n=2), todo=english("s_do_rows_rest"), kept=english("s_kept_rows_there")),
        Invalid(english("s_problems", n=1), todo=english("s_do_rows_rest"), kept=english("s_kept_rows_there"),
                problems=(Problem("A", "dados-portador.numero", english("s_row_no_card", wanted=english("s_row_luhn"))),
                          Problem(None, "valor", "The value 'x' is not an element of the set {'3', '4'}.", 7))),
    ],
    ids=lambda each: each.what[:30],
)  # fmt: skip
def test_of_an_error_of_ours_nothing_is_told_in_english_to_a_brazilian(error: MaloteError) -> None:
    subject, text = words({"ti": TI, "exception": error})  # type: ignore[typeddict-item]
    english_words = re.findall(r"\b(?:the|an|of|and|or|not|is|are|was|it|its|with|has|have)\b", f"{subject}\n{text}")
    assert english_words == []


def test_nobody_is_written_to_where_there_is_no_address(mails: Any) -> None:
    for notifier in (MailNotifier(), MailNotifier([])):
        notifier({"ti": TI, "exception": explaining.in_doubt("ccee-42")})
    assert mails() == []


def test_what_is_marked_up_in_an_error_is_text_in_the_mail(mails: Any) -> None:
    error = Terminal("<b>their words</b> & more", institution="ccee")
    MailNotifier(["a@empresa.com.br"])({"ti": TI, "exception": error})
    assert "&lt;b&gt;their words&lt;/b&gt; &amp; more" in mails()[0][2]


@pytest.mark.parametrize("error", [ValueError("login=senha"), KeyError("4012001037141112"), None], ids=repr)
def test_of_an_error_that_is_not_ours_only_its_class_travels(error: Any) -> None:
    subject, text = words({"ti": TI, "exception": error})  # type: ignore[typeddict-item]
    assert "senha" not in subject + text and "4012001037141112" not in subject + text
    assert (type(error).__name__ if error else "ninguém sabe por quê") in subject


@pytest.mark.parametrize(
    "error",
    [
        explaining.overdue("ccee-1"),
        explaining.together([explaining.in_doubt("ccee-1"), explaining.overdue("ccee-2")], "malote"),
        Closed("the counter is closed", institution="bndes"),
        Terminal("x" * 500, institution="ccee"),
        Terminal("a line\r\nBcc: everybody@empresa.com.br", institution="ccee"),
    ],
    ids=lambda each: each.what[:20],
)
def test_a_subject_is_one_short_line(error: MaloteError, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__LANGUAGE", "en")
    subject, text = words({"ti": TI, "exception": error})  # type: ignore[typeddict-item]
    assert len(subject) <= 120 and len(subject.splitlines()) == 1
    assert all(str(each) in text for each in getattr(error, "each", None) or [error])
