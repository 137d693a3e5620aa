"""From landmarks to the outlines of the parts of a face: 5 points, the 68 of iBUG, or the 468 or 478 of MediaPipe."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfsrkit.errors import UsageError
from lfsrkit.regions.drawing import Points
from lfsrkit.regions.template import TEMPLATE_SIZE, Ellipse, similarity, template_ellipses, template_points

_IBUG = (
    range(36, 42),
    range(42, 48),
    range(17, 22),
    range(22, 27),
    (27, *range(31, 36)),
    range(48, 60),
)
_JAW, _BROWS, _NOSE_BASE = slice(0, 17), slice(17, 27), 33

# Along the contours; MediaPipe calls "right" what is on the left of the picture.
_MESH = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    (46, 53, 52, 65, 55, 107, 66, 105, 63, 70),
    (276, 283, 282, 295, 285, 336, 296, 334, 293, 300),
    (168, 115, 48, 64, 98, 97, 2, 326, 327, 294, 278, 344),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
)
_MESH_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)

_FOREHEAD = 0.57
"""How far above the brows the oval of MediaPipe's canonical face ends, in distances from the brows to the nose base."""
_CORNERS = 64
"""Of a polygon that stands for an ellipse."""


@dataclass(frozen=True, eq=False)
class Outlines:
    """Closed lines around the parts of a face."""

    parts: Sequence[Points]
    """Six, in the order of `lfsrkit.regions.COMPONENTS`."""
    oval: Points
    """Around the whole face."""
    tight: bool = True
    """Whether the lines follow the parts themselves, so that they have to be grown."""


def outlines_of(points: Points, framing: str = "celeba") -> Outlines:
    """Find the outlines of the parts in landmarks.

    Five points say where a face is, not what it looks like: the canonical face is laid over them, turned, scaled and
    moved so that the squared distances are least. The forehead that the 68 points lack is a half ellipse from temple
    to temple (our reading).

    Args:
        points: 5 points (image-left eye, image-right eye, nose tip, image-left and image-right mouth corner), the 68 of
            iBUG 300-W, or the 468 or 478 of MediaPipe.
        framing: Whose canonical face is laid over five points, as in `template_regions`.

    Raises:
        UsageError: If there is another number of points, or one that is no number.
    """
    check_points(points)
    return _READERS[len(points)](points, framing)


def check_points(points: Points) -> None:
    """Refuse what are no landmarks.

    Args:
        points: (n, 2).

    Raises:
        UsageError: If there is another number of points, or one that is no number.
    """
    if points.ndim != 2 or points.shape[1] != 2 or len(points) not in _READERS:
        known = "5, 68 (iBUG 300-W), 468 or 478 (MediaPipe)"
        raise UsageError(f"landmarks of the shape {points.shape} are unknown; give (n, 2) with n = {known}")
    if not np.isfinite(points).all():
        raise UsageError("landmarks hold a value that is no number; leave out the pictures that have none")


def _from_ibug(points: Points, _framing: str) -> Outlines:
    brow, base = points[_BROWS].mean(axis=0), points[_NOSE_BASE]
    middle = (points[0] + points[16]) / 2
    side, up = points[16] - middle, brow + _FOREHEAD * (brow - base) - middle
    angles = np.linspace(0, np.pi, _CORNERS // 2)[1:-1, None]
    forehead = middle + np.cos(angles) * side + np.sin(angles) * up
    return Outlines([points[list(part)] for part in _IBUG], np.concatenate((points[_JAW], forehead)))


def _from_mesh(points: Points, _framing: str) -> Outlines:
    return Outlines([points[list(part)] for part in _MESH], points[list(_MESH_OVAL)])


def _from_five(points: Points, framing: str) -> Outlines:
    line = similarity(template_points(TEMPLATE_SIZE, framing), points)
    parts, oval = template_ellipses(framing)
    return Outlines([_placed(part, *line) for part in parts], _placed(oval, *line), tight=False)


def _placed(ellipse: Ellipse, factor: complex, offset: complex) -> Points:
    placed = factor * (_corners(ellipse) @ (1, 1j)) + offset
    return np.stack((placed.real, placed.imag), axis=-1)


def _corners(ellipse: Ellipse) -> Points:
    angles = np.arange(_CORNERS)[:, None] * (2 * np.pi / _CORNERS)
    return ellipse.centre + np.concatenate((np.cos(angles), np.sin(angles)), axis=1) * ellipse.half_axes


_READERS = {5: _from_five, 68: _from_ibug, 468: _from_mesh, 478: _from_mesh}
