"""Light in the parts of a face square, and the mixture of the parts that differs least from face to face."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lfsrkit.types import Images

Cells = Float[Tensor, "n 3 6"]
"""Binary logarithm of the mean light of each channel in six parts: three rows, middle column and outer columns."""

Weights = Float[Tensor, "k m"]
"""How much each of m numbers of a picture counts for each of k unknowns."""

_SHADE = 0.02
"""Share of the mean green light below which a part counts as black, so that a black wall is no outlier."""
_SHRINKAGE = 0.3
"""Share of the covariances that is distrusted."""


def log_cells(light: Images) -> Cells:
    """Give the light in the cells of a 3 x 3 grid, left and right taken together.

    Args:
        light: Linear, white = 1.

    Example:
        >>> log_cells(torch.full((1, 3, 6, 6), 0.25))[0, 0]
        tensor([-2., -2., -2., -2., -2., -2.])
    """
    grid = functional.adaptive_avg_pool2d(light, 3)
    parts = torch.cat([grid[..., 1], (grid[..., 0] + grid[..., 2]) / 2], 2)
    floor = light[:, 1].mean((1, 2)).clamp_min(1e-5) * _SHADE
    return parts.maximum(floor[:, None, None]).log2()


def steadiest(rows: Float[Tensor, "n m"], unknowns: int) -> Weights:
    r"""Weigh numbers so that their scatter between faces counts least: generalised least squares.

    $W = (J^\top S^{-1} J)^{-1} J^\top S^{-1}$ with the covariance S over faces, shrunk towards its diagonal, and J,
    which says that every m / k numbers in a row shift by the same unknown. The background of one face says little about
    its light, the skin more, both together most.

    Args:
        rows: One row for each normally lit face.
        unknowns: How many unknowns k there are.

    References:
        Aitken, On Least Squares and Linear Combination of Observations, Proceedings of the Royal Society of Edinburgh
        1936. https://doi.org/10.1017/S0370164600014346

    Example:
        >>> rows = torch.tensor([[0.0, 3.0], [1.0, -3.0], [-1.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
        >>> weights = steadiest(rows, 1)
        >>> bool(weights[0, 0] > weights[0, 1]), round(weights.sum().item(), 6)
        (True, 1.0)
    """
    covariance = torch.cov(rows.T)
    shrunk = covariance + _SHRINKAGE / (1 - _SHRINKAGE) * covariance.diag().diag()
    steady = shrunk + 1e-6 * torch.eye(len(shrunk), dtype=rows.dtype)
    shifts = torch.eye(unknowns, dtype=rows.dtype).repeat_interleave(rows.shape[1] // unknowns, 0)
    known = torch.linalg.solve(steady, shifts).T
    return torch.linalg.solve(known @ shifts, known)
