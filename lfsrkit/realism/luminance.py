"""Luminance histograms with room for the dark end, and two distances between them."""

import torch
from jaxtyping import Float
from torch import Tensor

from lfsrkit.colour import luma
from lfsrkit.types import Images

BINS = 64
"""Bins over the square root of luma: half of them lie below a quarter of white, where dark pictures live."""

Histograms = Float[Tensor, "n 64"]
"""One luminance histogram a picture: shares that sum to one."""

_LEAST = 1e-12


def luminance_histogram(images: Images) -> Histograms:
    r"""Count the pixels of each picture in bins of the square root of luma.

    Bin i holds the share of pixels with $\lfloor 64 \sqrt{Y} \rfloor = i$, Y being BT.601 luma, 0 to 1.

    Args:
        images: sRGB, 0 to 1.

    Returns:
        (n, 64) in float64; every row sums to one.

    Example:
        >>> counts = luminance_histogram(torch.full((1, 3, 2, 2), 0.26))
        >>> int(counts.argmax()), counts.sum().item()
        (32, 1.0)
    """
    place = (luma(images.double()).clamp(0, 1).sqrt() * BINS).long().clamp(max=BINS - 1).flatten(1)
    ones = torch.ones_like(place, dtype=torch.float64)
    counts = torch.zeros(len(images), BINS, dtype=torch.float64, device=images.device).scatter_add_(1, place, ones)
    return counts / place.shape[1]


def jensen_shannon(first: Tensor, second: Tensor) -> float:
    r"""Measure how far two distributions are apart, 0 (equal) to ln 2 (no common bin).

    $\mathrm{JS} = \tfrac12 \sum p \ln(p/m) + \tfrac12 \sum q \ln(q/m)$ with $m = (p + q)/2$.

    Args:
        first: Shares p, one a bin, summing to one.
        second: Shares q of the same bins.

    References:
        Lin, Divergence Measures Based on the Shannon Entropy, IEEE Transactions on Information Theory 1991.
        https://doi.org/10.1109/18.61115

    Example:
        >>> p, q = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
        >>> jensen_shannon(p, p), round(jensen_shannon(p, q), 4)
        (0.0, 0.6931)
    """
    middle = (first + second) / 2
    return sum((_relative_entropy(part, middle) for part in (first, second)), start=0.0) / 2


def wasserstein(first: Tensor, second: Tensor) -> float:
    r"""Measure how far the mass of one distribution must move to become the other, as a share of the whole axis.

    $W_1 = \frac1{64} \sum_i \lvert P_i - Q_i \rvert$ with the cumulated shares P and Q. Unlike an entropy it says how
    far apart two histograms are that do not overlap.

    Args:
        first: Shares, one a bin, summing to one.
        second: Shares of the same bins.

    References:
        Rubner, Tomasi, Guibas, The Earth Mover's Distance as a Metric for Image Retrieval, IJCV 2000.
        https://doi.org/10.1023/A:1026543900054

    Example:
        >>> wasserstein(torch.tensor([1.0, 0, 0, 0]), torch.tensor([0, 0, 1.0, 0]))
        0.5
    """
    return float((first.cumsum(0) - second.cumsum(0)).abs().sum() / len(first))


def _relative_entropy(part: Tensor, middle: Tensor) -> float:
    return float((part * (part.clamp_min(_LEAST) / middle.clamp_min(_LEAST)).log()).sum())
