"""Shading: light that falls off over the whole picture, from one side or towards the border."""

from dataclasses import dataclass

import numpy as np

from lfsrkit.degradations.base import LinearDegradation, Params, tensor_like
from lfsrkit.degradations.draws import Draws, Range, outside, require, uniform
from lfsrkit.degradations.fields import Normalise, above_ambient, along, column, lit, positions, unknown_normalise
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

_LONG_FOCUS = 1e6
"""Focal length at which the fall-off is 1e-12: nothing."""


@dataclass(frozen=True)
class SideLight(LinearDegradation):
    r"""Light one side of the picture and leave the other in shadow.

    $y = L\,F$ with $F(p) = a + (1 - a)\,\mathrm{sigmoid}\bigl((n \cdot p - t) / s\bigr)$, n the direction of the lamp
    and p the position from the middle of the picture, divided by its largest value, so that no pixel gets brighter. The
    form and the ranges are our reading.

    Args:
        angle: Range of the direction of the lamp in degrees, 0 to 360, counter-clockwise: 0 is right, 90 above.
        edge: Range of the distance t of the edge of the shadow from the middle, in units of the shorter side, -2 to 2.
        softness: Range of the width s of the edge in units of the shorter side, 0.01 to 10.
        ambient: Range of the light a that is everywhere, 0 to 1.
        normalise: ``"max"``, or ``"mean"`` to divide by the mean instead, which keeps the average light.

    Raises:
        BadParameters: If a range leaves its limits or the normalisation is unknown.

    Example:
        >>> import torch
        >>> drawn = {"angle": [180.0], "edge": [0.0], "softness": [0.05], "ambient": [0.25]}
        >>> SideLight().apply_light(torch.ones(1, 3, 2, 4), drawn)[0, 0, 0]
        tensor([1.0000, 0.9950, 0.2550, 0.2500])
    """

    angle: Range = (0.0, 360.0)
    edge: Range = (-0.2, 0.2)
    softness: Range = (0.05, 0.4)
    ambient: Range = (0.1, 0.6)
    normalise: Normalise = "max"

    def __post_init__(self) -> None:
        require(
            "side_light",
            outside("angle", self.angle, 0, 360),
            outside("edge", self.edge, -2, 2),
            outside("softness", self.softness, 0.01, 10),
            outside("ambient", self.ambient, 0, 1),
            unknown_normalise(self.normalise),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw all four evenly, each on its own."""
        draws = Draws.of(n, generator)
        return {
            "angle": uniform(self.angle, draws),
            "edge": uniform(self.edge, draws),
            "softness": uniform(self.softness, draws),
            "ambient": uniform(self.ambient, draws),
        }

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Shade every picture."""
        across, up = along(light, params["angle"])
        edge, softness = column(params["edge"]), column(params["softness"])
        shape = tensor_like(across / softness, light).add(tensor_like((up - edge) / softness, light)).sigmoid_()
        return lit(light, above_ambient(params["ambient"], shape), self.normalise)

    def neutral(self, n: int) -> Params | None:
        """Ambient light only."""
        return {"angle": [0.0] * n, "edge": [0.0] * n, "softness": [1.0] * n, "ambient": [1.0] * n}


@dataclass(frozen=True)
class LinearGradient(LinearDegradation):
    r"""Let light fall off evenly from one side of the picture to the other.

    $y = L\,F$ with $F(p) = a + (1 - a)\,d(p)$, where d grows linearly along the direction of the lamp, from 0 at the
    first pixel to 1 at the last. The form and the ranges are our reading.

    Args:
        angle: Range of the direction of the lamp in degrees, 0 to 360, counter-clockwise: 0 is right, 90 above.
        ambient: Range of the light a on the dark side, 0 to 1.
        normalise: ``"max"``, or ``"mean"`` to divide by the mean instead, which keeps the average light.

    Raises:
        BadParameters: If a range leaves its limits or the normalisation is unknown.

    Example:
        >>> import torch
        >>> drawn = {"angle": [0.0], "ambient": [0.25]}
        >>> LinearGradient().apply_light(torch.ones(1, 3, 2, 4), drawn)[0, 0, 0]
        tensor([0.2500, 0.5000, 0.7500, 1.0000])
    """

    angle: Range = (0.0, 360.0)
    ambient: Range = (0.1, 0.6)
    normalise: Normalise = "max"

    def __post_init__(self) -> None:
        require(
            "linear_gradient",
            outside("angle", self.angle, 0, 360),
            outside("ambient", self.ambient, 0, 1),
            unknown_normalise(self.normalise),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw direction and ambient light evenly."""
        draws = Draws.of(n, generator)
        return {"angle": uniform(self.angle, draws), "ambient": uniform(self.ambient, draws)}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Shade every picture."""
        across, up = along(light, params["angle"])
        span = 2 * (across.max(3, keepdims=True) + up.max(2, keepdims=True)).clip(np.finfo(np.float64).tiny)
        shape = tensor_like(across / span, light) + tensor_like(up / span + 0.5, light)
        return lit(light, above_ambient(params["ambient"], shape), self.normalise)

    def neutral(self, n: int) -> Params | None:
        """Ambient light only."""
        return {"angle": [0.0] * n, "ambient": [1.0] * n}


@dataclass(frozen=True)
class Vignette(LinearDegradation):
    r"""Darken towards the corners as a simple lens does, by the fourth power of a cosine.

    $y = L \cos^4\theta$ with $\cos^4\theta = (1 + \rho^2 / f^2)^{-2}$, $\rho$ the distance from the middle of the
    picture, 1 in the corners. The range of f is our reading.

    Args:
        focal: Range of the focal length f in units of half the diagonal, 0.1 to 1e6; shorter is darker.
        normalise: ``"max"``, or ``"mean"`` to divide by the mean instead, which keeps the average light.

    Raises:
        BadParameters: If the range leaves its limits or the normalisation is unknown.

    References:
        Kang, Weiss, Can We Calibrate a Camera Using an Image of a Flat, Textureless Lambertian Surface?, ECCV 2000 (the
        law, with further terms). https://doi.org/10.1007/3-540-45053-X_41

    Example:
        >>> import torch
        >>> Vignette().apply_light(torch.ones(1, 3, 3, 3), {"focal": [1.0]})[0, 0, 1]
        tensor([0.6694, 1.0000, 0.6694])
    """

    focal: Range = (0.7, 2.0)
    normalise: Normalise = "max"

    def __post_init__(self) -> None:
        require("vignette", outside("focal", self.focal, 0.1, _LONG_FOCUS), unknown_normalise(self.normalise))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the focal lengths evenly."""
        return {"focal": uniform(self.focal, Draws.of(n, generator))}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Darken the corners of every picture."""
        height, width = light.shape[-2:]
        x, y = positions(light)
        half_diagonal = (height**2 + width**2) ** 0.5 / min(height, width) / 2
        focal = column(params["focal"]) * half_diagonal
        slope = tensor_like(1 + (x / focal) ** 2, light) + tensor_like((y / focal) ** 2, light)
        return lit(light, slope.square_().reciprocal_(), self.normalise)

    def neutral(self, n: int) -> Params | None:
        """A focal length so long that nothing falls off."""
        return {"focal": [_LONG_FOCUS] * n}
