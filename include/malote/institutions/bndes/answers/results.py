"""Answers to rows that land: a result, the operations of a pesquisa, the events of a subcrédito."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from lxml import etree

from malote.errors import Malformed
from malote.hours import CutOff
from malote.institution import AnswerRow
from malote.institutions.bndes.answers.elements import Fields, Tags, name_of, plain
from malote.institutions.bndes.answers.replies import Reading
from malote.institutions.bndes.answers.tables import OPERACAO, RESULTADO, SUBCREDITO
from malote.institutions.bndes.answers.words import REHEARSE
from malote.institutions.bndes.rules import BndesRules, Service, misfit
from malote.reading import figures, markup
from malote.submission import Submission
from malote.texts import english

BY_NUMBER = "BNDES:"
"""Begins the receipt of an operation that a pesquisa showed without a protocol; its numeroBNDES follows."""

SITUACAO = {"yes": "aprovado", "no": "rejeitado"}
_OUTCOME = {"yes": "accepted", "no": "refused"}
_FACTS = {"ano_proposta": "anoProposta", "numero_proposta": "numeroProposta", "numero_bndes": "numeroBNDES"}


def result(reading: Reading, service: Service, submission: Submission, root: etree._Element) -> AnswerRow:
    """The result of a submission as the one row that lands.

    It is about the item that was sent unless it names another proposal or number than that (manual 5.5, 5.7). The
    expected day of credit is there for a liberação that was approved, by BNDES's own time of reception (manual 2.5).

    :raises Malformed: where a pesquisa does not show the operation
    """
    tags, facts = reading.rules.tags, submission.facts
    fields = Fields(root, tags)
    if (submission.receipt or "").startswith(BY_NUMBER):
        fields = operation_of(submission, root, tags)
    verdict = reading.judged(service, fields)
    reasons = list(reading.reasons(fields.element, service.name, None, "retorno")) if verdict == "no" else []
    code, message = (reasons[0][3], reasons[0][4]) if reasons else (None, None)
    credit = None
    if service.name == "liberacao" and verdict == "yes" and submission.received_at:
        credit = cut_off(reading.rules).credit_day(submission.received_at).isoformat()
    own = fields.row(
        RESULTADO.columns,
        servico=service.name,
        situacao=SITUACAO.get(verdict, "desconhecido"),
        numero_protocolo=fields.get("numero_protocolo") or submission.receipt,
        recebido_em=_text(submission.received_at) or fields.value("recebido_em"),
        data_prevista_liberacao=credit, codigo=code, mensagem=message,
        **{column: fields.get(column) or facts.get(fact) for column, fact in _FACTS.items()},
    )  # fmt: skip
    said = {fact: fields.get(column) for column, fact in _FACTS.items()}
    others = [f"{fact} {text}" for fact, text in said.items() if text and differs(text, facts.get(fact))]
    echo = ", ".join(others) or facts.get("reference")
    return (*own, echo, _OUTCOME.get(verdict, "unanswered"), code or fields.get("status"), message)


def operation_of(submission: Submission, root: etree._Element, tags: Tags) -> Fields:
    """The operation of a submission in the answer to a pesquisa.

    :raises Malformed: where it does not show it
    """
    mine = [each for each in shown(root, tags) if is_of(each, submission)]
    if not mine:
        raise Malformed(
            english("s_bndes_not_shown"), institution="bndes",
            todo=english("s_do_tags_again", rehearse=REHEARSE),
        )  # fmt: skip
    return mine[0]


def is_of(fields: Fields, submission: Submission) -> bool:
    """Whether an operation is the one that a submission is about: by proposal, else by numeroBNDES."""
    ours = submission.facts
    pairs = [(fields.get(column), ours.get(fact)) for column, fact in _FACTS.items()]
    if ours.get("numeroProposta") and fields.get("numero_proposta"):
        pairs = pairs[:2]
    known = [(said, own) for said, own in pairs if own]
    return bool(known) and all(said is not None and not differs(said, own) for said, own in known)


def is_unnamed(fields: Fields, submission: Submission) -> bool:
    """Whether no proposal is read in an operation, and nothing in it speaks of another one: it may be any."""
    said = {fact: fields.get(column) for column, fact in _FACTS.items() if fact != "numeroBNDES"}
    others = [text for fact, text in said.items() if text and differs(text, submission.facts.get(fact))]
    return not all(said.values()) and not others


def differs(said: str, own: str | None) -> bool:
    """Whether two numbers are not the same one; leading zeros do not count."""
    return own is not None and said.strip().lstrip("0") != str(own).strip().lstrip("0")


@dataclass(frozen=True, slots=True)
class Event:
    """A financiamento, contratação, liberação… that an operation shows."""

    kind: str
    fields: Fields

    def is_of(self, service: str) -> bool:
        """Whether it is one of a service: `pedidoLiberacao` is one of `liberacao`."""
        return name_of(self.kind).removeprefix("pedido").removeprefix("de") == name_of(service)


_NESTED = 4
"""Levels at which what holds a number is an operation: each lands with its whole content."""


def shown(root: etree._Element, tags: Tags) -> list[Fields]:
    """The operations in the answer to a pesquisa; where no element is named as one, what holds a number of one."""
    names = set(map(name_of, tags["operacao"]))
    found = [each for each in markup.outermost(root, lambda tag: name_of(tag) in names) if len(each) or each.attrib]
    if not found:
        numbers = {name_of(tag) for column in ("numero_proposta", "numero_bndes") for tag in tags[column]}
        parents = (leaf.getparent() for leaf in root.iter() if name_of(str(leaf.tag)) in numbers)
        every = dict.fromkeys(parent for parent in parents if parent is not None)
        found = [each for each in every if sum(above in every for above in each.iterancestors()) < _NESTED]
    return [Fields(each, tags, [child for _, child in _events(each, tags)]) for each in found]


_FORM = frozenset({"versao", "version", "schemalocation", "encoding", "lang"})
"""Attributes that are about a document's form."""


def unread(root: etree._Element, well: Sequence[str]) -> str | None:
    """Where an answer to a pesquisa that shows no operation says something all the same: the name of the element.

    What says nothing: no text at all, a count of zero, a date, a word of success. Anything else would count as absence
    if it were passed over, and the document would be sent again.

    :param well: words of success, as they are compared
    """
    silent = frozenset(map(plain, well))
    for element in root.iter():
        said = [element.text, element.tail]
        said += [text for name, text in markup.attributes(element) if name_of(str(name)) not in _FORM]
        for text in filter(None, (str(each or "").strip() for each in said)):
            if text.strip("0") and not (figures.day(text) or figures.instant(text)) and plain(text) not in silent:
                return markup.local(element.tag)
    return None


def events(element: etree._Element, tags: Tags) -> list[Event]:
    """The events below an element: those named as one, and those whose `tipo` says which."""
    return [Event(kind, Fields(child, tags)) for kind, child in _events(element, tags)]


def _events(element: etree._Element, tags: Tags) -> Iterator[tuple[str, etree._Element]]:
    kinds, names = ({name_of(tag) for tag in tags[column]} for column in ("evento", "tipo_evento"))
    yield from _kinds_below(element, kinds, names)


def _kinds_below(element: etree._Element, kinds: set[str], names: set[str]) -> Iterator[tuple[str, etree._Element]]:
    for child in element:
        if not len(child) and not child.attrib:
            continue
        typed = [*((str(leaf.tag), leaf.text or "") for leaf in child if not len(leaf))]
        typed += [(str(name), str(text)) for name, text in markup.attributes(child)]
        said = next((text.strip() for tag, text in typed if name_of(tag) in names and name_of(text) in kinds), None)
        if name_of(str(child.tag)) in kinds:
            yield markup.local(child.tag), child
        elif said:
            yield said, child
        else:
            yield from _kinds_below(child, kinds, names)


def operations(root: etree._Element, tags: Tags) -> Iterator[tuple[str | None, ...]]:
    """The answer to a pesquisa as rows of bndes.operacao; the protocol is that of its last financiamento."""
    for each in shown(root, tags):
        asked = [event.fields for event in events(each.element, tags) if event.is_of("financiamento")] or [each]
        own = {
            name: each.value(name) or asked[-1].value(name) for name in ("numero_protocolo", "status", "recebido_em")
        }
        yield each.row(OPERACAO.columns, *asked, **own)


def subcredito(root: etree._Element, tags: Tags) -> Iterator[tuple[str | None, ...]]:
    """The answer to a consultaSubcredito as rows of bndes.subcredito; one without an event where it shows none."""
    whole, found = Fields(root, tags), events(root, tags)
    numbers = ("numero_contrato_bndes", "numero_bndes")
    for each in found:
        given = {name: each.fields.get(name) or whole.get(name) for name in numbers}
        yield each.fields.row(SUBCREDITO.columns, evento=each.kind, **given)
    if not found:
        yield whole.row(SUBCREDITO.columns, evento=None)


def cut_off(rules: BndesRules) -> CutOff:
    """The cut-off for liberações (manual 2.5).

    :raises Misconfigured: where the rule is no time of day
    """
    try:
        at = time.fromisoformat(rules.cut_off)
    except ValueError:
        raise misfit(english("s_bndes_cut_off", cut_off=repr(rules.cut_off)), english("s_do_time")) from None
    return CutOff(at, rules.days_before, rules.days_after)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
