"""Colour casts: light of another colour, and cameras that judge it wrongly."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from lfsrkit.degradations.base import LinearDegradation, Params, tensor_like
from lfsrkit.degradations.draws import Draws, Range, log_uniform, outside, require, uniform
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

WARMEST, COLDEST = 1667, 25000
"""Colour temperatures in kelvin between which the formula of the Planckian locus holds."""

DAYLIGHT = 6504.0
"""Correlated colour temperature of D65, the white of sRGB, in kelvin."""

_XYZ_TO_RGB = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
"""From CIE XYZ to linear sRGB, IEC 61966-2-1:1999."""

Gains = tuple[float, float, float]
"""Factors of red, green and blue light."""


@dataclass(frozen=True)
class WhiteBalance(LinearDegradation):
    r"""Tint light by gains of red and blue that were corrected in part only.

    $y = (w_r^{1-q} R,\; G,\; w_b^{1-q} B)$: the light has the cast $(w_r, 1, w_b)$ and the camera divides by its power
    q, so that q = 1 leaves nothing of it and q = 0 all. The ranges of the gains enclose most casts that were measured
    on real dark pictures (our reading).

    Args:
        red: Range of the gain of red, 0.01 to 100, drawn log-uniformly.
        blue: Range of the gain of blue, 0.01 to 100, drawn log-uniformly.
        correction: Range of the corrected share q, 0 to 1.

    Raises:
        BadParameters: If a range leaves its limits.

    References:
        Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, Unprocessing Images for Learned Raw Denoising, CVPR 2019 (white
        balance as gains of red and blue in linear light). https://arxiv.org/abs/1811.11127

    Example:
        >>> import torch
        >>> drawn = {"red": [2.0], "blue": [0.25], "correction": [0.5]}
        >>> WhiteBalance().apply_light(torch.ones(1, 3, 1, 1), drawn).flatten()
        tensor([1.4142, 1.0000, 0.5000])
    """

    red: Range = (0.75, 1.6)
    blue: Range = (0.6, 1.3)
    correction: Range = (0.5, 1.0)

    def __post_init__(self) -> None:
        require(
            "white_balance",
            outside("red", self.red, 0.01, 100),
            outside("blue", self.blue, 0.01, 100),
            outside("correction", self.correction, 0, 1),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw both gains and the corrected share."""
        draws = Draws.of(n, generator)
        return {
            "red": log_uniform(self.red, draws),
            "blue": log_uniform(self.blue, draws),
            "correction": uniform(self.correction, draws),
        }

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Scale red and blue by what is left of the cast."""
        drawn = zip(params["red"], params["blue"], params["correction"], strict=True)
        return light * per_channel([(red ** (1 - q), 1.0, blue ** (1 - q)) for red, blue, q in drawn], light)

    def neutral(self, n: int) -> Params | None:
        """Gains of 1, fully corrected."""
        return {"red": [1.0] * n, "blue": [1.0] * n, "correction": [1.0] * n}


@dataclass(frozen=True)
class Planckian(LinearDegradation):
    r"""Tint light as a glowing body of another temperature does.

    $y_c = g_c(T)\, L_c$ with $g_c(T) = \frac{C_c(T)\, C_G(T_0)}{C_c(T_0)\, C_G(T)}$, C the colour of a black body in
    linear sRGB: 1 for all at the reference $T_0$, always 1 for green, red and warm below it, blue and cold above.
    Temperatures are drawn log-uniformly, so that warm ones, which lamps have, come more often (our reading).

    Args:
        kelvin: Range of the temperature T in kelvin, 1667 to 25000; blue is clipped to 0 below about 1900.
        reference: Temperature $T_0$ in kelvin that counts as white, 2000 to 25000.

    Raises:
        BadParameters: If an argument leaves its limits.

    References:
        Kim, Cho, Kang, Hong, Design of Advanced Color Temperature Control System for HDTV Applications, Journal of the
        Korean Physical Society 41 (2002) 865-871 (cubic approximation of the locus).

    Example:
        >>> import torch
        >>> Planckian().apply_light(torch.ones(1, 3, 1, 1), {"kelvin": [2856.0]}).flatten()
        tensor([2.0987, 1.0000, 0.2690])
    """

    kelvin: Range = (2500.0, 7500.0)
    reference: float = DAYLIGHT

    def __post_init__(self) -> None:
        require(
            "planckian",
            outside("kelvin", self.kelvin, WARMEST, COLDEST),
            outside("reference", self.reference, 2000, COLDEST),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the temperatures."""
        return {"kelvin": log_uniform(self.kelvin, Draws.of(n, generator))}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Scale red and blue."""
        return light * per_channel([planckian_gains(kelvin, self.reference) for kelvin in params["kelvin"]], light)

    def neutral(self, n: int) -> Params | None:
        """The reference."""
        return {"kelvin": [float(self.reference)] * n}


def planckian_locus(kelvin: float) -> tuple[float, float]:
    """Give the chromaticity of a black body in CIE 1931 xy, by cubic polynomials in 1/T and x.

    Args:
        kelvin: Temperature T, 1667 to 25000 K.

    References:
        Kim, Cho, Kang, Hong, Design of Advanced Color Temperature Control System for HDTV Applications, Journal of the
        Korean Physical Society 41 (2002) 865-871.

    Example:
        >>> [round(value, 3) for value in planckian_locus(4000.0)]
        [0.381, 0.377]
    """
    thousands = 1000 / kelvin
    if kelvin <= 4000:
        x = _polynomial(thousands, -0.2661239, -0.2343589, 0.8776956, 0.179910)
    else:
        x = _polynomial(thousands, -3.0258469, 2.1070379, 0.2226347, 0.240390)
    if kelvin <= 2222:
        return x, _polynomial(x, -1.1063814, -1.34811020, 2.18555832, -0.20219683)
    if kelvin <= 4000:
        return x, _polynomial(x, -0.9549476, -1.37418593, 2.09137015, -0.16748867)
    return x, _polynomial(x, 3.0817580, -5.87338670, 3.75112997, -0.37001483)


def planckian_gains(kelvin: float, reference: float = DAYLIGHT) -> Gains:
    """Give the factors of light that turn a white at one colour temperature into one at another, green left alone.

    Args:
        kelvin: Temperature of the light, 1667 to 25000 K.
        reference: Temperature whose factors are 1, in kelvin.

    Example:
        >>> planckian_gains(6504.0)
        (1.0, 1.0, 1.0)
    """
    (red, blue), (red_white, blue_white) = _red_and_blue(kelvin), _red_and_blue(reference)
    return red / red_white, 1.0, blue / blue_white


def per_channel(gains: Sequence[Gains], images: Images) -> Tensor:
    """Shape three numbers per picture so that they broadcast over a batch, with its dtype and device.

    Args:
        gains: Red, green and blue, one triple per picture.
        images: The batch.
    """
    return tensor_like(gains, images).view(len(images), 3, 1, 1)


def _red_and_blue(kelvin: float) -> tuple[float, float]:
    """Red and blue of a black body in linear sRGB, in units of its green."""
    x, y = planckian_locus(kelvin)
    red, green, blue = (a * x + b * y + c * (1 - x - y) for a, b, c in _XYZ_TO_RGB)
    return red / green, max(blue / green, 0.0)


def _polynomial(t: float, a: float, b: float, c: float, d: float) -> float:
    return ((a * t + b) * t + c) * t + d
