"""What every metric is, and the convention that all of them share."""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor

from lfsrkit.contracts import of_shape
from lfsrkit.errors import UsageError
from lfsrkit.registry import NO_REFERENCE
from lfsrkit.types import Features, Images, Masks, PerImage


class Metric(ABC):
    """Compare restored pictures with clean ones.

    Whether a larger value is better is a tag of the registry. A subclass computes in `measure`; clamping and rounding
    to 8 bits are done once, here.
    """

    @abstractmethod
    def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
        """Compute the metric of each picture.

        Args:
            restored: Pictures as `eight_bit` gives them.
            clean: The same.
            weight: Weight of each pixel, or ``None`` for equal weights.
        """

    def __call__(self, restored: Images, clean: Images, weight: Masks | None = None) -> PerImage:
        """Compute the metric of each picture.

        Args:
            restored: Pictures; values outside 0 to 1 are clamped.
            clean: Pictures to compare with.
            weight: Weight of each pixel, 0 or more, to measure within a region; equal weights give what no weight
                gives.

        Returns:
            One number a picture; NaN where the weights of a picture are all 0, or where a picture holds a NaN.

        Raises:
            UsageError: If two shapes differ, the pictures are too small for the metric, or it gives anything else.
        """
        _check_shapes(restored, clean, weight)
        with torch.no_grad():
            measured = self.measure(eight_bit(restored), eight_bit(clean), weight)
        return of_shape(measured, clean.shape[:1], self, "measure")


class NoReference(Metric):
    """Judge pictures by themselves, where there may be no clean ones.

    A subclass computes in `judge`. Called as any metric, it does not look at the clean pictures.
    """

    TAGS = (NO_REFERENCE,)

    @abstractmethod
    def judge(self, pictures: Images) -> PerImage:
        """Compute the metric of each picture.

        Args:
            pictures: As `eight_bit` gives them.
        """

    @final
    def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
        """Compute the metric of each picture; weights are refused."""
        refuse_weight(weight, "a metric without reference")
        return self.judge(restored)


def refuse_weight(weight: Masks | None, what: str) -> None:
    """Refuse to measure within a region.

    Args:
        weight: What was given.
        what: What looks at whole pictures, as the start of a sentence.

    Raises:
        UsageError: If there is a weight.
    """
    if weight is not None:
        raise UsageError(f"{what} looks at whole pictures; leave out the weight")


def eight_bit(pictures: Images) -> Images:
    """Clamp to 0..1 and round to what an 8-bit file holds, in double precision where the device has it.

    Args:
        pictures: Float pictures.

    Example:
        >>> eight_bit(torch.full((1, 3, 1, 1), 0.5))[0, 0] * 255
        tensor([[128.]], dtype=torch.float64)
    """
    # Floats throughout: a NaN has to stay one, which a cast to bytes would hide.
    exact = torch.float32 if pictures.device.type == "mps" else torch.float64
    return (pictures.clamp(0, 1) * 255).round().to(exact) / 255


def weighted_mean(values: Features, weight: Masks | None) -> PerImage:
    """Average over channels and pixels of each picture.

    Args:
        values: Maps.
        weight: Weight of each pixel, or ``None`` for equal weights.

    Returns:
        One number a picture; NaN where its weights are all 0.
    """
    if weight is None:
        return values.mean(dim=(1, 2, 3))
    scaled = weight.to(values)
    return (values.mean(dim=1, keepdim=True) * scaled).sum(dim=(1, 2, 3)) / scaled.sum(dim=(1, 2, 3))


def _check_shapes(restored: Tensor, clean: Tensor, weight: Tensor | None) -> None:
    """Refuse what torch would broadcast without a word."""
    if restored.shape != clean.shape:
        raise UsageError(
            f"restored is {tuple(restored.shape)} and clean is {tuple(clean.shape)}; they have to be equal"
        )
    wanted = (len(clean), 1, *clean.shape[-2:])
    if weight is not None and weight.shape != wanted:
        raise UsageError(f"the weight is {tuple(weight.shape)}; for these pictures it has to be {wanted}")
