"""Kernels of blur, one per picture, and how each picture is filtered with its own.

A kernel is (n, k, k) with odd k, centred, point-symmetric, and sums to one; x runs to the right, y downwards, and
angles are in radians from x towards y (clockwise as seen). Kernels are made in NumPy in float64, whatever the pictures
are, so that no device or tensor mode is cached with them.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lfsrkit.degradations.base import settled
from lfsrkit.errors import UsageError
from lfsrkit.types import Images, Resized

Kernels = Float64[np.ndarray, "n k k"]
"""One kernel a picture."""
Profile = Float64[np.ndarray, " k"]
"""What a separable kernel is the product with itself of."""
Numbers = Sequence[float]
"""One number a picture."""

LARGEST = 1023
"""Pixels; no chain draws a larger kernel, a forged record may ask for one."""

_FEW_TAPS = 24
"""Weights other than zero up to which adding them one by one is quicker than a Fourier transform."""

_LEAST_WIDTH = 1e-3
"""Pixels; keeps a width of zero out of the denominator."""


def gaussian(sigma_x: Numbers, sigma_y: Numbers, angle: Numbers, size: int, *, least: float = 0.0) -> Kernels:
    r"""Make Gaussian kernels: $k \propto e^{-q/2}$, $q = u^2/\sigma_x^2 + v^2/\sigma_y^2$ in rotated coordinates u, v.

    Args:
        sigma_x: Widths along the first axis in pixels; 0 gives the identity along it.
        sigma_y: Widths along the second axis in pixels.
        angle: Directions of the first axis in radians.
        size: Odd side k.
        least: Weights below this share of the peak are dropped, so that a kernel does not depend on its ``size``.

    Example:
        >>> float(gaussian([1.0], [1.0], [0.0], 3).sum().round(12))
        1.0
    """
    weights = np.exp(_distance(sigma_x, sigma_y, angle, size) / -2)
    return _normalised(weights * (weights >= least))


def gaussian_profile(sigma: float, size: int) -> Profile:
    """Make the profile of a round Gaussian, whose product with itself is that of `gaussian`.

    Args:
        sigma: Width in pixels; 0 gives the identity.
        size: Odd length k.

    Example:
        >>> gaussian_profile(0.0, 3).tolist()
        [0.0, 1.0, 0.0]
    """
    offsets = np.arange(size) - size // 2
    weights = np.exp((offsets / max(sigma, _LEAST_WIDTH)) ** 2 / -2)
    return weights / weights.sum()


def generalised_gaussian(sigma_x: Numbers, sigma_y: Numbers, angle: Numbers, shape: Numbers, size: int) -> Kernels:
    r"""Make generalised Gaussian kernels: $k \propto e^{-q^\beta/2}$, with q as in `gaussian`.

    Args:
        sigma_x: Widths along the first axis in pixels.
        sigma_y: Widths along the second axis in pixels.
        angle: Directions of the first axis in radians.
        shape: Exponents β; 1 is the Gaussian, less has heavier tails, more is flatter.
        size: Odd side k.

    References:
        Wang, Xie, Dong, Shan, Real-ESRGAN, ICCVW 2021. https://arxiv.org/abs/2107.10833
    """
    return _normalised(np.exp(_distance(sigma_x, sigma_y, angle, size) ** _column(shape) / -2))


def plateau(sigma_x: Numbers, sigma_y: Numbers, angle: Numbers, shape: Numbers, size: int) -> Kernels:
    r"""Make plateau-shaped kernels: $k \propto 1 / (1 + q^\beta)$, with q as in `gaussian`.

    Args:
        sigma_x: Half widths along the first axis in pixels, where k is half its peak.
        sigma_y: Half widths along the second axis in pixels.
        angle: Directions of the first axis in radians.
        shape: Exponents β; the greater, the steeper the edge.
        size: Odd side k.

    References:
        Wang, Xie, Dong, Shan, Real-ESRGAN, ICCVW 2021. https://arxiv.org/abs/2107.10833
    """
    return _normalised(1 / (1 + _distance(sigma_x, sigma_y, angle, size) ** _column(shape)))


def sinc(cutoff: Numbers, size: int) -> Kernels:
    r"""Make circular low-pass kernels, which ring: $k \propto \omega J_1(\omega r) / (2\pi r)$, at 0 $\omega^2/4\pi$.

    Args:
        cutoff: Cut-off frequencies ω in radians per pixel, above 0 up to π.
        size: Odd side k.

    References:
        Wang, Xie, Dong, Shan, Real-ESRGAN, ICCVW 2021. https://arxiv.org/abs/2107.10833
    """
    radius, omega = np.hypot(*_grid(size)), _column(cutoff)
    bessel = torch.special.bessel_j1(torch.from_numpy(omega * radius)).numpy()
    ring = omega * bessel / (2 * math.pi * radius.clip(1))
    return _normalised(np.where(radius > 0, ring, omega**2 / (4 * math.pi)))


def disk(radius: Numbers, size: int) -> Kernels:
    r"""Make the image of a point out of focus: $k \propto \mathrm{clip}(r + 1/2 - \rho,\, 0,\, 1)$.

    Args:
        radius: Radii r in pixels; up to 1/2 is the identity.
        size: Odd side k.
    """
    return _normalised((_column(radius) + 0.5 - np.hypot(*_grid(size))).clip(0, 1))


def motion_line(length: Numbers, angle: Numbers, size: int) -> Kernels:
    """Make the image of a point that moves evenly on a straight line: each pixel gets the share of the path inside it.

    Args:
        length: Lengths of the path in pixels, 1 or more; 1 is the identity, for the path never leaves its pixel.
        angle: Directions of the path in radians; half a turn more is the same path.
        size: Odd side k.
    """
    half, turn = _column(length) / 2, _column(angle)
    enter, leave = -half, half
    for offset, speed in zip(_grid(size), (np.cos(turn), np.sin(turn)), strict=True):
        slow = np.where(speed == 0, 1e-300, speed)
        borders = (offset - 0.5) / slow, (offset + 0.5) / slow
        enter, leave = np.maximum(enter, np.minimum(*borders)), np.minimum(leave, np.maximum(*borders))
    return _normalised((leave - enter).clip(0))


def filtered(images: Images, kernels: Kernels) -> Images:
    """Convolve each picture with its own kernel, mirrored at the border without repeating it.

    Kernels of few taps are summed tap by tap; others by Fourier transform, whose time hardly depends on their size.

    Args:
        images: Any values.
        kernels: One per picture.
    """
    if kernels.shape[-1] == 1:
        return images * images.new_tensor(kernels)[:, None]
    taps = np.argwhere(kernels.any(0)).tolist()
    if len(taps) <= _FEW_TAPS:
        return _summed(images, kernels, taps)
    return _rows_of(_filtered_spectra(images, kernels), kernels, images.shape[-1])


def filtered_bilinear(images: Images, kernels: Kernels, size: tuple[int, int]) -> Resized:
    """Do what `filtered` does, then resize bilinearly without antialiasing.

    Rows are sampled before they are transformed back, so that only those of the result are.

    Args:
        images: Any values.
        kernels: One per picture.
        size: Height and width of the result.
    """
    rows = _rows_of(_sampled(_filtered_spectra(images, kernels), size[0]), kernels, images.shape[-1])
    return settled(_sampled(rows, size[1]))


def filtered_apart(images: Images, profile: Profile, size: tuple[int, int]) -> Resized:
    """Do what `filtered_bilinear` does with the product of a profile with itself, by one matrix per side.

    Args:
        images: Any values.
        profile: The kernel of one side, symmetric, for all pictures.
        size: Height and width of the result.
    """
    sides = dict.fromkeys(zip(images.shape[-2:], size, strict=True))
    matrices = [images.new_tensor(_matrix(profile, side, small)) for side, small in sides]
    down, across = matrices[0], matrices[-1]
    return settled(down @ images @ across.T)


def _filtered_spectra(images: Images, kernels: Kernels) -> Tensor:
    """Filter, and leave every row of the result as its Fourier transform, which is a column: (n, c, frequencies, h)."""
    (height, width), rim = images.shape[-2:], kernels.shape[-1] - 1
    down, across = _fast(height + rim), _fast(width + rim)
    weights = torch.fft.rfft(images.new_tensor(kernels)[:, None], n=across)
    # Mirrored rows have the spectra of those that they mirror; numbers that lie together transform quicker.
    rows = torch.fft.rfft(_mirrored(images, 0, rim // 2), n=across)
    spectra = torch.fft.fft(_mirrored(rows.mT, 0, rim // 2), n=down).mul_(torch.fft.fft(weights.mT, n=down))
    return torch.fft.ifft(spectra)[..., rim : rim + height]


def _rows_of(spectra: Tensor, kernels: Kernels, width: int) -> Resized:
    """Transform filtered rows back."""
    rim = kernels.shape[-1] - 1
    return torch.fft.irfft(spectra.mT, n=_fast(width + rim))[..., rim : rim + width]


def _sampled(values: Tensor, small: int) -> Tensor:
    """Sample the last side evenly, linearly between neighbours."""
    side = values.shape[-1]
    first, share = (torch.from_numpy(found).to(values.device) for found in _places(side, small))
    before, behind = values.index_select(-1, first), values.index_select(-1, (first + 1).clamp_max(side - 1))
    return before.lerp(behind, share.to(values.dtype))


def _matrix(profile: Profile, side: int, small: int) -> NDArray[np.float64]:
    """Make the matrix (small, side) that mirrors at the border, filters and samples."""
    share = _places(side, small)[1][:, None]
    weights = (1 - share) * np.append(profile, 0) + share * np.append(0, profile)
    flat = np.bincount(_taps(side, small, len(profile) // 2), weights.ravel(), small * side)
    return flat.astype(np.float64, copy=False).reshape(small, side)


@lru_cache(maxsize=512)
def _taps(side: int, small: int, reach: int) -> NDArray[np.int64]:
    """Find where the taps of every sample fall in a flat (small, side) matrix."""
    columns = _folded(_places(side, small)[0][:, None] + np.arange(-reach, reach + 2), side)
    return (columns + side * np.arange(small)[:, None]).ravel()


@lru_cache(maxsize=512)
def _places(side: int, small: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the pixel before every evenly spaced sample and how far it is from there to the next."""
    centres = np.arange(small, dtype=np.float64) + 0.5
    place: NDArray[np.float64] = (centres * (side / small) - 0.5).clip(0, side - 1)
    first = np.floor(place).astype(np.int64)
    return first, place - first


@lru_cache(maxsize=512)
def _fast(side: int) -> int:
    """Find the next length without prime factors above 7, which transform up to three times as fast."""
    return next(length for length in range(side, 2 * side) if 210 ** length.bit_length() % length == 0)


def _summed(images: Images, kernels: Kernels, taps: Sequence[Sequence[int]]) -> Images:
    """Add up shifted pictures; a tap below and right of the centre takes what lies above and left."""
    (height, width), last = images.shape[-2:], kernels.shape[-1] - 1
    padded, sums = _mirrored(images, last // 2, last // 2), torch.zeros_like(images)
    weights = images.new_tensor(kernels)[:, None]
    for row, column in taps:
        shifted = padded[..., last - row : last - row + height, last - column : last - column + width]
        sums = sums.addcmul_(shifted, weights[..., row : row + 1, column : column + 1])
    return sums


def _mirrored(values: Tensor, down: int, across: int) -> Tensor:
    """Continue a picture over its borders, above and below, left and right."""
    height, width = values.shape[-2:]
    if down < height and across < width:
        return functional.pad(values, (across, across, down, down), mode="reflect")
    for dim, reach in ((-2, down), (-1, across)):
        places = _folded(np.arange(-reach, values.shape[dim] + reach), values.shape[dim])
        values = values.index_select(dim, torch.from_numpy(places).to(values.device))
    return values


def _folded(places: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    """Fold places outside the picture back into it, however small it is; the pixel at the border counts once."""
    period = max(2 * side - 2, 1)
    wrapped = places % period
    return np.minimum(wrapped, period - wrapped) * (side > 1)


@lru_cache(maxsize=64)
def _grid(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if size > LARGEST:
        raise UsageError(f"these parameters ask for a kernel of more than {LARGEST} pixels; no chain records such")
    offsets = np.arange(size, dtype=np.float64) - size // 2
    x, y = np.meshgrid(offsets, offsets)
    return x, y


def _distance(sigma_x: Numbers, sigma_y: Numbers, angle: Numbers, size: int) -> NDArray[np.float64]:
    """Square of the distance from the centre, in widths: q of `gaussian`."""
    (x, y), turn = _grid(size), _column(angle)
    first, second = (_column(sigma).clip(_LEAST_WIDTH) for sigma in (sigma_x, sigma_y))
    cosine, sine = np.cos(turn), np.sin(turn)
    return (cosine / first * x + sine / first * y) ** 2 + (cosine / second * y - sine / second * x) ** 2


def _column(values: Numbers) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)[:, None, None]


def _normalised(weights: NDArray[np.float64]) -> Kernels:
    return weights / weights.sum((-2, -1), keepdims=True)
