"""Loss of resolution."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from lfsrkit.degradations.base import Degradation, Light, LinearDegradation, Params, settled
from lfsrkit.degradations.draws import outside, require, unknown
from lfsrkit.errors import UsageError
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

Kernel = Literal["bicubic", "lanczos", "matlab", "area"]
Offsets = NDArray[np.float64]


def downsample(kernel: Kernel = "bicubic", scale: int = 8, light: Light = "srgb") -> Degradation:
    r"""Shrink by a whole factor with one named, antialiased kernel.

    $y = W_h\,x\,W_w^\top$, with rows $w_{ij} \propto k((j + 1/2)/s - (i + 1/2))$ that sum to one.

    - ``bicubic``: Keys' cubic with a = -1/2, four output pixels wide, cut off at the border. Equals Pillow's and
      ``torch.nn.functional.interpolate(mode="bicubic", antialias=True)``.
    - ``lanczos``: the windowed sinc with a = 3, $k(d) = \mathrm{sinc}(d)\,\mathrm{sinc}(d/3)$, six output pixels wide,
      cut off at the border. Equals Pillow's.
    - ``matlab``: the same cubic, the picture mirrored at the border, as MATLAB's ``imresize`` (before its rounding).
      Differs from ``bicubic`` in a two-pixel frame only, there by up to 16 of 255 levels.
    - ``area``: mean over squares of ``scale`` pixels, as in binning on a sensor.

    Args:
        kernel: ``"bicubic"``, ``"lanczos"``, ``"matlab"`` or ``"area"``.
        scale: Factor s, 1 to 64; both sides of a picture must be multiples of it.
        light: ``"srgb"`` averages encoded values, clipped to 0..1, as the face super-resolution protocol has it;
            ``"linear"`` averages light, as a lens and a sensor do, and hands on what is brighter than white.

    Raises:
        BadParameters: If a name is unknown or the factor out of range.

    References:
        Keys, Cubic Convolution Interpolation for Digital Image Processing, IEEE TASSP 1981.
        https://doi.org/10.1109/TASSP.1981.1163711

        Duchon, Lanczos Filtering in One and Two Dimensions, Journal of Applied Meteorology 1979.
        https://doi.org/10.1175/1520-0450(1979)018<1016:LFIOAT>2.0.CO;2

    Example:
        >>> downsample(scale=4).out_size(128, 96)
        (32, 24)
    """
    require(
        "downsample",
        unknown("kernel", kernel, get_args(Kernel)),
        outside("scale", scale, 1, 64),
        unknown("light", light, get_args(Light)),
    )
    return _OfLight(kernel, scale) if light == "linear" else _OfValues(kernel, scale)


@dataclass(frozen=True)
class _OfValues(Degradation):
    kernel: Kernel
    scale: int

    def sample(self, n: int, generator: Streams) -> Params:
        return self._record(n)

    def apply(self, images: Images, params: Params) -> Resized:
        _check_recorded(params, self._record(len(images)))
        return resampled(images, self.kernel, self.out_size(*images.shape[-2:])).clamp(0, 1)

    def neutral(self, n: int) -> Params | None:
        return self._record(n) if self.scale == 1 else None

    def _record(self, n: int) -> Params:
        return {"kernel": [self.kernel] * n, "scale": [self.scale] * n}


@dataclass(frozen=True)
class _OfLight(LinearDegradation):
    kernel: Kernel
    scale: int

    def sample(self, n: int, generator: Streams) -> Params:
        return self._record(n)

    def apply_light(self, light: Images, params: Params) -> Resized:
        _check_recorded(params, self._record(len(light)))
        return resampled(light, self.kernel, self.out_size(*light.shape[-2:])).clamp_min(0)

    def neutral(self, n: int) -> Params | None:
        return self._record(n) if self.scale == 1 else None

    def _record(self, n: int) -> Params:
        return {"kernel": [self.kernel] * n, "scale": [self.scale] * n, "light": ["linear"] * n}


def _check_recorded(given: Params, recorded: Params) -> None:
    if given != recorded:
        raise UsageError(
            f"downsample was given {given} where it records {recorded}; replay with the chain that recorded them"
        )


def resampled(images: Images, kernel: Kernel, size: tuple[int, int]) -> Resized:
    """Resize with a named, antialiased kernel, which widens as a side shrinks; nothing is clipped.

    Args:
        images: Any values.
        kernel: As in `downsample`.
        size: Height and width of the result.
    """
    rows, columns = (
        torch.from_numpy(_weights(kernel, side, small)).to(images)
        for side, small in zip(images.shape[-2:], size, strict=True)
    )
    return settled(rows @ images @ columns.T)


@lru_cache(maxsize=512)
def _weights(kernel: Kernel, size: int, small: int) -> Offsets:
    """Make the matrix (small, size) that resizes one side, in NumPy, so that no device or tensor mode is cached."""
    scale = size / small
    reach = math.ceil(2 * scale) if kernel == "matlab" else 0
    taps = np.arange(-reach, size + reach)
    spread = _SHAPES[kernel](((taps + 0.5) - (np.arange(small)[:, None] + 0.5) * scale) / max(scale, 1))
    spread /= spread.sum(1, keepdims=True)
    folded = np.zeros((size, small))
    np.add.at(folded, _mirrored(taps, size), spread.T)
    return folded.T


def _cubic(offsets: Offsets) -> Offsets:
    d = np.abs(offsets)
    near = 1.5 * d**3 - 2.5 * d**2 + 1
    far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def _lanczos(offsets: Offsets) -> Offsets:
    return np.where(np.abs(offsets) < 3, np.sinc(offsets) * np.sinc(offsets / 3), 0)


def _box(offsets: Offsets) -> Offsets:
    return (np.abs(offsets) < 0.5).astype(np.float64)


_SHAPES = {"bicubic": _cubic, "lanczos": _lanczos, "matlab": _cubic, "area": _box}


def _mirrored(taps: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Fold positions outside the picture back into it; the pixel at the border counts twice."""
    wrapped = taps % (2 * size)
    return np.minimum(wrapped, 2 * size - 1 - wrapped)
