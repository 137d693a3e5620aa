"""A mask in the shape of a bank of fog."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator

from lfsrkit.masks import Grid, Hints, MaskStrategy
from lfsrkit.masks.base import check_ratio, exact_share, uniform
from lfsrkit.types import Masks


@dataclass(frozen=True)
class FogBank(MaskStrategy):
    """Select one side of a straight line in a random direction, an exact share of the pixels.

    The line moves in from outside along the direction that was drawn, until it has passed the share that is asked for.

    Args:
        ratio: Share of the pixels, 0 to 1; ``round(ratio * height * width)`` of them are selected.

    Raises:
        UsageError: If the ratio is not between 0 and 1.

    Example:
        >>> FogBank(ratio=0.25).sample(2, 8, 8, torch.Generator().manual_seed(0)).sum(dim=(1, 2, 3))
        tensor([16., 16.])
    """

    ratio: float = 0.5

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw directions, then take the pixels that lie farthest along them."""
        angle = 2 * math.pi * uniform(1, generators)
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        along = angle.sin() * rows.flatten() + angle.cos() * columns.flatten()
        pixels = Grid(height, width, size=1)
        order = along.argsort(dim=1, descending=True)
        return pixels.select(order[:, : exact_share(self.ratio, pixels.cells)])
