"""Undoing the light of a chain with its recorded parameters: what a restorer could do that knew them."""

from functools import singledispatch

from torch import Tensor

from lfsrkit.colour import luma, srgb_to_linear
from lfsrkit.degradations.base import Degradation, Params, encoded, per_image
from lfsrkit.degradations.cast import WhiteBalance, per_channel
from lfsrkit.degradations.chain import Chain
from lfsrkit.degradations.exposure import ContrastGamma, Exposure, GammaLinear
from lfsrkit.errors import UsageError
from lfsrkit.types import Images

LOST = frozenset({"resample", "sensor", "coding"})
"""Causes that take something away for good: their stages are passed over."""


@singledispatch
def inverse(degradation: Degradation, images: Tensor, params: Params) -> Tensor | None:
    """Undo one degradation; register a function for the class of one's own, as `functools.singledispatch` has it.

    Args:
        degradation: What was applied.
        images: Its results, sRGB, 0 to 1.
        params: What was applied, by name, a value per picture.

    Returns:
        What went in, as far as it was not clipped or rounded away; None where no inverse is known.
    """
    del degradation, images, params
    return None


@inverse.register(GammaLinear)
def _(degradation: GammaLinear, images: Tensor, params: Params) -> Tensor | None:
    del degradation
    if not all(share > 0 for name in ("beta", "alpha", "colour", "contrast") for share in params[name]):
        return None
    alpha, beta, gamma = (per_image(params[name], images) for name in ("alpha", "beta", "gamma"))
    faded = (images / beta).pow(1 / gamma) / alpha
    # Fading keeps the luma of every pixel, and then the mean luma, so that both are still there to fade away from.
    mean = luma(faded).mean((1, 2, 3), keepdim=True)
    coloured = mean + (faded - mean) / per_image(params["contrast"], images)
    return luma(coloured) + (coloured - luma(coloured)) / per_image(params["colour"], images)


@inverse.register(ContrastGamma)
def _(degradation: ContrastGamma, images: Tensor, params: Params) -> Tensor | None:
    del degradation
    if not all(alpha > 0 for alpha in params["alpha"]):
        return None
    alpha, beta, gamma = (per_image(params[name], images) for name in ("alpha", "beta", "gamma"))
    return (images.pow(1 / gamma) - beta) / alpha


@inverse.register(Exposure)
def _(degradation: Exposure, images: Tensor, params: Params) -> Tensor:
    del degradation
    return encoded(srgb_to_linear(images) * per_image([2.0**stops for stops in params["stops"]], images))


@inverse.register(WhiteBalance)
def _(degradation: WhiteBalance, images: Tensor, params: Params) -> Tensor:
    del degradation
    drawn = zip(params["red"], params["blue"], params["correction"], strict=True)
    gains = [(red ** (q - 1), 1.0, blue ** (q - 1)) for red, blue, q in drawn]
    return encoded(srgb_to_linear(images) * per_channel(gains, images))


def relit(chain: Chain, low: Images, params: Params) -> Images:
    """Give low pictures the light that they had before a chain, with the parameters that it recorded.

    Exposure, light and colours are undone from the last stage to the first; size, noise and rounding stay as they are.

    Args:
        chain: What made the pictures.
        low: Its results, sRGB, 0 to 1.
        params: As recorded.

    Raises:
        UsageError: If a stage has no inverse, with its name.

    Example:
        >>> import torch
        >>> from lfsrkit.degradations import chain_from_text
        >>> chain = chain_from_text("gamma_linear(alpha=1.0, beta=0.5, gamma=2.0)")
        >>> relit(chain, torch.full((1, 3, 1, 1), 0.125), chain.sample(1, torch.Generator())).flatten()
        tensor([0.5000, 0.5000, 0.5000])
    """
    images = low
    for stage in reversed(chain.stages):
        causes = stage.tags - {"differentiable", "cpu_only"}
        if causes <= LOST:
            continue
        undone = inverse(stage.degradation, images, params[stage.key])
        if undone is None:
            raise UsageError(f"{stage.call.name} ({stage.key}) has no inverse that is known")
        images = undone.clamp(0, 1)
    return images
