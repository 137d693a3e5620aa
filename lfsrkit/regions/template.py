"""The regions of an average face in the usual framings: what is used where nothing is known of a face.

Lengths are in pixels, and pixel ``i`` covers ``[i, i + 1)``.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.regions.drawing import Points
from lfsrkit.regions.names import RegionMaps

TEMPLATE_SIZE = 128
"""Side in pixels of the picture in whose units the framings are written down."""

_HALF_AXES = ((9.0, 5.0), (9.0, 5.0), (12.5, 4.5), (12.5, 4.5), (10.0, 14.0), (17.0, 8.0))
_FEATHER = 2.5


@dataclass(frozen=True)
class Ellipse:
    """An upright ellipse in a picture of 128 x 128 pixels."""

    centre: tuple[float, float]
    half_axes: tuple[float, float]


@dataclass(frozen=True)
class _Framing:
    """Where the parts of a face lie in a picture of 128 x 128 pixels: (x, y) of each component, then of the oval.

    `points` are the published ones: image-left eye, image-right eye, nose tip, image-left and image-right mouth corner.
    `spread` multiplies the half-axes and the feather of the components.
    """

    centres: tuple[tuple[float, float], ...]
    oval: Ellipse
    points: tuple[tuple[float, float], ...]
    spread: float = 1.0


# MediaPipe's canonical face mesh, fitted to the published eye, nose and mouth points of each framing. CelebA: rows 20
# to 197 of the aligned pictures. ArcFace: the 112-pixel template; the fit is 2.2 pixels off and 1.34 times as large.
_FRAMINGS = {
    "celeba": _Framing(
        ((50.2, 65.7), (77.7, 65.7), (48.8, 57.6), (79.1, 57.6), (63.9, 74.6), (63.9, 96.2)),
        Ellipse((63.9, 79.8), (33.8, 38.6)),
        ((50.0, 65.8), (78.0, 65.8), (63.6, 83.8), (52.1, 95.3), (75.9, 95.3)),
    ),
    "ffhq": _Framing(
        ((48.6, 59.5), (79.5, 59.4), (46.9, 50.4), (81.1, 50.2), (64.1, 69.5), (64.2, 93.8)),
        Ellipse((64.1, 75.2), (38.1, 43.4)),
        ((48.25, 59.99), (79.73, 60.05), (64.16, 78.50), (50.32, 92.85), (78.27, 92.79)),
    ),
    "arcface": _Framing(
        ((43.3, 59.0), (84.5, 58.9), (41.0, 46.9), (86.7, 46.6), (64.0, 72.4), (64.1, 104.8)),
        Ellipse((64.0, 80.0), (50.9, 58.0)),
        ((43.77, 59.08), (84.04, 58.86), (64.03, 81.98), (47.48, 105.56), (80.83, 105.38)),
        spread=1.34,
    ),
}


def template_regions(size: int, framing: str = "celeba") -> RegionMaps:
    r"""Draw the regions of an average aligned face: what to use where no landmarks are known.

    Each part is an ellipse with a soft border, $\Phi(-d / \sigma)$ with $d$ the distance to the ellipse and $\Phi$ the
    normal distribution; the skin is the face oval without the parts. The half-axes are wider than those of a face at
    rest, because real eyes and mouths move.

    Args:
        size: Side of the square in pixels.
        framing: How faces are aligned: ``"celeba"`` (rows 20 to 197), ``"ffhq"`` or ``"arcface"``.

    Raises:
        UsageError: If the framing is unknown or the size is not positive.

    Example:
        >>> template_regions(64).shape
        torch.Size([7, 64, 64])
    """
    _named(framing)
    if size < 1:
        raise UsageError(f"the side of a template is at least 1 pixel; {size} was given")
    return _template(size, framing).clone()


def template_points(size: int, framing: str = "celeba") -> NDArray[np.float64]:
    """Give the five published points of a framing: image-left eye, image-right eye, nose tip, mouth corners.

    Args:
        size: Side of the square in pixels.
        framing: As in `template_regions`.

    Returns:
        (5, 2), x and y in pixels; a pixel's centre is at +0.5.

    Raises:
        UsageError: If the framing is unknown.

    References:
        CelebA: Liu et al., ICCV 2015, https://arxiv.org/abs/1411.7766. FFHQ: Karras et al., CVPR 2019,
        https://arxiv.org/abs/1812.04948. ArcFace: Deng et al., CVPR 2019, https://arxiv.org/abs/1801.07698.

    Example:
        >>> template_points(256, "ffhq")[0].tolist()
        [96.5, 119.98]
    """
    return np.asarray(_named(framing).points) * (size / TEMPLATE_SIZE)


def template_ellipses(framing: str = "celeba") -> tuple[list[Ellipse], Ellipse]:
    """Give the shapes of a framing: those of the components, in the order of `COMPONENTS`, and the face oval.

    Args:
        framing: As in `template_regions`.

    Raises:
        UsageError: If the framing is unknown.
    """
    face = _named(framing)
    axes = [(a * face.spread, b * face.spread) for a, b in _HALF_AXES]
    return [Ellipse(centre, half) for centre, half in zip(face.centres, axes, strict=True)], face.oval


def similarity(source: Points, target: Points) -> tuple[complex, complex]:
    """Fit a turn, a scale and a shift by least squares: in complex numbers, a line.

    Args:
        source: (n, 2), not all in one place.
        target: (n, 2), where they are to go.

    Returns:
        Factor and offset of ``x + iy``.

    Example:
        >>> similarity(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[3.0, 4.0], [3.0, 6.0]]))
        (2j, (3+4j))
    """
    z, w = (np.asarray(points, np.float64) @ (1, 1j) for points in (source, target))
    centred = z - z.mean()
    factor = (centred.conj() @ (w - w.mean())) / (centred.conj() @ centred).real
    return complex(factor), complex(w.mean() - factor * z.mean())


def _named(framing: str) -> _Framing:
    if framing not in _FRAMINGS:
        known = ", ".join(_FRAMINGS)
        raise UsageError(f"no framing is called {framing!r}; known: {known}{did_you_mean(framing, _FRAMINGS)}")
    return _FRAMINGS[framing]


@lru_cache(maxsize=16)
def _template(size: int, framing: str) -> RegionMaps:
    feather = _FEATHER * _named(framing).spread
    ellipses, oval = template_ellipses(framing)
    components = torch.stack([_drawn(size, ellipse, feather) for ellipse in ellipses])
    skin = _drawn(size, oval, feather) * (1 - components.amax(dim=0))
    return torch.cat((components, skin[None])).float()


def _drawn(size: int, ellipse: Ellipse, feather: float) -> Tensor:
    axis = (torch.arange(size, dtype=torch.float64) + 0.5) * (TEMPLATE_SIZE / size)
    (a, b), x, y = ellipse.half_axes, axis - ellipse.centre[0], (axis - ellipse.centre[1])[:, None]
    # First-order distance (f - 1) f / |grad f| of the level function f; the floors give it its limit in the centre.
    level = torch.hypot(x / a, y / b)
    slope = torch.hypot(x / a**2, y / b**2)
    tiny = 1e-6
    distance = (level - 1) * level.clamp_min(tiny) / slope.clamp_min(tiny / min(a, b))
    return torch.special.ndtr(-distance / feather)
