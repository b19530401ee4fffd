"""The contract file's schema, compiled for both its readers, from the connection's folder or the shipped one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import xmlschema
from lxml import etree

from malote import markup, place
from malote.errors import Malformed, Misconfigured, Problem

EXPLAINED = 500
"""Bad records of one batch that xmlschema explains; beyond them libxml2's shorter words are kept."""

ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)
"""For text and attribute values alike."""


class Treaty:
    """One schema, compiled for both its readers: xmlschema knows its paths and explains, libxml2 gives the verdict."""

    def __init__(self, path: Path, root: str) -> None:
        self.path = path
        self.model = xmlschema.XMLSchema10(str(path), allow="local", defuse="always")
        self.judge = etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True, resolve_entities=False)))
        self.element = next(each for each in self.model.elements.values() if each.local_name == root)
        inside: Any = self.element.type
        self.record: Any = next(each for each in inside.content.iter_elements() if each.local_name)
        self._end = f"</{root}>"

    def tags(self, attributes: Mapping[str, Any]) -> tuple[str, str]:
        """The root's start and end tag, with those of the attributes that the schema knows, in its order."""
        names = [markup.local(name) for name in self.element.attributes if name]
        given = "".join(
            f' {name}="{str(attributes[name]).translate(ESCAPES)}"'
            for name in names
            if attributes.get(name) is not None
        )
        space = f' xmlns="{self.model.target_namespace}"' if self.model.target_namespace else ""
        return f"<{self.element.local_name}{space}{given}>", self._end

    def problems(self, tags: tuple[str, str], records: Sequence[tuple[str | None, int | None, str]]) -> list[Problem]:
        """What breaks the treaty in these records, each given as (reference, line, text)."""
        try:
            batch = markup.parse((tags[0] + "".join(text for *_, text in records) + tags[1]).encode())
        except Malformed as wrong:
            return [Problem(None, self.element.local_name, wrong.what)]
        if self.judge.validate(batch):
            return []
        found: list[Problem] = []
        wrong_ones: dict[int, list[str]] = {}
        log: Any = self.judge.error_log
        for error in log:
            at = re.match(r"/[^/]+/[^/\[]+(?:\[(\d+)\])?", error.path or "")
            wrong_ones.setdefault(int(at[1] or 1) - 1 if at else -1, []).append(error.message)
        for message in wrong_ones.pop(-1, ()):
            found.append(Problem(None, self.element.local_name, message))
        for count, (index, messages) in enumerate(sorted(wrong_ones.items())):
            reference, line, text = records[index]
            said = self._explained(tags[0] + text + tags[1]) if count < EXPLAINED else []
            said = said or [(self.record.local_name, message) for message in messages]
            found.extend(Problem(reference, path, rule, line) for path, rule in said)
        return found

    def _explained(self, document: str) -> list[tuple[str, str]]:
        said: list[tuple[str, str]] = []
        for error in self.model.iter_errors(etree.fromstring(document)):
            path: str = ".".join(markup.local(part) for part in (error.path or "").split("/")[2:])
            rule = " ".join(str(error.reason or error.message).split())
            if not path:
                continue  # the root's own, said once for the batch
            if at := re.match(r"attribute ([\w-]+)=", rule):
                path += f".@{at[1]}"
            said.append((path, rule))
        return said


def treaty(folder: Path | None, root: str) -> Treaty:
    """The treaty of a root element, from `folder` (or its `contratos/`), or the shipped reconstruction; compiled once.

    :raises Misconfigured: where no schema there declares that root, or one is broken
    """
    home = folder or place.schemas("ccee")
    paths = sorted([*home.glob("contratos/*.xsd"), *home.glob("*.xsd")])
    stamps = tuple((str(path), path.stat().st_mtime_ns) for path in paths)
    found = _compiled(stamps, root)
    if found is None:
        raise Misconfigured(
            f"no schema of the contract file declares the root element {root!r} ({len(paths)} read in {home})",
            institution="ccee",
            todo="put CCEE's own XSD into the folder that extra.schemas names, or send your own file (param arquivo)",
        )
    return found


@lru_cache(maxsize=16)
def _compiled(stamps: tuple[tuple[str, int], ...], root: str) -> Treaty | None:
    for path, _ in stamps:
        try:
            return Treaty(Path(path), root)
        except StopIteration:
            continue
        except (xmlschema.XMLSchemaException, etree.LxmlError, OSError) as wrong:
            said = str(wrong).strip().splitlines() or [type(wrong).__name__]
            raise Misconfigured(
                f"the schema {path} cannot be compiled: {said[0][:200]}",
                institution="ccee",
                todo="correct or replace it",
            ) from None
    return None
