"""Masks that look at the pictures: where it is dark, where the restoration is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Generator, Tensor

from lfsrkit.colour import luma
from lfsrkit.masks.base import Grid, Hints, MaskStrategy, check_length, check_ratio, exact_share, uniform
from lfsrkit.types import Masks


@dataclass(frozen=True)
class Dark(MaskStrategy):
    """Select the patches where the low picture is darkest, an exact share of them.

    Args:
        ratio: Share of the patches, 0 to 1; the nearest whole number of them is selected.
        size: Side of a patch in pixels.

    Raises:
        UsageError: If the ratio is not between 0 and 1, or the size is not positive.

    Example:
        >>> import torch
        >>> low = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
        >>> mask = Dark(ratio=0.25, size=8).sample(1, 64, 64, torch.Generator(), low=low)
        >>> mask[0, 0, 0, [0, 15, 16, 63]]
        tensor([1., 1., 0., 0.])
    """

    ratio: float = 0.5
    size: int = 8

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_length("size", self.size)

    @property
    def needs(self) -> frozenset[str]:
        """The low pictures."""
        return frozenset({"low"})

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Take the patches of least luma."""
        grid = Grid(height, width, self.size)
        return _highest(grid, -luma(grid.pooled(hints.require("low"))).flatten(1), self.ratio, generators)


@dataclass(frozen=True)
class Hard(MaskStrategy):
    """Select the patches where the current error is largest, an exact share of them.

    Args:
        ratio: Share of the patches, 0 to 1; the nearest whole number of them is selected.
        size: Side of a patch in pixels.

    Raises:
        UsageError: If the ratio is not between 0 and 1, or the size is not positive.

    References:
        Shrivastava, Gupta, Girshick, Training Region-based Object Detectors with Online Hard Example Mining, CVPR 2016
        (the idea). https://arxiv.org/abs/1604.03540

    Example:
        >>> import torch
        >>> error = torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
        >>> mask = Hard(ratio=0.25, size=8).sample(1, 64, 64, torch.Generator(), error=error)
        >>> mask[0, 0, 0, [0, 47, 48, 63]]
        tensor([0., 0., 1., 1.])
    """

    ratio: float = 0.5
    size: int = 8

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_length("size", self.size)

    @property
    def needs(self) -> frozenset[str]:
        """The error of the restored pictures."""
        return frozenset({"error"})

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Take the patches of largest error."""
        grid = Grid(height, width, self.size)
        return _highest(grid, grid.means(hints.require("error")), self.ratio, generators)


def _highest(grid: Grid, scores: Float[Tensor, "n cells"], ratio: float, generators: Sequence[Generator]) -> Masks:
    """Select the patches of the highest scores; equal ones by chance."""
    shuffled = uniform(grid.cells, generators).argsort(dim=1)
    order = scores.cpu().gather(1, shuffled).argsort(dim=1, descending=True, stable=True)
    return grid.select(shuffled.gather(1, order)[:, : exact_share(ratio, grid.cells)])
