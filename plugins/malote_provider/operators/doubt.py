"""The operator that asks a person about what is in doubt, inside Airflow, and then brings home what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.definitions.param import ParamsDict

from malote.errors import InDoubt, Misconfigured
from malote.submission import Standing
from malote.texts import TEXTS, english
from malote_provider import forms
from malote_provider.links import desk_url
from malote_provider.noting import words
from malote_provider.operators.land import LandOperator
from malote_provider.saying import SHOWN, say
from malote_provider.triggers import receipts, unpacked
from malote_provider.version_compat import ASKING, AirflowSkipException, ParamValidationError

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

    from malote.submission import Submission
    from malote_provider.hooks import MaloteHook

_WAYS = ("receipt", "resend", "absent")


class DoubtOperator(LandOperator, HITLOperator):
    """Asks under *Required Actions* about each submission of a pouch that is in doubt, one answer after the other.

    It follows a ``land`` whose ``ask`` is true. An answer is noted by the same code as one on the desk's page, with the
    user's name in the story; one that is wrong, or that somebody else forestalled, is said in the log, and the question
    stands again. Then the task goes on by itself: it sends again what is to be sent again, waits for the answers
    without holding a worker, and lands them, as ``land`` does. Where nothing is in doubt it is skipped.

    :param pouch: what ``submit`` returned, or its ``"pouch"`` (templated)
    :param response_timeout: how long it waits for a person; then it fails, and the doubt stays. None: for ever
    :param notifiers: told when it begins to ask
    :param assigned_users: who may answer; None: whoever may edit the task
    """

    institution = ""  # each institution's own class names it
    template_fields: Sequence[str] = ("pouch", "conn_id", "service")
    ui_color = "#f3d9d2"

    def __init__(self, *, pouch: Any = None, **kwargs: Any) -> None:
        kwargs |= {"subject": words()("r_subject"), "options": [words()(f"d_{way}") for way in _WAYS]}
        super().__init__(pouch=pouch, scope="pouch", **kwargs)

    def execute(self, context: Context) -> Any:
        """Ask, where something is in doubt."""
        with self.hook() as hook:
            pouch, scope = self.about(hook, self.pouch, "pouch")
            doubts = hook.journal().submissions(scope, Standing.IN_DOUBT)
            if not doubts:
                raise AirflowSkipException("nothing is in doubt")
            seen = {each.id: hook.journal().newest(each.id) for each in doubts}
            self.body = "\n\n".join(_told(hook, each) for each in doubts[:SHOWN])
        self.params = _form(list(seen))
        self.log.info("a person has to decide about %s of pouch %s", ", ".join(seen), pouch)
        try:
            HITLOperator.execute(self, context)
        except ASKING as asking:
            asking.kwargs = {"seen": seen}
            raise

    def execute_complete(self, context: Context, event: dict[str, Any], seen: Mapping[str, int] | None = None) -> Any:
        """Note what a person has decided; ask on while something is in doubt; then bring home what was decided."""
        from malote.desk import decide_offered

        if event.get("error_type") == "timeout":
            raise InDoubt(
                english("s_nobody_answered"), institution=self.institution,
                todo=english("s_do_ask_me_again"), kept=english("s_kept_doubt"),
            )  # fmt: skip
        seen = seen or {}
        self.params = _form(list(seen))
        with self.hook() as hook:
            try:
                decision = self._decision(HITLOperator.execute_complete(self, context, event), seen)
                decide_offered(hook.journal(), decision)
                self.log.info("%s: %s, by %s", decision.submission, decision.way.value, decision.who or "nobody")
            except (Misconfigured, ParamValidationError, ValueError) as wrong:
                told = (
                    wrong
                    if isinstance(wrong, Misconfigured)
                    else Misconfigured(str(wrong), todo=english("s_do_answer_again"))
                )
                say(self.log.error, [told])
            if hook.journal().submissions(self.about(hook, self.pouch, "pouch")[1], Standing.IN_DOUBT, limit=1):
                return self.execute(context)
        return self.go_on(context)

    def _decision(self, answer: Mapping[str, Any], seen: Mapping[str, int]) -> Any:
        from malote.desk import Decision, Way

        way = next(way for way in _WAYS if answer["chosen_options"][0] in TEXTS[f"d_{way}"])
        given, user = answer["params_input"], answer.get("responded_by_user") or {}
        id = str(given.get("submission") or (next(iter(seen)) if len(seen) == 1 else ""))
        if id not in seen:
            raise Misconfigured(english("s_answer_about"), todo=english("s_do_choose"))
        why, receipt = str(given.get("why") or ""), str(given.get("receipt") or "")
        return Decision(id, Way(way), why, receipt, who=str(user.get("name") or user.get("id") or ""), seen=seen[id])

    def go_on(self, context: Context, event: Any = None) -> Any:  # noqa: ARG002 (Airflow gives it)
        """Send again what is to be sent again, then wait for the answers."""
        with self.hook() as hook:
            pouch, scope = self.about(hook, self.pouch, "pouch")
            sent = hook.courier().send(pouch, hook.driver())
            if sent.wake is not None:
                from airflow.providers.standard.triggers.temporal import DateTimeTrigger

                from malote_provider.triggers import SOONEST

                wake = max(sent.wake, self.clock.now() + SOONEST)
                self.log.info("%s: going on at %s", sent.why, words().when(wake))
                self.defer(trigger=DateTimeTrigger(moment=wake), method_name="go_on")
            waiting = hook.asking().rest(scope).waiting
        if waiting:
            self.defer(trigger=receipts(self, pouch, "pouch"), method_name="bring_home")
        return self.bring_home(context)

    def bring_home(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Land what is answered, and fail where something still needs a person."""
        if event and event["status"] == "error":
            raise unpacked(event["error"])
        return super().execute(context)


def _form(ids: Sequence[str]) -> ParamsDict:
    fields = {"submission": forms.chosen("submission", ids[0] if ids else "", {id: id for id in ids})}
    return ParamsDict({**fields, "receipt": forms.text("receipt", 200), "why": forms.text("why", 2000)})


def _told(hook: MaloteHook, doubt: Submission) -> str:
    """What a person reads before deciding: never a reference or what was sent, which are on the desk's page."""
    story = hook.journal().story(doubt.id)
    said: dict[str, Any] = next((each["detail"] for each in reversed(story) if each["what"] == "in doubt"), {})
    say, url = words(), f"{desk_url()}/submission/{quote(doubt.id)}"
    about = f"**{doubt.id}** ({say('r_items', n=say.number(doubt.item_count))})"
    lines = [f"{say(key)}: {_plain(say.again(said[name]))}" for key, name in _EVIDENCE.items() if said.get(name)]
    return "\n\n".join([about, *lines, f"[{say('r_page')}]({url})"])


_EVIDENCE = {"evidence": "evidence", "search": "search"}
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]()<>#+-.!|~"})


def _plain(text: Any) -> str:
    """Somebody else's words as Markdown that shows them as they are."""
    return " ".join(str(text).split()).translate(_MARKS)
