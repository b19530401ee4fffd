"""A page and its Portuguese twin say the same: headings, tables, settings, code; neither changes by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import pytest

from support import ROOT

TWINS = {
    ROOT / "README.md": ROOT / "README.pt-BR.md",
    **{path.with_name(path.name.replace(".pt.md", ".md")): path for path in sorted((ROOT / "docs").glob("*.pt.md"))},
}
WANTED = (
    "README",
    "bndes",
    "ccee",
    "cielo",
    "errors",
    "examples",
    "operations",
    "quickstart",
    "reinf",
    "troubleshooting",
)
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
REMARK = re.compile(r"(?:^|(?<=\s))(?:#|--) .*$|^\"\"\".*\"\"\"$", re.MULTILINE)
every_twin = pytest.mark.parametrize(
    ("english", "portuguese"), TWINS.items(), ids=lambda path: path.relative_to(ROOT).as_posix()
)


@dataclass
class Section:
    """What a section has that is no prose."""

    level: int
    title: str
    blocks: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    points: int = 0
    names: set[str] = field(default_factory=set)


def sections(page: str) -> list[Section]:
    """The sections of a page; of code what remains without remarks, of drawings (no language) only how many lines."""
    found = [Section(0, "the beginning")]
    for index, part in enumerate(FENCE.split(page + "\n")):
        if index % 3 == 1:
            language = part
        elif index % 3 == 2:
            found[-1].blocks.append((language, _bare(part) if language else str(part.count("\n"))))
        else:
            for line in part.splitlines():
                _read(line, found)
    return found


def _bare(code: str) -> str:
    """Without remarks, without what stands between two ellipses, without blanks that do not count."""
    return " ".join(re.sub("…[^…\n]*…", "…", REMARK.sub("", code)).split())


def _read(line: str, found: list[Section]) -> None:
    if heading := re.match(r"(#+) +(.*)", line):
        found.append(Section(len(heading[1]), heading[2]))
        return
    found[-1].names |= set(CODE.findall(line))
    if line.lstrip().startswith("|"):
        found[-1].rows.append(CODE.findall(line.split("|")[1]))
    elif re.match(r" *(?:[-*]|\d+\.) ", line):
        found[-1].points += 1


def missing(english: str, portuguese: str) -> list[str]:
    """What the twin lacks or has too much, in words."""
    said = []
    for ours, theirs in zip_longest(sections(english), sections(portuguese)):
        if ours is None or theirs is None or ours.level != theirs.level:
            return [*said, f"headings part ways at {ours and ours.title!r} and {theirs and theirs.title!r}"]
        where = f"{ours.title!r} ({theirs.title!r})"
        pairs = {"code": (ours.blocks, theirs.blocks), "rows": (ours.rows, theirs.rows)}
        for what, (mine, other) in pairs.items():
            said += [f"{where}: {what} differ: {a} and {b}" for a, b in zip_longest(mine, other) if a != b]
        if ours.points != theirs.points:
            said.append(f"{where}: {ours.points} points of a list and {theirs.points}")
        said += [f"{where}: `{name}` is not named" for name in sorted(ours.names - theirs.names)]
    return said


@every_twin
def test_a_page_and_its_portuguese_twin_have_the_same_headings_tables_settings_and_code(
    english: Path, portuguese: Path
) -> None:
    assert missing(english.read_text("utf-8"), portuguese.read_text("utf-8")) == []


@every_twin
def test_twins_lead_to_each_other_and_a_twin_to_portuguese_pages_where_there_are_any(
    english: Path, portuguese: Path
) -> None:
    text = portuguese.read_text("utf-8")
    assert f"]({portuguese.name})" in english.read_text("utf-8") and f"]({english.name})" in text
    links = [link for link in re.findall(r"\]\(([^)#\s]+\.md)", text) if link != english.name]
    assert [link for link in links if (portuguese.parent / link).resolve() in TWINS] == []


@pytest.mark.parametrize("portuguese", TWINS.values(), ids=lambda path: path.name)
def test_a_link_that_leaves_portuguese_says_so(portuguese: Path) -> None:
    ours = {path.name for path in TWINS.values()} | {"dicionario.md"}
    own = next(english.name for english, twin in TWINS.items() if twin == portuguese)
    links = re.findall(
        r"\]\((?:[^)#\s]*/)?([^)#/\s]+\.md)(?:#[^)\s]*)?\)( \(em inglês\))?", portuguese.read_text("utf-8")
    )
    assert [name for name, said in links if bool(said) == (name in ours) and name != own] == []


def test_what_has_to_be_there_in_portuguese_is_there() -> None:
    assert set(WANTED) <= {english.stem for english in TWINS}


PAGE = "# A\n\n| x | y |\n|---|---|\n| `one` | b |\n\n## B\n\n- p `two`\n\n```sh\nls  # remark\n```\n"
TWIN = PAGE.replace("# A", "# Á").replace("remark", "observação").replace("| b |", "| bê |")


@pytest.mark.parametrize(
    ("added", "after"),
    [
        ("## C\n", "```\n"),
        ("### C\n", "## B\n"),
        ("| `three` | c |\n", "| `one` | b |\n"),
        ("| more | c |\n", "| `one` | b |\n"),
        ("- q\n", "- p `two`\n"),
        ("and `four`\n", "## B\n"),
        ("ls -l\n", "```sh\n"),
        ("\n```sql\nselect 1\n```\n", "## B\n"),
    ],
)
def test_what_one_page_has_and_the_other_lacks_is_seen(added: str, after: str) -> None:
    assert missing(PAGE, TWIN) == []
    head, found, tail = PAGE.rpartition(after)
    assert found and missing(head + found + added + tail, TWIN) != []
