"""The seven facial regions: their order, and names for several of them together.

Left and right are those of the picture, not of the person.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.types import Masks, Regions

REGIONS = ("eye_image_left", "eye_image_right", "brow_image_left", "brow_image_right", "nose", "mouth", "skin")
"""Order of the channels."""

COMPONENTS = REGIONS[:-1]
"""The parts of a face without the skin around them."""

GROUPS = {"eyes": REGIONS[0:2], "brows": REGIONS[2:4], "components": COMPONENTS}
"""Names that stand for several regions."""

RegionMaps = Float[Tensor, "7 h w"]
"""The regions of one picture, soft, 0 to 1."""


def region_indices(names: Sequence[str]) -> list[int]:
    """Find the channels of named regions.

    Args:
        names: Names of `REGIONS`, or ``"eyes"``, ``"brows"``, ``"components"``.

    Raises:
        UsageError: If a name is unknown, or none is given.

    Example:
        >>> region_indices(["eyes", "mouth"])
        [0, 1, 5]
    """
    known = (*REGIONS, *GROUPS)
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            raise UsageError(f"no facial region is called {name!r}; known: {', '.join(known)}{near}")
    if not names:
        raise UsageError(f"no facial region is named; known: {', '.join(known)}")
    return sorted({REGIONS.index(region) for name in names for region in GROUPS.get(name, (name,))})


def region_union(regions: Regions, names: Sequence[str] = COMPONENTS) -> Masks:
    """Join regions into one soft map: the largest value at each pixel.

    Args:
        regions: Facial regions.
        names: As in `region_indices`.

    Raises:
        UsageError: If a name is unknown.
    """
    first, *others = (regions[:, index : index + 1] for index in region_indices(names))
    # Pair by pair into one map: collecting the maps first would copy them all, and fresh memory is slow to get.
    union = first.clone()
    for other in others:
        torch.maximum(union, other, out=union)
    return union
