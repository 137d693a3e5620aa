"""Faces in less and less light, with their colour histograms and channel means: figure 2 of the paper, our reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from textwrap import wrap

import torch
from torch import Tensor

from lfsrkit.degradations import chain_from_text
from lfsrkit.figures.canvas import INK, QUIET, Anchor, Canvas, Point
from lfsrkit.figures.faces import usable_faces
from lfsrkit.figures.figure import Figure
from lfsrkit.images import Pixels, to_bytes, to_pixels
from lfsrkit.pairs.degrade import replay
from lfsrkit.types import Bytes

STOPS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
"""Levels that are shown: normal light, then one to five stops less."""
BINS = 64
MOST = 1000
"""Faces over which histograms are taken at the most."""

_CHANNELS = (("R", "#d23a28"), ("G", "#5cb878"), ("B", "#14246e"))
"""Of three lightnesses, so that print without colour tells them apart, too; the bars name them."""
_TICKS: tuple[tuple[int, Anchor], ...] = ((0, "start"), (128, "middle"), (255, "end"))
_FACE, _GAP, _LEFT = 150, 14, 16
_CURVES, _BARS = 110, 57
_HEAD, _LINE = 30, 18
_LETTER = 7.5
"""Most that a letter of the note takes on average, in units."""


@dataclass(frozen=True, eq=False)
class Lighting:
    """One level of light."""

    stops: float
    """Less than normal light."""
    face: Pixels
    """The first face in this light."""
    histogram: tuple[tuple[float, ...], ...]
    """For red, green and blue, the share of values in each of 64 bins."""
    means: tuple[float, ...]
    """Of red, green and blue, in 8-bit levels."""


def read_faces(sources: Sequence[str], size: int = 128) -> Bytes:
    """Read the faces of a figure.

    Args:
        sources: Picture files; folders, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``.
        size: Side in pixels.

    Raises:
        UsageError: If a source does not exist.
        LfsrkitError: If no picture can be used.
    """
    return to_bytes([face.clean for _, _, face in islice(usable_faces(sources, size), MOST)])


def measure_lighting(faces: Bytes, stops: Sequence[int | float] = STOPS) -> list[Lighting]:
    """Take light away in linear light, and count what is left in 8 bits.

    Args:
        faces: Normally lit.
        stops: How much less light, level by level, 0 to 16.

    Example:
        >>> levels = measure_lighting(torch.full((1, 3, 8, 8), 188, dtype=torch.uint8), (0.0, 1.0))
        >>> [round(level.means[0]) for level in levels]
        [188, 137]
    """
    return [_level(faces, amount) for amount in stops]


def lighting_figure(levels: Sequence[Lighting], faces: int = 1) -> Figure:
    """Lay the figure out.

    Args:
        levels: From `measure_lighting`.
        faces: How many faces were measured.
    """
    return Figure(*_size(levels, faces), lambda canvas: _draw(canvas, levels, faces))


def _level(faces: Bytes, stops: int | float) -> Lighting:
    chain = chain_from_text(f"exposure(stops={stops})")
    dark = replay(chain, faces, chain.sample(len(faces), torch.Generator())) if stops else faces
    return Lighting(
        stops=stops,
        face=to_pixels(dark[:1])[0],
        histogram=tuple(_shares(dark[:, channel]) for channel in range(3)),
        means=tuple(dark.double().mean((0, 2, 3)).tolist()),
    )


def _shares(values: Tensor) -> tuple[float, ...]:
    counts = torch.bincount((values.long() * BINS // 256).flatten(), minlength=BINS)
    return tuple((counts.double() / values.numel()).tolist())


def _size(levels: Sequence[Lighting], faces: int) -> tuple[int, int]:
    return _width(levels), _HEAD + _FACE + 30 + _CURVES + 34 + _BARS + 20 + _LINE * len(_notes(levels, faces))


def _width(levels: Sequence[Lighting]) -> int:
    return 2 * _LEFT + len(levels) * (_FACE + _GAP) - _GAP


def _notes(levels: Sequence[Lighting], faces: int) -> list[str]:
    many = "one face" if faces == 1 else f"{faces} faces; the first is shown"
    note = f"Shares of 8-bit values (square root, each panel up to its own peak) and channel means of {many}."
    return wrap(note, int((_width(levels) - 2 * _LEFT) / _LETTER))


def _draw(canvas: Canvas, levels: Sequence[Lighting], faces: int) -> None:
    brightest = max(max(level.means) for level in levels)
    for column, level in enumerate(levels):
        left = _LEFT + column * (_FACE + _GAP)
        title = "normal light" if level.stops == 0 else f"{level.stops:g} stop{'s' * (level.stops != 1)} less"
        canvas.text(title, (left + _FACE / 2, _HEAD - 9), size=17, anchor="middle")
        canvas.picture(level.face, (left, _HEAD), _FACE)
        _curves(canvas, level, (left, _HEAD + _FACE + 24))
        _bars(canvas, level, (left, _HEAD + _FACE + 24 + _CURVES + 36), brightest)
    _, height = _size(levels, faces)
    for number, note in enumerate(reversed(_notes(levels, faces))):
        canvas.text(note, (_LEFT, height - 12 - number * _LINE), size=14, colour=QUIET)


def _curves(canvas: Canvas, level: Lighting, place: Point) -> None:
    left, top = place
    bottom, peak = top + _CURVES, max(map(max, level.histogram))
    for value, anchor in _TICKS:
        x = left + value / 255 * _FACE
        canvas.line([(x, bottom), (x, bottom + 4)], INK)
        canvas.text(str(value), (x, bottom + 18), size=13, anchor=anchor)
    for shares, (_, colour) in zip(level.histogram, _CHANNELS, strict=True):
        # The square root keeps the tail of a dark picture visible beside its peak.
        heights = [(share / peak) ** 0.5 * (_CURVES - 4) for share in shares]
        steps = [(left + (bin_ + 0.5) / BINS * _FACE, bottom - height) for bin_, height in enumerate(heights)]
        canvas.line(steps, colour, 1.4)
    canvas.line([(left, bottom), (left + _FACE, bottom)], INK)


def _bars(canvas: Canvas, level: Lighting, place: Point, brightest: float) -> None:
    left, top = place
    for row, (mean, (name, colour)) in enumerate(zip(level.means, _CHANNELS, strict=True)):
        y = top + row * _BARS / 3
        canvas.text(name, (left, y + 13), size=14)
        canvas.box((left + 17, y + 2), (mean / brightest * (_FACE - 66), 12), colour)
        canvas.text(f"{mean:.1f}", (left + _FACE, y + 13), size=14, anchor="end")
