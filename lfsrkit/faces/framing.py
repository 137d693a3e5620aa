"""From a picture to the clean face: which square is cut out, and its size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfsrkit.errors import BadPicture
from lfsrkit.faces.base import SourcePicture
from lfsrkit.images import Pixels, cut, resize

CELEBA_SIZE = (218, 178)
"""Height and width of the aligned pictures of CelebA (Liu et al., ICCV 2015, https://arxiv.org/abs/1411.7766)."""
CELEBA_TOP = 20
"""First row of the square that face super-resolution papers cut out of them."""

Crop = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the source picture; right and bottom are exclusive."""


@dataclass(frozen=True)
class FramedFace:
    """A clean face ready to be degraded."""

    clean: Pixels
    crop: Crop
    landmarks: NDArray[np.float32] | None
    """(68, 2), in pixels of the source picture."""
    regions: NDArray[np.uint8] | None
    """(7, size, size), in pixels of the clean picture."""


def crop_of(height: int, width: int, framing: str) -> Crop:
    """Choose the square that is used.

    Args:
        height: Of the source picture, in pixels.
        width: Of the source picture, in pixels.
        framing: ``auto``, ``celeba``, ``centre`` or ``whole``.

    Raises:
        BadPicture: If the picture does not have the shape that the framing asks for.

    Example:
        >>> crop_of(218, 178, "auto"), crop_of(100, 60, "centre")
        ((0, 20, 178, 198), (0, 20, 60, 80))
    """
    aligned = (height, width) == CELEBA_SIZE
    if framing == "celeba" and not aligned:
        raise BadPicture(f"{width}x{height} pixels; the framing 'celeba' takes aligned pictures of 178x218")
    if framing == "whole" and height != width:
        raise BadPicture(f"{width}x{height} pixels; the framing 'whole' takes squares")
    if aligned and framing in ("auto", "celeba"):
        return (0, CELEBA_TOP, width, CELEBA_TOP + width)
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    return (left, top, left + side, top + side)


def square_of(picture: SourcePicture, framing: str) -> Crop:
    """Choose the square of a decoded picture.

    Args:
        picture: A decoded picture; a framed one is used whole.
        framing: As in `crop_of`.

    Raises:
        BadPicture: As `crop_of`.
    """
    return crop_of(picture.image.height, picture.image.width, "whole" if picture.framed else framing)


def frame(picture: SourcePicture, *, framing: str, size: int, min_side: int) -> FramedFace:
    """Cut the square out and resize it.

    Args:
        picture: A decoded picture.
        framing: As in `crop_of`.
        size: Side of the clean picture in pixels.
        min_side: Smallest crop that is accepted, in pixels.

    Raises:
        BadPicture: If the shape does not fit or the crop is too small.
    """
    crop = square_of(picture, framing)
    left, top, right, bottom = crop
    if right - left < min_side:
        raise BadPicture(f"the face square is {right - left} pixels wide; at least {min_side} are wanted (min_side)")
    clean = cut(picture.image, crop, size)
    regions = None if picture.regions is None else _resized(picture.regions[:, top:bottom, left:right], size)
    return FramedFace(clean, crop, picture.landmarks, regions)


def _resized(regions: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.stack([resize(np.ascontiguousarray(part), size, size) for part in regions])
