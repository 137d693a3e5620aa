"""Ranges of parameters: how they are checked, and how one number per picture is drawn from them.

One rule for all: an argument is a number, which is then fixed, or ``(low, high)``, from which each picture draws. A
fixed number consumes a draw all the same.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from lfsrkit.errors import BadParameters
from lfsrkit.seeding import SEED_LIMIT, Streams, streams

Range = float | tuple[float, float]
"""A fixed number, or the ends of a range."""

IntRange = int | tuple[int, int]
"""A fixed whole number, or the ends of a range, both included."""

_BLOCK = 32
"""Numbers that a stream is asked for at once: asking takes longer than the numbers themselves."""

_FAR = 6
"""Deviations above the mean from which on shares of a normal distribution are too near to 1 to tell numbers apart."""

_MOST = 1 - 2.0**-53
"""Largest share below 1, which would be infinitely far away."""

_HALF_STEP = 2.0**-54
"""Half of the distance between the numbers that a stream gives; stands for 0 where 0 would be infinitely far away."""


@final
class Draws(Sequence[Generator]):
    """The streams of ``n`` pictures, and the even numbers from them that are not used yet.

    Every draw below takes the next number of every picture. What is handed a `Draws` goes on where its giver stopped,
    so that the stages of a chain share its numbers.

    Args:
        sources: One stream per picture.
    """

    def __init__(self, sources: Sequence[Generator]) -> None:
        self._sources = sources
        self._left: list[NDArray[np.float64]] = []

    @classmethod
    def of(cls, n: int, generator: Streams) -> "Draws":
        """Take what `Degradation.sample` was given.

        Args:
            n: Number of pictures.
            generator: ``n`` generators, or one that seeds ``n`` children in order.
        """
        sources = streams(n, generator)
        return sources if isinstance(sources, Draws) else cls(sources)

    def __len__(self) -> int:
        return len(self._sources)

    def __getitem__(self, index: Any) -> Any:
        return self._sources[index]

    def units(self) -> NDArray[np.float64]:
        """Draw one number per picture, from 0 up to, not including, 1."""
        if not self._left:
            blocks = [torch.rand(_BLOCK, generator=source, dtype=torch.float64).numpy() for source in self._sources]
            self._left = list(np.array(blocks).reshape(len(blocks), _BLOCK).T[::-1])
        return self._left.pop()


def ends(span: Range | IntRange) -> tuple[float, float]:
    """Give both ends of a range.

    Args:
        span: A number or ``(low, high)``.

    Example:
        >>> ends(2.0), ends((1.5, 5.0))
        ((2.0, 2.0), (1.5, 5.0))
    """
    low, high = span if isinstance(span, tuple) else (span, span)
    return float(low), float(high)


def outside(
    name: str, span: Range | IntRange, least: int | float, most: int | float, *, log: bool = False
) -> str | None:
    """Say what is wrong with a range, or None.

    Args:
        name: Name of the argument.
        span: What was given.
        least: Smallest value that makes sense.
        most: Largest value that makes sense.
        log: Whether it is drawn on a logarithmic scale, where a range cannot begin at zero.

    Example:
        >>> outside("alpha", (0.9, 1.2), 0, 1)
        'alpha = (0.9, 1.2): give a number or (low, high) with 0 <= low <= high <= 1'
    """
    low, high = ends(span)
    if not least <= low <= high <= most:
        return f"{name} = {span}: give a number or (low, high) with {least} <= low <= high <= {most}"
    if log and low <= 0 < high:
        return f"{name} = {span}: a range that is drawn on a logarithmic scale cannot begin at 0; begin above it"
    return None


def unknown(name: str, value: str, known: Sequence[str]) -> str | None:
    """Say that a word is none of the known ones, or None.

    Args:
        name: Name of the argument.
        value: What was given.
        known: The words that there are.

    Example:
        >>> unknown("light", "raw", ("srgb", "linear"))
        "light = 'raw': give one of srgb, linear"
    """
    return None if value in known else f"{name} = {value!r}: give one of {', '.join(known)}"


def require(owner: str, *faults: str | None) -> None:
    """Refuse a component whose arguments have faults, all of them at once.

    Args:
        owner: Registered name of the degradation.
        faults: A line each, None where all is well.

    Raises:
        BadParameters: If there is a fault.
    """
    found = [fault for fault in faults if fault is not None]
    if found:
        raise BadParameters(f"degradation {owner!r}", found)


def uniform(span: Range, draws: Draws) -> list[float]:
    """Draw evenly between the ends.

    Args:
        span: A number or ``(low, high)``.
        draws: What to draw from.
    """
    low, high = ends(span)
    return (low + (high - low) * draws.units()).clip(low, high).tolist()


def log_uniform(span: Range, draws: Draws) -> list[float]:
    """Draw evenly between the logarithms of the ends: exp(U(log low, log high)).

    Args:
        span: A number, which may be 0, or ``(low, high)`` above 0.
        draws: What to draw from.
    """
    low, high = ends(span)
    if low == high:
        return uniform(span, draws)
    return [min(max(math.exp(value), low), high) for value in uniform((math.log(low), math.log(high)), draws)]


def integers(span: IntRange, draws: Draws) -> list[int]:
    """Draw whole numbers, both ends included.

    Args:
        span: A whole number or ``(low, high)``.
        draws: What to draw from.
    """
    low, high = span if isinstance(span, tuple) else (span, span)
    return [low + int(unit * (high - low + 1)) for unit in draws.units().tolist()]


def chances(probability: float, draws: Draws) -> list[bool]:
    """Say yes with a probability.

    Args:
        probability: 0 to 1.
        draws: What to draw from.
    """
    return (draws.units() < probability).tolist()


def draw_seeds(draws: Draws) -> list[int]:
    """Draw seeds below 2**53, small enough to be recorded exactly in JSON.

    Args:
        draws: What to draw from.
    """
    return [int(unit * SEED_LIMIT) for unit in draws.units().tolist()]


def normal(mean: float, deviation: float, draws: Draws) -> list[float]:
    """Draw from a normal distribution.

    Args:
        mean: Its mean.
        deviation: Its standard deviation.
        draws: What to draw from.
    """
    standard = NormalDist()
    return [mean + deviation * standard.inv_cdf(max(unit, _HALF_STEP)) for unit in draws.units().tolist()]


def truncated_normal(mean: float, deviation: float, span: Range, draws: Draws) -> list[float]:
    """Draw from the part of a normal distribution that lies between two ends.

    Args:
        mean: Mean of the whole distribution.
        deviation: Its standard deviation, above 0.
        span: A number, which is then certain, or ``(low, high)``, not many deviations below the mean.
        draws: What to draw from.
    """
    low, high = ends(span)
    if low < high and low > mean + _FAR * deviation:
        return _far_above(mean, deviation, (low, high), draws)
    whole = NormalDist(mean, deviation)
    shares = uniform((whole.cdf(low), whole.cdf(high)), draws)
    return [low if low == high else min(max(whole.inv_cdf(min(share, _MOST)), low), high) for share in shares]


def _far_above(mean: float, deviation: float, span: tuple[float, float], draws: Draws) -> list[float]:
    """Count shares from the upper end, for below it they are all 1."""
    low, high = span
    over = [math.erfc((end - mean) / deviation / math.sqrt(2)) / 2 for end in (high, low)]
    shares = uniform((over[0], over[1]), draws)
    return [min(max(mean - deviation * NormalDist().inv_cdf(share), low), high) for share in shares]
