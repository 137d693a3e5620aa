"""The form in which regions are stored: 8 bits, and in files seven maps, one below the other, in one grey picture."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lfsrkit.errors import BadPicture
from lfsrkit.regions.names import REGIONS, RegionMaps

StoredRegions = UInt8[Tensor, "*n 7 h w"]


def regions_to_bytes(regions: Float[Tensor, "*n 7 h w"]) -> StoredRegions:
    """Round regions to 8 bits.

    Args:
        regions: Of one or of several pictures, from 0 to 1.

    Example:
        >>> bytes_to_regions(regions_to_bytes(torch.full((7, 1, 1), 0.5)))[0] * 255
        tensor([[128.]])
    """
    return regions.clamp(0, 1).mul(255).round().to(torch.uint8)


def bytes_to_regions(stored: StoredRegions) -> Float[Tensor, "*n 7 h w"]:
    """Give the regions that 8 bits stand for.

    Args:
        stored: From `regions_to_bytes`.
    """
    return stored.float() / 255


def regions_to_grey(regions: RegionMaps | UInt8[Tensor, "7 h w"]) -> UInt8[Tensor, "tall w"]:
    """Stack the seven maps into one tall grey picture of 8 bits, to be stored as a file.

    Args:
        regions: Regions of one picture, from 0 to 1, or already in 8 bits.

    Example:
        >>> from lfsrkit.regions import template_regions
        >>> regions_to_grey(template_regions(32)).shape
        torch.Size([224, 32])
    """
    stored = regions if regions.dtype == torch.uint8 else regions_to_bytes(regions)
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
    return bytes_to_regions(grey.unflatten(0, (len(REGIONS), -1)))
