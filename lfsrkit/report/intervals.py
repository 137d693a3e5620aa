"""Differences with their intervals as SVG, for pages that must not load anything."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lfsrkit.report.curves import Number, place_of, ticks_of

WIDTH, LEFT, RIGHT = 640, 190, 20
HEAD, STEP, FOOT = 30, 20, 28


@dataclass(frozen=True)
class Interval:
    """A number and how sure it is."""

    name: str
    value: float
    low: float
    high: float


def interval_chart(title: str, intervals: Sequence[Interval]) -> str:
    """Draw every number as a point with a bar from end to end of its interval, and a line at zero.

    Args:
        title: What the numbers are.
        intervals: From top to bottom; those that are not finite are left out.

    Example:
        >>> interval_chart("dB", [Interval("a", 1.0, 0.5, 1.5)]).count("<circle")
        1
    """
    known = [each for each in intervals if all(map(math.isfinite, (each.value, each.low, each.high)))]
    if not known:
        return f"<p class='quiet'>{escape(title)}: nothing to draw</p>"
    ticks = ticks_of([0.0, *(end for each in known for end in (each.low, each.high))])
    bottom = HEAD + STEP * len(known)
    lines = [_line(each, HEAD + STEP * row + STEP // 2, ticks) for row, each in enumerate(known)]
    return (
        f'<svg viewBox="0 0 {WIDTH} {bottom + FOOT}" width="{WIDTH}" role="img" aria-label="{escape(title)}">'
        f'<text x="{LEFT}" y="14" font-weight="600">{escape(title)}</text>'
        + "".join(_tick(value, ticks, bottom) for value in ticks)
        + "".join(lines)
        + "</svg>"
    )


def _across(value: Number, ticks: Sequence[Number]) -> float:
    return place_of(value, ticks, LEFT, WIDTH - RIGHT)


def _tick(value: Number, ticks: Sequence[Number], bottom: int) -> str:
    x = _across(value, ticks)
    colour = "currentColor" if value == 0 else "#8884"
    return (
        f'<path d="M{x:.1f},{HEAD - 6} V{bottom}" stroke="{colour}"/>'
        f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:+g}</text>'
    )


def _line(each: Interval, y: int, ticks: Sequence[Number]) -> str:
    low, value, high = (_across(number, ticks) for number in (each.low, each.value, each.high))
    return (
        f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{escape(each.name)}</text>'
        f'<path d="M{low:.1f},{y} H{high:.1f}" stroke="#c96a1b" stroke-width="2"/>'
        f'<circle cx="{value:.1f}" cy="{y}" r="4" fill="#c96a1b"/>'
    )
