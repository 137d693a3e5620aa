"""Losses: one number a picture, so that a bad one can be named and parallel ranks agree; the mean is taken outside."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from lfsrkit.errors import UsageError
from lfsrkit.types import Features, Images, Masks, PerImage, Regions, Resized

_HOW_TO_GIVE = {
    "low": "pass the low pictures, of shape (n, 3, h, w)",
    "mask": "pass masks of shape (n, 1, h, w), drawn by one of lfsrkit.MASKS",
    "regions": "pass regions of shape (n, 7, h, w): those of the pairs, or lfsrkit.regions.template_regions(size)",
    "stages": "pass what model.stages(low) returned",
}

_EMPTY = 1e-3
"""A map that sums to less than this, a quarter of one grey level of one pixel, selects nothing."""


@dataclass(frozen=True)
class Extras:
    """What a loss may look at beside the two pictures; it names what it uses in `Loss.needs`.

    Args:
        low: Low pictures.
        mask: Masks, 1 = selected.
        regions: Facial regions.
        stages: What the parts of a model made, by name.
    """

    low: Resized | None = None
    mask: Masks | None = None
    regions: Regions | None = None
    stages: Mapping[str, Tensor] | None = None


class Loss(ABC):
    """Compare restored pictures with clean ones; 0 or more, less is better.

    A subclass says in `needs` what it looks at and computes in `compare`.
    """

    @property
    @abstractmethod
    def needs(self) -> frozenset[str]:
        """What a call has to be given: some of ``"low"``, ``"mask"``, ``"regions"``, ``"stages"``."""

    @abstractmethod
    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture.

        Args:
            restored: Output of a model, not clamped.
            clean: What it should be.
            extras: What `needs` names is there.
        """

    def __call__(
        self,
        restored: Images,
        clean: Images,
        *,
        low: Resized | None = None,
        mask: Masks | None = None,
        regions: Regions | None = None,
        stages: Mapping[str, Tensor] | None = None,
    ) -> PerImage:
        """Compute the loss of each picture.

        Args:
            restored: Output of a model, not clamped.
            clean: What it should be, in [0, 1].
            low: Input of the model.
            mask: Masks, 1 = selected.
            regions: Facial regions.
            stages: What the parts of the model made, by name.

        Raises:
            UsageError: If something that the loss needs is missing, or two shapes differ.
        """
        extras = Extras(low, mask, regions, stages)
        for name in sorted(self.needs):
            if getattr(extras, name) is None:
                raise UsageError(f"this loss needs {name}, which was not given; {_HOW_TO_GIVE[name]}")
        _check_shapes(restored, clean, extras)
        return self.compare(restored, clean, extras)


@dataclass(frozen=True)
class L1(Loss):
    r"""Mean absolute error.

    $L = \frac{1}{N} \sum |d|$ with $d$ the difference of restored and clean.

    Example:
        >>> import torch
        >>> L1()(torch.full((1, 3, 4, 4), 0.75), torch.full((1, 3, 4, 4), 0.5))
        tensor([0.2500])
    """

    @property
    def needs(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        return absolute_error(restored, clean)


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
        _check_eps(self.eps)

    @property
    def needs(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        return charbonnier_error(restored, clean, self.eps)


@dataclass(frozen=True)
class FaceMask(Loss):
    r"""Charbonnier error with more weight on masked and facial pixels.

    Our reading of the paper's faceMaskLoss, whose formula is not public. With $\rho$ the Charbonnier error of a value,
    $M$ the mask, $S_c$ the soft map of region $c$, $C = 3$ channels and $R^+$ the regions present in the picture,

    $$L = \frac{\sum \rho}{N} + \alpha \frac{\sum M \rho}{C \sum M}
        + \frac{\beta}{|R^+|} \sum_{c \in R^+} \frac{\sum S_c \rho}{C \sum S_c}.$$

    An empty mask and absent regions contribute nothing. For masks with a fixed number of pixels drawn *uniformly*, the
    expectation of the second term is the plain error, $E_M[\sum M \rho / (C \sum M)] = \sum \rho / N$: the same
    gradient, only noisier. What changes the training is a mask with a preference (``face_biased``) or `beta`.

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
        _check_eps(self.eps)
        for name, weight in (("alpha", self.alpha), ("beta", self.beta)):
            if not weight >= 0:
                raise UsageError(f"{name} is a weight, from 0; {weight} was given")

    @property
    def needs(self) -> frozenset[str]:
        """A mask unless `alpha` is 0, regions unless `beta` is 0."""
        return frozenset({"mask"} if self.alpha else ()) | frozenset({"regions"} if self.beta else ())

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        error = _charbonnier(restored, clean, self.eps).mean(dim=1, keepdim=True)
        loss = error.mean(dim=(1, 2, 3))
        if self.alpha and extras.mask is not None:
            loss = loss + self.alpha * _mean_over_present(error, extras.mask)
        if self.beta and extras.regions is not None:
            loss = loss + self.beta * _mean_over_present(error, extras.regions)
        return loss


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
    return _charbonnier(restored, clean, eps).mean(dim=(1, 2, 3))


def _charbonnier(restored: Images, clean: Images, eps: float) -> Images:
    return ((restored - clean).square() + eps**2).sqrt()


def _mean_over_present(error: Masks, maps: Features) -> PerImage:
    """Average the error over each map, then over the maps that are not empty; 0 where all are."""
    area = maps.sum(dim=(2, 3))
    present = area >= _EMPTY
    means = (error * maps).sum(dim=(2, 3)) / area.clamp_min(_EMPTY)
    return (means * present).sum(dim=1) / present.sum(dim=1).clamp_min(1)


def _check_eps(eps: float) -> None:
    if not eps > 0:
        raise UsageError(f"eps is a width, above 0; {eps} was given")


def _check_shapes(restored: Tensor, clean: Tensor, extras: Extras) -> None:
    """Refuse what torch would broadcast without a word."""
    if restored.shape != clean.shape:
        raise UsageError(
            f"restored is {tuple(restored.shape)} and clean is {tuple(clean.shape)}; they have to be equal"
        )
    for name, maps in (("mask", extras.mask), ("regions", extras.regions)):
        if maps is not None and (len(maps), maps.shape[-2:]) != (len(clean), clean.shape[-2:]):
            raise UsageError(
                f"{name} is {tuple(maps.shape)}; it has to have the batch and size of {tuple(clean.shape)}"
            )
