"""Tone: curves that map brightness to brightness, of an enhancer turned round and of a camera."""

from dataclasses import dataclass

import torch
from torch import Tensor

from lfsrkit.colour import luma
from lfsrkit.degradations.base import Degradation, Params, per_image, settled, straight_through
from lfsrkit.degradations.draws import Draws, Range, outside, require, uniform
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Masks, Resized

_LEVELS = 512
"""Nodes of the histogram that stands for a picture while the strength of the curve is sought."""

_HALVINGS = 24
"""Bisection steps: the strength is found to 2^-24."""

_SOURCE_GAMMA = 2.2
"""Power law that stands for the encoding of the source."""

_LEAST_VALUE = 1e-12
"""Black: below it a power has no slope, for that of a power below one grows without limit towards zero."""


@dataclass(frozen=True)
class ZeroDceCurve(Degradation):
    r"""Darken with the curve of Zero-DCE until the mean brightness reaches a target.

    $L_{k+1} = L_k + r\,(L_k^2 - L_k)$, repeated, and RGB is scaled by $L_K / L_0$, which keeps the hue. The strength r,
    0 to 1, is found by bisection, so that the mean of $L_K$ is the target; a picture that is darker than the target
    already stays as it is. Highlights keep their value, as lamps in a dark picture do, and do not count in the mean.

    Published is a network that predicts r per pixel and step from CIELAB lightness and target. One r per picture, and
    BT.601 luma for lightness, are our reading. The mean luma of what is no highlight is then the target (within
    0.0002), unless the curve at its strongest, r = 1, leaves it brighter: few iterations, or a target near black.

    Args:
        target: Range of the mean luma to reach, 0 to 1.
        iterations: How often the curve is applied, 1 to 100.
        highlights: Luma above which a pixel is left alone, 0 to 1; at 1 there are no highlights.

    Raises:
        BadParameters: If an argument leaves its limits.

    References:
        Guo, Li, Guo, Loy, Hou, Kwong, Cong, Zero-Reference Deep Curve Estimation for Low-Light Image Enhancement, CVPR
        2020 (the curve, brightening). https://arxiv.org/abs/2001.06826

        Zhou, Li, Loy, LEDNet: Joint Low-light Enhancement and Deblurring in the Dark, ECCV 2022 (darkening; target,
        iterations and highlights in its public code). https://arxiv.org/abs/2202.03373

    Example:
        >>> grey = torch.linspace(0.1, 0.9, 16).expand(1, 3, 1, 16)
        >>> round(ZeroDceCurve().apply(grey, {"target": [0.2]}).mean().item(), 3)
        0.2
    """

    target: Range = (0.05, 0.3)
    iterations: int = 10
    highlights: float = 0.97

    def __post_init__(self) -> None:
        require(
            "zero_dce_curve",
            outside("target", self.target, 0, 1),
            outside("iterations", self.iterations, 1, 100),
            outside("highlights", self.highlights, 0, 1),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the targets evenly; the strengths follow from target and picture."""
        return {"target": uniform(self.target, Draws.of(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        """Darken every picture to its own target; no gradient flows through the strength."""
        brightness = luma(images)
        counts = brightness <= self.highlights
        strength = _strength(brightness, counts, per_image(params["target"], images), self.iterations)
        return images * torch.where(counts, _darkening(brightness, strength, self.iterations), 1)

    def neutral(self, n: int) -> Params | None:
        """A target of 1, which no picture exceeds."""
        return {"target": [1.0] * n}


@dataclass(frozen=True)
class ToneCurve(Degradation):
    r"""Render with the response curve of a camera, or undo it.

    $f(E) = (1 - t)\,u + t\,(3 u^2 - 2 u^3)$ with $u = E^{1/g}$: a power law mixed with an S-curve. The source counts as
    encoded with the power 2.2, $E = x^{2.2}$, so that g = 2.2 and t = 0 change nothing (our reading; with the sRGB
    curve, which is flat near black, g alone would lift black to grey). The inverse solves the cubic in closed form:
    $u = \tfrac12 + A \sin\bigl(\tfrac13 \arcsin \tfrac{3 (y - 1/2)}{(1 + t/2) A}\bigr)$ with
    $A = \sqrt{(2 + t) / 3t}$, and $x = u^{g / 2.2}$.

    Args:
        gamma: Range of the exponent g, 1 to 5; above 2.2 brightens dark tones.
        contrast: Range of the share t of the S-curve, 0 to 1.
        inverse: Whether to undo the curve instead, which leaves what a camera had before rendering.

    Raises:
        BadParameters: If a range leaves its limits.

    References:
        Grossberg, Nayar, Modeling the Space of Camera Response Functions, IEEE TPAMI 2004 (what such curves look like;
        the two-parameter family is our reading). https://doi.org/10.1109/TPAMI.2004.88

        Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, Unprocessing Images for Learned Raw Denoising, CVPR 2019 (power
        and S-curve, and the inverse for t = 1). https://arxiv.org/abs/1811.11127

    Example:
        >>> grey = torch.full((1, 3, 1, 1), 0.25)
        >>> ToneCurve().apply(grey, {"gamma": [2.2], "contrast": [1.0]}).flatten()
        tensor([0.1562, 0.1562, 0.1562])
    """

    gamma: Range = (1.8, 2.8)
    contrast: Range = (0.0, 1.0)
    inverse: bool = False

    def __post_init__(self) -> None:
        require("tone_curve", outside("gamma", self.gamma, 1, 5), outside("contrast", self.contrast, 0, 1))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw exponent and share evenly."""
        draws = Draws.of(n, generator)
        return {"gamma": uniform(self.gamma, draws), "contrast": uniform(self.contrast, draws)}

    def apply(self, images: Images, params: Params) -> Resized:
        """Render, or undo the rendering."""
        power = per_image([_SOURCE_GAMMA / gamma for gamma in params["gamma"]], images)
        contrast = per_image(params["contrast"], images)
        if self.inverse:
            values = _power(_without_s_curve(images, contrast), 1 / power)
        else:
            values = _with_s_curve(_power(images, power), contrast)
        return straight_through(values, values.clamp_max(1))

    def neutral(self, n: int) -> Params | None:
        """The power of the source and no S-curve."""
        return {"gamma": [_SOURCE_GAMMA] * n, "contrast": [0.0] * n}


def _darkening(brightness: Tensor, strength: Tensor, iterations: int) -> Tensor:
    """Give L_K / L_0 as a product, which needs no division and so no care at black."""
    ratio = torch.ones_like(brightness)
    for _ in range(iterations):
        ratio = ratio * (1 - strength * (1 - brightness * ratio))
    return ratio


@torch.no_grad()
def _strength(brightness: Masks, counts: Tensor, target: Tensor, iterations: int) -> Tensor:
    """Find the strength (n, 1, 1, 1) by bisection; 0, exactly, where the mean is below the target."""
    shares = _histogram(brightness.flatten(1), counts.flatten(1).to(brightness.dtype))
    levels = torch.linspace(0, 1, _LEVELS, dtype=brightness.dtype, device=brightness.device)
    weak, strong = torch.zeros_like(target).flatten(1), torch.ones_like(target).flatten(1)
    for _ in range(_HALVINGS):
        middle = (weak + strong) / 2
        dark = levels * _darkening(levels.expand_as(shares), middle, iterations)
        too_bright = settled((shares * dark).sum(1, keepdim=True)) > target.flatten(1)
        weak, strong = torch.where(too_bright, middle, weak), torch.where(too_bright, strong, middle)
    return weak.view_as(target)


def _histogram(brightness: Tensor, weight: Tensor) -> Tensor:
    """Share of the pixels at every level (n, levels), each pixel divided between the two levels around it."""
    position = brightness * (_LEVELS - 1)
    below = position.floor().clamp(0, _LEVELS - 2)
    upper = weight * (position - below)
    counts = brightness.new_zeros(len(brightness), _LEVELS)
    counts = counts.scatter_add(1, below.long(), weight - upper).scatter_add(1, below.long() + 1, upper)
    return counts / counts.sum(1, keepdim=True).clamp_min(1)


def _power(images: Images, exponent: Tensor) -> Images:
    return images.clamp_min(_LEAST_VALUE).pow(exponent)


def _with_s_curve(values: Images, share: Tensor) -> Images:
    return values + share * values * (values * (3 - 2 * values) - 1)


def _without_s_curve(values: Images, share: Tensor) -> Images:
    """Solve the cubic of `_with_s_curve` by way of the sine of a third of an angle, whose slope at +-1 is infinite."""
    share = share.clamp_min(_LEAST_VALUE)
    reach = ((2 + share) / (3 * share)).sqrt()
    edge = 1 - torch.finfo(values.dtype).eps / 2
    sine = (3 * (values - 0.5) / ((1 + share / 2) * reach)).clamp(-edge, edge)
    return 0.5 + reach * (sine.asin() / 3).sin()
