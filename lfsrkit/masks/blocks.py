"""Masks of rectangles: coarse patches, blocks that pile up, a single box."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from lfsrkit.errors import UsageError
from lfsrkit.masks.base import Grid, Hints, MaskStrategy, check_length, check_ratio, exact_share, uniform
from lfsrkit.types import Masks

_ROUNDS = 12
"""Blocks that are drawn at most; what is still missing then is filled with single patches."""


@dataclass(frozen=True)
class SimMim(MaskStrategy):
    """Select coarse square patches at random, a share of them rounded up.

    Args:
        ratio: Share of the patches, 0 to 1; rounded up to a whole number of them.
        size: Side of a patch in pixels; the published one is 32 at 192 pixels.

    Raises:
        UsageError: If the ratio is not between 0 and 1, or the size is not positive.

    References:
        Xie et al., SimMIM: A Simple Framework for Masked Image Modeling, CVPR 2022. https://arxiv.org/abs/2111.09886

    Example:
        >>> SimMim().sample(1, 128, 128, torch.Generator().manual_seed(0)).mean()
        tensor(0.6250)
    """

    ratio: float = 0.6
    size: int = 32

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_length("size", self.size)

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw patches of the grid."""
        grid = Grid(height, width, self.size)
        count = math.ceil(self.ratio * grid.cells)
        return grid.select(torch.stack([torch.randperm(grid.cells, generator=each)[:count] for each in generators]))


@dataclass(frozen=True)
class Block(MaskStrategy):
    r"""Pile up blocks of patches until an exact share of them is selected.

    A block has an area of $U(m, k)$ patches, k those still missing, and an aspect ratio of
    $\exp U(\ln a, -\ln a)$; the last one is cut row by row where the share is reached.

    Args:
        ratio: Share of the patches, 0 to 1; the nearest whole number of them is selected.
        size: Side of a patch in pixels.
        least: Smallest area m of a block in patches, from 1; published: 16.
        aspect: Smallest ratio a of height to width, above 0, at most 1.

    Raises:
        UsageError: If a parameter is out of range.

    References:
        Bao et al., BEiT: BERT Pre-Training of Image Transformers, ICLR 2022. https://arxiv.org/abs/2106.08254

    Example:
        >>> Block(ratio=0.25).sample(1, 64, 64, torch.Generator().manual_seed(0)).mean()
        tensor(0.2500)
    """

    ratio: float = 0.4
    size: int = 8
    least: int = 16
    aspect: float = 0.3

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_length("size", self.size)
        if self.least < 1 or not 0 < self.aspect <= 1:
            raise UsageError(
                f"least is an area from 1 and aspect a ratio above 0, at most 1; {self.least} and {self.aspect} given"
            )

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw block after block, for all pictures at once."""
        grid = Grid(height, width, self.size)
        draws = uniform(4 * _ROUNDS + grid.cells, generators)
        count = exact_share(self.ratio, grid.cells)
        chosen = torch.zeros(len(draws), grid.cells, dtype=torch.bool)
        for numbers in draws[:, : 4 * _ROUNDS].chunk(_ROUNDS, dim=1):
            missing = count - chosen.sum(1)
            fresh = self._rectangles(grid, missing, numbers).flatten(1) & ~chosen
            chosen |= fresh & (fresh.cumsum(1) <= missing[:, None])
        # What is selected comes first, in any order; then single patches by chance.
        order = (draws[:, 4 * _ROUNDS :] + chosen).argsort(dim=1, descending=True)
        return grid.select(order[:, :count])

    def _rectangles(
        self, grid: Grid, missing: Int[Tensor, " n"], numbers: Float[Tensor, "n 4"]
    ) -> Bool[Tensor, "n rows columns"]:
        share, shape, top, left = numbers.unbind(1)
        area = self.least + share * (missing - self.least).clamp_min(0)
        aspect = torch.exp((2 * shape - 1) * -math.log(self.aspect))
        rows = (area * aspect).sqrt().round().clamp(1, grid.rows)
        columns = (area / aspect).sqrt().round().clamp(1, grid.columns)
        return _inside(grid.rows, rows, top)[:, :, None] & _inside(grid.columns, columns, left)[:, None, :]


@dataclass(frozen=True)
class Box(MaskStrategy):
    """Select one box anywhere in the picture.

    Args:
        area: Range of its share of the picture, 0 to 1.
        aspect: Range of its ratio of height to width, above 0, drawn log-uniformly.

    Raises:
        UsageError: If a range is empty or leaves its limits.

    References:
        Zhong et al., Random Erasing Data Augmentation, AAAI 2020. https://arxiv.org/abs/1708.04896

    Example:
        >>> Box(area=(0.25, 0.25), aspect=(1.0, 1.0)).sample(1, 64, 64, torch.Generator().manual_seed(0)).mean()
        tensor(0.2500)
    """

    area: tuple[float, float] = (0.1, 0.33)
    aspect: tuple[float, float] = (0.3, 3.3)

    def __post_init__(self) -> None:
        if not 0 <= self.area[0] <= self.area[1] <= 1 or not 0 < self.aspect[0] <= self.aspect[1]:
            raise UsageError(f"area is a range in 0 to 1, aspect one above 0; {self.area} and {self.aspect} were given")

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw a box for each picture."""
        share, shape, top, left = uniform(4, generators).unbind(1)
        area = (self.area[0] + (self.area[1] - self.area[0]) * share) * height * width
        narrow, tall = (math.log(end) for end in self.aspect)
        aspect = torch.exp(narrow + (tall - narrow) * shape)
        rows = (area * aspect).sqrt().round().clamp(1, height)
        columns = (area / rows).round().clamp(1, width)
        inside = _inside(height, rows, top)[:, :, None] & _inside(width, columns, left)[:, None, :]
        return inside[:, None].float()


def _inside(length: int, sides: Float[Tensor, " n"], places: Float[Tensor, " n"]) -> Bool[Tensor, "n length"]:
    """Tell which positions lie in intervals of given lengths at places from 0 (the beginning) to 1 (the end)."""
    start = (places * (length - sides + 1)).floor()
    positions = torch.arange(length)
    return (positions >= start[:, None]) & (positions < (start + sides)[:, None])
