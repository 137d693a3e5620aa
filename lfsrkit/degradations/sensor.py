"""What a sensor adds: noise of light and of electronics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Generator, Tensor

from lfsrkit.degradations.base import Degradation, LinearDegradation, Params, per_image
from lfsrkit.degradations.draws import Draws, Range, draw_seeds, log_uniform, normal, outside, require, uniform, unknown
from lfsrkit.seeding import Streams, key_seed
from lfsrkit.types import Features, Images, Resized

LogBase = Literal["e", "10"]

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
    log_base: LogBase = "e"

    def __post_init__(self) -> None:
        require(
            "shot_read_noise",
            outside("shot", self.shot, 0, 1, log=True),
            None if self.read is None else outside("read", self.read, 0, 1, log=True),
            unknown("log_base", self.log_base, get_args(LogBase)),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw both variances and the seed of the noise itself."""
        draws = Draws.of(n, generator)
        shot = log_uniform(self.shot, draws)
        read = read_variances(self.read, shot, draws, self.log_base)
        return {"shot": shot, "read": read, "seed": draw_seeds(draws)}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Add the noise that the recorded seeds stand for."""
        return add_shot_read(light, params).clamp(0, 1)

    def neutral(self, n: int) -> Params | None:
        """No variance at all."""
        return {"shot": [0.0] * n, "read": [0.0] * n, "seed": [0] * n}


@dataclass(frozen=True)
class GaussianNoise(Degradation):
    r"""Add normal noise of one strength to encoded values.

    $y = x + n$ with n normal with standard deviation σ, clipped to 0..1: the noise of early synthetic sets, the same in
    shadows and highlights. Sensors do not behave so; ``shot_read_noise`` does.

    Args:
        sigma: Range of σ, 0 to 1, where 1 is white; the default is 0 to 25 of 255 levels.

    Raises:
        BadParameters: If the range leaves its limits.

    References:
        Lore, Akintayo, Sarkar, LLNet: A Deep Autoencoder Approach to Natural Low-light Image Enhancement, Pattern
        Recognition 2017. https://arxiv.org/abs/1511.03995

    Example:
        >>> drawn = GaussianNoise(sigma=0.1).sample(1, Generator().manual_seed(0))
        >>> drawn["sigma"], drawn["seed"][0] < 2**53
        ([0.1], True)
    """

    sigma: Range = (0.0, 25 / 255)

    def __post_init__(self) -> None:
        require("gaussian_noise", outside("sigma", self.sigma, 0, 1))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the strengths and the seeds of the noise."""
        draws = Draws.of(n, generator)
        return {"sigma": uniform(self.sigma, draws), "seed": draw_seeds(draws)}

    def apply(self, images: Images, params: Params) -> Resized:
        """Add the noise that the recorded seeds stand for."""
        return (images + per_image(params["sigma"], images) * standard_noise(params["seed"], images)).clamp(0, 1)

    def neutral(self, n: int) -> Params | None:
        """No strength at all."""
        return {"sigma": [0.0] * n, "seed": [0] * n}


def add_shot_read(light: Images, params: Params) -> Images:
    """Add normal noise of variance ``shot * light + read``; nothing is clipped.

    Args:
        light: Linear light or raw values, white = 1.
        params: Lists ``shot`` and ``read``, both variances in units of white squared, and ``seed``.
    """
    shot, read = per_image(params["shot"], light), per_image(params["read"], light)
    deviation = (shot * light + read).clamp_min(_LEAST_VARIANCE).sqrt()
    return light + deviation * standard_noise(params["seed"], light)


def read_variances(span: Range | None, shot: Sequence[float], draws: Draws, log_base: LogBase = "e") -> list[float]:
    """Draw read variances from a range, or where there is none from the shot variances as `ShotReadNoise` has it.

    Args:
        span: Range of the read variance, drawn log-uniformly, or None.
        shot: Shot variance of every picture.
        draws: What to draw from.
        log_base: Base of the logarithms in the formula.
    """
    if span is not None:
        return log_uniform(span, draws)
    base = math.e if log_base == "e" else 10.0
    scatter = normal(1.20, 0.26, draws)
    return [base ** (2.18 * math.log(s, base) + c) if s > 0 else 0.0 for s, c in zip(shot, scatter, strict=True)]


def seeds_of(cause: str, seeds: Sequence[int]) -> list[int]:
    """Derive seeds of one cause of noise, so that the causes within a picture are independent of each other.

    Args:
        cause: Its name, such as ``"row"``.
        seeds: One per picture, as recorded.
    """
    return [key_seed(seed, cause) for seed in seeds]


def standard_noise(seeds: Sequence[int], like: Features) -> Tensor:
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


def even_noise(seeds: Sequence[int], like: Features) -> Tensor:
    """Draw U(-1/2, 1/2) for every value of every picture; in the manner of `standard_noise`.

    Args:
        seeds: One per picture, as recorded.
        like: The batch whose shape, dtype and device are wanted.
    """
    noise = torch.empty(like.shape, dtype=torch.float64)
    for field, seed in zip(noise, seeds, strict=True):
        field.uniform_(-0.5, 0.5, generator=Generator().manual_seed(seed))
    return noise.to(like)
