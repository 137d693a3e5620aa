"""Mirroring: what was on the left is then on the right, so left and right change their names as well."""

import torch
from jaxtyping import Float
from torch import Tensor

_FLIPPED_REGIONS = [1, 0, 3, 2, 4, 5, 6]

# Mirror partners of the 68 points of iBUG 300-W: jaw, brows, nose bridge, nostrils, eyes, outer lip, inner lip.
_FLIPPED_LANDMARKS = [
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
]


def flip_regions(regions: Float[Tensor, "*n 7 h w"]) -> Float[Tensor, "*n 7 h w"]:
    """Mirror regions left to right; a left eye becomes a right one.

    Args:
        regions: Regions of one picture or of several; left as they are.

    Returns:
        A new tensor.
    """
    return regions[..., _FLIPPED_REGIONS, :, :].flip(-1)


def flip_landmarks(points: Float[Tensor, "*n 68 2"], width: int) -> Float[Tensor, "*n 68 2"]:
    """Mirror the 68 points of iBUG 300-W left to right and put each into the place of its partner.

    Args:
        points: (x, y) in pixels, the centre of the first pixel being at 0.5; left as they are.
        width: Width of the picture in pixels.

    Returns:
        A new tensor.

    References:
        Sagonas et al., 300 Faces in-the-Wild Challenge, ICCVW 2013. https://doi.org/10.1109/ICCVW.2013.59
    """
    x, y = points[..., _FLIPPED_LANDMARKS, :].unbind(dim=-1)
    return torch.stack((width - x, y), dim=-1)
