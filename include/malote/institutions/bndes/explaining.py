"""A rehearsal of reading an answer of BNDES's: what each element is, by which rule, and what would come of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lxml import etree

from malote.errors import Refused
from malote.institution import Reply
from malote.institutions.bndes.answers import Fields, Reading, name_of, plain, shown, texts
from malote.institutions.bndes.rules import Service
from malote.reading import explaining, markup
from malote.submission import Standing, Stored, Submission

_REPLY = "the reply to a request"
_NOBODY = Submission(
    "bndes-0", "p", "bndes", "simulator", "", "financiamento", "financiamento", Standing.SENDING, "x.xml",
    Stored("x", "", 0), 1, {}, attempt=1,
)  # fmt: skip


def explained(reading: Reading, service: Service, pesquisa: Service, answer: bytes, status: int) -> Iterator[str]:
    """The lines of a rehearsal."""
    root = markup.parse(answer)
    own = reading.is_own(root, service) or reading.is_own(root, pesquisa)
    rule = "by its name" if own else "put its name there where it is: extra.rules.own_roots"
    yield f"<{markup.local(root.tag)}> is {'' if own else 'not '}known as BNDES's own, {rule}"
    yield from explaining.lines(root, partial(_meaning, reading))
    fields = Fields(root, reading.rules.tags)
    yield _status(reading, service, fields.get("status"))
    for name in ("there", "absent", "closed"):
        if word := reading.word(name, texts(root), service.there if name == "there" else ()):
            yield f"a text says {word!r}: extra.rules.words.{name}"
    reply = Reply(status, {"content-type": "text/xml"}, answer)
    yield explaining.heard(_REPLY, lambda: f"received, protocol {reading.receipt(service, _NOBODY, reply).number}")
    yield explaining.heard(f"a result of {service.name}", lambda: _result(reading, service, reply))
    yield explaining.heard("an answer to pesquisa", lambda: _found(reading, pesquisa, reply))


def _meaning(reading: Reading, names: tuple[str, ...]) -> str | None:
    name = name_of(names[-1].removeprefix("@"))
    read = [column for column, tags in reading.rules.tags.items() if name in map(name_of, tags)]
    return ", ".join(f"{column} (tags.{column})" for column in read) or None


def _status(reading: Reading, service: Service, status: str | None) -> str:
    known = {**reading.rules.words, "done": service.done}
    for name, means in (("pending", "is waited for"), ("yes", "means yes"), ("done", "means yes"), ("no", "means no")):
        if status and plain(status) in map(plain, known[name]):
            rule = "a word of the service" if name == "done" else f"words.{name}"
            return f"status {explaining.discreet(status)!r} {means}: {rule}"
    return explaining.discreet(f"{reading.unknown(status)}; it is waited for")


def _result(reading: Reading, service: Service, reply: Reply) -> str:
    said = Fields(markup.parse(reply.body), reading.rules.tags).get("numero_protocolo")
    root = reading.final(reply, said or "")
    if root is None:
        return "still in process (HTTP 202)"
    verdict = reading.judged(service, Fields(root, reading.rules.tags))
    reasons = len(list(reading.reasons(root, service.name, None, "retorno"))) if verdict == "no" else 0
    means = {"yes": "approved", "no": f"rejected, with {reasons} reasons"}
    return means.get(verdict, "not final: asked again")


def _found(reading: Reading, pesquisa: Service, reply: Reply) -> str:
    try:
        root: etree._Element = reading.complete(pesquisa, reply)
    except Refused as refused:
        if reading.finds_none([refused.what]):
            return "nothing was found"
        raise
    found = shown(root, reading.rules.tags)
    read = sum(bool(each.get("numero_proposta") or each.get("numero_bndes")) for each in found)
    return f"{len(found)} operations, {read} with a number that is read; tags.operacao says which elements are one"
