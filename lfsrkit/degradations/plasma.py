"""Plasma: uneven light without a visible source, such as patches of shade."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from lfsrkit.degradations.base import LinearDegradation, Params, tensor_like
from lfsrkit.degradations.draws import Draws, Range, draw_seeds, outside, require, uniform
from lfsrkit.degradations.fields import Normalise, above_ambient, lit, unknown_normalise
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

_GRID = 33
"""Side of the grid on which the field is drawn; a picture of any size gets an enlarged one."""

_SIDES = (3, 5, 9, 17, 33)
"""Sides of the grids of its levels."""


@dataclass(frozen=True)
class Plasma(LinearDegradation):
    r"""Shade with a smooth random field, coarse and fine at once.

    $y = L\,F$ with $F = a + (1 - a)\,P$. P is a plasma fractal of 33x33 points by the diamond-square algorithm, spread
    over the picture with a bicubic kernel and stretched so that it runs from 0 to 1. The same seed gives the same field
    at every size. Its use as a factor of linear light, and the range of a, are our reading.

    Args:
        roughness: Range of the share that each finer level is drawn anew instead of averaged, relative to the coarser
            one, 0 (smooth) to 1 (grainy).
        ambient: Range of the light a in the darkest place, 0 to 1.
        normalise: ``"max"``, or ``"mean"`` to divide by the mean instead, which keeps the average light.

    Raises:
        BadParameters: If a range leaves its limits or the normalisation is unknown.

    References:
        Fournier, Fussell, Carpenter, Computer Rendering of Stochastic Models, Communications of the ACM 1982 (the
        algorithm; ours gives the numbers of kornia's variant with less overhead). https://doi.org/10.1145/358523.358553

        Nicolaou, Christlein, Riba, Shi, Vogeler, Seuret, TorMentor: Deterministic dynamic-path, data augmentations with
        fractals, CVPR Workshops 2022 (plasma shadows). https://arxiv.org/abs/2204.03776

    Example:
        >>> drawn = {"roughness": [0.5], "ambient": [0.25], "seed": [0]}
        >>> field = Plasma().apply_light(torch.ones(1, 3, 64, 64), drawn)
        >>> field.amin().item(), field.amax().item()
        (0.25, 1.0)
    """

    roughness: Range = (0.1, 0.7)
    ambient: Range = (0.1, 0.6)
    normalise: Normalise = "max"

    def __post_init__(self) -> None:
        require(
            "plasma",
            outside("roughness", self.roughness, 0, 1),
            outside("ambient", self.ambient, 0, 1),
            unknown_normalise(self.normalise),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw roughness and ambient light evenly, and the seed of the field itself."""
        draws = Draws.of(n, generator)
        return {
            "roughness": uniform(self.roughness, draws),
            "ambient": uniform(self.ambient, draws),
            "seed": draw_seeds(draws),
        }

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Shade with the fields that the recorded seeds stand for."""
        grid = plasma(params["seed"], params["roughness"]).to(light)
        down, across = (tensor_like(_spread(side), light) for side in light.shape[-2:])
        return lit(light, above_ambient(params["ambient"], _stretched(down @ grid @ across.T)), self.normalise)

    def neutral(self, n: int) -> Params | None:
        """Ambient light only."""
        return {"roughness": [0.0] * n, "ambient": [1.0] * n, "seed": [0] * n}


def plasma(seeds: Sequence[int], roughness: Sequence[float]) -> Tensor:
    """Draw plasma fractals (n, 1, 33, 33) on the CPU in float64, each from its own seed.

    Args:
        seeds: One per picture, as recorded.
        roughness: One per picture, 0 to 1.
    """
    drawn = torch.stack([_evenly(seed) for seed in seeds])
    grid = torch.zeros(len(seeds), _GRID, _GRID, dtype=torch.float64)
    grid[:, :: _GRID - 1, :: _GRID - 1] = drawn[:, :4].reshape(-1, 2, 2).mT
    start = 4
    for level, side in enumerate(_SIDES):
        step = (_GRID - 1) // (side - 1)
        share = torch.tensor([r**level if level else 0.0 for r in roughness], dtype=torch.float64).view(-1, 1, 1)
        fresh = drawn[:, start : start + side**2].reshape(-1, side, side)
        _refine(grid[:, ::step, ::step], share, fresh)
        start += side**2 if level else 0
    return grid[:, None]


def _evenly(seed: int) -> Tensor:
    """Draw the corners and the points of all levels but the first, which is averaged only."""
    count = 4 + sum(side**2 for side in _SIDES[1:])
    return torch.rand(count, dtype=torch.float64, generator=Generator().manual_seed(seed))


def _refine(grid: Tensor, share: Tensor, fresh: Tensor) -> None:
    """Set every second point from its neighbours, mixed with fresh numbers: diagonal ones first, then the rest."""
    corners = grid[:, :-1:2, :-1:2] + grid[:, 2::2, :-1:2] + grid[:, :-1:2, 2::2] + grid[:, 2::2, 2::2]
    grid[:, 1::2, 1::2] = (corners / 4).lerp(fresh[:, 1::2, 1::2], share)
    _refine_edges(grid, share, fresh)
    _refine_edges(grid.mT, share, fresh.mT)


def _refine_edges(grid: Tensor, share: Tensor, fresh: Tensor) -> None:
    """Set the points between two corners of a row; they have a diagonal point above and below, at the border one."""
    sums = grid[:, ::2, :-1:2] + grid[:, ::2, 2::2]
    sums[:, 1:] += grid[:, 1::2, 1::2]
    sums[:, :-1] += grid[:, 1::2, 1::2]
    sums[:, 1:-1] /= 4
    sums[:, :: sums.shape[1] - 1] /= 3
    grid[:, ::2, 1::2] = sums.lerp(fresh[:, ::2, 1::2], share)


@lru_cache(maxsize=64)
def _spread(side: int) -> NDArray[np.float64]:
    """Make the matrix (side, 33) of cubic interpolation, a = -3/4, between points that reach from border to border."""
    places = np.linspace(0, _GRID - 1, side) if side > 1 else np.zeros(1)
    points = np.floor(places)[:, None] + np.arange(-1, 3)
    distances = np.abs(points - places[:, None])
    near = (1.25 * distances - 2.25) * distances**2 + 1
    far = -0.75 * (((distances - 5) * distances + 8) * distances - 4)
    matrix = np.zeros((side, _GRID))
    np.add.at(
        matrix,
        (np.arange(side)[:, None], points.clip(0, _GRID - 1).astype(np.int64)),
        np.where(distances <= 1, near, far),
    )
    return matrix


def _stretched(field: Tensor) -> Tensor:
    least, most = field.amin((1, 2, 3), keepdim=True), field.amax((1, 2, 3), keepdim=True)
    return (field - least) / (most - least).clamp_min(torch.finfo(field.dtype).tiny)
