"""Losses of detail: spectra and differences of neighbours."""

from dataclasses import dataclass
from typing import Literal

import torch

from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.losses.base import Extras, Loss
from lfsrkit.sizes import check_side
from lfsrkit.types import Images, PerImage

Part = Literal["complex", "amplitude"]
_PARTS = ("complex", "amplitude")


@dataclass(frozen=True)
class Fft(Loss):
    r"""Absolute error of the spectrum.

    With $F$ the two-dimensional Fourier transform of each channel, scaled by $1 / \sqrt{h w}$ so that it keeps the sum
    of squares, and $N$ values a picture, $L = \frac{1}{2 N} \sum |\Re D| + |\Im D|$ with $D = F(x) - F(y)$
    (``"complex"``), or $L = \frac{1}{N} \sum \bigl| |F(x)| - |F(y)| \bigr|$ (``"amplitude"``), which does not see where
    things are. Noise counts the same at any size of the picture; the scaling is ours.

    Args:
        part: What is compared: ``"complex"`` or ``"amplitude"``.

    Raises:
        UsageError: If the part is unknown.

    References:
        Cho et al., Rethinking Coarse-to-Fine Approach in Single Image Deblurring, ICCV 2021 (complex).
        https://arxiv.org/abs/2108.05054

        Fuoli, Van Gool, Timofte, Fourier Space Losses for Efficient Perceptual Image Super-Resolution, ICCV 2021
        (amplitude). https://arxiv.org/abs/2106.00783

    Example:
        >>> import torch
        >>> moved = torch.eye(4).roll(1, dims=0).expand(1, 3, 4, 4)
        >>> Fft(part="amplitude")(moved, torch.eye(4).expand(1, 3, 4, 4)).item() < 1e-6
        True
    """

    part: Part = "complex"

    def __post_init__(self) -> None:
        if self.part not in _PARTS:
            near = did_you_mean(self.part, _PARTS)
            raise UsageError(f"part is 'complex' or 'amplitude'; {self.part!r} was given{near}")

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        if self.part == "amplitude":
            return amplitude_error(restored, clean)
        difference = torch.fft.fft2(restored - clean, norm="ortho")
        return torch.view_as_real(difference).abs().mean(dim=(1, 2, 3, 4))


@dataclass(frozen=True)
class Gradient(Loss):
    r"""Absolute error of the differences of neighbours.

    $L = \frac{1}{2} \bigl( \langle |\Delta_h d| \rangle + \langle |\Delta_v d| \rangle \bigr)$ with $d$ the difference
    of restored and clean, $\Delta$ the difference of horizontal or vertical neighbours and $\langle \rangle$ the mean:
    the total variation of the error. Blind to an error that is the same everywhere. Signs are kept, while the gradient
    difference loss of Mathieu et al. compares absolute values (our reading). Pictures have at least 2 x 2 pixels.

    Raises:
        UsageError: If a picture is smaller.

    References:
        Mathieu, Couprie, LeCun, Deep Multi-Scale Video Prediction beyond Mean Square Error, ICLR 2016.
        https://arxiv.org/abs/1511.05440

    Example:
        >>> import torch
        >>> clean = torch.rand(1, 3, 8, 8)
        >>> Gradient()(clean + 0.25, clean).item() < 1e-6
        True
    """

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        check_side(clean, 2, "the loss of gradients")
        across, down = ((restored - clean).diff(dim=dim).abs().mean(dim=(1, 2, 3)) for dim in (3, 2))
        return (across + down) / 2


def amplitude_error(restored: Images, clean: Images) -> PerImage:
    """Average the absolute difference of the amplitudes of two spectra, as in `Fft`.

    Args:
        restored: Pictures.
        clean: Pictures to compare with.
    """
    ours, theirs = (torch.fft.fft2(pictures, norm="ortho").abs() for pictures in (restored, clean))
    return (ours - theirs).abs().mean(dim=(1, 2, 3))
