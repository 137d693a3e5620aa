"""Plasma: uneven light without a visible source, such as patches of shade."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn.functional import interpolate, pad

from lfsrkit.degradations.base import LinearDegradation, Params, settled
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
        field = settled(interpolate(grid, light.shape[-2:], mode="bicubic", align_corners=True))
        return lit(light, above_ambient(params["ambient"], _stretched(field)), self.normalise)

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
    return settled(grid[:, None])


def _evenly(seed: int) -> Tensor:
    """Draw the corners and the points of all levels but the first, which is averaged only."""
    count = 4 + sum(side**2 for side in _SIDES[1:])
    return torch.rand(count, dtype=torch.float64, generator=Generator().manual_seed(seed))


def _refine(grid: Tensor, share: Tensor, fresh: Tensor) -> None:
    """Set every second point from its neighbours, mixed with fresh numbers: diagonal ones first, then the rest."""
    corners = grid[:, :-1:2, :-1:2] + grid[:, 2::2, :-1:2] + grid[:, :-1:2, 2::2] + grid[:, 2::2, 2::2]
    grid[:, 1::2, 1::2] = (1 - share) * corners / 4 + share * fresh[:, 1::2, 1::2]
    around = pad(grid, (1, 1, 1, 1))
    sums = around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]
    sums[:, :: grid.shape[1] - 1] /= 3
    sums[:, :, :: grid.shape[2] - 1] /= 3
    sums[:, 1:-1, 1:-1] /= 4
    mixed = (1 - share) * sums + share * fresh
    grid[:, ::2, 1::2] = mixed[:, ::2, 1::2]
    grid[:, 1::2, ::2] = mixed[:, 1::2, ::2]


def _stretched(field: Tensor) -> Tensor:
    least, most = field.amin((1, 2, 3), keepdim=True), field.amax((1, 2, 3), keepdim=True)
    return (field - least) / (most - least).clamp_min(torch.finfo(field.dtype).tiny)
