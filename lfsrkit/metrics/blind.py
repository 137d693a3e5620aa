"""Metrics of a picture alone: how bright it is, and how noisy."""

import math
from dataclasses import dataclass
from typing import final

from torch.nn import functional

from lfsrkit.colour import luma
from lfsrkit.metrics.base import NoReference
from lfsrkit.sizes import check_side
from lfsrkit.types import Images, PerImage

_LAPLACIAN = ((1.0, -2.0, 1.0), (-2.0, 4.0, -2.0), (1.0, -2.0, 1.0))


@final
@dataclass(frozen=True)
class MeanLuma(NoReference):
    r"""Mean BT.601 luma, in 8-bit levels.

    $255 \langle 0.299 R + 0.587 G + 0.114 B \rangle$ of sRGB values, 0 for black, 255 for white. It is no measure of
    quality: a picture may be too bright.

    Example:
        >>> import torch
        >>> MeanLuma()(torch.full((1, 3, 4, 4), 0.2), torch.zeros(1, 3, 4, 4))
        tensor([51.], dtype=torch.float64)
    """

    def judge(self, pictures: Images) -> PerImage:
        """Compute the metric of each picture."""
        return 255 * luma(pictures).mean(dim=(1, 2, 3))


@final
@dataclass(frozen=True)
class NoiseLevel(NoReference):
    r"""Noise of luma, in 8-bit levels.

    Immerkær's estimate, see `immerkaer`. Texture counts as noise: below 64 pixels, and between pictures of
    other sharpness, the number means little.

    References:
        Immerkær, Fast Noise Variance Estimation, Computer Vision and Image Understanding 1996.
        https://doi.org/10.1006/cviu.1996.0060
    """

    def judge(self, pictures: Images) -> PerImage:
        """Compute the metric of each picture."""
        check_side(pictures, 3, "Immerkær's kernel")
        return immerkaer(pictures)


def immerkaer(images: Images) -> PerImage:
    r"""Estimate the noise of luma in 8-bit levels.

    $\sigma = \sqrt{\pi/2}\, \frac{1}{6 (W-2)(H-2)} \sum \lvert Y * N \rvert$ with
    $N = (1, -2, 1)^\top (1, -2, 1)$, which is blind to planes. On small faces texture counts as noise: below 64 pixels
    the number means little.

    Args:
        images: sRGB, 0 to 1, at least 3 pixels high and wide.

    References:
        Immerkær, Fast Noise Variance Estimation, Computer Vision and Image Understanding 1996.
        https://doi.org/10.1006/cviu.1996.0060

    Example:
        >>> import torch
        >>> noise = torch.randn(1, 1, 256, 256, generator=torch.Generator().manual_seed(0)).expand(1, 3, -1, -1)
        >>> round(immerkaer(0.5 + noise * 3 / 255).item(), 1)
        3.0
    """
    kernel = images.new_tensor(_LAPLACIAN)[None, None]
    found = functional.conv2d(luma(images) * 255, kernel).abs().flatten(1).mean(1)
    return found * math.sqrt(math.pi / 2) / 6
