"""Hooks of the site: a folder in the navigation stands for its pages, and formulae are drawn without a script."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig

FORMULA = re.compile(r'<(span|div) class="arithmatex">(?:\\\(|\\\[)(.*?)(?:\\\)|\\\])</\1>', re.DOTALL)
"""What ``pymdownx.arithmatex`` leaves."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Write the pages of a folder out, the index first, and put the pages of no other place where ``./`` stands."""
    root, named = Path(config.docs_dir), str(config.nav)
    rest = [page for page in sorted(root.glob("*.md")) if page.name not in named]
    config.nav = _written_out(config.nav or [], root, rest)
    return config


def on_page_content(html: str, **_: object) -> str:
    """Replace every formula of a page by MathML, which browsers draw by themselves."""
    return FORMULA.sub(_drawn, html)


def _written_out(item: Any, root: Path, rest: list[Path]) -> Any:
    if isinstance(item, dict):
        return {title: _written_out(inner, root, rest) for title, inner in item.items()}
    if isinstance(item, str):
        return _pages_of(root / item) if item.endswith("/") else item
    pages: list[Any] = []
    for inner in item:
        if inner == "./":
            pages += [{_title(page): page.name} for page in rest]
        else:
            pages.append(_written_out(inner, root, rest))
    return pages


def _pages_of(folder: Path) -> list[dict[str, str]]:
    pages = sorted(folder.glob("*.md"), key=lambda page: (page.name != "README.md", page.name))
    return [{_title(page): f"{folder.name}/{page.name}"} for page in pages]


def _title(page: Path) -> str:
    """Read the heading; MkDocs sees none behind a comment."""
    return re.search(r"^# (.+)$", page.read_text("utf-8"), re.MULTILINE)[1]


def _drawn(found: re.Match[str]) -> str:
    return convert(unescape(found[2]).strip(), display="inline" if found[1] == "span" else "block")
