"""A fixed bank of filters that sees fine detail: how strong edges and lines of each direction and width are."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lfsrkit.losses.base import Pyramid
from lfsrkit.types import Images

WAVELENGTH = 4.0
"""Pixels; that of the finest band, the shortest at which both phases are well sampled."""
DIRECTIONS = 4
WIDTHS = 3
"""Bands of 4, 8 and 16 pixels: eyelashes to the corner of a mouth, in a face of 128 pixels."""

_RADIUS = 4
_SMOOTH = 1e-3
"""Keeps the slope of the strength finite where there is no detail at all; a quarter of a grey level."""


def local_detail(pictures: Images) -> Pyramid:
    r"""Measure the local energy of each direction, width by width.

    $\phi = \sqrt{(g_e * x)^2 + (g_o * x)^2 + \delta^2}$ with $g_e$, $g_o$ a cosine and a sine of four pixels a wave
    under a Gaussian of two, for four directions, each channel on its own, so scaled that such a wave gives its
    amplitude; $g_e$ is balanced, so that even areas give nothing but $\delta$. Wider bands are those of the picture
    averaged over squares of 2 x 2 and of 4 x 4 pixels. The border is repeated.

    Args:
        pictures: Any values, any size.

    Returns:
        For each width, 12 maps a picture, half as large as those before.

    References:
        Morrone, Owens, Feature Detection from Local Energy, Pattern Recognition Letters 1987.
        https://doi.org/10.1016/0167-8655(87)90013-4

    Example:
        >>> [tuple(maps.shape) for maps in local_detail(torch.zeros(1, 3, 32, 24))]
        [(1, 12, 32, 24), (1, 12, 16, 12), (1, 12, 8, 6)]
    """
    bank = gabor_bank().to(pictures).repeat(3, 1, 1, 1)
    bands: Pyramid = []
    for width in range(WIDTHS):
        shown = functional.avg_pool2d(pictures, 2**width, ceil_mode=True)
        bordered = functional.pad(shown, [_RADIUS] * 4, mode="replicate")
        phases = functional.conv2d(bordered, bank, groups=3).unflatten(1, (3 * DIRECTIONS, 2))
        bands.append((phases.square().sum(dim=2) + _SMOOTH**2).sqrt())
    return bands


def gabor_bank() -> Float[Tensor, "filters 1 side side"]:
    """Make the filters: for each direction the even and the odd phase, in double precision.

    Example:
        >>> gabor_bank().shape, gabor_bank().sum(dim=(1, 2, 3)).abs().max().item() < 1e-12
        (torch.Size([8, 1, 9, 9]), True)
    """
    axis = torch.arange(-_RADIUS, _RADIUS + 1, dtype=torch.float64)
    down, across = torch.meshgrid(axis, axis, indexing="ij")
    envelope = torch.exp(-(down**2 + across**2) / (WAVELENGTH**2 / 2))
    envelope = envelope / envelope.sum()
    filters: list[Tensor] = []
    for direction in range(DIRECTIONS):
        angle = math.pi * direction / DIRECTIONS
        phase = 2 * math.pi / WAVELENGTH * (across * math.cos(angle) + down * math.sin(angle))
        even = envelope * (phase.cos() - (envelope * phase.cos()).sum())
        filters += [2 * even, 2 * envelope * phase.sin()]
    return torch.stack(filters)[:, None]
