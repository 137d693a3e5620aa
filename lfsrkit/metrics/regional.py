"""Fidelity part by part of the face."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lfsrkit.errors import UsageError
from lfsrkit.metrics.fidelity import Psnr
from lfsrkit.regions import region_union, template_regions
from lfsrkit.types import Images, Regions

PARTS: dict[str, tuple[str, ...]] = {
    "eyes": ("eyes",),
    "brows": ("brows",),
    "nose": ("nose",),
    "mouth": ("mouth",),
    "skin": ("skin",),
}
"""Names of columns and of the regions they join; what is in none of them is the background."""


def regional_psnr(restored: Images, clean: Images, regions: Sequence[Tensor | None]) -> dict[str, list[float | None]]:
    """Measure PSNR within each part of the face and in the background, each pixel weighed by its soft map.

    Args:
        restored: Pictures; values outside 0 to 1 are clamped.
        clean: Pictures to compare with.
        regions: Facial regions of each picture; None stands for those of an average face.

    Returns:
        By ``psnr_`` and the name of the part: one number a picture, None where the part is absent, NaN where the
        restored picture holds no number.
    """
    height, width = clean.shape[-2:]
    if height != width and any(known is None for known in regions):
        raise UsageError(
            f"regions: pictures of {width}x{height} pixels have none, and those of an average face are square"
        )
    maps: Regions = torch.stack([template_regions(clean.shape[-1]) if r is None else r for r in regions]).to(clean)
    weights = {name: region_union(maps, parts) for name, parts in PARTS.items()}
    weights["background"] = 1 - region_union(maps, ("components", "skin"))
    measure = Psnr()
    columns = {
        name: zip(measure(restored, clean, weight).tolist(), _seen(weight), strict=True)
        for name, weight in weights.items()
    }
    return {f"psnr_{name}": [value if seen else None for value, seen in column] for name, column in columns.items()}


def _seen(weight: Tensor) -> list[bool]:
    return (weight.sum(dim=(1, 2, 3)) > 0).tolist()
