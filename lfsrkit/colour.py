"""Colour as numbers: the sRGB curve, linear light and BT.601 luma."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from lfsrkit.images import to_float
from lfsrkit.types import Bytes, Images, Masks

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in BT.601 luma."""


def srgb_to_linear(images: Images) -> Images:
    """Decode the sRGB curve, so that values are proportional to light.

    L = x / 12.92 up to x = 0.04045, else ((x + 0.055) / 1.055)^2.4.

    Args:
        images: sRGB, 0 to 1.

    References:
        IEC 61966-2-1:1999.

    Example:
        >>> import torch
        >>> srgb_to_linear(torch.full((1, 3, 1, 1), 0.5)).flatten()
        tensor([0.2140, 0.2140, 0.2140])
    """
    from kornia.color import rgb_to_linear_rgb

    return rgb_to_linear_rgb(images)


def bytes_to_linear(stored: Bytes, dtype: torch.dtype = torch.float32) -> Images:
    """Decode 8-bit sRGB to linear light: `srgb_to_linear` of the 256 values that there are.

    Args:
        stored: 8-bit sRGB.
        dtype: Number format of the result.

    Example:
        >>> bytes_to_linear(torch.full((1, 3, 1, 1), 128, dtype=torch.uint8)).flatten()
        tensor([0.2159, 0.2159, 0.2159])
    """
    if dtype == torch.float64 and stored.device.type == "cpu":
        return torch.from_numpy(_light_of_bytes().take(stored.numpy(), mode="clip"))  # no index needs a check
    return srgb_to_linear(to_float(stored, dtype))


def linear_to_srgb(images: Images) -> Images:
    """Encode linear light with the sRGB curve, the inverse of `srgb_to_linear`.

    x = 12.92 L up to L = 0.0031308, else 1.055 L^(1/2.4) - 0.055. The rounded constants of the standard leave a step of
    3e-8 where the two pieces meet.

    Args:
        images: Linear light, 0 to 1.

    References:
        IEC 61966-2-1:1999.

    Example:
        >>> import torch
        >>> linear_to_srgb(torch.full((1, 3, 1, 1), 0.5)).flatten()
        tensor([0.7354, 0.7354, 0.7354])
    """
    from kornia.color import linear_rgb_to_rgb

    return linear_rgb_to_rgb(images)


def luma(images: Images) -> Masks:
    """Weigh the channels to BT.601 luma, full range: Y = 0.299 R + 0.587 G + 0.114 B.

    Args:
        images: sRGB, 0 to 1.

    References:
        ITU-R BT.601-7, 2011. https://www.itu.int/rec/R-REC-BT.601

    Example:
        >>> import torch
        >>> luma(torch.ones(1, 3, 1, 1)).item()
        1.0
    """
    red, green, blue = LUMA_WEIGHTS
    return red * images[:, 0:1] + green * images[:, 1:2] + blue * images[:, 2:3]


@lru_cache(maxsize=1)
def _light_of_bytes() -> NDArray[np.float64]:
    every = torch.arange(256, dtype=torch.uint8).expand(1, 3, 1, 256)
    return srgb_to_linear(to_float(every, torch.float64))[0, 0, 0].numpy()
