"""Tells a person that something needs one, in the words of the errors."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.bases.notifier import BaseNotifier

from malote.errors import Invalid, MaloteError
from malote.texts import Words
from malote_provider import noting
from malote_provider.options import option
from malote_provider.saying import SHOWN

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

NOTICE = "malote"
"""Under this name a context holds what ``malote_vigia`` has to say: its ``subject`` and its ``text``."""

_LONGEST = 120


class PersonNotifier(BaseNotifier):
    """For ``notifiers`` of ``malote_vigia``, and for ``on_failure_callback`` of any task; a subclass carries the words.

    A task that an error of malote ends says what happened, to which submission, what to do now and what is not lost. Of
    any other error only its class travels: its text may hold anything.
    """

    def notify(self, context: Context) -> None:
        """Called by Airflow, or by ``malote_vigia``."""
        self.tell(*words(context))

    def tell(self, subject: str, text: str) -> None:
        """Carry one line and the whole text to a person."""
        raise NotImplementedError


class MailNotifier(PersonNotifier):
    """By mail, through an SMTP connection.

    :param to: addresses; by default those of ``[malote] alarm_mail``. Where there is none, nothing is sent
    :param smtp_conn_id: connection of type ``smtp``; its ``extra.from_email`` is who writes
    """

    template_fields = ("to", "smtp_conn_id")

    def __init__(self, to: Sequence[str] | None = None, smtp_conn_id: str = "smtp_default", **options: Any) -> None:
        super().__init__(**options)
        self.to = None if to is None else list(to)
        self.smtp_conn_id = smtp_conn_id

    def tell(self, subject: str, text: str) -> None:
        """Send one mail to all."""
        usual = option("alarm_mail").split(",")
        to = [each.strip() for each in (usual if self.to is None else self.to) if each.strip()]
        if not to:
            self.log.info("nobody is written to: there is no address")
            return
        from airflow.providers.smtp.hooks.smtp import SmtpHook

        with SmtpHook(smtp_conn_id=self.smtp_conn_id) as smtp:
            smtp.send_email_smtp(to=to, subject=subject, html_content=f"<pre>{html.escape(text)}</pre>")


def words(context: Context) -> tuple[str, str]:
    """One line, and the whole text: of what ``malote_vigia`` has to say, else about the failure of a task."""
    notice: Any = context.get(NOTICE)
    if notice is not None:
        return _short(notice.subject), notice.text
    say, ti, error = noting.words(), context.get("ti"), context.get("exception")
    dag, task = getattr(ti, "dag_id", ""), getattr(ti, "task_id", "")
    where = say("n_where", dag=dag, run=getattr(ti, "run_id", ""), task=task)
    if not isinstance(error, MaloteError):
        what = say(
            "n_failed", why=type(error).__name__ if isinstance(error, BaseException) else say("n_failed_unknown")
        )
        return _short(f"malote: {dag}.{task}: {what}"), f"{what}\n{say('n_now', todo=say('n_failed_do'))}\n\n{where}"
    about = " ".join(part for part in (error.institution, error.submission) if part)
    first = say.again((error.what.splitlines() or [""])[0])
    told = [_told(each, say) for each in (getattr(error, "each", None) or [error])[:SHOWN]]
    return _short(f"malote: {about}: {first}" if about else f"malote: {first}"), "\n\n".join([*told, where])


def _told(error: MaloteError, say: Words) -> str:
    """As the log has it, in the language of the notices."""
    about = " ".join(filter(None, (error.institution, error.submission, error.item and f"item {error.item}")))
    lines = [f"[{about}] {say.error(error)}" if about else say.error(error)]
    problems = getattr(error, "problems", ())
    lines += [f"  - {say.problem(problem)}" for problem in problems[: Invalid.SHOWN]]
    if (rest := len(problems) - Invalid.SHOWN) > 0:
        lines.append(f"  {say('n_more', n=say.number(rest))}")
    return "\n".join(lines)


def _short(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
