"""What a sensor adds: noise of light and of electronics, and a finite number of levels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

from lfsrkit.degradations.base import Degradation, LinearDegradation, Params, per_image, straight_through
from lfsrkit.degradations.draws import IntRange, Range, integers, log_uniform, normal, outside, require
from lfsrkit.seeding import Streams, draw_seed, streams
from lfsrkit.types import Images, Resized

_LEAST_VARIANCE = 1e-30
"""Keeps the gradient of the square root finite where there is no noise; a millionth of a millionth of a level."""


@dataclass(frozen=True)
class ShotReadNoise(LinearDegradation):
    r"""Add signal-dependent shot noise and constant read noise in linear light.

    $y = L + n$ with L the linear light of the picture and n normal with variance $s L + r$, clipped to 0..1 and encoded
    in sRGB again. In units of white squared, $\ln s \sim U(\ln s_0, \ln s_1)$ and $\ln r = 2.18 \ln s + 1.20 + e$,
    e normal with standard deviation 0.26. Apply it after shrinking: noise added before is averaged away.

    The published range of s, (1e-4, 0.012), is for normally exposed raw pictures; after darkening it is far noisier
    than real dark pictures, hence the lower default (our reading).

    Args:
        shot: Range of the shot variance s at white, 0 to 1, drawn log-uniformly.
        read: Range of the read variance r, 0 to 1, drawn log-uniformly; None takes r from s as above.
        log_base: ``"e"`` as published; ``"10"`` reads the formula of r with base-10 logarithms, as later code does.

    Raises:
        BadParameters: If a range leaves its limits.

    References:
        Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, Unprocessing Images for Learned Raw Denoising, CVPR 2019.
        https://arxiv.org/abs/1811.11127

        Zamir et al., CycleISP: Real Image Restoration via Improved Data Synthesis, CVPR 2020 (base 10, in its public
        code). https://arxiv.org/abs/2003.07761

    Example:
        >>> drawn = ShotReadNoise(shot=1e-3, read=1e-6).sample(1, Generator().manual_seed(0))
        >>> drawn["shot"], drawn["read"], drawn["seed"][0] < 2**53
        ([0.001], [1e-06], True)
    """

    shot: Range = (3e-5, 1e-3)
    read: Range | None = None
    log_base: Literal["e", "10"] = "e"

    def __post_init__(self) -> None:
        unknown = None if self.log_base in ("e", "10") else f"log_base = {self.log_base!r}: give 'e' or '10'"
        read = None if self.read is None else outside("read", self.read, 0, 1, log=True)
        require("shot_read_noise", outside("shot", self.shot, 0, 1, log=True), read, unknown)

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw both variances and the seed of the noise itself."""
        sources = streams(n, generator)
        shot = log_uniform(self.shot, sources)
        read = self._read_from(shot, sources) if self.read is None else log_uniform(self.read, sources)
        return {"shot": shot, "read": read, "seed": [draw_seed(source) for source in sources]}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Add the noise that the recorded seeds stand for."""
        shot, read = per_image(params["shot"], light), per_image(params["read"], light)
        deviation = (shot * light + read).clamp_min(_LEAST_VARIANCE).sqrt()
        return (light + deviation * standard_noise(params["seed"], light)).clamp(0, 1)

    def neutral(self, n: int) -> Params | None:
        """No variance at all."""
        return {"shot": [0.0] * n, "read": [0.0] * n, "seed": [0] * n}

    def _read_from(self, shot: Sequence[float], sources: Sequence[Generator]) -> list[float]:
        base = math.e if self.log_base == "e" else 10.0
        scatter = normal(1.20, 0.26, sources)
        return [base ** (2.18 * math.log(s, base) + c) if s > 0 else 0.0 for s, c in zip(shot, scatter, strict=True)]


@dataclass(frozen=True)
class Quantise(Degradation):
    r"""Round to a number of bits.

    $y = \mathrm{round}\bigl(x\,(2^b - 1)\bigr) / (2^b - 1)$; the gradient is that of the identity (straight-through).
    There is no neutral value: any number of bits moves some float.

    Args:
        bits: Number b of bits, or a range of it, 1 to 16.

    Raises:
        BadParameters: If the number is out of range.

    References:
        Bengio, Léonard, Courville, Estimating or Propagating Gradients Through Stochastic Neurons, 2013 (the gradient).
        https://arxiv.org/abs/1308.3432

    Example:
        >>> Quantise(bits=1).apply(torch.full((1, 3, 1, 1), 0.7), {"bits": [1]}).flatten()
        tensor([1., 1., 1.])
    """

    bits: IntRange = 8

    def __post_init__(self) -> None:
        require("quantise", outside("bits", self.bits, 1, 16))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the numbers of bits."""
        return {"bits": integers(self.bits, streams(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        """Round every value to the nearest level."""
        steps = per_image([2**bits - 1 for bits in params["bits"]], images)
        return straight_through(images, (images * steps).round() / steps)

    def neutral(self, n: int) -> Params | None:
        """None: rounding is never the identity on floats."""
        return None


def standard_noise(seeds: Sequence[int], like: Images) -> Tensor:
    """Draw N(0, 1) for every value of every picture, each picture from its own seed.

    Always drawn on the CPU in float64, then moved and rounded, so device and number format change no draw.

    Args:
        seeds: One per picture, as recorded.
        like: The batch whose shape, dtype and device are wanted.
    """
    noise = torch.empty(like.shape, dtype=torch.float64)
    for field, seed in zip(noise, seeds, strict=True):
        field.normal_(generator=Generator().manual_seed(seed))
    return noise.to(like)
