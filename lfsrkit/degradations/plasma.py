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

_FIRST = 5
"""Where the points of the first level stand in the order of setting: behind a nought and the four corners."""

_DIAGONAL = ((-1, -1), (1, -1), (-1, 1), (1, 1))
_STRAIGHT = ((0, -1), (0, 1), (-1, 0), (1, 0))
"""Where the neighbours of a point lie that is set first in its level, and those of the others."""


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


@dataclass(frozen=True)
class _Step:
    """Points that are set at once, each from its neighbours: half of a level of the algorithm."""

    neighbours: NDArray[np.int64]
    """(4 k): for each of four neighbours where it lies in the order of setting; 0 is none."""
    counts: NDArray[np.float64]
    """(k): how many neighbours there are."""
    fresh: NDArray[np.int64]
    """(k): which fresh number is mixed in."""
    level: int


def plasma(seeds: Sequence[int], roughness: Sequence[float]) -> Tensor:
    """Draw plasma fractals (n, 1, 33, 33) on the CPU in float64, each from its own seed.

    Args:
        seeds: One per picture, as recorded.
        roughness: One per picture, 0 to 1.
    """
    steps, order = _plan()
    drawn = torch.stack([_evenly(seed) for seed in seeds])
    fresh = drawn.index_select(1, torch.from_numpy(np.concatenate([step.fresh for step in steps])))
    points = torch.zeros(len(seeds), _FIRST + fresh.shape[1], dtype=torch.float64)
    points[:, 1:_FIRST] = drawn[:, :4]
    shares = np.array(roughness)[:, None] ** np.arange(len(_SIDES)) * (np.arange(len(_SIDES)) > 0)
    at = _FIRST
    for step in steps:
        count = len(step.counts)
        around = points.index_select(1, torch.from_numpy(step.neighbours)).view(-1, 4, count)
        middle = around.sum(1).div_(torch.from_numpy(step.counts))
        share = torch.from_numpy(shares[:, step.level, None])
        points[:, at : at + count] = middle.lerp_(fresh[:, at - _FIRST : at - _FIRST + count], share)
        at += count
    return points.index_select(1, torch.from_numpy(order)).view(-1, 1, _GRID, _GRID)


def _evenly(seed: int) -> Tensor:
    """Draw the corners and the points of all levels but the first, which is averaged only."""
    count = 4 + sum(side**2 for side in _SIDES[1:])
    return torch.rand(count, dtype=torch.float64, generator=Generator().manual_seed(seed))


@lru_cache(maxsize=1)
def _plan() -> tuple[list[_Step], NDArray[np.int64]]:
    """Say which points are set from which, and where every point of the grid ends up in the order of setting."""
    order = np.zeros((_GRID + 2, _GRID + 2), np.int64)  # with a rim of points that do not exist
    order[1 :: _GRID - 1, 1 :: _GRID - 1] = [[1, 3], [2, 4]]
    steps: list[_Step] = []
    start, count = 4, _FIRST
    for level, side in enumerate(_SIDES):
        reach = (_GRID - 1) // (side - 1)
        rows, columns = np.divmod(np.arange(side**2), side)
        for is_next, ways in ((rows % 2 & columns % 2, _DIAGONAL), (rows % 2 ^ columns % 2, _STRAIGHT)):
            (chosen,) = is_next.nonzero()
            y, x = rows[chosen] * reach, columns[chosen] * reach
            around = np.stack([order[_beside(y, down * reach), _beside(x, across * reach)] for down, across in ways])
            steps.append(_Step(around.ravel(), (around > 0).sum(0).astype(np.float64), start + chosen, level))
            order[y + 1, x + 1] = count + np.arange(len(chosen))
            count += len(chosen)
        start += side**2 if level else 0
    return steps, order[1:-1, 1:-1].ravel()


def _beside(places: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
    """Find neighbours in a grid with a rim, on which those beyond the border lie."""
    return (places + reach + 1).clip(0, _GRID + 1)


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
