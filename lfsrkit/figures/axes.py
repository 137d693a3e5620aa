"""Axes of small charts: where a value lies, and which round numbers to write below."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import numpy as np

from lfsrkit.figures.canvas import INK, Canvas, Number

_APART = 30
"""Units between two numbers below an axis at the least."""
_POINTS = 96
"""Places at which a density is evaluated, evenly over its axis."""


class Axis(ABC):
    """A stretch of the sheet on which values lie.

    Args:
        low: Value at its left end.
        high: Value at its right end.
        left: The left end, in units of the sheet.
        width: In units.
    """

    def __init__(self, low: Number, high: Number, left: Number, width: Number) -> None:
        self.low, self.high, self.left, self.width = low, high, left, width

    @abstractmethod
    def warp(self, value: Number) -> float:
        """Give what grows evenly along the axis, such as the logarithm.

        Args:
            value: Any value of the axis.
        """

    def place(self, value: Number) -> float:
        """Find a value on the sheet; those beyond an end lie at that end.

        Args:
            value: Any value.
        """
        start, end = self.warp(self.low), self.warp(self.high)
        inside = min(max(value, self.low), self.high)
        return self.left + (self.warp(inside) - start) / (end - start) * self.width

    def ticks(self) -> list[float]:
        """Choose round numbers that do not crowd: 0 where it lies on the axis, then from the largest down."""
        chosen = [0.0] if self.low == 0 else []
        for value in reversed(_round_numbers(self.low, self.high)):
            if all(abs(self.place(other) - self.place(value)) >= _APART for other in chosen):
                chosen.append(value)
        return sorted(chosen)

    def draw(self, canvas: Canvas, bottom: Number, size: Number) -> None:
        """Draw the line, its ticks and their numbers.

        Args:
            canvas: What to draw on.
            bottom: Where the line is.
            size: Of the type.
        """
        canvas.line([(self.left, bottom), (self.left + self.width, bottom)], INK)
        for value in self.ticks():
            x = self.place(value)
            canvas.line([(x, bottom), (x, bottom + 4)], INK)
            canvas.text(f"{value:g}", (x, bottom + 6 + size), size=size, anchor="middle")


@final
class RootAxis(Axis):
    """Even in the square root, from 0 or more: room for the dark end."""

    def warp(self, value: Number) -> float:
        """Take the square root."""
        return math.sqrt(value)


@final
class LogAxis(Axis):
    """Even in the logarithm, above 0: a half lies as far from 1 as the double."""

    def warp(self, value: Number) -> float:
        """Take the logarithm."""
        return math.log(value)


def density(values: Sequence[float], axis: Axis) -> list[tuple[float, float]]:
    r"""Smooth the places of values on an axis: $d(x) \propto \sum_i e^{-(x - x_i)^2 / 2h^2}$, 1 at its peak.

    Args:
        values: At least one.
        axis: Where they lie.

    Returns:
        (place, height), from left to right.

    References:
        Silverman, Density Estimation for Statistics and Data Analysis, 1986 (the width h; 1.5 % of the axis at the
        least is ours). https://doi.org/10.1201/9781315140919
    """
    places = np.array([axis.place(value) for value in values])
    width = max(0.9 * places.std() * len(places) ** -0.2, 0.015 * axis.width)
    at = [axis.left + axis.width * step / (_POINTS - 1) for step in range(_POINTS)]
    heights = [float(np.exp(-(((x - places) / width) ** 2) / 2).sum()) for x in at]
    peak = max(heights)
    return [(x, height / peak) for x, height in zip(at, heights, strict=True)]


def _round_numbers(low: Number, high: Number) -> list[float]:
    """Few factors of powers of ten between two values, more of them where both are of one order."""
    factors = (1, 1.5, 2, 3, 5, 7) if high < 10 * low else (1, 2, 5)
    least = max(low, high * 1e-4)
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(high)) + 1)
    numbers = [float(f"{factor}e{power}") for power in powers for factor in factors]
    return [value for value in numbers if low <= value <= high]
