"""Operations on encoded values that published composites share; one picture, (1, 3, h, w), at a time."""

import math
from typing import Literal

import torch
from torch import Generator, Tensor
from torch.nn import functional

from lfsrkit.colour import luma
from lfsrkit.degradations.base import settled
from lfsrkit.degradations.coding import jpeg_coded, recoded
from lfsrkit.images import quantise, to_float
from lfsrkit.types import Features, Images, Resized

Mode = Literal["area", "bilinear", "bicubic"]
MODES: tuple[Mode, ...] = ("area", "bilinear", "bicubic")


def resized(image: Images, size: tuple[int, int], mode: Mode) -> Resized:
    """Resize a picture; the originals do it without antialiasing.

    Args:
        image: Any values.
        size: Height and width of the result.
        mode: Means over areas, bilinear or bicubic samples.
    """
    return settled(functional.interpolate(image, size, mode=mode))


def gaussian_noise(image: Images, deviation: float, seed: int, *, grey: bool = False) -> Images:
    """Add noise of one strength everywhere, clipped to 0..1.

    Args:
        image: sRGB, 0 to 1.
        deviation: Standard deviation on the scale of 0 to 1.
        seed: Recorded seed of the noise.
        grey: Whether all channels get the same noise.
    """
    shape = image[:, :1].shape if grey else image.shape
    return image.add(normal_noise(shape, seed).to(image), alpha=deviation).clamp_(0, 1)


def poisson_noise(image: Images, strength: float, seed: int, *, grey: bool = False) -> Images:
    r"""Add noise that grows with the value, clipped to 0..1.

    $y = x + s\,(\mathrm{Poisson}(m\,\hat x)/m - \hat x)$ with $\hat x$ the picture, or its luma, in 8 bits, and m the
    number of its different values, rounded up to a power of two.

    Args:
        image: sRGB, 0 to 1.
        strength: Factor s; 1 is the noise of m photons at white.
        seed: Recorded seed of the noise.
        grey: Whether all channels get the same noise.

    References:
        Wang, Xie, Dong, Shan, Real-ESRGAN, ICCVW 2021 (public code). https://arxiv.org/abs/2107.10833
    """
    source: Features = settled(luma(image)) if grey else image
    stored = (source.to("cpu", torch.float64).clamp(0, 1) * 255).round() / 255
    photons = 2 ** math.ceil(math.log2(len(stored.unique())))
    noise = torch.poisson(stored * photons, generator=Generator().manual_seed(seed)) / photons - stored
    return (image + strength * noise.to(image)).clamp(0, 1)


def jpeg(image: Images, quality: int | None) -> Images:
    """Compress as JPEG by libjpeg (4:2:0) and decode again, on the CPU.

    Args:
        image: sRGB, 0 to 1; rounded to 8 bits first.
        quality: 1 (worst) to 100, or None to store without loss.
    """
    if quality is None:
        return rounded(image)
    return recoded(image, jpeg_coded, [quality])


def rounded(image: Images) -> Images:
    """Clip to 0..1 and round to 8 bits.

    Args:
        image: sRGB.
    """
    return to_float(quantise(image), image.dtype)


def normal_noise(shape: torch.Size, seed: int) -> Tensor:
    r"""Draw N(0, 1) by inversion, $\sqrt 2\,\mathrm{erf}^{-1}(2u - 1)$, on the CPU in float64.

    Twice as fast as ``Tensor.normal_``, which decides the time of a composite.

    Args:
        shape: Of the result.
        seed: Recorded seed.
    """
    even = torch.rand(shape, dtype=torch.float64, generator=Generator().manual_seed(seed))
    # u is a multiple of 2^-53 that may be 0; the half step keeps both tails finite and alike.
    return even.mul_(2).sub_(1 - 2.0**-53).erfinv_().mul_(math.sqrt(2))
