"""Line charts as SVG, for pages that must not load anything."""

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 440, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 22, 30

Number = int | float
Point = tuple[Number, Number]


def line_chart(title: str, points: Sequence[Point], *, across: str) -> str:
    """Draw one curve.

    Args:
        title: What is drawn.
        points: (x, y) in order of x; points that are not finite are left out.
        across: What x is.

    Example:
        >>> line_chart("loss", [(0, 1.0), (10, 0.5)], across="step").startswith("<svg")
        True
    """
    finite = [point for point in points if math.isfinite(point[1])]
    if len(finite) < 2:
        return f"<p class='quiet'>{escape(title)}: too few points to draw</p>"
    xs, ys = ticks_of([x for x, _ in finite]), ticks_of([y for _, y in finite])
    places = [(place_of(x, xs, LEFT, WIDTH - RIGHT), place_of(y, ys, HEIGHT - BOTTOM, TOP)) for x, y in finite]
    path = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
        f'aria-label="{escape(title)} over {escape(across)}">'
        f'<text x="{LEFT}" y="14" font-weight="600">{escape(title)}</text>'
        + "".join(_y_tick(value, ys) for value in ys)
        + "".join(_x_tick(value, xs) for value in xs)
        + f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end">{escape(across)}</text>'
        + f'<path d="{path}" fill="none" stroke="#c96a1b" stroke-width="1.8"/></svg>'
    )


def ticks_of(values: Sequence[Number]) -> list[Number]:
    """Choose round numbers that enclose some values.

    Args:
        values: At least one.

    Example:
        >>> ticks_of([0.3, 1.7])
        [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    step = 10 ** math.floor(math.log10(span / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 5)
    first = math.floor(low / step)
    return [round((first + i) * step, 12) for i in range(math.ceil(high / step) - first + 1)]


def place_of(value: Number, ticks: Sequence[Number], start: int, end: int) -> float:
    """Find where a value lies on an axis.

    Args:
        value: Any value.
        ticks: From `ticks_of`.
        start: Where the first tick is.
        end: Where the last one is.

    Example:
        >>> place_of(1.5, [1.0, 2.0], 0, 100)
        50.0
    """
    span = (ticks[-1] - ticks[0]) or 1.0
    return start + (value - ticks[0]) / span * (end - start)


def _y_tick(value: Number, ticks: Sequence[Number]) -> str:
    y = place_of(value, ticks, HEIGHT - BOTTOM, TOP)
    return (
        f'<path d="M{LEFT},{y:.1f} H{WIDTH - RIGHT}" stroke="#8884"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    )


def _x_tick(value: Number, ticks: Sequence[Number]) -> str:
    x = place_of(value, ticks, LEFT, WIDTH - RIGHT)
    return f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{value:g}</text>'
