"""Losses of structure: one less the similarity of local means, contrasts and correlations."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lfsrkit.losses.base import Extras, Loss
from lfsrkit.sizes import check_side
from lfsrkit.types import Images, PerImage, Resized

_WINDOW = 11
_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2

_SHARES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Published exponents, finest scale first."""

_FLOOR = 1e-4
"""A similarity that falls below has no root, or one with an endless slope."""


@dataclass(frozen=True)
class Ssim(Loss):
    r"""One less the structural similarity.

    $L = 1 - \frac{1}{N} \sum l \cdot s$ over RGB and the places where the window lies inside the picture, with

    $$l = \frac{2 \mu_x \mu_y + c_1}{\mu_x^2 + \mu_y^2 + c_1}, \quad
      s = \frac{2 \sigma_{xy} + c_2}{\sigma_x^2 + \sigma_y^2 + c_2},$$

    $c_1 = 0.01^2$, $c_2 = 0.03^2$ and moments under an 11 x 11 Gaussian of standard deviation 1.5. The convention of
    the metric ``ssim``, which is scikit-image's, but of the pictures as they are: neither clamped nor rounded. From 0
    to 2; pictures have at least 11 x 11 pixels.

    Raises:
        UsageError: If a picture is smaller than the window.

    References:
        Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004.
        https://doi.org/10.1109/TIP.2003.819861

    Example:
        >>> black, white = torch.zeros(1, 3, 16, 16), torch.ones(1, 3, 16, 16)
        >>> Ssim()(black, white)
        tensor([0.9999])
    """

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        check_side(clean, _WINDOW, "SSIM has a window of 11 pixels and")
        luminance, structure = _similarities(restored, clean)
        return (1 - luminance * structure).mean(dim=(1, 2, 3))


@dataclass(frozen=True)
class MsSsim(Loss):
    r"""One less the structural similarity over several scales.

    $$L = 1 - \frac{1}{3} \sum_{RGB} \langle l_M s_M \rangle^{w_M} \prod_{j < M} \langle s_j \rangle^{w_j}$$

    with $l$ and $s$ as in `Ssim`, $\langle \rangle$ the mean over the picture, scale $j + 1$ the mean over squares of
    2 x 2 pixels of scale $j$ (an odd row or column is left out), and the published exponents 0.0448, 0.2856, 0.3001,
    0.2363, 0.1333.

    Five scales need 176 pixels. Our rule for smaller pictures: M is the largest number of scales whose coarsest still
    holds the window of 11 pixels, and the first M exponents are divided by their sum: 4 scales at 128 pixels, 3 at 64,
    and below 22 pixels the loss is `Ssim`. Means below 1e-4 count as 1e-4, because negative ones have no root.

    Raises:
        UsageError: If a picture is smaller than the window.

    References:
        Wang, Simoncelli, Bovik, Multiscale Structural Similarity for Image Quality Assessment, Asilomar 2003.
        https://doi.org/10.1109/ACSSC.2003.1292216

    Example:
        >>> black, white = torch.zeros(1, 3, 64, 64), torch.ones(1, 3, 64, 64)
        >>> MsSsim()(black, white)
        tensor([0.9875])
    """

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        check_side(clean, _WINDOW, "SSIM has a window of 11 pixels and")
        *finer, coarsest = scale_shares(min(clean.shape[-2:]))
        similarity = restored.new_ones(len(restored), 3)
        for share in finer:
            _, structure = _similarities(restored, clean)
            similarity = similarity * _power(structure, share)
            restored, clean = functional.avg_pool2d(restored, 2), functional.avg_pool2d(clean, 2)
        luminance, structure = _similarities(restored, clean)
        return 1 - (similarity * _power(luminance * structure, coarsest)).mean(dim=1)


def scale_shares(side: int) -> list[float]:
    """Give the exponents of the scales that fit into a picture, finest first; they sum to one.

    Args:
        side: Shorter side in pixels, from 11.

    Example:
        >>> [len(scale_shares(side)) for side in (11, 64, 128, 175, 176)]
        [1, 3, 4, 4, 5]
    """
    fitting = [share for scale, share in enumerate(_SHARES) if side >> scale >= _WINDOW]
    return [share / sum(fitting) for share in fitting]


def _power(similarity: Images, share: float) -> Float[Tensor, "n 3"]:
    return similarity.mean(dim=(2, 3)).clamp_min(_FLOOR) ** share


def _similarities(restored: Images, clean: Images) -> tuple[Resized, Resized]:
    """Compare means, then contrasts and correlations, around each place where the window fits."""
    products = (restored, clean, restored.square(), clean.square(), restored * clean)
    # Channels last: seven times as fast on a CPU.
    stacked = torch.cat(products).contiguous(memory_format=torch.channels_last)
    mean_x, mean_y, square_x, square_y, product = _filtered(stacked).chunk(5)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x.square() + mean_y.square() + _C1)
    covariance = product - mean_x * mean_y
    variances = (square_x - mean_x.square()) + (square_y - mean_y.square())
    return luminance, (2 * covariance + _C2) / (variances + _C2)


def _filtered(maps: Images) -> Resized:
    """Weigh with the Gaussian window, along columns and then along rows."""
    offsets = torch.arange(_WINDOW, dtype=maps.dtype, device=maps.device) - _WINDOW // 2
    window = torch.softmax(-offsets.square() / (2 * _SIGMA**2), dim=0).expand(3, 1, -1)
    columns = functional.conv2d(maps, window[..., :, None], groups=3)
    return functional.conv2d(columns, window[..., None, :], groups=3)
