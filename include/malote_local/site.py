"""What MkDocs is told of pages outside of docs/, and of links that are right on GitHub: both stay as they are."""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import TYPE_CHECKING, Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "README.md": "index.md",
    "README.pt-BR.md": "index.pt.md",
    **{name: name for name in ("CONTRIBUTING.md", "CHANGELOG.md")},
    **{path.relative_to(ROOT).as_posix(): path.relative_to(ROOT).as_posix() for path in ROOT.glob("schemas/**/*.md")},
}
"""Pages of the repository, and what they are called in the site. What lies in docs/ loses that folder."""
LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)"
)
FENCE = re.compile(r"^(```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*')
ROLE = re.compile(r":(?:class|func|meth|mod|data|attr|exc):<code>")


def on_files(files: Files, config: Any) -> Files:
    """Take in the pages from outside."""
    for source, page in OUTSIDE.items():
        if (ROOT / source).exists():
            files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: Any, files: Files) -> str:  # noqa: ARG001 (MkDocs names them)
    """Links as the site has them; a link to a file that is no page becomes its text."""
    parts = FENCE.split(markdown)
    return "".join(part if part.startswith("```") else LINK.sub(_led(page, files), part) for part in parts)


def on_page_content(html: str, page: Page, config: Any, files: Files) -> str:  # noqa: ARG001
    """Roles of reStructuredText in docstrings are names."""
    return ROLE.sub("<code>", html)


def on_post_page(output: str, page: Page, config: Any) -> str:  # noqa: ARG001
    """A Portuguese page says that it is one. :raises PluginError: where a page would fetch something from elsewhere"""
    if found := ELSEWHERE.search(output):
        raise PluginError(f"{page.file.src_uri} fetches from elsewhere: {found[0]}")
    portuguese = page.file.src_uri.endswith(".pt.md") or page.file.src_uri == "dicionario.md"
    return output.replace('<html lang="en"', '<html lang="pt-BR"', 1) if portuguese else output


def _led(page: Page, files: Files) -> Any:
    here = next((source for source, name in OUTSIDE.items() if name == page.file.src_uri), f"docs/{page.file.src_uri}")

    def led(found: re.Match[str]) -> str:
        target = found["target"]
        if not target or "://" in target or target.startswith("mailto:"):
            return found[0]
        there = normpath(join(dirname(here), target))
        name = OUTSIDE.get(there, there.removeprefix("docs/"))
        if files.get_file_from_path(name) is None and (ROOT / there).exists():
            return found["text"]
        link = relpath(name, dirname(page.file.src_uri) or ".")
        return f"{found['image']}[{found['text']}]({link}{found['anchor'] or ''})"

    return led
