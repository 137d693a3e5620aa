"""Losses of single values: each pixel and channel on its own."""

from dataclasses import dataclass

from lfsrkit.errors import UsageError
from lfsrkit.losses.base import Extras, Loss
from lfsrkit.types import Images, PerImage


@dataclass(frozen=True)
class L1(Loss):
    r"""Mean absolute error.

    $L = \frac{1}{N} \sum |d|$ with $d$ the difference of restored and clean.

    References:
        Zhao, Gallo, Frosio, Kautz, Loss Functions for Image Restoration with Neural Networks, IEEE TCI 2017.
        https://arxiv.org/abs/1511.08861

    Example:
        >>> import torch
        >>> L1()(torch.full((1, 3, 4, 4), 0.75), torch.full((1, 3, 4, 4), 0.5))
        tensor([0.2500])
    """

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        return absolute_error(restored, clean)


@dataclass(frozen=True)
class L2(Loss):
    r"""Mean squared error.

    $L = \frac{1}{N} \sum d^2$ with $d$ the difference of restored and clean: what PSNR measures.

    References:
        Dong et al., Image Super-Resolution Using Deep Convolutional Networks, IEEE TPAMI 2016.
        https://arxiv.org/abs/1501.00092

    Example:
        >>> import torch
        >>> L2()(torch.full((1, 3, 4, 4), 0.75), torch.full((1, 3, 4, 4), 0.5))
        tensor([0.0625])
    """

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        return (restored - clean).square().mean(dim=(1, 2, 3))


@dataclass(frozen=True)
class Charbonnier(Loss):
    r"""Smooth absolute error.

    $L = \frac{1}{N} \sum \sqrt{d^2 + \varepsilon^2}$ with $d$ the difference of restored and clean; equal pictures give
    $\varepsilon$.

    Args:
        eps: Width of the smooth part, above 0.

    Raises:
        UsageError: If `eps` is not positive.

    References:
        Charbonnier et al., Two Deterministic Half-Quadratic Regularization Algorithms for Computed Imaging, ICIP 1994.
        https://doi.org/10.1109/ICIP.1994.413553
    """

    eps: float = 1e-3

    def __post_init__(self) -> None:
        check_eps(self.eps)

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        return charbonnier_error(restored, clean, self.eps)


@dataclass(frozen=True)
class PsnrGap(Loss):
    r"""Decibels by which a picture falls short of a ceiling.

    $L = 10 \log_{10}(1 + \mathrm{MSE} / \varepsilon^2)$: far from the ceiling of $-20 \log_{10} \varepsilon$ dB it is
    the ceiling less PSNR, at equality 0. What is minimised is then the mean that tables print, in which a hopeless
    picture weighs no more than any other, while mean squared error is ruled by the worst ones.

    Args:
        eps: Error at the ceiling, above 0; 0.01 is 40 dB.

    Raises:
        UsageError: If `eps` is not positive.

    References:
        Chen, Lu, Zhang, Chu, Chen, HINet, CVPRW 2021, without a ceiling. https://arxiv.org/abs/2105.06086

    Example:
        >>> import torch
        >>> PsnrGap()(torch.full((1, 3, 4, 4), 0.6), torch.full((1, 3, 4, 4), 0.5)).round(decimals=2)  # 20 dB
        tensor([20.0400])
    """

    eps: float = 1e-2

    def __post_init__(self) -> None:
        check_eps(self.eps)

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        error = (restored - clean).square().mean(dim=(1, 2, 3))
        return 10 * (1 + error / self.eps**2).log10()


def absolute_error(restored: Images, clean: Images) -> PerImage:
    """Average the absolute difference over each picture.

    Args:
        restored: Pictures.
        clean: Pictures to compare with.
    """
    return (restored - clean).abs().mean(dim=(1, 2, 3))


def charbonnier_error(restored: Images, clean: Images, eps: float = 1e-3) -> PerImage:
    """Average the Charbonnier error over each picture.

    Args:
        restored: Pictures.
        clean: Pictures to compare with.
        eps: Width of the smooth part, above 0.
    """
    return charbonnier_map(restored, clean, eps).mean(dim=(1, 2, 3))


def charbonnier_map(restored: Images, clean: Images, eps: float) -> Images:
    """Compute the Charbonnier error of each value.

    Args:
        restored: Pictures.
        clean: Pictures to compare with.
        eps: Width of the smooth part, above 0.
    """
    return ((restored - clean).square() + eps**2).sqrt()


def check_eps(eps: float) -> None:
    """Refuse a width that is not positive.

    Args:
        eps: Width of a smooth part.

    Raises:
        UsageError: If it is not.
    """
    if not eps > 0:
        raise UsageError(f"eps is a width, above 0; {eps} was given")


def check_weight(name: str, weight: float) -> None:
    """Refuse a weight that is negative.

    Args:
        name: What it is called.
        weight: The weight.

    Raises:
        UsageError: If it is negative.
    """
    if not weight >= 0:
        raise UsageError(f"{name} is a weight, from 0; {weight} was given")
