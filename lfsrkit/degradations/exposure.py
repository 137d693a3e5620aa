"""Too little light, as seen in the encoded picture."""

from dataclasses import dataclass

from lfsrkit.colour import luma
from lfsrkit.degradations.base import Degradation, Params, per_image, settled
from lfsrkit.degradations.draws import Range, outside, require, uniform
from lfsrkit.seeding import Streams, streams
from lfsrkit.types import Images, Resized


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
        sources = streams(n, generator)
        return {
            "alpha": uniform(self.alpha, sources),
            "beta": uniform(self.beta, sources),
            "gamma": uniform(self.gamma, sources),
            "colour": uniform(self.colour, sources),
            "contrast": uniform(self.contrast, sources),
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
