"""A finite number of levels, of encoded values or of light."""

from dataclasses import dataclass
from typing import get_args

from lfsrkit.degradations.base import Degradation, Light, LinearDegradation, Params, per_image, straight_through
from lfsrkit.degradations.draws import Draws, IntRange, integers, outside, require, unknown
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized


def quantise(bits: IntRange = 8, light: Light = "srgb") -> Degradation:
    r"""Round to a number of bits.

    $y = \mathrm{round}\bigl(x\,(2^b - 1)\bigr) / (2^b - 1)$; the gradient is that of the identity (straight-through).
    There is no neutral value: any number of bits moves some float.

    Args:
        bits: Number b of bits, or a range of it, 1 to 16.
        light: ``"srgb"`` rounds encoded values, as a file does; ``"linear"`` rounds light, clipped to 0..1, as the
            converter behind a sensor does.

    Raises:
        BadParameters: If the number is out of range, or the light unknown.

    References:
        Bengio, Léonard, Courville, Estimating or Propagating Gradients Through Stochastic Neurons, 2013 (the gradient).
        https://arxiv.org/abs/1308.3432

    Example:
        >>> import torch
        >>> quantise(bits=1).apply(torch.full((1, 3, 1, 1), 0.7), {"bits": [1]}).flatten()
        tensor([1., 1., 1.])
    """
    require("quantise", outside("bits", bits, 1, 16), unknown("light", light, get_args(Light)))
    return _RoundValues(bits) if light == "srgb" else _RoundLight(bits)


def rounded(values: Images, params: Params) -> Images:
    """Round every value to the nearest level.

    Args:
        values: 0 to 1.
        params: List ``bits``, one number a picture.
    """
    steps = per_image([2**bits - 1 for bits in params["bits"]], values)
    return straight_through(values, (values * steps).round() / steps)


@dataclass(frozen=True)
class _RoundValues(Degradation):
    bits: IntRange

    def sample(self, n: int, generator: Streams) -> Params:
        return {"bits": integers(self.bits, Draws.of(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        return rounded(images, params)

    def neutral(self, n: int) -> Params | None:
        return None


@dataclass(frozen=True)
class _RoundLight(LinearDegradation):
    bits: IntRange

    def sample(self, n: int, generator: Streams) -> Params:
        return {"bits": integers(self.bits, Draws.of(n, generator))}

    def apply_light(self, light: Images, params: Params) -> Resized:
        return rounded(light.clamp(0, 1), params)

    def neutral(self, n: int) -> Params | None:
        return None
