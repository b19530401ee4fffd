"""The pages speak of the house as it stands: files, links, names are there. Commits are held to `make check`."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support import ROOT

LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
FILE = re.compile(r"`([\w./-]+\.(?:py|md|sql|xsd|wsdl|toml|yaml))`")
NAME = re.compile(r"\b(malote_\w+(?:\.\w+)+|malote(?:\.[a-z]\w*)*\.[A-Z]\w+)")
FILLED_IN = re.compile(r"NAME|FLOW|SERVICE|vendas\.sql|pedidos\.sql")
"""What the reader of CONTRIBUTING puts a name of his own in place of, and the files that the quickstart's writes."""


def ours(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.name != "__pycache__":
            yield from ours(path)
        elif path.is_file():
            yield path


FILES = [f"/{path.relative_to(ROOT)}" for path in ours()] + ["/.pre-commit-config.yaml"]
PAGES = [path for path in ours() if path.suffix == ".md"]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@every_page
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    assert [each for each in LINK.findall(page.read_text("utf-8")) if not (page.parent / each).exists()] == []


@every_page
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    named = [each for each in FILE.findall(page.read_text("utf-8")) if not FILLED_IN.search(each)]
    there = lambda each: any(file.endswith(f"/{each}") for file in FILES) or (page.parent / each).exists()  # noqa: E731
    assert [each for each in named if not there(each)] == []


@every_page
def test_the_modules_and_names_that_a_page_gives_can_be_imported(page: Path) -> None:
    for name in NAME.findall(page.read_text("utf-8")):
        pkgutil.resolve_name(name)


TYPED = re.compile(
    r"""(?:malote|psql|pg_\w+|curl)\b[^`\n]*?\s          # a command, and what all users of the machine see of it:
        (?:\S*://[^\s/@:]*:[^\s/@]+@                    # an address that holds one,
        | \S*\bpassword=\S | --pass(?:word|wd)?\b     # or itself, by name,
        | (?:-u|--user)[ =]\S+:\S | pass:\S)            # or as a login""",
    re.VERBOSE,
)
TAUGHT = [
    "malote --warehouse postgresql://malote:senha@db/dw doubts",
    'malote --warehouse "postgresql://malote:senha@db/dw" doubts',
    "malote --warehouse 'host=db password=senha' migrate",
    "psql --password=senha dw",
    "curl -u admin:admin http://localhost:8080",
]


@every_page
def test_no_page_teaches_a_password_on_a_command_line(page: Path) -> None:
    assert TYPED.findall(page.read_text("utf-8")) == []


@pytest.mark.parametrize("line", TAUGHT)
def test_a_password_on_a_command_line_is_seen(line: str) -> None:
    assert TYPED.search(line)


def test_a_commit_is_held_to_what_make_check_runs() -> None:
    rule = (ROOT / "Makefile").read_text("utf-8").partition("\ncheck:")[2].partition("\n\n")[0]
    runs = [line.strip().replace("$(PY)", ".venv/bin/python") for line in rule.splitlines()[1:]]
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert local["repo"] == "local", "nothing is fetched"
    assert [hook["entry"] for hook in local["hooks"]] == runs
    assert not any(hook["pass_filenames"] for hook in local["hooks"])


MALOTE = ROOT / "include" / "malote"
PLACES = [path for room in (MALOTE, MALOTE / "trip") for path in sorted(room.iterdir()) if path.suffix in ("", ".py")]


@pytest.mark.parametrize("place", [each.stem for each in PLACES if not each.stem.startswith("_")])
def test_the_drawing_of_the_house_has_every_room_and_every_file_of_the_trip(place: str) -> None:
    drawing = (ROOT / "docs" / "design.md").read_text("utf-8").split("```")[1]
    assert re.search(rf"(?<![\w/]){place}\b", drawing)


@pytest.mark.parametrize(
    ("page", "risk"),
    [
        ("bndes.md", "with `settle` below the lag the same financiamento is sent twice"),
        ("bndes.pt.md", "com `settle` abaixo dele o mesmo financiamento é enviado duas vezes"),
    ],
)
def test_the_page_says_what_a_shorter_settle_risks(page: str, risk: str) -> None:
    assert risk in " ".join((ROOT / "docs" / page).read_text("utf-8").split())
