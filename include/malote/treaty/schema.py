"""A schema compiled for both its readers: xmlschema knows its paths and explains, libxml2 gives the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import xmlschema
from lxml import etree
from xmlschema.validators import XsdAttribute

from malote.errors import Malformed, Misconfigured, Problem
from malote.reading import STRICT, markup
from malote.texts import english
from malote.treaty.paths import PREFIX, written
from malote.treaty.values import ESCAPES

EXPLAINED = 200
"""Bad records of a selection that xmlschema explains (some ms each); beyond them libxml2's shorter words are kept."""

Frame = tuple[str, str]
"""What stands before the records of a document and behind them, without the XML declaration."""

_STEP = re.compile(r"([^/\[]+)(?:\[(\d+)\])?")
_LIBXML2 = re.compile(r"Element '(?:\{[^}]*\})?[^']*'(?:, attribute '(?:\{[^}]*\})?([^']*)')?: (?:\[[^\]]*\] )?")
_ATTRIBUTE = re.compile(r"attribute (?:\{[^}]*\}|[\w-]+:)?([\w-]+)=")


class Treaty:
    """One schema and one kind of record in it.

    :param path: of the XSD; what it includes is found beside it, never on a network
    :param root: local name of the document's root element
    :param below: local names from the root to the record; none where the record is the root's first child. The record's
        parent is the last child of the element that holds it
    :param lead: what every path begins with: ``"Contrato."``; "" where paths begin below the record
    :raises LookupError: where the schema declares no such root, or no such record in it
    """

    def __init__(self, path: Path, root: str, below: Sequence[str] = ()) -> None:
        self.path = path
        self.model = xmlschema.XMLSchema10(str(path), allow="local", defuse="always")
        self.judge = etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True, resolve_entities=False)))
        self.element = _named(self.model.elements.values(), root)
        self.record: Any = self.element
        for name in below or (None,):
            self.record = _named(self.record.type.content.iter_elements(), name)
        self.lead = "" if below else f"{self.record.local_name}."
        named: Any = self.model.iter_components(XsdAttribute)
        self._qualified = any(written(each.name or "").startswith(f"{PREFIX}:") for each in named)
        self._depth = max(len(below) - 1, 0)

    def tags(self, attributes: Mapping[str, Any]) -> Frame:
        """The root's start and end tag, with those of the attributes that the schema knows, in its order."""
        given = "".join(
            f' {written(name)}="{str(attributes[markup.local(name)]).translate(ESCAPES)}"'
            for name in self.element.attributes
            if name and attributes.get(markup.local(name)) is not None
        )
        name, namespace = self.element.local_name, self.model.target_namespace
        bare = namespace and not str(self.record.name).startswith("{")  # its own elements are in no namespace
        tag = f"{PREFIX}:{name}" if bare else name
        space = f' xmlns="{namespace}"' if namespace and not bare else ""
        if bare or self._qualified:
            space += f' xmlns:{PREFIX}="{namespace}"'
        return f"<{tag}{space}{given}>", f"</{tag}>"

    def problems(
        self, frame: Frame, records: Sequence[tuple[str | None, int | None, str]], explain: int = EXPLAINED
    ) -> list[Problem]:
        """What breaks the treaty in these records, each given as (reference, line, text).

        :param explain: bad records that xmlschema may explain
        """
        try:
            text = frame[0] + "".join(text for *_, text in records) + frame[1]
            batch = markup.parse(text.encode(), repairs=STRICT)
        except Malformed as wrong:
            return [Problem(None, self.element.local_name, wrong.what)]
        if self.judge.validate(batch):
            return []
        holder = batch
        for _ in range(self._depth):
            holder = holder[-1]
        inside = f"{batch.getroottree().getpath(holder)}/"
        frames: dict[str, None] = {}
        wrong_ones: dict[int, dict[str, str]] = {}
        log: Any = self.judge.error_log
        for error in log:
            if (error.path or "").startswith(inside):
                index, path, rule = self._located(holder, error.path[len(inside) :], error.message)
                wrong_ones.setdefault(index, {}).setdefault(path, rule)
            else:
                frames[error.message] = None
        found = [Problem(None, self.element.local_name, message) for message in frames]
        for count, (index, verdict) in enumerate(sorted(wrong_ones.items())):
            reference, line, text = records[index]
            said_of = self._explained(frame[0] + text + frame[1]) if count < explain else []
            found.extend(Problem(reference, path, rule, line) for path, rule in said_of or verdict.items())
        return found

    def _located(self, holder: etree._Element, steps: str, message: str) -> tuple[int, str, str]:
        """Index of the record, path and words of one of libxml2's errors, by its XPath below the records' parent."""
        (_, first), *deeper = _STEP.findall(steps)
        index = int(first or 1) - 1
        here = holder[index]
        names = [markup.local(here.tag)] if self.lead else []
        for name, number in deeper:
            wanted = name.rpartition(":")[2]
            same = here if wanted == "*" else [each for each in here if markup.local(each.tag) == wanted]
            here = same[int(number or 1) - 1]
            names.append(markup.local(here.tag))
        if said := _LIBXML2.match(message):
            names += [f"@{said[1]}"] if said[1] else []
            message = message[said.end() :]
        rule = " ".join(message.replace(f"{{{self.model.target_namespace}}}", "").split())
        return index, ".".join(names) or str(self.record.local_name), rule

    def _explained(self, document: str) -> list[tuple[str, str]]:
        said: list[tuple[str, str]] = []
        for error in self.model.iter_errors(etree.fromstring(document)):
            steps = [markup.local(part).rpartition(":")[2] for part in (error.path or "").split("/")[2 + self._depth :]]
            rule = " ".join(str(error.reason or error.message).split())
            if not steps:
                continue  # the frame's own, said once for the batch
            path = ".".join(steps if self.lead else steps[1:])
            if at := _ATTRIBUTE.match(rule):
                path += f".@{at[1]}" if path else f"@{at[1]}"
            said.append((path or self.record.local_name, rule))
        return said


class Verdict:
    """libxml2's verdict on a document while it is being written, in flat memory and without a tree."""

    def __init__(self, treaty: Treaty) -> None:
        self._parser = etree.XMLParser(schema=treaty.judge, target=_Silent())  # type: ignore[arg-type]

    def good(self, data: bytes) -> bool:
        """Whether the document is valid up to and with these bytes. Once it is not, the verdict is used up."""
        try:
            self._parser.feed(data)
        except etree.XMLSyntaxError:
            return False
        # An invalid document raises nothing here: only the log says so.
        return not len(self._parser.feed_error_log)

    def whole(self) -> bool:
        """Whether the document is valid and complete."""
        try:
            self._parser.close()
        except etree.XMLSyntaxError:
            return False
        return not len(self._parser.feed_error_log)


class _Silent:
    """A parser target without handlers: libxml2 builds no tree and calls no Python."""

    def close(self) -> None:
        """Nothing was collected."""


def treaty(
    homes: Sequence[Path], patterns: Sequence[str], root: str, below: Sequence[str] = (), *, institution: str
) -> Treaty:
    """The treaty of a root element and record, from the schemas in folders; compiled once, again when a file changes.

    :param homes: folders; what the first lacks is looked for in the next
    :param patterns: of file names in a folder, the first schema that fits is taken
    :raises Misconfigured: where no schema there declares that, or one is broken
    """
    paths = [path for home in homes for pattern in patterns for path in sorted(home.glob(pattern))]
    beside = sorted({each for path in paths for each in path.parent.glob("*.xsd")})
    stamps = tuple((str(path), path.stat().st_mtime_ns) for path in beside)
    found = _compiled(tuple(map(str, dict.fromkeys(paths))), stamps, root, tuple(below), institution)
    if found is None:
        what = english("s_schema_root", root=repr(root))
        if below:
            what = english("s_schema_below", root=repr(root), below="/".join(below))
        raise Misconfigured(
            english("s_schema_declares", what=what, n=len(paths), home=homes[0]),
            institution=institution,
            todo=english("s_do_own_xsd"),
        )
    return found


@lru_cache(maxsize=32)
def _compiled(
    paths: tuple[str, ...], _stamps: tuple[tuple[str, int], ...], root: str, below: tuple[str, ...], institution: str
) -> Treaty | None:
    for path in paths:
        try:
            return Treaty(Path(path), root, below)
        except LookupError:
            continue
        except (xmlschema.XMLSchemaException, etree.LxmlError, OSError) as wrong:
            said = str(wrong).strip().splitlines() or [type(wrong).__name__]
            raise Misconfigured(
                english("s_schema_uncompiled", path=path, why=said[0][:200]),
                institution=institution,
                todo=english("s_do_correct_replace"),
            ) from None
    return None


def _named(elements: Iterable[Any], name: str | None) -> Any:
    for each in elements:
        if each.local_name and name in (None, each.local_name):
            return each
    raise LookupError(name)
