"""Draws for one picture, for what makes many choices in a row."""

from collections.abc import Mapping, Sequence
from typing import TypeVar, final

import torch
from torch import Generator

from lfsrkit.seeding import SEED_LIMIT

T = TypeVar("T")


@final
class Dice:
    """Evenly distributed numbers from one stream, handed out as choices; every call consumes exactly one of them.

    Args:
        source: The stream of the picture.
        block: Numbers that the stream is asked for at once, from 1: asking takes longer than the numbers themselves.
            What draws from the stream afterwards depends on it.

    Example:
        >>> dice = Dice(Generator().manual_seed(0))
        >>> dice.chance(1.0), dice.uniform(2.5), dice.integer((3, 3)), dice.weighted({"a": 0.0, "b": 1.0})
        (True, 2.5, 3, 'b')
    """

    def __init__(self, source: Generator, block: int = 32) -> None:
        self._source = source
        self._block = block
        self._numbers: list[float] = []

    def unit(self) -> float:
        """Draw from 0 up to, not including, 1."""
        if not self._numbers:
            block = torch.rand(self._block, generator=self._source, dtype=torch.float64)
            self._numbers = block.flip(0).tolist()
        return self._numbers.pop()

    def uniform(self, span: float | tuple[float, float]) -> float:
        """Draw evenly between the ends.

        Args:
            span: A number or ``(low, high)``.
        """
        low, high = span if isinstance(span, tuple) else (span, span)
        return min(low + (high - low) * self.unit(), high)

    def integer(self, span: int | tuple[int, int]) -> int:
        """Draw a whole number, both ends included.

        Args:
            span: A whole number or ``(low, high)``.
        """
        low, high = span if isinstance(span, tuple) else (span, span)
        return low + int(self.unit() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        """Say yes with a probability.

        Args:
            probability: 0 to 1.
        """
        return self.unit() < probability

    def weighted(self, weights: Mapping[T, float]) -> T:
        """Choose one of several.

        Args:
            weights: Probability of each; they sum to one.
        """
        left = self.unit()
        for choice, weight in weights.items():
            left -= weight
            if left < 0:
                return choice
        return max(weights, key=lambda choice: weights[choice])

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Put items in random order.

        Args:
            items: What to order; as many draws are consumed.
        """
        keys = [self.unit() for _ in items]
        return [items[index] for index in sorted(range(len(items)), key=lambda index: keys[index])]

    def seed(self) -> int:
        """Draw a seed below 2**53 for a field of noise."""
        return int(self.unit() * SEED_LIMIT)
