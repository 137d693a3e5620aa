"""Masks made of other masks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Generator

from lfsrkit.errors import UsageError
from lfsrkit.masks.base import Hints, MaskStrategy, uniform
from lfsrkit.types import Masks


@dataclass(frozen=True)
class Union(MaskStrategy):
    """Select what either of two strategies selects.

    Args:
        a: A strategy.
        b: Another one.

    Example:
        >>> from lfsrkit import MASKS
        >>> both = Union(a=MASKS.create("checkerboard"), b=MASKS.create("stripes"))
        >>> both.sample(1, 64, 64, torch.Generator().manual_seed(0)).mean()
        tensor(0.7500)
    """

    a: MaskStrategy
    b: MaskStrategy

    @property
    def needs(self) -> frozenset[str]:
        """What either needs."""
        return self.a.needs | self.b.needs

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw both, one after the other from the same streams."""
        first = self.a.draw(height, width, generators, hints)
        second = self.b.draw(height, width, generators, hints)
        # One may have looked at pictures on an accelerator, and the other at nothing.
        return torch.maximum(first, second.to(first.device))


@dataclass(frozen=True)
class Invert(MaskStrategy):
    """Select what another strategy does not select.

    Args:
        of: The other strategy.

    Example:
        >>> from lfsrkit import MASKS
        >>> Invert(of=MASKS.create("patch", ratio=0.25)).sample(1, 64, 64, torch.Generator()).mean()
        tensor(0.7500)
    """

    of: MaskStrategy

    @property
    def needs(self) -> frozenset[str]:
        """What the other needs."""
        return self.of.needs

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw and turn round."""
        return 1 - self.of.draw(height, width, generators, hints)


@dataclass(frozen=True)
class Schedule(MaskStrategy):
    r"""Change the ratio of a strategy, or go over to another one, in the course of training.

    With $t$ the share of training between `begin` and `end`, 0 before and 1 after: the ratio is
    $(1 - t)\,r_0 + t\,r_1$; or a picture is masked by the other strategy with probability $t$.

    Args:
        of: The strategy to begin with.
        ratio: Ratios $(r_0, r_1)$ at the beginning and at the end; `of` must have a ratio.
        to: The strategy to end with, instead of a ratio.
        begin: Share of the training at which the change begins, 0 to 1.
        end: Share of the training at which it is complete, 0 to 1, at least `begin`.

    Raises:
        UsageError: If not exactly one of `ratio` and `to` is given, `of` has no ratio, or a value is out of range.

    Example:
        >>> from lfsrkit import MASKS
        >>> grows = Schedule(of=MASKS.create("patch"), ratio=(0.25, 0.75))
        >>> [grows.sample(1, 64, 64, torch.Generator(), progress=t).mean().item() for t in (0.0, 0.5, 1.0)]
        [0.25, 0.5, 0.75]
    """

    of: MaskStrategy
    ratio: tuple[float, float] | None = None
    to: MaskStrategy | None = None
    begin: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        if (self.ratio is None) == (self.to is None):
            raise UsageError(
                "a schedule changes the ratio or the strategy: give either ratio=(r0, r1) or to=strategy()"
            )
        if not 0 <= self.begin <= self.end <= 1:
            raise UsageError(f"begin and end are shares with 0 <= begin <= end <= 1; {self.begin} and {self.end} given")
        for ratio in self.ratio or ():
            self._with_ratio(ratio)

    @property
    def needs(self) -> frozenset[str]:
        """What the strategies need, and the progress."""
        return self.of.needs | {"progress"} | (self.to.needs if self.to is not None else frozenset())

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw with the ratio, or with the strategies, of the moment."""
        span = self.end - self.begin
        done = (hints.progress - self.begin) / span if span > 0 else float(hints.progress >= self.end)
        done = min(max(done, 0.0), 1.0)
        if self.ratio is not None:
            moment = self._with_ratio(self.ratio[0] + (self.ratio[1] - self.ratio[0]) * done)
            return moment.draw(height, width, generators, hints)
        later = uniform(1, generators)[:, :, None, None] < done
        first = self.of.draw(height, width, generators, hints)
        last = first if self.to is None else self.to.draw(height, width, generators, hints)
        return torch.where(later.to(first.device), last, first)

    def _with_ratio(self, ratio: float) -> MaskStrategy:
        changed: Any = self.of
        try:
            return replace(changed, ratio=ratio)
        except TypeError:
            raise UsageError(f"{self.of} has no ratio that could change; give to=strategy() instead") from None
