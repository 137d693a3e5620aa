"""Lamps: light that comes from places in the picture."""

from dataclasses import dataclass

import numpy as np

from lfsrkit.degradations.base import LinearDegradation, Params, tensor_like
from lfsrkit.degradations.cast import COLDEST, DAYLIGHT, WARMEST, planckian_gains
from lfsrkit.degradations.draws import Draws, IntRange, Range, ends, integers, log_uniform, outside, require, uniform
from lfsrkit.degradations.fields import Normalise, above_ambient, column, lit, spot, unknown_normalise
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

_CENTRES = (0.1, 0.9)
"""Where the centre of a lamp can be, share of either side."""


@dataclass(frozen=True)
class Spotlight(LinearDegradation):
    r"""Light a round spot more than the rest of the picture.

    $y = L\,F$ with $F(p) = a + (1 - a) \exp(-\lVert p - m \rVert^2 / 2\sigma^2)$, divided by its largest value, so that
    no pixel gets brighter. The form and the ranges are our reading.

    Args:
        x: Range of the centre, share of the width from the left border, -1 to 2.
        y: Range of the centre, share of the height from the upper border, -1 to 2.
        sigma: Range of the standard deviation in units of the shorter side, 0.01 to 10.
        ambient: Range of the light a that is everywhere, 0 to 1.
        normalise: ``"max"``, or ``"mean"`` to divide by the mean instead, which keeps the average light.

    Raises:
        BadParameters: If a range leaves its limits or the normalisation is unknown.

    References:
        Punnappurath, Abuolaim, Abdelhamed, Levinshtein, Brown, Day-to-Night Image Synthesis for Training Nighttime
        Neural ISPs, CVPR 2022 (Gaussian windows of light in linear space). https://arxiv.org/abs/2206.02715

    Example:
        >>> import torch
        >>> drawn = {"x": [0.5], "y": [0.5], "sigma": [0.2], "ambient": [0.1]}
        >>> Spotlight().apply_light(torch.ones(1, 3, 1, 5), drawn)[0, 0, 0, 2].item()
        1.0
    """

    x: Range = (0.2, 0.8)
    y: Range = (0.2, 0.8)
    sigma: Range = (0.15, 0.6)
    ambient: Range = (0.1, 0.6)
    normalise: Normalise = "max"

    def __post_init__(self) -> None:
        require(
            "spotlight",
            outside("x", self.x, -1, 2),
            outside("y", self.y, -1, 2),
            outside("sigma", self.sigma, 0.01, 10),
            outside("ambient", self.ambient, 0, 1),
            unknown_normalise(self.normalise),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw all four evenly, each on its own."""
        draws = Draws.of(n, generator)
        return {
            "x": uniform(self.x, draws),
            "y": uniform(self.y, draws),
            "sigma": uniform(self.sigma, draws),
            "ambient": uniform(self.ambient, draws),
        }

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Light the spot of every picture."""
        across, down = spot(light, *(column(params[name]) for name in ("x", "y", "sigma")))
        shape = tensor_like(down, light) * tensor_like(across, light)
        return lit(light, above_ambient(params["ambient"], shape), self.normalise)

    def neutral(self, n: int) -> Params | None:
        """Ambient light only."""
        return {"x": [0.5] * n, "y": [0.5] * n, "sigma": [1.0] * n, "ambient": [1.0] * n}


@dataclass(frozen=True)
class LocalLights(LinearDegradation):
    r"""Light the picture with a few coloured lamps and little else.

    $y_c = L_c F_c$ with $F_c(p) = a + \sum_j w_j\, g_c(T_j) \exp(-\lVert p - m_j \rVert^2 / 2\sigma_j^2)$, divided by
    its largest value over pixels and channels, so that no pixel gets brighter. $g_c$ is the colour of a black body of
    temperature $T_j$ as in `planckian`. Published is an average of relit pictures with measured colours of night
    lamps; the sum, the colours and the ranges of weights are our reading.

    Args:
        lights: Number of lamps, or a range of it, 1 to 16; centres are drawn evenly from the middle 80 % of both sides.
        weight: Range of the strength w of a lamp, 0 to 1.
        sigma: Range of its standard deviation in units of the shorter side, 0.01 to 10.
        kelvin: Range of its colour temperature T in kelvin, 1667 to 25000, drawn log-uniformly.
        ambient: Range of the light a that is everywhere, 0 to 1.
        normalise: ``"max"``, or ``"mean"`` to divide by the mean instead, which keeps the average light.

    Raises:
        BadParameters: If a range leaves its limits or the normalisation is unknown.

    References:
        Punnappurath, Abuolaim, Abdelhamed, Levinshtein, Brown, Day-to-Night Image Synthesis for Training Nighttime
        Neural ISPs, CVPR 2022. https://arxiv.org/abs/2206.02715

    Example:
        >>> import torch
        >>> drawn = LocalLights(lights=(1, 3)).sample(1, torch.Generator().manual_seed(0))
        >>> [len(drawn[name][0]) for name in ("x", "y", "sigma", "weight", "kelvin")]
        [3, 3, 3, 3, 3]
    """

    lights: IntRange = (1, 3)
    weight: Range = (0.3, 1.0)
    sigma: Range = (0.15, 0.6)
    kelvin: Range = (2500.0, 7500.0)
    ambient: Range = (0.03, 0.2)
    normalise: Normalise = "max"

    def __post_init__(self) -> None:
        require(
            "local_lights",
            outside("lights", self.lights, 1, 16),
            outside("weight", self.weight, 0, 1),
            outside("sigma", self.sigma, 0.01, 10),
            outside("kelvin", self.kelvin, WARMEST, COLDEST),
            outside("ambient", self.ambient, 0, 1),
            unknown_normalise(self.normalise),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw as many lamps as there can be; those beyond the drawn number get no weight."""
        draws = Draws.of(n, generator)
        count, ambient = integers(self.lights, draws), uniform(self.ambient, draws)
        lamps = range(self._most)
        weights = [uniform(self.weight, draws) for _ in lamps]
        return {
            "x": _per_picture([uniform(_CENTRES, draws) for _ in lamps]),
            "y": _per_picture([uniform(_CENTRES, draws) for _ in lamps]),
            "sigma": _per_picture([uniform(self.sigma, draws) for _ in lamps]),
            "weight": [row[:k] + [0.0] * (self._most - k) for row, k in zip(_per_picture(weights), count, strict=True)],
            "kelvin": _per_picture([log_uniform(self.kelvin, draws) for _ in lamps]),
            "ambient": ambient,
        }

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Add the lamps of every picture up: a product of the matrix of their columns and that of their rows."""
        across, down = spot(light, *(np.array(params[name])[..., None, None] for name in ("x", "y", "sigma")))
        colours = np.array([[planckian_gains(kelvin) for kelvin in row] for row in params["kelvin"]])
        strength = np.array(params["weight"])[..., None] * colours
        columns = np.einsum("nkc,nkh->nchk", strength, down[..., 0])
        lamps = tensor_like(columns, light) @ tensor_like(across[:, None, :, 0], light)
        return lit(light, lamps.add_(tensor_like(column(params["ambient"]), light)), self.normalise)

    def neutral(self, n: int) -> Params | None:
        """Ambient light only."""
        off = {"x": 0.5, "y": 0.5, "sigma": 1.0, "weight": 0.0, "kelvin": DAYLIGHT}
        return {**{name: [[value] * self._most] * n for name, value in off.items()}, "ambient": [1.0] * n}

    @property
    def _most(self) -> int:
        return int(ends(self.lights)[1])


def _per_picture(per_lamp: list[list[float]]) -> list[list[float]]:
    return [list(row) for row in zip(*per_lamp, strict=True)]
