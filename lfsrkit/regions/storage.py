"""The form in which regions are stored: seven maps, one below the other, in one grey picture of 8 bits."""

import torch
from jaxtyping import UInt8
from torch import Tensor

from lfsrkit.errors import BadPicture
from lfsrkit.regions.names import REGIONS, RegionMaps


def regions_to_grey(regions: RegionMaps | UInt8[Tensor, "7 h w"]) -> UInt8[Tensor, "tall w"]:
    """Stack the seven maps into one tall grey picture of 8 bits, to be stored as a file.

    Args:
        regions: Regions of one picture, from 0 to 1, or already in 8 bits.

    Example:
        >>> from lfsrkit.regions import template_regions
        >>> regions_to_grey(template_regions(32)).shape
        torch.Size([224, 32])
    """
    stored = regions if regions.dtype == torch.uint8 else regions.clamp(0, 1).mul(255).round().to(torch.uint8)
    return stored.flatten(0, 1)


def grey_to_regions(grey: UInt8[Tensor, "tall w"]) -> RegionMaps:
    """Read the seven maps back from the picture that `regions_to_grey` made.

    Args:
        grey: Seven maps of one height, one below the other.

    Raises:
        BadPicture: If the height is not a multiple of seven.
    """
    if grey.shape[0] % len(REGIONS):
        raise BadPicture(f"a picture of regions is seven maps high; {grey.shape[0]} rows do not divide by seven")
    return grey.unflatten(0, (len(REGIONS), -1)).float() / 255
