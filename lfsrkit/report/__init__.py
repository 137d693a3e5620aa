"""One self-contained page with the numbers, the curves and a before/after slider; it loads nothing from anywhere."""

from collections.abc import Mapping, Sequence
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

__all__ = ["Contents", "stylesheet", "write_page"]


@dataclass(frozen=True)
class Contents:
    """Everything that the page shows."""

    title: str
    subtitle: str
    scores: Mapping[str, Mapping[str, float | None]]
    """Means by method and metric; every method has the same metrics."""
    protocol: str
    faces: Sequence[tuple[Pixels, Pixels, Pixels]]
    """Low, restored and clean picture of some faces."""
    curves: Mapping[str, Sequence[Point]]
    """Points over the step, by title."""
    details: Mapping[str, str]


def write_page(path: Path, contents: Contents) -> None:
    """Write the page, whole or not at all.

    Args:
        path: An ``.html`` file.
        contents: What it shows.
    """
    curves = [line_chart(title, points, across="step") for title, points in contents.curves.items()]
    details = [f"{escape(key)}: <code>{escape(value)}</code>" for key, value in contents.details.items()]
    page = Template((files("lfsrkit.report") / "page.html").read_text(encoding="utf-8"))
    sheet = contact_sheet(contents.faces, ("low", "restored", "clean"))
    text = page.substitute(
        style=stylesheet(),
        title=escape(contents.title),
        subtitle=escape(contents.subtitle),
        table=html_text(_grid(contents.scores)),
        protocol=escape(contents.protocol),
        sliders="".join(_slider(number, *face[:2]) for number, face in enumerate(contents.faces, 1)),
        curves="".join(f"<figure>{curve}</figure>" for curve in curves),
        sheet=data_uri(sheet),
        details="".join(f"<p>{detail}</p>" for detail in details),
    )
    write_whole(path, text.encode())


def stylesheet() -> str:
    """Give the style of every page, to be put into the page itself."""
    return (files("lfsrkit.report") / "style.css").read_text(encoding="utf-8")


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
