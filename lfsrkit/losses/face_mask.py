"""Readings of the paper's faceMaskLoss: masks and facial regions weigh the error, or choose what is looked at."""

from dataclasses import dataclass

from lfsrkit.losses.base import Extras, Loss
from lfsrkit.losses.frequency import amplitude_error
from lfsrkit.losses.gabor import local_detail
from lfsrkit.losses.pixels import charbonnier_error, charbonnier_map, check_eps, check_weight
from lfsrkit.types import Features, Images, Masks, PerImage

_EMPTY = 1e-3
"""A map that sums to less than this, a quarter of one grey level of one pixel, selects nothing."""


@dataclass(frozen=True)
class FaceMask(Loss):
    r"""Charbonnier error with more weight on masked and facial pixels.

    Our reading of the paper's faceMaskLoss, whose formula is not public. With $\rho$ the Charbonnier error of a value,
    $M$ the mask, $S_c$ the soft map of region $c$, $C = 3$ channels and $R^+$ the regions present in the picture,

    $$L = \frac{\sum \rho}{N} + \alpha \frac{\sum M \rho}{C \sum M}
        + \frac{\beta}{|R^+|} \sum_{c \in R^+} \frac{\sum S_c \rho}{C \sum S_c}.$$

    An empty mask and absent regions contribute nothing. For masks with a fixed number of pixels drawn *uniformly*, the
    expectation of the second term is the plain error, $E_M[\sum M \rho / (C \sum M)] = \sum \rho / N$: the same
    gradient, only noisier (``benchmarks/uniform_mask.py`` prints it). What changes the training is a mask with a
    preference (``face_biased``) or `beta`. Random masked reconstruction is the setting ``beta=0`` with a uniform mask.

    Args:
        alpha: Weight of the masked term, from 0; at 0 no mask is needed.
        beta: Weight of the mean over regions, from 0; at 0 no regions are needed.
        eps: Width of the smooth part of the Charbonnier error, above 0.

    Raises:
        UsageError: If a weight is negative or `eps` is not positive.

    References:
        Cong, Zheng, Jia, LFSRNet, CAAI Transactions on Intelligent Systems 2025(1), 109-117.
    """

    alpha: float = 1.0
    beta: float = 0.1
    eps: float = 1e-3

    def __post_init__(self) -> None:
        check_eps(self.eps)
        check_weight("alpha", self.alpha)
        check_weight("beta", self.beta)

    @property
    def needs(self) -> frozenset[str]:
        """A mask unless `alpha` is 0, regions unless `beta` is 0."""
        return frozenset({"mask"} if self.alpha else ()) | frozenset({"regions"} if self.beta else ())

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        error = charbonnier_map(restored, clean, self.eps).mean(dim=1, keepdim=True)
        loss = error.mean(dim=(1, 2, 3))
        if self.alpha and extras.mask is not None:
            loss = loss + self.alpha * mean_within(error, extras.mask)
        if self.beta and extras.regions is not None:
            loss = loss + self.beta * mean_within(error, extras.regions)
        return loss


@dataclass(frozen=True)
class FaceMaskViews(Loss):
    r"""Charbonnier error, and local detail of the masked pixels within the clean picture.

    A second reading of the paper's faceMaskLoss, ours throughout. The view $v = M x + (1 - M) y$ shows the restored
    picture $x$ where the mask selects and the clean picture $y$ around it; so detail is compared in its right
    surroundings, and the loss is not linear in the mask: a uniform mask is no longer plain error in expectation. With
    $\phi_k$ the bands of `lfsrkit.losses.gabor.local_detail`, $\langle \rangle$ the mean and $A$ the amplitudes of the
    spectrum as in ``fft(part='amplitude')``,

    $$L = \langle \rho(x - y) \rangle + \alpha \frac{1}{K} \sum_k \langle |\phi_k(v) - \phi_k(y)| \rangle
        + \gamma \langle |A(x) - A(y)| \rangle.$$

    An empty mask contributes nothing. With the presets, half of the pixels masked and faces enlarged 8 times by a
    bicubic kernel, the gradient of the second term is a sixth of the first one's, that of the third a tenth.

    Args:
        alpha: Weight of the local detail, from 0; at 0 no mask is needed.
        gamma: Weight of the spectrum, from 0.
        eps: Width of the smooth part of the Charbonnier error, above 0.

    Raises:
        UsageError: If a weight is negative or `eps` is not positive.

    References:
        Cong, Zheng, Jia, LFSRNet, CAAI Transactions on Intelligent Systems 2025(1), 109-117.
    """

    alpha: float = 1.0
    gamma: float = 0.1
    eps: float = 1e-3

    def __post_init__(self) -> None:
        check_eps(self.eps)
        check_weight("alpha", self.alpha)
        check_weight("gamma", self.gamma)

    @property
    def needs(self) -> frozenset[str]:
        """A mask unless `alpha` is 0."""
        return frozenset({"mask"} if self.alpha else ())

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        loss = charbonnier_error(restored, clean, self.eps)
        if self.alpha and extras.mask is not None:
            view = clean + extras.mask * (restored - clean)
            loss = loss + self.alpha * _detail_error(view, clean)
        if self.gamma:
            loss = loss + self.gamma * amplitude_error(restored, clean)
        return loss


def mean_within(error: Masks, maps: Features) -> PerImage:
    """Average an error over each map, then over the maps that are not empty; 0 where all are.

    Args:
        error: Error of each pixel.
        maps: Masks or soft regions, any number a picture.

    Example:
        >>> import torch
        >>> error, mask = torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[0.0, 1.0]]]])
        >>> mean_within(error, mask), mean_within(error, 0 * mask)
        (tensor([3.]), tensor([0.]))
    """
    area = maps.sum(dim=(2, 3))
    present = area >= _EMPTY
    means = (error * maps).sum(dim=(2, 3)) / area.clamp_min(_EMPTY)
    return (means * present).sum(dim=1) / present.sum(dim=1).clamp_min(1)


def _detail_error(view: Images, clean: Images) -> PerImage:
    bands = zip(local_detail(view), local_detail(clean), strict=True)
    errors = [(ours - theirs).abs().mean(dim=(1, 2, 3)) for ours, theirs in bands]
    return sum(errors[1:], start=errors[0]) / len(errors)
