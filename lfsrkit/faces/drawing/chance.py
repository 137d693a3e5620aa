"""Plain numbers and colours drawn from a stream."""

import torch

from lfsrkit.faces.drawing.numbers import Colour, Number

SKIN_TONES: tuple[Colour, ...] = (
    (0.93, 0.78, 0.70),
    (0.90, 0.72, 0.61),
    (0.85, 0.66, 0.53),
    (0.77, 0.57, 0.43),
    (0.66, 0.46, 0.34),
    (0.53, 0.36, 0.27),
    (0.41, 0.28, 0.22),
)
"""Faces in even light from very light to very dark; our reading of the ten swatches of the Monk scale."""

HAIR_COLOURS: tuple[Colour, ...] = (
    (0.08, 0.07, 0.07),
    (0.13, 0.10, 0.09),
    (0.22, 0.15, 0.11),
    (0.33, 0.22, 0.14),
    (0.48, 0.33, 0.20),
    (0.70, 0.54, 0.34),
    (0.82, 0.70, 0.50),
    (0.50, 0.22, 0.11),
)
"""From black over brown and blond to red."""

GREYS: tuple[Colour, ...] = ((0.45, 0.44, 0.43), (0.62, 0.61, 0.60), (0.80, 0.79, 0.77))
"""Hair that has lost its colour."""

IRISES: tuple[Colour, ...] = (
    (0.20, 0.12, 0.07),
    (0.30, 0.18, 0.09),
    (0.40, 0.28, 0.14),
    (0.38, 0.40, 0.24),
    (0.36, 0.48, 0.56),
    (0.28, 0.42, 0.58),
    (0.44, 0.48, 0.50),
)
"""From brown over green to blue and grey."""


class Chance:
    """Plain numbers, one after the other, from one stream.

    Args:
        generator: The stream.
    """

    def __init__(self, generator: torch.Generator) -> None:
        # One call for all numbers of a face: a call for each would take longer than drawing the nose.
        self._numbers = iter(torch.rand(512, generator=generator).tolist())

    def between(self, low: Number, high: Number) -> float:
        """Draw a number from a range, all equally likely."""
        return low + (high - low) * next(self._numbers)

    def around(self, middle: Number, spread: Number) -> float:
        """Draw a number near ``middle``, never further away than ``2 * spread``."""
        return middle + spread * 4 * ((next(self._numbers) + next(self._numbers) + next(self._numbers)) / 3 - 0.5)

    def chance(self, share: float) -> bool:
        """Draw yes with a probability."""
        return next(self._numbers) < share

    def seed(self) -> int:
        """Draw a seed for a texture."""
        return int(next(self._numbers) * 2**24)

    def along(self, colours: tuple[Colour, ...], low: Number = 0, high: Number = 1) -> Colour:
        """Draw a colour between neighbours of a list."""
        place = self.between(low, high) * (len(colours) - 1)
        first = min(int(place), len(colours) - 2)
        return blend(colours[first], colours[first + 1], place - first)

    def colour(self, low: Number, high: Number, vividness: Number) -> Colour:
        """Draw a colour of any hue between two brightnesses."""
        base, tint = self.between(low, high), self.between(0, vividness)
        r, g, b = (base * (1 - tint * self.between(0, 1)) for _ in range(3))
        return r, g, b


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """Mix two colours.

    Args:
        first: At 0.
        second: At 1.
        share: Of the second.
    """
    r, g, b = (one + (other - one) * share for one, other in zip(first, second, strict=True))
    return r, g, b


def shade(colour: Colour, factor: float) -> Colour:
    """Make a colour darker or lighter.

    Args:
        colour: Any.
        factor: Below 1 darkens.
    """
    r, g, b = (min(1.0, part * factor) for part in colour)
    return r, g, b
