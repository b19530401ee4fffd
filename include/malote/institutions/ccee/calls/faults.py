"""CCEE's faults and its gateway's statuses, read by local names, as errors that say what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar

from lxml import etree

from malote.errors import InDoubt, Malformed, MaloteError, Misconfigured, Throttled, Unavailable
from malote.institution import Reply
from malote.institutions.ccee.rules import BY_CODE, verdict
from malote.reading import markup
from malote.submission import Submission
from malote.texts import english

E = TypeVar("E", bound=MaloteError)

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

_PREFIX = re.compile(rb"(</?)[A-Za-z_][\w.-]{0,60}:")


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault, whatever its prefixes (fact sheet 1.5); of SOAP 1.2 too.

    :param code: `errorCode`, else the number in `faultcode`
    :param element: local name of the first child of `detail`
    :param facts: what may be printed: errorCode, message, uri, transactionId, faultcode, faultstring
    """

    code: str
    element: str
    message: str
    facts: dict[str, str]

    @classmethod
    def of(cls, fault: etree._Element) -> Fault:
        names = ("errorCode", "message", "uri", "transactionId", "faultcode", "faultstring")
        facts = {name: " ".join(text.split())[:500] for name in names if (text := markup.first_text(fault, name))}
        facts = _of_soap_12(fault) | facts
        in_faultcode = re.search(r"[.:]([0-9][0-9-]*)$", facts.get("faultcode", ""))
        detail = next(fault.iter("{*}detail", "{*}Detail"), None)
        element = markup.local(detail[0].tag) if detail is not None and len(detail) else ""
        message = facts.get("message") or facts.get("faultstring", "")
        return cls(facts.get("errorCode") or (in_faultcode[1] if in_faultcode else ""), element, message, facts)

    @property
    def kind(self) -> str:
        """The kind of its :class:`malote.rules.Code`; "" where it is unknown."""
        found = verdict(self.code, self.element)
        return found.kind if found else ""

    @property
    def action(self) -> str | None:
        """What to do about it."""
        found = verdict(self.code, self.element)
        return found.action if found else None

    def told(self, kind: type[E], what: str, **more: Any) -> E:
        """This fault as an error."""
        known = BY_CODE.get(self.code) or BY_CODE.get(self.element)
        meaning = known.meaning if known else None
        return kind(
            what, institution="ccee", code=self.code or self.element or None, meaning=meaning, facts=self.facts, **more
        )


def _of_soap_12(fault: etree._Element) -> dict[str, str]:
    """What SOAP 1.2 says in `Code` (the innermost `Value`) and `Reason` (its Portuguese `Text`, else the first)."""
    values = fault.findall("{*}Code//{*}Value")
    reasons = fault.findall("{*}Reason/{*}Text")
    reasons.sort(key=lambda each: not str(each.get(_LANGUAGE)).lower().startswith("pt"))
    said = {"faultcode": values[-1:], "faultstring": reasons[:1]}
    texts = {name: "".join(map(str, each.itertext())).split() for name, found in said.items() for each in found}
    return {name: " ".join(words)[:500] for name, words in texts.items() if words}


def denied(fault: Fault, profile: str) -> Misconfigured:
    """A denial, in words that say which of the connection's fields it is about."""
    certificate = english("s_do_ccee_certificate")
    if "codigoperfilagente" in fault.message.lower():
        what = english("s_ccee_not_profile", profile=profile)
        todo = english("s_do_ccee_perfil", certificate=certificate)
    elif re.search(r"\buri\b", fault.message, re.IGNORECASE):
        what = english("s_ccee_not_address")
        todo = english("s_do_host_path", certificate=certificate)
    else:
        what = english("s_ccee_not_user")
        todo = english("s_do_ccee_system", certificate=certificate)
    return fault.told(Misconfigured, what, todo=todo, kept=english("s_kept_undone_there"))


def denial(body: bytes) -> Fault | None:
    """The denial in a reply whose prefixes are not bound, which no strict parser takes; None where it is not one.

    Only a denial, which says that nothing was done over there: what has to be mended decides nothing else.
    """
    try:
        root = markup.parse(_PREFIX.sub(rb"\1", body))
    except Malformed:
        return None
    faults = list(root.iter("{*}Fault"))
    if len(faults) != 1 or next(root.iter("{*}codigoProcessamento"), None) is not None:
        return None
    fault = Fault.of(faults[0])
    return fault if fault.kind == "misconfigured" else None


def doubt(submission: Submission, what: str, fault: Fault | None = None, **facts: str) -> InDoubt:
    """An unclear reply to a submit."""
    more: dict[str, Any] = {
        "submission": submission.id,
        "todo": english("s_ccee_search", id=submission.id),
        "kept": english("s_kept_file"),
    }
    error = fault.told(InDoubt, what, **more) if fault else InDoubt(what, institution="ccee", **more)
    error.facts.update(facts)
    return error


def gateway(reply: Reply) -> MaloteError:
    """A reply to a query whose status speaks, not its body."""
    what = english("s_ccee_gateway", status=reply.status)
    if reply.status == 429:
        return Throttled(what, institution="ccee", code="429", retry_after=reply.retry_after)
    if reply.status in (502, 503, 504):
        return Unavailable(what, institution="ccee", todo=english("s_do_asked_again"))
    if reply.status in (401, 403):
        todo = english("s_do_ccee_login")
        return Misconfigured(what, institution="ccee", todo=todo)
    return Malformed(what, institution="ccee", todo=english("s_do_look_address"))
