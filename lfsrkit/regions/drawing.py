"""From outlines to soft maps: filled, grown and smoothed by Pillow, which fills outlines of any shape.

Whole numbers of 8 bits throughout, so that the same outlines give the same bytes on every machine. (Drawing on tensors
would not do: `kornia.utils.draw_convex_polygon` fills the hollows of a brow or of smiling lips.)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter

from lfsrkit.regions.names import RegionMaps

GROWTH = 0.03
"""By how much the outlines of parts are moved outwards, as a share of the side of the picture."""
FEATHER = 0.02
"""Standard deviation of the Gaussian that makes borders soft, as a share of the side of the picture."""

Points = NDArray[np.floating[Any]]
"""(n, 2), x and y in pixels; a pixel's centre is at +0.5."""
Plane = NDArray[np.uint8]
"""One map of 8 bits, (height, width)."""

_CANVAS = 512
"""Pixels; smaller maps are drawn at a multiple of their size and averaged, which smooths their borders."""


def filled(outline: Points, size: int, growth: float = 0.0) -> Plane:
    """Fill an outline.

    Args:
        outline: Corners in pixels of the map; what is outside of it is cut off.
        size: Side of the map in pixels.
        growth: By how much the outline is moved outwards, in pixels.

    Returns:
        (size, size), the share of each pixel that is covered, 0 to 255.

    Example:
        >>> square = np.array([(2.0, 2.0), (6.0, 2.0), (6.0, 6.0), (2.0, 6.0)])
        >>> round(filled(square, 8).sum() / 255)
        16
    """
    density = -(-_CANVAS // size)
    sheet = Pillow.new("L", (size * density, size * density))
    draw = ImageDraw.Draw(sheet)
    # Pillow fills every pixel that an outline touches. Far corners are brought near: it walks all rows between them.
    places = np.clip(outline, -size, 2 * size) * density
    corners = [(float(x), float(y)) for x, y in places]
    draw.polygon(corners, fill=255)
    if growth > 0:
        # The start comes twice more, so that its corner is rounded as the others are.
        draw.line([*corners, *corners[:2]], fill=255, width=round(2 * growth * density), joint="curve")
    return np.asarray(sheet.reduce(density))


def softened(plane: Plane) -> Plane:
    """Make the borders of a square map soft.

    Args:
        plane: Shares from 0 to 255.
    """
    return np.asarray(Pillow.fromarray(plane).filter(ImageFilter.GaussianBlur(FEATHER * len(plane))))


def composed(parts: Sequence[Plane], face: Plane) -> RegionMaps:
    """Put maps together; the skin is the face without the parts.

    Args:
        parts: Soft maps of the six components, in the order of `COMPONENTS`.
        face: Soft map of the whole face.

    Example:
        >>> empty, full = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
        >>> composed([empty] * 5 + [full], full).mean((1, 2)).tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    """
    components = torch.from_numpy(np.stack(parts)).float() / 255
    skin = torch.from_numpy(face.copy()).float() / 255 * (1 - components.amax(dim=0))
    return torch.cat((components, (skin * 255).round()[None] / 255))
