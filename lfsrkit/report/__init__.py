"""One self-contained page with the numbers, the curves and a before/after slider; it loads nothing from anywhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from lfsrkit.files import write_whole
from lfsrkit.images import Pixels, data_uri
from lfsrkit.report.curves import Point, line_chart
from lfsrkit.report.grids import Grid, Line, metric_column
from lfsrkit.report.writing import html_text
from lfsrkit.sheets import contact_sheet

__all__ = ["Contents", "Face", "stylesheet", "write_page"]


Face = tuple[Pixels, Pixels, Pixels]
"""Low, restored and clean picture."""

_HOW_TO_DRAG = (
    "Drag, or use the arrow keys: left of the line is the low picture as it came in, right of it the restored one."
)


@dataclass(frozen=True)
class Contents:
    """Everything that the page shows."""

    title: str
    subtitle: str
    scores: Mapping[str, Mapping[str, float | None]]
    """Means by method and metric; every method has the same metrics. There may be none."""
    protocol: str
    faces: Sequence[Face]
    """Some of them, or none."""
    curves: Mapping[str, Sequence[Point]]
    """Points over the step, by title."""
    details: Mapping[str, str]


def write_page(path: Path, contents: Contents) -> None:
    """Write the page, whole or not at all.

    Args:
        path: An ``.html`` file.
        contents: What it shows.
    """
    page = Template((files("lfsrkit.report") / "page.html").read_text(encoding="utf-8"))
    sections = [f"<h2>{title}</h2>\n{body}\n" for title, body in _sections(contents) if body]
    text = page.substitute(
        style=stylesheet(),
        title=escape(contents.title),
        subtitle=escape(contents.subtitle),
        sections="".join(sections),
    )
    write_whole(path, text.encode())


def stylesheet() -> str:
    """Give the style of every page, to be put into the page itself."""
    return (files("lfsrkit.report") / "style.css").read_text(encoding="utf-8")


def _sections(contents: Contents) -> Iterator[tuple[str, str]]:
    """Give the parts of the page; what there is nothing of is left out."""
    curves = [line_chart(title, points, across="step") for title, points in contents.curves.items()]
    details = [f"{escape(key)}: <code>{escape(value)}</code>" for key, value in contents.details.items()]
    if contents.scores:
        yield "Numbers", f"{html_text(_grid(contents.scores))}\n{_quiet(escape(contents.protocol))}"
    if contents.faces:
        sliders = "".join(_slider(number, *face[:2]) for number, face in enumerate(contents.faces, 1))
        yield "Before and after", f'{_quiet(_HOW_TO_DRAG)}\n<div class="faces">{sliders}</div>'
    yield "Training", f'<div class="curves">{"".join(f"<figure>{curve}</figure>" for curve in curves)}</div>'
    if contents.faces:
        yield "Low, restored, clean", _sheet(contents.faces)
    yield "How this was made", "".join(f"<p>{detail}</p>" for detail in details)


def _quiet(text: str) -> str:
    return f'<p class="quiet">{text}</p>'


def _sheet(faces: Sequence[Face]) -> str:
    source = data_uri(contact_sheet(faces, ("low", "restored", "clean")))
    return f'<p><img class="sheet" alt="Rows of a low, a restored and a clean picture each" src="{source}"></p>'


def _grid(scores: Mapping[str, Mapping[str, float | None]]) -> Grid:
    metrics = next(iter(scores.values()))
    lines = [Line(method, values) for method, values in scores.items()]
    return Grid("Scores", "method", tuple(map(metric_column, metrics)), tuple(lines))


def _slider(number: int, low: Pixels, restored: Pixels) -> str:
    return (
        f'<div class="slider"><img alt="restored face {number}" src="{data_uri(restored)}">'
        f'<img class="before" alt="low face {number}" src="{data_uri(low)}">'
        '<span class="tag left">low</span><span class="tag right">restored</span>'
        f'<input type="range" min="0" max="100" value="50" aria-label="before and after, face {number}">'
        '<span class="ring"></span></div>'
    )
