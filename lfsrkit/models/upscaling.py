"""Enlargement: its usual factors, its kernel, and the facts of networks that keep the size of an enlarged picture."""

from torch.nn import functional

from lfsrkit.models.base import ModelInfo
from lfsrkit.types import Images, Resized

SCALES = (2, 4, 8, 16)


def enlarged_first(scale: int, *, smallest: int, multiple: int, licence: str, paper: str) -> ModelInfo:
    """State the facts of a network that works on the enlarged picture, in pixels of the small one.

    Args:
        scale: Factor of enlargement.
        smallest: Smallest side that the network takes, after the enlargement.
        multiple: Sides that it takes are multiples of this, after the enlargement.
        licence: As in `ModelInfo`.
        paper: As in `ModelInfo`.
    """
    sides = {"min_size": -(-smallest // scale), "multiple": -(-multiple // scale)}
    return ModelInfo("super_resolve", SCALES, licence=licence, paper=paper, **sides)


def enlarge(low: Images, scale: int) -> Resized:
    """Enlarge with the antialiased bicubic kernel, without clamping.

    Args:
        low: Pictures.
        scale: Factor of enlargement.
    """
    size = (low.shape[-2] * scale, low.shape[-1] * scale)
    return functional.interpolate(low, size, mode="bicubic", antialias=True, align_corners=False)
