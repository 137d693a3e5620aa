"""Faces that the program draws itself: free of licences, with exact landmarks and regions; nobody's photographs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfsrkit.errors import UsageError
from lfsrkit.faces.drawing.accessories import paint_earrings, paint_glasses, paint_hat
from lfsrkit.faces.drawing.anatomy import UNITS, Head
from lfsrkit.faces.drawing.areas import find_regions
from lfsrkit.faces.drawing.canvas import Paint, edge, over
from lfsrkit.faces.drawing.contours import landmarks
from lfsrkit.faces.drawing.features import glint, paint_brow, paint_eye, paint_lips
from lfsrkit.faces.drawing.hair import comb_cap, comb_fall, paint_before, paint_behind
from lfsrkit.faces.drawing.lighting import developed
from lfsrkit.faces.drawing.numbers import FaceNumbers
from lfsrkit.faces.drawing.sampling import sample_face
from lfsrkit.faces.drawing.sheet import Sheet, blank
from lfsrkit.faces.drawing.skin import paint_skin
from lfsrkit.faces.drawing.surroundings import paint_background, paint_body, paint_ears

__all__ = ["VERSION", "DrawnFace", "FaceNumbers", "draw_face", "sample_face"]

VERSION = 1
"""Part of the identity of a drawn face: raised when the pictures change."""

SIZES = (32, 512)
"""Smallest and largest side of a picture in pixels."""


@dataclass(frozen=True, eq=False)
class DrawnFace:
    """A picture of a face and where its parts are."""

    image: NDArray[np.uint8]
    """(size, size, 3), sRGB."""
    landmarks: NDArray[np.float32]
    """(68, 2), x and y in the order of iBUG 300-W.

    Pixel ``i`` covers ``[i, i + 1)`` and its centre is at ``i + 0.5``, so that the landmarks of a picture twice as
    large are twice as large.
    """
    regions: NDArray[np.uint8]
    """(7, size, size), 0 to 255, in the order of `lfsrkit.regions.REGIONS`; the sum over the regions is at most 255."""


def draw_face(numbers: FaceNumbers, size: int) -> DrawnFace:
    """Draw a face; the same numbers give the same picture.

    Pictures below 128 pixels are drawn at a multiple of their size and averaged.

    Args:
        numbers: From `sample_face`.
        size: Side of the picture in pixels, 32 to 512.

    Raises:
        UsageError: If the size is out of range.

    Example:
        >>> import torch
        >>> face = draw_face(sample_face(torch.Generator().manual_seed(0)), 64)
        >>> face.image.shape, face.landmarks.shape, face.regions.shape
        ((64, 64, 3), (68, 2), (7, 64, 64))
    """
    check_size(size)
    factor = -(-UNITS // size)
    head = Head(numbers)
    picture, areas = _paint(head, size * factor)
    image = np.rint(np.clip(_averaged(picture, factor), 0, 1) * 255).astype(np.uint8)
    regions = (_averaged(areas, factor) * 255).astype(np.uint8)
    places = landmarks(head) * np.float32(size / UNITS)
    return DrawnFace(np.ascontiguousarray(image.transpose(1, 2, 0)), places, regions)


def check_size(size: int) -> None:
    """Refuse a size in which no face can be drawn.

    Args:
        size: Side of the picture in pixels.

    Raises:
        UsageError: If it is out of range.
    """
    smallest, largest = SIZES
    if not smallest <= size <= largest:
        raise UsageError(f"a face of {size} pixels cannot be drawn; the size is {smallest} to {largest}")


def _paint(head: Head, size: int) -> tuple[Paint, Paint]:
    """Lay one layer over another, from the wall to the glasses."""
    numbers = head.numbers
    fall = comb_fall(head, size) if numbers.hair.length > numbers.shape.mouth_y else None
    scene = paint_background(numbers, size)
    if fall is not None:
        paint_behind(scene, fall)
    paint_body(scene, head)
    paint_ears(scene, head)
    sheet = _paint_face(scene, blank(head, size))
    if numbers.clothes.earrings:
        paint_earrings(scene, head)
    hidden = paint_before(scene, fall, comb_cap(head, size))
    if numbers.clothes.glasses:
        paint_glasses(scene, sheet)
    if numbers.clothes.hat:
        hidden = np.maximum(hidden, paint_hat(scene, sheet))
    return developed(scene, numbers.light, numbers.skin.colour), find_regions(sheet, 1 - hidden)


def _paint_face(scene: Paint, sheet: Sheet) -> Sheet:
    paint_skin(sheet)
    paint_lips(sheet)
    for side in (-1, 1):
        paint_eye(sheet, side)
        paint_brow(sheet, side)
    view = scene[:, *sheet.window]
    inside = edge((1 - sheet.chart.radius) * np.float32(sheet.numbers.shape.head_width * sheet.chart.density))
    over(view, inside, sheet.lit())
    for side in (-1, 1):
        glint(view, sheet, side)
    return sheet


def _averaged(planes: Paint, factor: int) -> Paint:
    """Average squares of pixels."""
    count, side = planes.shape[0], planes.shape[1] // factor
    return planes.reshape(count, side, factor, side, factor).mean((2, 4)) if factor > 1 else planes
