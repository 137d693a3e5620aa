"""The site builds without a warning, and its pages ask for nothing from other places."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lfsrkit.registries import DEGRADATIONS, MASKS, MODELS

ROOT = Path(__file__).parents[1]
LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
    "embed": "src",
}
ELSEWHERE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)


class Loaded(HTMLParser):
    """Collect what a page makes a browser fetch by itself; links that a reader may follow are none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.found.append(given.get("href") or "")
        if tag in LOADING:
            self.found.append(given.get(LOADING[tag]) or "")
        self.found += re.findall(r"url\(['\"]?([^'\")]+)", given.get("style") or "")


def fetched(html: str) -> list[str]:
    page = Loaded()
    page.feed(html)
    return page.found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(place)]
    # A proxy that is not there: whatever asked the network would fail.
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    kept = {**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(line, check=False, capture_output=True, text=True, cwd=ROOT, env=kept, timeout=900)
    assert done.returncode == 0, done.stderr
    return place


@pytest.mark.slow
def test_no_page_asks_for_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        wrong = [address for address in fetched(page.read_text(encoding="utf-8")) if ELSEWHERE.match(address)]
        assert not wrong, f"{page.relative_to(site)} loads {wrong}"
    for sheet in site.rglob("*.css"):
        asked = re.findall(r"(?:@import\s+|url\()['\"]?([^'\")\s]+)", sheet.read_text(encoding="utf-8"))
        assert not [address for address in asked if ELSEWHERE.match(address)], sheet.name


@pytest.mark.slow
def test_every_component_has_its_page_and_formulae_are_drawn(site: Path) -> None:
    own = {"masks": MASKS, "models": MODELS}
    for folder, registry in own.items():
        wanted = {entry.name for entry in registry if entry.origin == "lfsrkit"}
        assert {page.stem for page in (site / folder).glob("*.html")} == {*wanted, "index"}
    written = {page.stem for page in (ROOT / "docs" / "chains").glob("*.md")} - {"README"}
    assert {page.stem for page in (site / "chains").glob("*.html")} == {*written, "index"}
    assert {"fsr_gamma", "isp_physics"} <= written <= set(DEGRADATIONS.names())
    formula = (site / "masks" / "face_biased.html").read_text(encoding="utf-8")
    assert "<math" in formula
    assert "arithmatex" not in formula
    assert not list(site.rglob("*.py"))


def test_the_check_sees_what_a_page_would_load() -> None:
    html = '<link rel="stylesheet" href="//a/x.css"><script src="https://b/x.js"></script><a href="https://c">c</a>'
    assert [address for address in fetched(html) if ELSEWHERE.match(address)] == ["//a/x.css", "https://b/x.js"]
