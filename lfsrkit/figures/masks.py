"""Every mask strategy over one face: figure 5 of the paper, our reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import torch
from torch import Tensor

from lfsrkit import seeding
from lfsrkit.calls import Call, parse_call
from lfsrkit.degradations import chain_from_text
from lfsrkit.errors import UsageError
from lfsrkit.figures.canvas import QUIET, Canvas
from lfsrkit.figures.faces import usable_faces
from lfsrkit.figures.figure import Figure
from lfsrkit.images import Pixels, resize, to_bytes, to_float, to_pixels
from lfsrkit.masks.base import STREAM, MaskStrategy
from lfsrkit.pairs.degrade import degrade
from lfsrkit.pairs.regions import maps_of, with_regions
from lfsrkit.regions import RegionFiles
from lfsrkit.registries import MASKS

EXAMPLES = {
    "invert": "invert(of=facial_region())",
    "schedule": "schedule(of=patch(), ratio=(0.2, 0.8))",
    "union": "union(a=patch(ratio=0.25), b=facial_region())",
}
"""How strategies are shown that cannot be made from their name alone."""

PROGRESS = 0.5
"""Share of a training at which the masks are drawn."""

_LOW = "fsr_gamma(scale=4)"
_SELECTED = (1.0, 0.55, 0.0)
_OPACITY = 0.8
_COLUMNS, _FACE, _GAP, _LEFT, _HEAD, _LABEL = 6, 150, 18, 16, 42, 40
_LINE, _LETTERS = 15, 24


@dataclass(frozen=True, eq=False)
class Shown:
    """One face and everything that a mask strategy may look at."""

    id: str
    clean: Tensor
    """(1, 3, h, w), 0 to 1."""
    hints: dict[str, Any]
    """By the names that `MaskStrategy.needs` uses."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One strategy over the face."""

    title: str
    picture: Pixels
    share: float | None
    """Of the pixels that are selected, 0 to 1; none for the face itself."""


def show_face(source: str, *, size: int = 128, landmarks: str | Path | None = None, seed: int = 0) -> Shown:
    """Read one face, and make what mask strategies look at: regions, a dark small version, the error of enlarging it.

    Args:
        source: A picture file, or the first face of a folder, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``.
        size: Side in pixels.
        landmarks: Table of landmarks to look the face up in; an average face stands in where nothing is known.
        seed: Of the degradation.

    Raises:
        UsageError: If the source does not exist.
        LfsrkitError: If it holds no usable face.
    """
    landmarks = None if landmarks is None else Path(landmarks)
    ref, picture, face = next(usable_faces([source], size))
    face = with_regions(face, picture, ref, RegionFiles(landmarks))
    clean = to_bytes([face.clean])
    low, _ = degrade(chain_from_text(_LOW), clean, [ref.id], seed=seed)
    enlarged = to_float(to_bytes([resize(to_pixels(low)[0], size, size)]))
    light = to_float(clean)
    error = (enlarged - light).abs().mean(1, keepdim=True)
    hints = {"regions": maps_of(face), "low": enlarged, "error": error, "progress": PROGRESS}
    return Shown(ref.id, light, hints)


def mask_panels(shown: Shown, masks: Sequence[Call] | None = None, *, seed: int = 0) -> list[Panel]:
    """Draw mask strategies over a face, the bare face first.

    Args:
        shown: From `show_face`.
        masks: Which; by default all that are registered and can be made from their name or from `EXAMPLES`.
        seed: Of the masks.

    Raises:
        UsageError: If a strategy that is named does not exist or cannot be made.
    """
    calls = _all() if masks is None else masks
    panels = [Panel("clean face", to_pixels(shown.clean)[0], None)]
    return panels + [_panel(shown, call, MASKS.build(call), seed) for call in calls]


def masks_figure(panels: Sequence[Panel]) -> Figure:
    """Lay the figure out.

    Args:
        panels: From `mask_panels`.
    """
    return Figure(*_size(panels), lambda canvas: _draw(canvas, panels))


def _all() -> list[Call]:
    calls = [parse_call(EXAMPLES.get(name, name)) for name in MASKS.names()]
    return [call for call in calls if _can_be_made(call)]


def _can_be_made(call: Call) -> bool:
    try:
        MASKS.build(call)
    except UsageError:  # a plug-in whose arguments nobody has given
        return False
    return True


def _panel(shown: Shown, call: Call, strategy: MaskStrategy, seed: int) -> Panel:
    height, width = shown.clean.shape[-2:]
    given = {name: shown.hints[name] for name in strategy.needs}
    mask = strategy.sample(1, height, width, seeding.generators(seed, [shown.id], 0, STREAM), **given)
    weight = _OPACITY * mask
    painted = shown.clean * (1 - weight) + weight * torch.tensor(_SELECTED).view(1, 3, 1, 1)
    return Panel(str(call), to_pixels(painted)[0], float(mask.mean()))


def _rows(panels: Sequence[Panel]) -> list[tuple[Sequence[Panel], int]]:
    """Give the panels of each row and how high it is."""
    rows = [panels[start : start + _COLUMNS] for start in range(0, len(panels), _COLUMNS)]
    return [(row, _FACE + _LABEL + _LINE * max(len(_settings(panel)) for panel in row)) for row in rows]


def _size(panels: Sequence[Panel]) -> tuple[int, int]:
    across = min(_COLUMNS, len(panels))
    return 2 * _LEFT + across * (_FACE + _GAP) - _GAP, _HEAD + sum(height for _, height in _rows(panels))


def _settings(panel: Panel) -> list[str]:
    """Break the parameters of a strategy into lines that fit under the face."""
    return wrap(panel.title.partition("(")[2].removesuffix(")"), _LETTERS)


def _draw(canvas: Canvas, panels: Sequence[Panel]) -> None:
    canvas.text("Mask strategies", (_LEFT, 28), size=20)
    top = _HEAD
    for row, height in _rows(panels):
        for column, panel in enumerate(row):
            _draw_panel(canvas, panel, (_LEFT + column * (_FACE + _GAP), top))
        top += height


def _draw_panel(canvas: Canvas, panel: Panel, place: tuple[int, int]) -> None:
    left, top = place
    base = top + _FACE + 18
    canvas.picture(panel.picture, place, _FACE)
    canvas.text(panel.title.partition("(")[0], (left, base), size=16)
    if panel.share is not None:
        canvas.text(f"{panel.share:.0%}", (left + _FACE, base), size=14, anchor="end", colour=QUIET)
    for number, line in enumerate(_settings(panel), 1):
        canvas.text(line, (left, base + _LINE * number), size=13, colour=QUIET)
