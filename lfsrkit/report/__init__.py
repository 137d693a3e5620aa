"""One self-contained page with the numbers, the curves and a before/after slider; it loads nothing from anywhere."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from lfsrkit.files import write_whole
from lfsrkit.images import Pixels, contact_sheet, encode_png
from lfsrkit.registries import METRICS
from lfsrkit.report.curves import Point, line_chart

__all__ = ["Contents", "Row", "stylesheet", "write_report"]

_LOWER_IS_BETTER = frozenset({"colour_bias"})
_DIGITS = {"psnr": 2, "psnr_y": 2, "gt_mean_psnr": 2, "colour_bias": 1}
_HEADS = {
    "psnr": "PSNR (dB)",
    "psnr_y": "PSNR Y (dB)",
    "gt_mean_psnr": "PSNR, true mean (dB)",
    "colour_bias": "colour bias",
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    values: Mapping[str, float | None]


@dataclass(frozen=True)
class Contents:
    """Everything that the page shows."""

    title: str
    subtitle: str
    rows: Sequence[Row]
    protocol: str
    faces: Sequence[tuple[Pixels, Pixels, Pixels]]
    """Low, restored and clean picture of some faces."""
    curves: Mapping[str, Sequence[Point]]
    """Points over the step, by title."""
    details: Mapping[str, str]


def write_report(path: Path, contents: Contents) -> None:
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
        table=table(contents.rows),
        protocol=escape(contents.protocol),
        sliders="".join(_slider(number, *face[:2]) for number, face in enumerate(contents.faces, 1)),
        curves="".join(f"<figure>{curve}</figure>" for curve in curves),
        sheet=_embedded(sheet),
        details="".join(f"<p>{detail}</p>" for detail in details),
    )
    write_whole(path, text.encode())


def stylesheet() -> str:
    """Give the style of every page, to be put into the page itself."""
    return (files("lfsrkit.report") / "style.css").read_text(encoding="utf-8")


def table(rows: Sequence[Row]) -> str:
    """Write the numbers as an HTML table, the best of each column in bold.

    Args:
        rows: Lines with the same columns.
    """
    columns = list(rows[0].values)
    head = "".join(f"<th>{escape(_HEADS.get(column, column.upper().replace('_', ' ')))}</th>" for column in columns)
    best = {column: _best(column, rows) for column in columns}
    body = "".join(_line(row, best) for row in rows)
    return f"<table><thead><tr><th>method</th>{head}</tr></thead><tbody>{body}</tbody></table>"


def _line(row: Row, best: Mapping[str, float | None]) -> str:
    cells = "".join(_cell(column, value, best[column]) for column, value in row.values.items())
    return f"<tr><td>{escape(row.name)}</td>{cells}</tr>"


def _best(column: str, rows: Sequence[Row]) -> float | None:
    known = [value for row in rows if (value := row.values[column]) is not None]
    if len(known) < 2:
        return None
    higher = column not in _LOWER_IS_BETTER and (column not in METRICS or METRICS[column].higher_is_better)
    return max(known) if higher else min(known)


def _cell(column: str, value: float | None, best: float | None) -> str:
    if value is None:
        return "<td class='quiet'>unavailable</td>"
    mark = " class='best'" if value == best else ""
    return f"<td{mark}>{value:.{_DIGITS.get(column, 4)}f}</td>"


def _slider(number: int, low: Pixels, restored: Pixels) -> str:
    return (
        f'<div class="slider"><img alt="restored face {number}" src="{_embedded(restored)}">'
        f'<img class="before" alt="low face {number}" src="{_embedded(low)}">'
        '<span class="tag left">low</span><span class="tag right">restored</span>'
        f'<input type="range" min="0" max="100" value="50" aria-label="before and after, face {number}">'
        '<span class="ring"></span></div>'
    )


def _embedded(pixels: Pixels) -> str:
    return "data:image/png;base64," + base64.b64encode(encode_png(pixels)).decode()
