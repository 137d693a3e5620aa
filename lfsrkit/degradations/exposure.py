"""Too little light: in the light itself, and as seen in the encoded picture."""

from dataclasses import dataclass

from lfsrkit.colour import luma
from lfsrkit.degradations.base import Degradation, LinearDegradation, Params, per_image, settled
from lfsrkit.degradations.draws import Draws, Range, outside, require, uniform
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized


@dataclass(frozen=True)
class ContrastGamma(Degradation):
    r"""Darken with a linear change of contrast and brightness, then a power law.

    $y = \max(0, \alpha x + \beta)^\gamma$ on sRGB values. The published set states the formula and not the ranges; the
    defaults are our reading.

    Args:
        alpha: Range of the contrast, 0 to 1.
        beta: Range of the brightness that is added, -1 to 0.
        gamma: Range of the exponent, 1 to 20; above 1 darkens.

    Raises:
        BadParameters: If a range leaves its limits; within them no pixel gets brighter.

    References:
        Wang, Lu, Yao, Zhang, Xiong, Learning to Hallucinate Face in the Dark, IEEE TMM 2023.
        https://github.com/mdswyz/DARKFFHQ

    Example:
        >>> import torch
        >>> ContrastGamma().apply(torch.ones(1, 3, 1, 1), {"alpha": [0.75], "beta": [-0.25], "gamma": [2.0]}).flatten()
        tensor([0.2500, 0.2500, 0.2500])
    """

    alpha: Range = (0.6, 1.0)
    beta: Range = (-0.05, 0.0)
    gamma: Range = (1.5, 4.0)

    def __post_init__(self) -> None:
        require(
            "contrast_gamma",
            outside("alpha", self.alpha, 0, 1),
            outside("beta", self.beta, -1, 0),
            outside("gamma", self.gamma, 1, 20),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw all three evenly, each on its own."""
        draws = Draws.of(n, generator)
        return {
            "alpha": uniform(self.alpha, draws),
            "beta": uniform(self.beta, draws),
            "gamma": uniform(self.gamma, draws),
        }

    def apply(self, images: Images, params: Params) -> Resized:
        """Change the contrast and the brightness, then darken."""
        alpha, beta, gamma = (per_image(params[name], images) for name in ("alpha", "beta", "gamma"))
        return (alpha * images + beta).clamp_min(0).pow(gamma)

    def neutral(self, n: int) -> Params | None:
        """Full contrast, nothing added, exponent 1."""
        return {"alpha": [1.0] * n, "beta": [0.0] * n, "gamma": [1.0] * n}


@dataclass(frozen=True)
class Exposure(LinearDegradation):
    r"""Divide linear light by a power of two, as a shorter exposure does.

    $y = 2^{-s} L$ with s in photographic stops, drawn evenly, so that the factor is log-uniform. The default range is a
    factor from 0.15 down to 0.02, which gives faces the mean brightness of real dark pictures (our reading).

    Args:
        stops: Range of the stops s below the source, 0 to 16; positive is darker.

    Raises:
        BadParameters: If the range leaves its limits.

    References:
        Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, Unprocessing Images for Learned Raw Denoising, CVPR 2019 (light
        is scaled in linear space). https://arxiv.org/abs/1811.11127

    Example:
        >>> import torch
        >>> Exposure().apply_light(torch.ones(1, 3, 1, 1), {"stops": [2.0]}).flatten()
        tensor([0.2500, 0.2500, 0.2500])
    """

    stops: Range = (2.74, 5.64)

    def __post_init__(self) -> None:
        require("exposure", outside("stops", self.stops, 0, 16))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the stops evenly."""
        return {"stops": uniform(self.stops, Draws.of(n, generator))}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Scale the light of every picture."""
        return light * per_image([2.0**-stops for stops in params["stops"]], light)

    def neutral(self, n: int) -> Params | None:
        """No stops."""
        return {"stops": [0.0] * n}


@dataclass(frozen=True)
class GammaLinear(Degradation):
    r"""Darken with a power law and two linear factors.

    $y = \beta\,(\alpha x)^\gamma$ on sRGB values. A power law makes colours more vivid and contrast higher, the
    opposite of what darkness does; the published remedy is to fade the picture first, $x \leftarrow Y + c\,(x - Y)$
    with its luma Y (colour), then $x \leftarrow \bar Y + c\,(x - \bar Y)$ with its mean luma (contrast). Both are
    off by default.

    Args:
        alpha: Range of the factor before the power, 0 to 1.
        beta: Range of the factor after the power, 0 to 1.
        gamma: Range of the exponent, 1 to 20; above 1 darkens.
        colour: Range of the share of colour that is kept, 0 (grey) to 1; published: (0.7, 1).
        contrast: Range of the share of contrast that is kept, 0 (flat) to 1; published: (0.7, 1).

    Raises:
        BadParameters: If a range leaves its limits; within them no pixel gets brighter by the power law.

    References:
        Lv, Li, Lu, Attention Guided Low-Light Image Enhancement with a Large Scale Low-Light Simulation Dataset, IJCV
        2021 (ranges of alpha, beta and gamma). https://arxiv.org/abs/1908.00682

        Wang, Liu, Siu, Lun, Lightening Network for Low-Light Image Enhancement, IEEE TIP 2020 (colour and contrast, in
        its public code; the mean luma is rounded to 8 bits there and exact here).
        https://doi.org/10.1109/TIP.2020.3008396

    Example:
        >>> import torch
        >>> half = torch.full((1, 3, 1, 1), 0.5)
        >>> dark = GammaLinear().apply(half, {**GammaLinear().neutral(1), "gamma": [3.0]})
        >>> dark.flatten()
        tensor([0.1250, 0.1250, 0.1250])
    """

    alpha: Range = (0.9, 1.0)
    beta: Range = (0.5, 1.0)
    gamma: Range = (1.5, 5.0)
    colour: Range = 1.0
    contrast: Range = 1.0

    def __post_init__(self) -> None:
        require(
            "gamma_linear",
            outside("alpha", self.alpha, 0, 1),
            outside("beta", self.beta, 0, 1),
            outside("gamma", self.gamma, 1, 20),
            outside("colour", self.colour, 0, 1),
            outside("contrast", self.contrast, 0, 1),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw all five evenly, each on its own."""
        draws = Draws.of(n, generator)
        return {
            "alpha": uniform(self.alpha, draws),
            "beta": uniform(self.beta, draws),
            "gamma": uniform(self.gamma, draws),
            "colour": uniform(self.colour, draws),
            "contrast": uniform(self.contrast, draws),
        }

    def apply(self, images: Images, params: Params) -> Resized:
        """Fade, then darken."""
        alpha, beta, gamma = (per_image(params[name], images) for name in ("alpha", "beta", "gamma"))
        return beta * (alpha * _faded(images, params)).pow(gamma)

    def neutral(self, n: int) -> Params | None:
        """All five are 1."""
        return {name: [1.0] * n for name in ("alpha", "beta", "gamma", "colour", "contrast")}


def _faded(images: Images, params: Params) -> Images:
    if any(share != 1 for share in params["colour"]):
        images = luma(images).lerp(images, per_image(params["colour"], images))
    if any(share != 1 for share in params["contrast"]):
        mean = settled(luma(images).mean((1, 2, 3), keepdim=True))
        images = mean.lerp(images, per_image(params["contrast"], images))
    return images
