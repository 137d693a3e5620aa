"""Noise of a whole set: estimated from photographs, or known exactly where pictures can be made again without it."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lfsrkit.colour import luma, srgb_to_linear
from lfsrkit.metrics.blind import immerkaer
from lfsrkit.realism.noise import (
    FEWEST,
    SMALLEST,
    Numbers,
    Transfer,
    bin_edges,
    centre_of,
    flat_blocks,
    lag_one,
    shot_and_read,
    transfer_curve,
)
from lfsrkit.types import Images

LARGEST = 512
"""Side in pixels of the middle of a photograph in which noise is measured."""
STEPS = 32
"""Bins of light, evenly spaced in its square root, in which known noise is added up."""


@dataclass(frozen=True)
class Noise:
    """Noise of a set of pictures."""

    level: tuple[float, ...]
    """Standard deviation of luma in 8-bit levels, one a picture."""
    shot: float
    """Slope of the variance over light, linear, green; white = 1."""
    read: float
    """Variance without light, likewise."""
    lag_one: float
    """Correlation with the next pixel. White noise has 0 where it is known, and -1/6 in photographs, where what is left
    after the mean of 3 x 3 pixels stands for it."""
    known: bool
    """Whether it is the difference to a replay without noise, or estimated from the pictures alone."""


class PhotoNoise:
    """Collects the noise of photographs from their flat parts, a picture at a time."""

    def __init__(self) -> None:
        self._levels: list[float] = []
        self._lags: list[float] = []
        self._blocks: list[tuple[Numbers, Numbers]] = []
        self._too_small = False

    def add(self, image: Images) -> None:
        """Measure one picture; one that is too small makes the result None.

        Args:
            image: (1, 3, h, w), sRGB.
        """
        self._too_small = self._too_small or min(image.shape[-2:]) < SMALLEST
        if self._too_small:
            return
        middle = centre_of(image, LARGEST)
        self._levels += immerkaer(middle).tolist()
        self._lags += lag_one(_above_mean(luma(middle))).tolist()
        self._blocks.append(flat_blocks(srgb_to_linear(middle)[:, 1]))

    def result(self) -> Noise | None:
        """Give the noise of all pictures, or None where one was too small to tell noise from texture."""
        if self._too_small or not self._blocks:
            return None
        mean, variance = (torch.cat(parts) for parts in zip(*self._blocks, strict=True))
        shot, read = shot_and_read(transfer_curve(mean, variance, bin_edges(mean)))
        return Noise(tuple(self._levels), shot, read, sum(self._lags) / len(self._lags), known=False)


class KnownNoise:
    """Collects the difference between pictures and the same pictures without noise, a batch at a time."""

    def __init__(self) -> None:
        self._levels: list[float] = []
        self._lags: list[float] = []
        self._sums = torch.zeros(3, STEPS, dtype=torch.float64)

    def add(self, noisy: Images, quiet: Images) -> None:
        """Measure one batch.

        Args:
            noisy: sRGB.
            quiet: The same without noise.
        """
        difference = luma(noisy) - luma(quiet)
        self._levels += (difference.flatten(1).std(1) * 255).tolist()
        self._lags += lag_one(difference[:, 0]).tolist()
        light = srgb_to_linear(quiet)[:, 1].flatten()
        error = (srgb_to_linear(noisy)[:, 1].flatten() - light).square()
        place = (light.clamp(0, 1).sqrt() * STEPS).long().clamp(max=STEPS - 1)
        for total, values in zip(self._sums, (torch.ones_like(light), light, error), strict=True):
            total.index_add_(0, place, values.to(total))

    def result(self) -> Noise:
        """Give the noise of all pictures."""
        shot, read = shot_and_read(self._curve())
        return Noise(tuple(self._levels), shot, read, sum(self._lags) / len(self._lags), known=True)

    def _curve(self) -> Transfer:
        count, light, error = self._sums[:, self._sums[0] >= FEWEST].unbind(0)
        return Transfer(tuple((light / count).tolist()), tuple((error / count).tolist()))


def _above_mean(bright: Tensor) -> Tensor:
    return (bright[:, :, 1:-1, 1:-1] - functional.avg_pool2d(bright, 3, 1))[:, 0]
