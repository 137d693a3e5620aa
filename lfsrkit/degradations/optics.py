"""What a lens and a moving hand do to light, before the sensor sees it."""

import math
from dataclasses import dataclass

from lfsrkit.degradations.base import LinearDegradation, Params
from lfsrkit.degradations.draws import Draws, Range, outside, require, uniform
from lfsrkit.degradations.kernels import LARGEST, Kernels, disk, filtered, gaussian, motion_line
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

LEAST_WEIGHT = 1e-4
"""A Gaussian is cut where it has fallen to this share of its peak, 4.3 widths from the centre."""


@dataclass(frozen=True)
class Defocus(LinearDegradation):
    r"""Blur as a lens does that is out of focus, with an even disk.

    $L' = L * k$ in linear light, $k \propto \mathrm{clip}(r + 1/2 - \rho,\, 0,\, 1)$ at the distance ρ from the centre:
    the circle of confusion of an open aperture with a soft edge of one pixel. The border is mirrored. Light above white
    is spread before it is clipped, so a lamp becomes a bright disk. The default range is our reading.

    Args:
        radius: Range of the radius r in pixels of the source, 0 to 64; up to 1/2 changes nothing.

    Raises:
        BadParameters: If the range leaves its limits.

    References:
        Potmesil, Chakravarty, A Lens and Aperture Camera Model for Synthetic Image Generation, SIGGRAPH 1981.
        https://doi.org/10.1145/965161.806818

    Example:
        >>> import torch
        >>> Defocus(radius=2.0).sample(2, torch.Generator())
        {'radius': [2.0, 2.0]}
    """

    radius: Range = (0.5, 4.0)

    def __post_init__(self) -> None:
        require("defocus", outside("radius", self.radius, 0, 64))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the radii."""
        return {"radius": uniform(self.radius, Draws.of(n, generator))}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Spread every point over its disk."""
        radius = params["radius"]
        return _spread(light, disk(radius, _odd(max(radius) - 0.5)))

    def neutral(self, n: int) -> Params | None:
        """A point stays a point."""
        return {"radius": [0.0] * n}


@dataclass(frozen=True)
class MotionBlur(LinearDegradation):
    """Blur along a straight line, as a hand that moves evenly during the exposure.

    L' = L * k in linear light; k gives each pixel the share of the path that lies inside it, the path centred on its
    pixel, so the kernel is the same forwards and backwards. The border is mirrored. Light above white is spread before
    it is clipped, so a lamp leaves a streak. The default range is our reading.

    Args:
        length: Range of the length of the path in pixels of the source, 1 to 128; 1 changes nothing.
        angle: Range of its direction in degrees, -360 to 360, from the horizontal, clockwise; 180 more is the same.

    Raises:
        BadParameters: If a range leaves its limits.

    References:
        Zhou, Li, Loy, LEDNet: Joint Low-light Enhancement and Deblurring in the Dark, ECCV 2022 (blur before clipping;
        it averages frames of a video). https://arxiv.org/abs/2202.03373

    Example:
        >>> import torch
        >>> MotionBlur(length=5.0, angle=90.0).sample(1, torch.Generator())
        {'length': [5.0], 'angle': [90.0]}
    """

    length: Range = (3.0, 11.0)
    angle: Range = (0.0, 180.0)

    def __post_init__(self) -> None:
        require("motion_blur", outside("length", self.length, 1, 128), outside("angle", self.angle, -360, 360))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the lengths and directions."""
        draws = Draws.of(n, generator)
        return {"length": uniform(self.length, draws), "angle": uniform(self.angle, draws)}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Spread every point along its path."""
        length = params["length"]
        angle = [math.radians(degrees) for degrees in params["angle"]]
        return _spread(light, motion_line(length, angle, _odd(max(length) / 2 - 0.5)))

    def neutral(self, n: int) -> Params | None:
        """A path that stays in its pixel."""
        return {"length": [1.0] * n, "angle": [0.0] * n}


@dataclass(frozen=True)
class GaussianBlur(LinearDegradation):
    r"""Blur with a Gaussian, round or stretched in one direction.

    $L' = L * k$ in linear light, $k \propto \exp(-u^2/2\sigma^2 - v^2/2(\sigma t)^2)$ with u along the given direction
    and v across, cut where k has fallen to 1e-4 of its peak. The border is mirrored, and light above white is spread
    before it is clipped. The default range is our reading.

    Args:
        sigma: Range of the width σ along the direction in pixels of the source, 0 to 32; 0 changes nothing.
        ratio: Range of the ratio t of the width across to the one along, 0 (a line) to 1 (round).
        angle: Range of the direction in degrees, -360 to 360, from the horizontal, clockwise.

    Raises:
        BadParameters: If a range leaves its limits.

    References:
        Zhang, Liang, Van Gool, Timofte, Designing a Practical Degradation Model for Deep Blind Image Super-Resolution,
        ICCV 2021 (stretched Gaussians). https://arxiv.org/abs/2103.14006

    Example:
        >>> import torch
        >>> GaussianBlur(sigma=2.0, angle=0.0).sample(1, torch.Generator())
        {'sigma': [2.0], 'ratio': [1.0], 'angle': [0.0]}
    """

    sigma: Range = (0.2, 3.0)
    ratio: Range = 1.0
    angle: Range = (0.0, 180.0)

    def __post_init__(self) -> None:
        require(
            "gaussian_blur",
            outside("sigma", self.sigma, 0, 32),
            outside("ratio", self.ratio, 0, 1),
            outside("angle", self.angle, -360, 360),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the widths, ratios and directions."""
        draws = Draws.of(n, generator)
        return {
            "sigma": uniform(self.sigma, draws),
            "ratio": uniform(self.ratio, draws),
            "angle": uniform(self.angle, draws),
        }

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Spread every point over its Gaussian."""
        along = params["sigma"]
        across = [sigma * ratio for sigma, ratio in zip(along, params["ratio"], strict=True)]
        angle = [math.radians(degrees) for degrees in params["angle"]]
        size = _odd(max(along) * math.sqrt(-2 * math.log(LEAST_WEIGHT)))
        return _spread(light, gaussian(along, across, angle, size, least=LEAST_WEIGHT))

    def neutral(self, n: int) -> Params | None:
        """No width."""
        return {"sigma": [0.0] * n, "ratio": [1.0] * n, "angle": [0.0] * n}


def _spread(light: Images, kernels: Kernels) -> Resized:
    """Filter light, which rounding must not make negative."""
    return filtered(light, kernels).clamp_min(0)


def _odd(reach: float) -> int:
    """Side of a kernel that reaches so many pixels from its centre."""
    return 2 * max(math.ceil(reach) if reach < LARGEST else LARGEST, 0) + 1
