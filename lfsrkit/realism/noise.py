"""Noise in numbers: one level for a picture, its growth with light, its correlation between neighbours."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lfsrkit.types import PerImage

Planes = Float[Tensor, "n h w"]
"""One channel of a batch."""

Numbers = Float[Tensor, " m"]
"""Any count of numbers."""

Edges = Float[Tensor, " edges"]
"""Inner edges of bins, in order."""

SMALLEST = 64
"""Shorter side in pixels from which noise can be told from texture."""
BLOCK = 4
"""Side of the blocks in which local mean and variance are taken, in pixels."""
BINS = 8
"""Bins of local mean, equally filled."""
FEWEST = 50
"""Blocks that a bin needs to be used; the variance of fewer is known to worse than 10 %."""

# Mean of the lower half of a chi-squared variable with 13 degrees of freedom (16 pixels less a plane), by its mean:
# 2 F_15(median of chi2_13).
_LOWER_HALF = 0.694
_MOST = 1_000_000
"""Means that are enough to cut bins by; `torch.quantile` takes 16 million at most."""


@dataclass(frozen=True)
class Transfer:
    """A photon-transfer curve: how the variance of noise grows with light, both in linear light, white = 1."""

    mean: tuple[float, ...]
    """Mean light of each bin; NaN where there are too few blocks."""
    variance: tuple[float, ...]
    """Variance of the noise in each bin; NaN likewise."""


def centre_of(images: Tensor, most: int) -> Tensor:
    """Cut the middle out of pictures; its noise stands for that of the whole.

    Args:
        images: A batch in any number format.
        most: Largest height and width of the result in pixels.

    Example:
        >>> centre_of(torch.zeros(1, 3, 200, 90), 128).shape
        torch.Size([1, 3, 128, 90])
    """
    top, left = (max(0, side - most) // 2 for side in images.shape[-2:])
    return images[..., top : top + most, left : left + most]


def lag_one(residual: Planes) -> PerImage:
    r"""Correlate each value with its right and its lower neighbour: 0 for white noise, above for smoothed noise.

    $\rho_1 = \frac{\tfrac12 (\overline{n_{y,x} n_{y,x+1}} + \overline{n_{y,x} n_{y+1,x}})}{\overline{n^2}}$ after the
    mean is taken off.

    Args:
        residual: Noise alone.

    Example:
        >>> lag_one(torch.tensor([[[1.0, -1.0], [-1.0, 1.0]]])).item()
        -1.0
    """
    noise = residual - residual.mean((1, 2), keepdim=True)
    across = (noise[:, :, 1:] * noise[:, :, :-1]).mean((1, 2))
    down = (noise[:, 1:] * noise[:, :-1]).mean((1, 2))
    return (across + down) / 2 / noise.square().mean((1, 2)).clamp_min(1e-30)


def flat_blocks(light: Planes) -> tuple[Numbers, Numbers]:
    """Take mean and variance of squares of 4 x 4 pixels, each after a plane was fitted to it and taken off.

    Args:
        light: One channel, in linear light.

    Returns:
        Mean and variance of every block of every picture.
    """
    n, height, width = light.shape
    rows, columns = height // BLOCK, width // BLOCK
    squares = light[:, : rows * BLOCK, : columns * BLOCK].reshape(n, rows, BLOCK, columns, BLOCK)
    squares = squares.transpose(2, 3).reshape(-1, BLOCK, BLOCK)
    mean = squares.mean((1, 2))
    rest = squares - mean[:, None, None]
    slope = torch.linspace(-1, 1, BLOCK, dtype=light.dtype, device=light.device)
    for ramp in (slope[None, :].expand(BLOCK, BLOCK), slope[:, None].expand(BLOCK, BLOCK)):
        rest = rest - (rest * ramp).sum((1, 2), keepdim=True) / ramp.square().sum() * ramp
    return mean, rest.square().sum((1, 2)) / (BLOCK**2 - 3)


def bin_edges(mean: Numbers) -> Edges:
    """Cut means into 8 equally filled bins.

    Args:
        mean: Of each block.
    """
    step = -(-len(mean) // _MOST)
    return torch.quantile(mean[::step], torch.linspace(0, 1, BINS + 1, dtype=mean.dtype)[1:-1])


def transfer_curve(mean: Numbers, variance: Numbers, edges: Edges) -> Transfer:
    """Take the variance of noise in each bin of light from the flatter half of its blocks.

    Texture makes a block less flat, so it hardly counts. The mean of the lower half of the variances is divided by what
    it is for normal noise alone, 0.694 of the variance.

    Args:
        mean: From `flat_blocks`.
        variance: From `flat_blocks`.
        edges: From `bin_edges`; curves that are compared share them.

    References:
        Janesick, Photon Transfer, SPIE Press 2007 (the curve; the lower half is our reading).
        https://doi.org/10.1117/3.725073
    """
    place = torch.bucketize(mean, edges)
    bins = [place == index for index in range(len(edges) + 1)]
    enough = [int(chosen.sum()) >= FEWEST for chosen in bins]
    means = [float(mean[chosen].mean()) if ok else math.nan for chosen, ok in zip(bins, enough, strict=True)]
    noise = [_lower_half(variance[chosen]) if ok else math.nan for chosen, ok in zip(bins, enough, strict=True)]
    return Transfer(tuple(means), tuple(noise))


def shot_and_read(curve: Transfer) -> tuple[float, float]:
    r"""Fit $\sigma^2 = s L + r$ with s, r at least 0, every bin with the same relative error.

    Args:
        curve: From `transfer_curve`.

    Returns:
        Shot slope s and read variance r; NaN where fewer than two bins could be used, which make no line.

    Example:
        >>> s, r = shot_and_read(Transfer((0.1, 0.2, 0.4), (0.0003, 0.0005, 0.0009)))
        >>> round(s, 6), round(r, 6)
        (0.002, 0.0001)
    """
    points = [(m, v) for m, v in zip(curve.mean, curve.variance, strict=True) if math.isfinite(m) and v > 0]
    if len(points) < 2:
        return math.nan, math.nan
    light, noise = torch.tensor(points, dtype=torch.float64).unbind(1)
    shapes = torch.stack([light, torch.ones_like(light)], 1) / noise[:, None]
    slope, offset = (
        torch.linalg.lstsq(shapes, torch.ones(len(noise), 1, dtype=torch.float64)).solution.flatten().tolist()
    )
    if slope >= 0 and offset >= 0:
        return slope, offset
    shape = shapes[:, 0 if offset < 0 else 1]
    alone = float(shape.sum() / shape.square().sum())
    return (alone, 0.0) if offset < 0 else (0.0, alone)


def _lower_half(values: Tensor) -> float:
    return float(values.sort().values[: len(values) // 2].mean()) / _LOWER_HALF
