"""How unevenly a picture is lit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lfsrkit.colour import luma
from lfsrkit.realism.fit.cells import SHADE, least_squares
from lfsrkit.realism.fit.spread import Others, middle
from lfsrkit.types import Images, PerImage

LEAST = 0.5
"""Stops between the sides below which the light counts as even."""
MOST = 6.0
"""Stops between the sides that are fitted at the most."""
GRID = 6
"""Cells on either side in which light is measured."""

Grids = Float[Tensor, "n cells"]
"""Binary logarithm of the mean light of each cell, row by row."""

_ANGLES = 16
"""Directions of a slope that stand for all."""
_SURE = 2.5
"""Standard errors by which the ranks of pictures must lie above those of simulated ones: by chance in 1 of 160 sets."""


@dataclass(frozen=True)
class Tilt:
    """How a slope of light is read from a picture in spite of what faces and their surroundings look like."""

    usual: Float[Tensor, " cells"]
    """Mean of normally lit faces."""
    weights: Float[Tensor, "2 cells"]
    """What each cell counts for the slopes to the right and downwards, in stops per half side."""
    shares: Float[Tensor, " 2"]
    """How much each slope counts, by how little normal faces scatter in it."""

    @classmethod
    def of(cls, normal: Grids) -> "Tilt":
        """Learn from normally lit faces: `least_squares` with level and slopes unknown.

        Args:
            normal: From `log_grid`.
        """
        across = (torch.arange(GRID, dtype=normal.dtype) - (GRID - 1) / 2) / (GRID / 2)
        shapes = torch.stack([torch.ones(GRID**2).to(across), across.repeat(GRID), across.repeat_interleave(GRID)], 1)
        weights, scatter = least_squares(normal, shapes)
        precision = 1 / scatter.diag()[1:]
        return cls(normal.mean(0), weights[1:], precision / precision.sum())

    def unevenness(self, grids: Grids) -> PerImage:
        r"""Give how much more light one side has than the other, in stops squared: $u = 8 \sum_k w_k s_k^2$.

        That of a slope of any direction is u on average over the directions.

        Args:
            grids: From `log_grid`, of any pictures.
        """
        slopes = (grids - self.usual) @ self.weights.T
        return 8 * (slopes.square() * self.shares).sum(1)


def log_grid(light: Images) -> Grids:
    """Give the light in the cells of a 6 x 6 grid.

    Args:
        light: Linear, white = 1.

    Example:
        >>> log_grid(torch.full((1, 3, 12, 12), 0.25))[0, :3]
        tensor([-2., -2., -2.])
    """
    cells = functional.adaptive_avg_pool2d(luma(light), GRID).flatten(1)
    floor = cells.mean(1, keepdim=True).clamp_min(1e-5) * SHADE
    return cells.maximum(floor).log2()


def tilts_apart(normal: Grids, chosen: Sequence[int]) -> list[Tilt]:
    """Learn for each chosen face from the others: a face looks evener to what was learned from itself.

    Args:
        normal: Of normally lit faces.
        chosen: Positions of those that will be simulated.
    """
    return [Tilt.of(torch.cat([normal[:index], normal[index + 1 :]])) for index in chosen]


def next_ramp(stops: float, observed: PerImage, simulated: Others) -> float:
    r"""Correct the stops between the lit and the dark side of a picture: $c^2 \leftarrow c^2 + u_o - u_s$.

    Args:
        stops: With which the pictures were simulated; 0 for even light, which stays unless the difference is beyond
            chance.
        observed: `Tilt.unevenness` of the dark pictures.
        simulated: That of the simulated ones.
    """
    if stops == 0 and _standard_errors(observed, simulated) < _SURE:
        return 0.0
    found = math.sqrt(max(0.0, stops**2 + middle(observed) - middle(simulated)))
    return min(found, MOST) if found >= LEAST else 0.0


def least_ramp(count: int, even: Others) -> float:
    r"""Estimate from which slope on uneven light would be told from even light in every second set of pictures.

    A slope of $c$ stops makes $u + 2 c \sqrt u \cos \varphi + c^2$ of an unevenness $u$, with an even angle $\varphi$
    between it and the slope that the face has already.

    Args:
        count: Number of dark pictures.
        even: `Tilt.unevenness` of pictures that were simulated in even light.

    Returns:
        Stops between the lit and the dark side, in tenths, up to those that are fitted at the most.
    """
    angles = torch.arange(_ANGLES, dtype=even.dtype) * (2 * math.pi / _ANGLES)

    def sloped(stops: float) -> PerImage:
        return (even + 2 * stops * even.sqrt() * angles.cos()[:, None] + stops**2).flatten()

    tenths = range(round(10 * LEAST), round(10 * MOST))
    return next((n / 10 for n in tenths if _standard_errors(sloped(n / 10), even, count) >= _SURE), MOST)


def _standard_errors(observed: PerImage, simulated: Others, count: int | None = None) -> float:
    """By how much observed values rank above simulated ones (Mann and Whitney 1947); a few outliers do not decide."""
    n, m = count or len(observed), len(simulated)
    above = (observed[:, None] > simulated).double() + 0.5 * (observed[:, None] == simulated).double()
    return float(above.mean() - 0.5) * n * m / math.sqrt(n * m * (n + m + 1) / 12)
