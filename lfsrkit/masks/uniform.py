"""Masks that favour no place: every pixel or patch is selected with the same probability."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator

from lfsrkit.masks.base import Grid, Hints, MaskStrategy, check_length, check_ratio, exact_share
from lfsrkit.types import Masks


@dataclass(frozen=True)
class RandomPixels(MaskStrategy):
    """Select pixels at random, an exact share of them.

    Args:
        ratio: Share of the pixels, 0 to 1; ``round(ratio * height * width)`` of them are selected.

    Raises:
        UsageError: If the ratio is not between 0 and 1.

    Example:
        >>> RandomPixels(ratio=0.25).sample(2, 8, 8, torch.Generator().manual_seed(0)).sum(dim=(1, 2, 3))
        tensor([16., 16.])
    """

    ratio: float = 0.5

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw single pixels."""
        return _selected(Grid(height, width, size=1), self.ratio, generators)


@dataclass(frozen=True)
class Patch(MaskStrategy):
    """Select square patches at random, an exact share of them.

    The masks of masked autoencoders. Where the sides are not multiples of `size`, the patches at the right and at the
    bottom are cut, so the share of the pixels is exact only for multiples.

    Args:
        ratio: Share of the patches, 0 to 1; the nearest whole number of them is selected.
        size: Side of a patch in pixels.

    Raises:
        UsageError: If the ratio is not between 0 and 1, or the size is not positive.

    References:
        He et al., Masked Autoencoders Are Scalable Vision Learners, CVPR 2022. https://arxiv.org/abs/2111.06377

    Example:
        >>> Patch(ratio=0.75, size=16).sample(1, 64, 64, torch.Generator().manual_seed(0)).mean()
        tensor(0.7500)
    """

    ratio: float = 0.5
    size: int = 16

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_length("size", self.size)

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw patches of the grid."""
        return _selected(Grid(height, width, self.size), self.ratio, generators)


def _selected(grid: Grid, ratio: float, generators: Sequence[Generator]) -> Masks:
    count = exact_share(ratio, grid.cells)
    # A permutation per picture has no ties and is twice as fast as sorting random keys.
    return grid.select(torch.stack([torch.randperm(grid.cells, generator=each)[:count] for each in generators]))
