"""Regions from landmarks, at any size."""

from lfsrkit.regions.drawing import GROWTH, Points, composed, filled, softened
from lfsrkit.regions.names import RegionMaps
from lfsrkit.regions.outlines import outlines_of


def landmark_regions(points: Points, size: int, framing: str = "celeba") -> RegionMaps:
    """Draw the regions of a face from its landmarks.

    The outlines of the parts are filled, grown by 0.03 of the side, and smoothed by a Gaussian of 0.02 of the side; the
    skin is the face oval without the parts.

    Args:
        points: 5 points (image-left eye, image-right eye, nose tip, image-left and image-right mouth corner), the 68 of
            iBUG 300-W, or the 468 or 478 of MediaPipe; x and y in pixels of the maps, a pixel's centre being at +0.5.
        size: Side of the maps in pixels.
        framing: Whose canonical face is laid over five points, as in `template_regions`.

    Raises:
        UsageError: If there is another number of points, or one that is no number.

    References:
        Sagonas et al., 300 Faces in-the-Wild Challenge, ICCVW 2013 (68 points). https://doi.org/10.1109/ICCVW.2013.59
        Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019 (468 points).
        https://arxiv.org/abs/1907.06724

    Example:
        >>> from lfsrkit.regions import template_points
        >>> landmark_regions(template_points(64), 64).shape
        torch.Size([7, 64, 64])
    """
    outlines = outlines_of(points, framing)
    growth = GROWTH * size if outlines.tight else 0.0
    parts = [softened(filled(part, size, growth)) for part in outlines.parts]
    return composed(parts, softened(filled(outlines.oval, size)))
