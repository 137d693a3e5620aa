"""What is told of dark pictures, measure by measure, in tables and in figures."""

from collections.abc import Callable
from dataclasses import dataclass

from lfsrkit.realism.bands import Band, Span
from lfsrkit.realism.profile import Profile


@dataclass(frozen=True)
class Measure:
    """One number a picture."""

    title: str
    read: Callable[[Profile], tuple[float, ...] | None]
    """Gives the values of a set, or None where they are not known."""
    band: Callable[[Band], Span] | None = None
    """Gives those of a published set; None where there are none."""
    is_ratio: bool = False
    """Whether half is as far from 1 as twice, so that its axis is logarithmic."""


MEASURES = (
    Measure("mean luma", lambda p: p.luma, lambda b: b.luma),
    Measure("red / green", lambda p: p.red_to_green, lambda b: b.red_to_green, is_ratio=True),
    Measure("blue / green", lambda p: p.blue_to_green, lambda b: b.blue_to_green, is_ratio=True),
    Measure("noise (levels)", lambda p: p.noise.level if p.noise else None, lambda b: b.noise),
    Measure("p99 / median luma", lambda p: p.highlight, lambda b: (b.highlight, b.highlight), is_ratio=True),
    Measure("values at 0 (%)", lambda p: _percent(p.black)),
    Measure("values at 255 (%)", lambda p: _percent(p.white)),
)
"""In the order in which they are told."""


def _percent(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(100 * share for share in shares)
