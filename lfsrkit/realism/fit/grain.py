"""How the noise of pictures grows with light, found by simulation, which knows what JPEG and rounding do to noise."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lfsrkit.realism.noise import Transfer

SHOT = (1e-7, 0.1)
"""Smallest and largest slope of the variance over light."""
READ = (1e-12, 1e-2)
"""Smallest and largest variance without light."""

LEVELS = tuple(10 ** (exponent / 4) for exponent in range(-20, -7, 3))
"""Shot slopes at which the search may begin, 1e-5 to 1e-2."""
STEPS = 3
"""Gauss-Newton steps; the second already changes little."""

_RATIO = 1.5
"""By which a variance is raised to see what that changes."""
_BIN_ERROR = 0.15
"""Relative error of the variance of a bin: of chance and of other faces' texture."""
_READ_ERROR = 1.0
"""Natural logarithms by which read noise leaves its usual relation to shot noise as a rule."""
_DAMPING = 0.1
_LONGEST = 1.5
"""Natural logarithms by which one step changes a variance at the most."""


@dataclass(frozen=True)
class Grain:
    """Noise of variance ``shot * light + read`` in linear light, white = 1."""

    shot: float
    read: float


def fit_grain(observed: Transfer, simulate: Callable[[Grain], Transfer]) -> Grain:
    r"""Find the noise whose simulation has the observed curve.

    Least squares on logarithms, $\sum_i (\ln v_i - \ln \hat v_i)^2$ over the bins of light.
    Begins at the best of some levels, for coarse JPEG hides weak noise altogether and then no slope leads out; goes on
    with Gauss-Newton steps, whose derivatives are differences of simulations. Where the pictures say nothing about read
    noise, because they are too bright or too coarsely rounded, it follows shot noise by the published relation
    $\ln r = 2.18 \ln s + 1.20$.

    Args:
        observed: Photon-transfer curve of the pictures.
        simulate: Gives the curve, in the same bins, of pictures with given noise.

    References:
        Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, Unprocessing Images for Learned Raw Denoising, CVPR 2019 (the
        relation). https://arxiv.org/abs/1811.11127

        Gouriéroux, Monfort, Renault, Indirect Inference, Journal of Applied Econometrics 1993 (matching what is
        measured on simulations). https://doi.org/10.1002/jae.3950080507
    """
    tried = [_Trial.of(_usual(shot), observed, simulate) for shot in LEVELS]
    best = min(tried, key=lambda trial: trial.cost)
    for _ in range(STEPS):
        best = min((best, *_stepped(best, observed, simulate)), key=lambda trial: trial.cost)
    return best.grain


@dataclass(frozen=True)
class _Trial:
    grain: Grain
    lacking: Tensor
    """Logarithm of the observed by the simulated variance, in standard errors; then what the relation lacks."""

    @property
    def cost(self) -> float:
        return float(self.lacking.square().sum())

    @classmethod
    def of(cls, grain: Grain, observed: Transfer, simulate: Callable[[Grain], Transfer]) -> "_Trial":
        bins = (_logarithms(observed) - _logarithms(simulate(grain))).nan_to_num(0.0) / _BIN_ERROR
        unusual = (math.log(_usual(grain.shot).read) - math.log(grain.read)) / _READ_ERROR
        return cls(grain, torch.cat([bins, torch.tensor([unusual], dtype=torch.float64)]))


def _stepped(best: _Trial, observed: Transfer, simulate: Callable[[Grain], Transfer]) -> Iterator[_Trial]:
    """Try the Gauss-Newton step, and half of it."""
    shot, read = best.grain.shot, best.grain.read
    around = [Grain(shot * _RATIO, read), Grain(shot, read * _RATIO)]
    moved = [_Trial.of(grain, observed, simulate).lacking - best.lacking for grain in around]
    slopes = torch.stack(moved, 1) / math.log(_RATIO)
    damped = slopes.T @ slopes + _DAMPING * torch.eye(2, dtype=torch.float64)
    step = -torch.linalg.solve(damped, slopes.T @ best.lacking)
    for share in (1.0, 0.5):
        more_shot, more_read = (share * step).clamp(-_LONGEST, _LONGEST).exp().tolist()
        yield _Trial.of(_limited(shot * more_shot, read * more_read), observed, simulate)


def _usual(shot: float) -> Grain:
    return _limited(shot, math.exp(2.18 * math.log(shot) + 1.20))


def _logarithms(curve: Transfer) -> Tensor:
    """Take logarithms above a tenth of what rounding to 8 bits adds, so that no bin without noise stands out."""
    mean, variance = torch.tensor([curve.mean, curve.variance], dtype=torch.float64).unbind(0)
    # Slope of the sRGB curve, by which one level of the picture becomes light.
    level = (2.4 / 1.055) * mean.clamp_min(0.0031).pow(1.4 / 2.4) / 255
    return (variance + 0.1 * level.square() / 12).log()


def _limited(shot: float, read: float) -> Grain:
    return Grain(min(max(shot, SHOT[0]), SHOT[1]), min(max(read, READ[0]), READ[1]))
