"""Masks drawn by hand, as it were."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator

from lfsrkit.dice import Dice
from lfsrkit.errors import UsageError
from lfsrkit.masks.base import Hints, MaskStrategy
from lfsrkit.types import Masks

_TURN, _TURN_SCATTER = 2 * math.pi / 5, 2 * math.pi / 15
_VERTICES = (4, 11)
_BLOCK = 256
"""Numbers that a stream is asked for at once: enough for six strokes of any length."""


@dataclass(frozen=True)
class Strokes(MaskStrategy):
    r"""Select free-form brush strokes.

    One stroke or more, each a polyline of 4 to 11 steps with round joints: a step turns by $2\pi/5 \pm 2\pi/15$, every
    second one the other way, and is $N(R, R/2)$ long, cut to $0..2R$, with R an eighth of the diagonal. Drawn on the
    CPU.

    Args:
        count: Range of the number of strokes, both ends included, from 1.
        width: Range of the width of a stroke as a share of the height, above 0, at most 1; published: 12 to 40 of 256
            pixels.

    Raises:
        UsageError: If a range is empty or leaves its limits.

    References:
        Yu et al., Free-Form Image Inpainting with Gated Convolution, ICCV 2019. https://arxiv.org/abs/1806.03589

    Example:
        >>> mask = Strokes().sample(1, 64, 64, torch.Generator().manual_seed(0))
        >>> bool(0 < mask.mean() < 1)
        True
    """

    count: tuple[int, int] = (1, 3)
    width: tuple[float, float] = (12 / 256, 40 / 256)

    def __post_init__(self) -> None:
        if not 1 <= self.count[0] <= self.count[1] or not 0 < self.width[0] <= self.width[1] <= 1:
            raise UsageError(f"count is a range from 1, width one in 0 to 1; {self.count} and {self.width} were given")

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw the strokes of each picture with Pillow."""
        pictures = [self._drawn(height, width, Dice(each, _BLOCK)) for each in generators]
        return torch.from_numpy(np.stack(pictures))[:, None].float()

    def _drawn(self, height: int, width: int, dice: Dice) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        from PIL import Image, ImageDraw

        picture = Image.new("L", (width, height))
        pen = ImageDraw.Draw(picture)
        for _ in range(dice.integer(self.count)):
            thick = max(1, round(height * dice.uniform(self.width)))
            points = list(_polyline(height, width, dice))
            pen.line(points, fill=1, width=thick, joint="curve")
            for x, y in (points[0], points[-1]):
                pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=1)
        return np.asarray(picture)


def _polyline(height: int, width: int, dice: Dice) -> Iterator[tuple[float, float]]:
    x, y = dice.uniform((0.0, float(width))), dice.uniform((0.0, float(height)))
    yield x, y
    reach = math.hypot(height, width) / 8
    mean_turn = dice.uniform((_TURN - _TURN_SCATTER, _TURN + _TURN_SCATTER))
    for step in range(dice.integer(_VERTICES)):
        turn = dice.uniform((mean_turn - _TURN_SCATTER, mean_turn + _TURN_SCATTER))
        angle = 2 * math.pi - turn if step % 2 == 0 else turn
        length = min(max(_normal(reach, reach / 2, dice), 0), 2 * reach)
        x = min(max(x + length * math.sin(angle), 0), width)
        y = min(max(y + length * math.cos(angle), 0), height)
        yield x, y


def _normal(mean: float, deviation: float, dice: Dice) -> float:
    radius = math.sqrt(-2 * math.log(1 - dice.unit()))
    return mean + deviation * radius * math.cos(2 * math.pi * dice.unit())
