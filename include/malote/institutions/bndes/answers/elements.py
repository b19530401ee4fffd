"""What an element of an answer says: read leniently, by names whatever their case, to values that land."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from lxml import etree

from malote.composing import normal_form
from malote.reading import figures, markup

Tags = Mapping[str, Sequence[str]]

_DAYS = frozenset({"data_termino_carencia", "data_primeira_amortizacao", "data_ultima_amortizacao"})
_ONE = ("status", "numero_protocolo")
"""What decides: there is one, or none that counts."""
_SAID = 5
"""Different texts of one name that are remembered."""
_FIGURES = _DAYS | {"recebido_em", "valor"}
_OF_AN_EVENT = _DAYS | {"status", "numero_protocolo", "recebido_em", "critica", "codigo", "texto", "campo", "tipo"}


def plain(text: str) -> str:
    """Lower case without accents, blanks as one: `Não  Encontrada` is `nao encontrada`."""
    # By pieces, which are remembered: many answers begin alike.
    pieces = (_ascii(text[at : at + 100]) for at in range(0, len(text), 100))
    return " ".join("".join(pieces).lower().split())


@lru_cache(maxsize=4096)
def _ascii(text: str) -> str:
    # What stands in for a character that XML forbids must not vanish: the word would be one that is known.
    kept = normal_form("NFKD", text).replace("\ufffd", "?")
    return kept.encode("ascii", "ignore").decode()


def name_of(tag: str) -> str:
    """A tag as it is compared: no namespace, case, accents, `_` or `-`."""
    return _name_of(tag) if len(tag) < 500 else _name_of.__wrapped__(tag)  # a cache of short names stays small


@lru_cache(maxsize=4096)
def _name_of(tag: str) -> str:
    return plain(markup.local(tag)).replace("_", "").replace("-", "").replace(" ", "")


class Fields:
    """The texts of an element, its own attributes and those below it, by name; the shallowest of a name is first.

    :param apart: elements below it that speak for themselves: only numbers and amounts are taken from them
    """

    def __init__(self, element: etree._Element, tags: Tags, apart: Sequence[etree._Element] = ()) -> None:
        self.element, self._tags, self._apart = element, tags, frozenset(apart)
        self._found: dict[str, tuple[int, str]] = {}
        self._said: dict[str, set[str]] = {}
        self._walk(element, 0)
        self._whole = Fields(element, tags) if apart else None

    def get(self, column: str) -> str | None:
        """What stands under one of the names of a column, in their order; None where nothing does."""
        for tag in self._tags[column]:
            if found := self._found.get(name_of(tag)):
                said = self._said[name_of(tag)]
                # A second one that says otherwise makes neither of them true: together they are no word, no number.
                both = column in _ONE and len(set(map(plain, said))) > 1
                return "; ".join(sorted(said)) if both else found[1]
        return self._whole.get(column) if self._whole and column not in _OF_AN_EVENT else None

    def row(self, columns: Sequence[str], *others: Fields, **given: str | None) -> tuple[str | None, ...]:
        """The columns of a table, raw, as PostgreSQL takes them; `given` ones as they are.

        :param others: where `given` ones were looked for too
        """
        found = {name: given[name] if name in given else self.value(name) for name in columns}
        if "nao_lido" in found:
            missing = [name for name in columns if name in _FIGURES and found[name] is None]
            texts = {name: next(filter(None, (each.get(name) for each in (self, *others))), None) for name in missing}
            found["nao_lido"] = figures.kept({name: text for name, text in texts.items() if text})
        return tuple(found.values())

    def value(self, column: str) -> str | None:
        """What a column holds, raw; None where it is not there, or is no date, instant or amount."""
        if column == "conteudo":
            return content(self.element)
        if column == "nao_lido":
            return None
        text = self.get(column)
        if text is None:
            return None
        if column in _DAYS:
            found = figures.day(text)
            return found.isoformat() if found else None
        if column == "recebido_em":
            at = figures.instant(text)
            return at.isoformat() if at else None
        return figures.amount(text) if column == "valor" else text[:2000]

    def _walk(self, element: etree._Element, depth: int) -> None:
        for name, value in markup.attributes(element):
            self._keep(str(name), str(value), depth + 1)
        for child in element:
            if child in self._apart:
                continue
            if len(child):
                self._keep(str(child.tag), markup.text_of(child), depth + 1)
                self._walk(child, depth + 1)
            else:
                self._keep(str(child.tag), child.text or "", depth + 1)
                for name, value in markup.attributes(child):
                    self._keep(str(name), str(value), depth + 2)
        if not depth and not len(element):
            self._keep(str(element.tag), element.text or "", depth)

    def _keep(self, tag: str, text: str, depth: int) -> None:
        name, bare = name_of(tag), " ".join(text.split())
        if bare and (name not in self._found or depth < self._found[name][0]):
            self._found[name], self._said[name] = (depth, bare), {bare}
        elif bare and depth == self._found[name][0] and len(self._said[name]) < _SAID:
            self._said[name].add(bare)


def statuses(element: etree._Element, tags: Tags) -> Iterator[str]:
    """Whatever stands under the name of a status in an element, but in its críticas and in the events that it shows."""
    apart = _names(*(tuple(tags[column]) for column in ("critica", "evento", "tipo_evento")))
    yield from _statuses(element, _names(tuple(tags["status"])), apart)


@lru_cache(maxsize=64)
def _names(*columns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name_of(tag) for tags in columns for tag in tags)


def _statuses(element: etree._Element, named: frozenset[str], apart: frozenset[str]) -> Iterator[str]:
    for name, value in markup.attributes(element):
        if name_of(str(name)) in named:
            yield str(value)
    for child in element:
        if name_of(str(child.tag)) in named and (text := markup.text_of(child)):
            yield text
        elif name_of(str(child.tag)) not in apart:
            yield from _statuses(child, named, apart)


def texts(element: etree._Element) -> list[str]:
    """Every text at or below an element, blanks as one."""
    return [" ".join(str(text).split()) for text in element.itertext() if str(text).strip()]


def content(element: etree._Element) -> str:
    """An element as JSON, whatever its layout: children by local name, a list where one repeats, text as text."""
    return json.dumps(_plain(element), ensure_ascii=False)


def _plain(element: etree._Element) -> object:
    found: dict[str, object] = {f"@{markup.local(str(name))}": str(value) for name, value in markup.attributes(element)}
    for child in element:
        name, value = markup.local(child.tag), _plain(child)
        if name not in found:
            found[name] = value
        elif isinstance(there := found[name], list):
            there.append(value)
        else:
            found[name] = [there, value]
    text = " ".join(filter(None, ((each or "").strip() for each in (element.text, *(leaf.tail for leaf in element)))))
    if not found:
        return text
    return {**found, "#": text} if text else found
