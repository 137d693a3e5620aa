"""Light in the parts of a face square, and the mixture of the parts that differs least from face to face."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lfsrkit.types import Images

Cells = Float[Tensor, "n 3 6"]
"""Binary logarithm of the mean light of each channel in six parts: three rows, middle column and outer columns."""

Rows = Float[Tensor, "n m"]
"""Numbers of a picture, one row for each normally lit face."""

Weights = Float[Tensor, "k m"]
"""How much each of m numbers of a picture counts for each of k unknowns."""

Scatter = Float[Tensor, "k k"]
"""Covariance of the unknowns over normally lit faces."""

SHADE = 0.02
"""Share of the mean light below which a part counts as black, so that a black wall is no outlier."""
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
    floor = light[:, 1].mean((1, 2)).clamp_min(1e-5) * SHADE
    return parts.maximum(floor[:, None, None]).log2()


def least_squares(rows: Rows, shapes: Float[Tensor, "m k"], ridge: float = 1e-6) -> tuple[Weights, Scatter]:
    r"""Weigh numbers so that their scatter between faces counts least: generalised least squares.

    $W = C J^\top S^{-1}$ and $C = (J^\top S^{-1} J)^{-1}$; S is the covariance over faces, shrunk towards its diagonal.

    Args:
        rows: One row for each normally lit face.
        shapes: J, by how much each number shifts with each unknown.
        ridge: What is added to every variance, for a number may be the same on all faces.

    Returns:
        W and C.

    References:
        Aitken, On Least Squares and Linear Combination of Observations, Proceedings of the Royal Society of Edinburgh
        1936. https://doi.org/10.1017/S0370164600014346
    """
    covariance = torch.cov(rows.T)
    shrunk = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * covariance.diag().diag()
    known = torch.linalg.solve(shrunk + ridge * torch.eye(len(shrunk), dtype=rows.dtype), shapes).T
    scatter = torch.linalg.inv(known @ shapes)
    return scatter @ known, scatter


def steadiest(rows: Rows, unknowns: int) -> Weights:
    """Weigh numbers by `least_squares` where every m / k numbers in a row shift by the same unknown.

    The background of one face says little about its light, the skin more, both together most.

    Args:
        rows: One row for each normally lit face.
        unknowns: How many unknowns k there are.

    Example:
        >>> rows = torch.tensor([[0.0, 3.0], [1.0, -3.0], [-1.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
        >>> weights = steadiest(rows, 1)
        >>> bool(weights[0, 0] > weights[0, 1]), round(weights.sum().item(), 6)
        (True, 1.0)
    """
    shifts = torch.eye(unknowns, dtype=rows.dtype).repeat_interleave(rows.shape[1] // unknowns, 0)
    # The ridge of all fits so far, which shall come out the same.
    return least_squares(rows, shifts, ridge=7e-7)[0]
