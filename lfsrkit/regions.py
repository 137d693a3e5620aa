"""The seven facial regions: their order, a canonical template, mirroring, and a form in which they can be stored.

Left and right are those of the picture, not of the person. Lengths are in pixels and pixel ``i`` covers ``[i, i + 1)``,
except for landmarks, which are pixel indices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lfsrkit.errors import BadPicture, UsageError, did_you_mean
from lfsrkit.types import Masks, Regions

REGIONS = ("eye_image_left", "eye_image_right", "brow_image_left", "brow_image_right", "nose", "mouth", "skin")
"""Order of the channels."""

COMPONENTS = REGIONS[:-1]
"""The parts of a face without the skin around them."""

GROUPS = {"eyes": REGIONS[0:2], "brows": REGIONS[2:4], "components": COMPONENTS}
"""Names that stand for several regions."""

RegionMaps = Float[Tensor, "7 h w"]
"""The regions of one picture, soft, 0 to 1."""

_FLIPPED_REGIONS = [1, 0, 3, 2, 4, 5, 6]

# Mirror partners of the 68 points of iBUG 300-W: jaw, brows, nose bridge, nostrils, eyes, outer lip, inner lip.
_FLIPPED_LANDMARKS = [
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
]

_TEMPLATE_SIZE = 128
_HALF_AXES = ((9.0, 5.0), (9.0, 5.0), (12.5, 4.5), (12.5, 4.5), (10.0, 14.0), (17.0, 8.0))
_FEATHER = 2.5


@dataclass(frozen=True)
class _Framing:
    """Where the parts of a face lie in a picture of 128 x 128 pixels: (x, y) of each component, then of the oval.

    `spread` multiplies the half-axes and the feather of the components.
    """

    centres: tuple[tuple[float, float], ...]
    oval: tuple[float, float]
    oval_half_axes: tuple[float, float]
    spread: float = 1.0


# MediaPipe's canonical face mesh, fitted to the published eye, nose and mouth points of each framing. CelebA: rows 20
# to 197 of the aligned pictures. ArcFace: the 112-pixel template; the fit is 2.2 pixels off and 1.34 times as large.
_FRAMINGS = {
    "celeba": _Framing(
        ((50.2, 65.7), (77.7, 65.7), (48.8, 57.6), (79.1, 57.6), (63.9, 74.6), (63.9, 96.2)), (63.9, 79.8), (33.8, 38.6)
    ),
    "ffhq": _Framing(
        ((48.6, 59.5), (79.5, 59.4), (46.9, 50.4), (81.1, 50.2), (64.1, 69.5), (64.2, 93.8)), (64.1, 75.2), (38.1, 43.4)
    ),
    "arcface": _Framing(
        ((43.3, 59.0), (84.5, 58.9), (41.0, 46.9), (86.7, 46.6), (64.0, 72.4), (64.1, 104.8)),
        (64.0, 80.0),
        (50.9, 58.0),
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
    if framing not in _FRAMINGS:
        known = ", ".join(_FRAMINGS)
        raise UsageError(f"no framing is called {framing!r}; known: {known}{did_you_mean(framing, _FRAMINGS)}")
    if size < 1:
        raise UsageError(f"the side of a template is at least 1 pixel; {size} was given")
    return _template(size, framing).clone()


@lru_cache(maxsize=16)
def _template(size: int, framing: str) -> RegionMaps:
    face = _FRAMINGS[framing]
    feather = _FEATHER * face.spread
    scaled_axes = [(a * face.spread, b * face.spread) for a, b in _HALF_AXES]
    parts = [_ellipse(size, *ellipse, feather) for ellipse in zip(face.centres, scaled_axes, strict=True)]
    components = torch.stack(parts)
    oval = _ellipse(size, face.oval, face.oval_half_axes, feather)
    skin = oval * (1 - components.amax(dim=0))
    return torch.cat((components, skin[None])).float()


def _ellipse(size: int, centre: tuple[float, float], half_axes: tuple[float, float], feather: float) -> Tensor:
    axis = (torch.arange(size, dtype=torch.float64) + 0.5) * (_TEMPLATE_SIZE / size)
    (a, b), x, y = half_axes, axis - centre[0], (axis - centre[1])[:, None]
    # First-order distance (f - 1) f / |grad f| of the level function f; the floors give it its limit in the centre.
    level = torch.hypot(x / a, y / b)
    slope = torch.hypot(x / a**2, y / b**2)
    tiny = 1e-6
    distance = (level - 1) * level.clamp_min(tiny) / slope.clamp_min(tiny / min(a, b))
    return torch.special.ndtr(-distance / feather)


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
    return regions[:, region_indices(names)].amax(dim=1, keepdim=True)


def flip_regions(regions: Float[Tensor, "*n 7 h w"]) -> Float[Tensor, "*n 7 h w"]:
    """Mirror regions left to right; a left eye becomes a right one.

    Args:
        regions: Regions of one picture or of several; left as they are.

    Returns:
        A new tensor.
    """
    return regions[..., _FLIPPED_REGIONS, :, :].flip(-1)


def flip_landmarks(points: Float[Tensor, "*n 68 2"], width: int) -> Float[Tensor, "*n 68 2"]:
    """Mirror the 68 points of iBUG 300-W left to right and put each into the place of its partner.

    Args:
        points: (x, y) in pixels, the centre of the first pixel being at 0.5; left as they are.
        width: Width of the picture in pixels.

    Returns:
        A new tensor.

    References:
        Sagonas et al., 300 Faces in-the-Wild Challenge, ICCVW 2013. https://doi.org/10.1109/ICCVW.2013.59
    """
    x, y = points[..., _FLIPPED_LANDMARKS, :].unbind(dim=-1)
    return torch.stack((width - x, y), dim=-1)


def regions_to_grey(regions: RegionMaps | UInt8[Tensor, "7 h w"]) -> UInt8[Tensor, "tall w"]:
    """Stack the seven maps into one tall grey picture of 8 bits, to be stored as a file.

    Args:
        regions: Regions of one picture, from 0 to 1, or already in 8 bits.

    Example:
        >>> regions_to_grey(template_regions(32)).shape
        torch.Size([224, 32])
    """
    stored = regions if regions.dtype == torch.uint8 else regions.clamp(0, 1).mul(255).round().to(torch.uint8)
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
    return grey.unflatten(0, (len(REGIONS), -1)).float() / 255
