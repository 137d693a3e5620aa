"""Ranges of parameters: how they are checked, and how one number per picture is drawn from them.

One rule for all: an argument is a number, which is then fixed, or ``(low, high)``, from which each picture draws. A
fixed number consumes a draw all the same.
"""

import math
from collections.abc import Sequence

import torch
from torch import Generator, float64

from lfsrkit.errors import BadParameters

Range = float | tuple[float, float]
"""A fixed number, or the ends of a range."""

IntRange = int | tuple[int, int]
"""A fixed whole number, or the ends of a range, both included."""


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


def outside(name: str, span: Range | IntRange, least: int, most: int, *, log: bool = False) -> str | None:
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


def uniform(span: Range, sources: Sequence[Generator]) -> list[float]:
    """Draw evenly between the ends.

    Args:
        span: A number or ``(low, high)``.
        sources: One stream per picture.
    """
    low, high = ends(span)
    return [_within(span, low + (high - low) * _unit(source)) for source in sources]


def log_uniform(span: Range, sources: Sequence[Generator]) -> list[float]:
    """Draw evenly between the logarithms of the ends: exp(U(log low, log high)).

    Args:
        span: A number, which may be 0, or ``(low, high)`` above 0.
        sources: One stream per picture.
    """
    low, high = ends(span)
    if low == high:
        return uniform(span, sources)
    return [_within(span, math.exp(value)) for value in uniform((math.log(low), math.log(high)), sources)]


def integers(span: IntRange, sources: Sequence[Generator]) -> list[int]:
    """Draw whole numbers, both ends included.

    Args:
        span: A whole number or ``(low, high)``.
        sources: One stream per picture.
    """
    low, high = span if isinstance(span, tuple) else (span, span)
    return [int(torch.randint(low, high + 1, (), generator=source)) for source in sources]


def normal(mean: float, deviation: float, sources: Sequence[Generator]) -> list[float]:
    """Draw from a normal distribution.

    Args:
        mean: Its mean.
        deviation: Its standard deviation.
        sources: One stream per picture.
    """
    return [mean + deviation * torch.randn((), generator=source, dtype=float64).item() for source in sources]


def _within(span: Range, value: float) -> float:
    low, high = ends(span)
    return min(max(value, low), high)


def _unit(source: Generator) -> float:
    return torch.rand((), generator=source, dtype=float64).item()
