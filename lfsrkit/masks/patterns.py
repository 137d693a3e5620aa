"""Masks of regular patterns; only where they begin is random."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator

from lfsrkit.errors import UsageError
from lfsrkit.masks.base import Hints, MaskStrategy, check_length, check_ratio, uniform
from lfsrkit.types import Masks


@dataclass(frozen=True)
class Squares(MaskStrategy):
    """Select squares on a regular grid.

    Squares of side ``round(period * sqrt(ratio))``, one in every period; the grid begins at a random place.

    Args:
        ratio: Share of the picture, 0 to 1, as nearly as whole pixels allow.
        period: Distance of neighbouring squares in pixels.

    Raises:
        UsageError: If the ratio is not between 0 and 1, or the period is not positive.

    References:
        Chen et al., GridMask Data Augmentation, 2020. https://arxiv.org/abs/2001.04086

    Example:
        >>> Squares(ratio=0.25, period=16).sample(1, 64, 64, torch.Generator().manual_seed(0)).mean()
        tensor(0.2500)
    """

    ratio: float = 0.5
    period: int = 16

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_length("period", self.period)

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw where the grid begins."""
        side = round(self.period * math.sqrt(self.ratio))
        down, across = (uniform(2, generators) * self.period).floor().unbind(1)
        rows = (torch.arange(height) + down[:, None]) % self.period < side
        columns = (torch.arange(width) + across[:, None]) % self.period < side
        return (rows[:, :, None] & columns[:, None, :])[:, None].float()


@dataclass(frozen=True)
class Checkerboard(MaskStrategy):
    """Select every second square of a checkerboard.

    Args:
        size: Side of a square in pixels; the board begins at a random place.

    Raises:
        UsageError: If the size is not positive.

    Example:
        >>> Checkerboard(size=8).sample(1, 64, 64, torch.Generator().manual_seed(0)).mean()
        tensor(0.5000)
    """

    size: int = 8

    def __post_init__(self) -> None:
        check_length("size", self.size)

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw where the board begins."""
        down, across = (uniform(2, generators) * 2 * self.size).floor().unbind(1)
        period = 2 * self.size
        rows = (torch.arange(height) + down[:, None]) % period < self.size
        columns = (torch.arange(width) + across[:, None]) % period < self.size
        return (rows[:, :, None] ^ columns[:, None, :])[:, None].float()


@dataclass(frozen=True)
class Stripes(MaskStrategy):
    """Select rows or columns in regular stripes.

    Args:
        ratio: Share of the picture, 0 to 1, as nearly as whole pixels allow.
        period: Distance of neighbouring stripes in pixels.
        along: ``"rows"`` for horizontal stripes, ``"columns"`` for vertical ones, ``"either"`` for one of them by
            chance.

    Raises:
        UsageError: If a parameter is out of range.

    Example:
        >>> Stripes(ratio=0.25).sample(1, 64, 64, torch.Generator().manual_seed(0)).mean()
        tensor(0.2500)
    """

    ratio: float = 0.5
    period: int = 16
    along: Literal["rows", "columns", "either"] = "either"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_length("period", self.period)
        if self.along not in ("rows", "columns", "either"):
            raise UsageError(f"along is 'rows', 'columns' or 'either'; {self.along!r} was given")

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw the direction and where the stripes begin."""
        direction, start = uniform(2, generators).unbind(1)
        flat = {"rows": 1.0, "columns": 0.0, "either": 0.5}[self.along] > direction
        offset = (start * self.period).floor()[:, None]
        side = round(self.ratio * self.period)
        rows, columns = ((torch.arange(length) + offset) % self.period < side for length in (height, width))
        across = rows[:, :, None].expand(-1, -1, width)
        down = columns[:, None, :].expand(-1, height, -1)
        return torch.where(flat[:, None, None], across, down)[:, None].float()
