"""How dark pictures are distributed, measure by measure, over the bands of published sets of real ones."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from lfsrkit.figures.axes import Axis, LogAxis, RootAxis, density
from lfsrkit.figures.canvas import QUIET, Canvas, Number, Point
from lfsrkit.figures.figure import Figure
from lfsrkit.realism import BANDS, MEASURES, Measure, Profile, quantiles

Values = tuple[float, ...]

_COLOURS = (("#c96a1b", "#f3dcc6"), ("#1e50c8", "#ccd8f5"), ("#1e8c32", "#cbe6d0"), ("#8c1e78", "#e8cbe3"))
"""Line and area of each set."""
_BAND, _EDGE = "#dedede", "#8a8a8a"
_GUTTER, _PANEL, _GAP, _MARGIN = 128, 240, 26, 16
_TITLE, _LANE, _STRIP, _FOOT = 30, 46, 19, 46
_TYPE, _SMALL = 14, 12
_NAME = 17
"""Letters of a name that fit beside the panels."""
_FEW = 12
"""Pictures below which each gets a tick: a smooth curve would promise more than so few can tell."""
_BRIGHTEST = 255.0


def realism_figure(sets: Mapping[str, Profile]) -> Figure:
    """Lay out what sets of pictures measure.

    Args:
        sets: Profiles by name, at most four.
    """
    return Figure(*_size(sets), lambda canvas: _draw(canvas, sets))


def _size(sets: Mapping[str, Profile]) -> tuple[int, int]:
    width = 2 * _MARGIN + _GUTTER + 3 * _PANEL + 2 * _GAP
    return width, 3 * _row_height(sets) + 44


def _row_height(sets: Mapping[str, Profile]) -> int:
    return _TITLE + len(sets) * _LANE + len(BANDS) * _STRIP + _FOOT


def _draw(canvas: Canvas, sets: Mapping[str, Profile]) -> None:
    """Three rows of three places; the histogram takes the two beside the first measure."""
    places = [(0, 0), *((row, column) for row in (1, 2) for column in range(3))]
    for row in range(3):
        _draw_names(canvas, sets, row * _row_height(sets))
    for measure, (row, column) in zip(MEASURES, places, strict=True):
        _draw_measure(canvas, measure, sets, (_column(column), row * _row_height(sets)))
    _draw_histogram(canvas, sets, (_column(1), 0))
    notes = (
        f"Smoothed, each up to its own peak; fewer than {_FEW} pictures: a tick each. Strong marks: medians.",
        "Grey: smallest to largest value of a few pictures of published sets (a mark: only the mean is known).",
    )
    for line, words in enumerate(notes):
        canvas.text(words, (_MARGIN, 3 * _row_height(sets) + 12 + 19 * line), size=_TYPE, colour=QUIET)


def _column(number: int) -> float:
    return float(_MARGIN + _GUTTER + number * (_PANEL + _GAP))


def _draw_names(canvas: Canvas, sets: Mapping[str, Profile], top: Number) -> None:
    lane = top + _TITLE
    for (name, profile), (colour, _) in zip(sets.items(), _COLOURS, strict=False):
        shown = name if len(name) <= _NAME else f"{name[: _NAME - 3].rstrip()}..."
        canvas.text(shown, (_MARGIN, lane + _LANE - 18), size=_TYPE, colour=colour)
        canvas.text(_pictures(profile.count), (_MARGIN, lane + _LANE - 3), size=_SMALL, colour=QUIET)
        lane += _LANE
    for band in BANDS:
        lane += _STRIP
        canvas.text(f"{band.name} ({band.count})", (_MARGIN, lane - 3), size=_SMALL, colour=QUIET)


def _pictures(count: int) -> str:
    return f"{count:,} picture{'s' * (count != 1)}"


def _draw_measure(canvas: Canvas, measure: Measure, sets: Mapping[str, Profile], place: Point) -> None:
    left, top = place
    canvas.text(measure.title, (left, top + 20), size=_TYPE + 1)
    found = [measure.read(profile) for profile in sets.values()]
    axis = _axis_of(measure, found, left)
    lane = top + _TITLE + _LANE
    for values, colours in zip(found, _COLOURS, strict=False):
        if values is None:
            canvas.text("too small to tell noise from texture", (left, lane - 6), size=_SMALL, colour=QUIET)
        else:
            _draw_ridge(canvas, values, axis, lane, colours)
        lane += _LANE
    lane -= _LANE
    for band in BANDS:
        lane += _STRIP
        if measure.band:
            _draw_band(canvas, measure.band(band), axis, lane)
    if not measure.band:
        words = "no published values"
        canvas.text(words, (left + _PANEL / 2, lane - 1.5 * _STRIP), size=_SMALL, anchor="middle", colour=QUIET)
    axis.draw(canvas, lane + 6, _SMALL)


def _axis_of(measure: Measure, found: Sequence[Values | None], left: Number) -> Axis:
    values = [value for some in found if some for value in some]
    values += [value for band in BANDS if measure.band for value in measure.band(band)]
    high = max(1.05 * max(values, default=1.0), 1.0)
    if measure.is_ratio:
        return LogAxis(min(values, default=1.0) / 1.05, high, left, _PANEL)
    return RootAxis(0.0, high, left, _PANEL)


def _draw_ridge(canvas: Canvas, values: Values, axis: Axis, base: Number, colours: tuple[str, str]) -> None:
    line, area = colours
    canvas.line([(axis.left, base), (axis.left + axis.width, base)], _BAND)
    if len(values) < _FEW:
        for value in values:
            x = axis.place(value)
            canvas.line([(x, base), (x, base - 12)], line, 1.6)
    else:
        tall = _LANE - 18
        ridge = [(x, base - height * tall) for x, height in density(values, axis)]
        canvas.area([(axis.left, base), *ridge, (axis.left + axis.width, base)], area)
        canvas.line(ridge, line, 1.4)
    middle = quantiles(values)[1]
    x = axis.place(middle)
    canvas.line([(x, base), (x, base - _LANE + 16)], line, 3)
    inside = min(max(x, axis.left + 14), axis.left + axis.width - 14)
    canvas.text(f"{middle:.3g}", (inside, base - _LANE + 13), size=_SMALL, anchor="middle", colour=line)


def _draw_band(canvas: Canvas, span: Values, axis: Axis, base: Number) -> None:
    start, end = axis.place(span[0]), axis.place(span[1])
    if span[0] == span[1]:
        canvas.box((start - 2, base - _STRIP + 4), (4, _STRIP - 5), _EDGE)
        return
    canvas.box((start, base - _STRIP + 4), (end - start, _STRIP - 5), _BAND)
    for x in (start, end):
        canvas.line([(x, base - _STRIP + 4), (x, base - 1)], _EDGE, 1.2)


def _draw_histogram(canvas: Canvas, sets: Mapping[str, Profile], place: Point) -> None:
    left, top = place
    bottom = top + _row_height(sets) - _FOOT + 6
    axis = RootAxis(0.0, _BRIGHTEST, left, 2 * _PANEL + _GAP)
    canvas.text("share of pixels by luma, 8-bit levels", (left, top + 20), size=_TYPE + 1)
    curves = [_curve(profile.luminance, axis) for profile in sets.values()]
    peak = max(height for curve in curves for _, height in curve)
    tall = bottom - top - _TITLE - 8
    for curve, (colour, _) in zip(curves, _COLOURS, strict=False):
        canvas.line([(x, bottom - height / peak * tall) for x, height in curve], colour, 2)
    axis.draw(canvas, bottom, _SMALL)


def _curve(shares: Values, axis: Axis) -> list[tuple[float, float]]:
    """Join bins until each is a level wide: narrower ones are full or empty by the steps of 8 bits alone."""
    edges = [_BRIGHTEST * (index / len(shares)) ** 2 for index in range(len(shares) + 1)]
    cuts = [0]
    for index, edge in enumerate(edges):
        if edge - edges[cuts[-1]] >= 1:
            cuts.append(index)
    step = axis.width / len(shares)
    return [
        (axis.left + (first + last) / 2 * step, sum(shares[first:last]) / (last - first))
        for first, last in pairwise(cuts)
    ]
