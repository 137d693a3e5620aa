"""Loss of resolution."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lfsrkit.degradations.base import Degradation, Params, settled
from lfsrkit.degradations.draws import outside, require
from lfsrkit.errors import UsageError
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

Kernel = Literal["bicubic", "matlab", "area"]


@dataclass(frozen=True)
class Downsample(Degradation):
    r"""Shrink by a whole factor with one named, antialiased kernel.

    $y = W_h\,x\,W_w^\top$, with rows $w_{ij} \propto k((j + 1/2)/s - (i + 1/2))$ that sum to one, clamped to 0..1.
    Values are averaged as they are, in sRGB, as the face super-resolution protocol has it.

    - ``bicubic``: Keys' cubic with a = -1/2, four output pixels wide, cut off at the border. Equals Pillow's and
      ``torch.nn.functional.interpolate(mode="bicubic", antialias=True)``.
    - ``matlab``: the same cubic, the picture mirrored at the border, as MATLAB's ``imresize`` (before its rounding).
      Differs from ``bicubic`` in a two-pixel frame only, there by up to 16 of 255 levels.
    - ``area``: mean over squares of ``scale`` pixels, as in binning on a sensor.

    Args:
        kernel: ``"bicubic"``, ``"matlab"`` or ``"area"``.
        scale: Factor s, 1 to 64; both sides of a picture must be multiples of it.

    Raises:
        BadParameters: If the kernel is unknown or the factor out of range.

    References:
        Keys, Cubic Convolution Interpolation for Digital Image Processing, IEEE TASSP 1981.
        https://doi.org/10.1109/TASSP.1981.1163711

    Example:
        >>> Downsample(scale=4).out_size(128, 96)
        (32, 24)
    """

    kernel: Kernel = "bicubic"
    scale: int = 8

    def __post_init__(self) -> None:
        known = get_args(Kernel)
        unknown = None if self.kernel in known else f"kernel = {self.kernel!r}: give one of {', '.join(known)}"
        require("downsample", unknown, outside("scale", self.scale, 1, 64))

    def sample(self, n: int, generator: Streams) -> Params:
        """Record kernel and factor; nothing is drawn."""
        return {"kernel": [self.kernel] * n, "scale": [self.scale] * n}

    def apply(self, images: Images, params: Params) -> Resized:
        """Shrink all pictures of a batch."""
        self._check_recorded(params, len(images))
        height, width = images.shape[-2:]
        small_height, small_width = self.out_size(height, width)
        rows = images.new_tensor(_weights(self.kernel, height, small_height))
        columns = images.new_tensor(_weights(self.kernel, width, small_width))
        return settled(rows @ (images @ columns.T)).clamp(0, 1)

    def neutral(self, n: int) -> Params | None:
        """Factor 1 is the identity; any other has none."""
        return {"kernel": [self.kernel] * n, "scale": [1] * n} if self.scale == 1 else None

    def _check_recorded(self, params: Params, n: int) -> None:
        recorded = list(zip(params["kernel"], params["scale"], strict=True))
        if recorded != [(self.kernel, self.scale)] * n:
            raise UsageError(
                f"downsample(kernel={self.kernel!r}, scale={self.scale}) was given {n} pictures and the parameters "
                f"{sorted(set(recorded))} of {len(recorded)}; replay them with the chain that recorded them"
            )


@lru_cache(maxsize=64)
def _weights(kernel: Kernel, size: int, small: int) -> NDArray[np.float64]:
    """Make the matrix (small, size) that shrinks one side, in NumPy, so that no device or tensor mode is cached."""
    scale = size // small
    reach = 2 * scale if kernel == "matlab" else 0
    taps = np.arange(-reach, size + reach)
    offsets = (taps + 0.5) / scale - (np.arange(small)[:, None] + 0.5)
    spread = _box(offsets) if kernel == "area" else _cubic(offsets)
    spread /= spread.sum(1, keepdims=True)
    folded = np.zeros((size, small))
    np.add.at(folded, _mirrored(taps, size), spread.T)
    return folded.T


def _cubic(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    d = np.abs(offsets)
    near = 1.5 * d**3 - 2.5 * d**2 + 1
    far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def _box(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    return (np.abs(offsets) < 0.5).astype(np.float64)


def _mirrored(taps: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Fold positions outside the picture back into it; the pixel at the border counts twice."""
    wrapped = taps % (2 * size)
    return np.minimum(wrapped, 2 * size - 1 - wrapped)
