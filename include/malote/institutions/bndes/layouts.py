"""BNDES's layouts: one schema per document, whose root is the record; from the user's folder, or the reconstruction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import xmlschema
from lxml import etree

from malote import place
from malote.institutions.bndes.rules import Service, misfit
from malote.reading import markup
from malote.texts import english
from malote.treaty import elements

VERSION = "v1_0"
NO_LAYOUT = "sem_leiaute.xsd"
"""Shipped for the services without a layout, for the simulator only."""

_OTHER_NAMES = {"pesquisa_operacao.xsd": "pesquisa.xsd", "pesquisa_operacao_retorno.xsd": "pesquisa_retorno.xsd"}
"""The manual's table of versions (p.3) and its page 19 do not agree."""


class Layout:
    """One schema and the root element of the documents that it judges.

    It is what :class:`malote.treaty.Plan` writes rows by: the record is the root itself, and paths begin below it.

    :param root: local name of the root element; "" is the one that is named as the file, or the only one
    :raises LookupError: where there is no such root
    """

    lead = ""

    def __init__(self, path: Path, root: str) -> None:
        self.path = path
        self.model = xmlschema.XMLSchema10(str(path), allow="local", defuse="always")
        self.judge = etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True, resolve_entities=False)))
        declared = {each.local_name: each for each in self.model.elements.values()}
        own = [name for name in _declared(path) if name in declared]
        name = root or (path.stem if path.stem in own else own[0] if len(own) == 1 else "")
        if name not in declared:
            raise LookupError(english("s_schema_has", names=", ".join(own)) if own else english("s_schema_empty"))
        self.record: Any = declared[name]
        spaces = {each.name[1:].partition("}")[0] if each.name.startswith("{") else "" for each in _all(self.record)}
        self._simple = len(spaces) == 1
        space = next(iter(spaces)) if self._simple else ""
        self.attributes = f' xmlns="{space}"' if space else ""
        """What a record's start tag has beyond the columns."""

    def document(self, record: str) -> bytes:
        """A record, as :class:`malote.treaty.Plan` writes it, as a whole document in UTF-8 with its one declaration."""
        if not self._simple:
            record = etree.tostring(_qualified(etree.fromstring(record), self.record), encoding="unicode")
        return b'<?xml version="1.0" encoding="UTF-8"?>' + record.encode()

    def problems(self, document: bytes, *, explain: bool = True) -> list[tuple[str, str]]:
        """What breaks the layout: path below the root and rule in words; none where the document is valid.

        libxml2 gives the verdict, xmlschema explains it (some ms).
        """
        tree = etree.fromstring(document)
        if self.judge.validate(tree):
            return []
        found: dict[tuple[str, str], None] = {}
        for error in self.model.iter_errors(tree) if explain else ():
            steps = [markup.local(part).rpartition(":")[2] for part in (error.path or "").split("/")[2:]]
            found[
                ".".join(steps) or str(self.record.local_name), " ".join(str(error.reason or error.message).split())
            ] = None
        log: Any = self.judge.error_log
        return list(found) or [(str(self.record.local_name), " ".join(log.last_error.message.split()))]


def sent_by(service: Service, folder: Path | None, *, pretended: bool) -> Layout:
    """The layout of a service's request, compiled once per process and again when a file beside it changes.

    :param folder: of the user's own schemas, or None; what it lacks is the shipped reconstruction
    :param pretended: the environment is a simulator: services without a layout take the made-up one
    :raises Misconfigured: where there is none, or it does not compile
    """
    path = located(service.schema_in, folder)
    if path is None and pretended:
        path = place.schemas("bndes") / VERSION / NO_LAYOUT
        service = service._replace(root=service.root or service.name)
    if path is None:
        raise misfit(
            english("s_bndes_no_layout", name=service.name),
            english("s_do_bndes_schema", name=service.schema_in),
        )
    return _compiled(path, _stamps(path), service.root)


def located(name: str, folder: Path | None) -> Path | None:
    """The file of a layout: the user's, in the folder or its `v1_0`, else the shipped one; None where there is none."""
    names = [each for each in (name, _OTHER_NAMES.get(name)) if each]
    own = [root / each for root in ((folder, folder / VERSION) if folder else ()) for each in names]
    shipped = [place.schemas("bndes") / VERSION / each for each in names]
    return next((path for path in [*own, *shipped] if path.is_file()), None)


def is_shipped(layout: Layout) -> bool:
    """Whether it is the reconstruction."""
    return layout.path.parent == place.schemas("bndes") / VERSION


@lru_cache(maxsize=64)
def roots(name: str, folder: Path | None) -> frozenset[str]:
    """The root elements that a layout declares, its includes left out; none where it cannot be read."""
    path = located(name, folder) if name else None
    try:
        return frozenset(_declared(path)) if path else frozenset()
    except (etree.LxmlError, OSError):
        return frozenset()


def _declared(path: Path) -> list[str]:
    tree = etree.parse(str(path), etree.XMLParser(no_network=True, resolve_entities=False))
    return [str(each.get("name")) for each in tree.getroot().iterchildren("{http://www.w3.org/2001/XMLSchema}element")]


def _stamps(path: Path) -> tuple[tuple[str, int], ...]:
    return tuple((str(each), each.stat().st_mtime_ns) for each in sorted(path.parent.glob("*.xsd")))


@lru_cache(maxsize=64)
def _compiled(path: Path, _stamps: tuple[tuple[str, int], ...], root: str) -> Layout:
    try:
        return Layout(path, root)
    except LookupError as none:
        raise misfit(
            english("s_schema_no_root", path=path, root=repr(root or path.stem), why=none.args[0]),
            english("s_do_root"),
        ) from None
    except (xmlschema.XMLSchemaException, etree.LxmlError, OSError) as wrong:
        said = str(wrong).strip().splitlines() or [type(wrong).__name__]
        raise misfit(
            english("s_schema_uncompiled", path=path, why=said[0][:200]), english("s_do_correct_replace")
        ) from None


def _all(element: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """An element and all that may stand below it, each type once."""
    seen = set() if seen is None else seen
    yield element
    if id(element.type) not in seen:
        seen.add(id(element.type))
        for child in elements(element).values():
            yield from _all(child.element, seen)


def _qualified(element: etree._Element, declared: Any) -> etree._Element:
    """The same tree in the namespaces of the schema: layouts that import others have several."""
    attributes = {markup.local(name): name for name in declared.attributes if name}
    made = etree.Element(declared.name, {attributes.get(str(k), str(k)): str(v) for k, v in element.attrib.items()})
    made.text = element.text
    children = elements(declared)
    made.extend(_qualified(child, children[str(child.tag)].element) for child in element)
    return made
