"""Counts of photons against SciPy's Poisson distribution and its moments."""

import math

import pytest
import torch
from scipy import special, stats

from lfsrkit.degradations.photons import poisson_counts
from tests.test_degradation_physics import check_mean, check_variance

RATES = [0.05, 0.7, 4.0, 11.9, 12.1, 40.0, 2000.0]


def normals(n: int = 300_000, seed: int = 0):
    z = torch.randn(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return z.view(1, 1, 1, n)


def check_third_moment(samples, expected: float) -> None:
    """Five standard errors, from the influence of each sample on the third central moment."""
    centred = samples - samples.mean()
    influence = centred.pow(3) - 3 * centred.pow(2).mean() * centred
    assert abs(centred.pow(3).mean().item() - expected) <= 5 * influence.std().item() / math.sqrt(samples.numel())


@pytest.mark.parametrize("rate", RATES)
def test_counts_have_the_moments_of_poisson(rate):
    counts = poisson_counts(torch.full_like(normals(), rate), normals())
    assert counts.min() >= 0
    assert torch.equal(counts, counts.round())
    check_mean(counts, rate)
    check_variance(counts, rate)
    check_third_moment(counts, rate)


@pytest.mark.parametrize("rate", [0.7, 4.0, 40.0])
def test_the_check_of_counts_can_fail(rate):
    rounded = (rate + math.sqrt(rate) * normals()).round().clamp_min(0)
    with pytest.raises(AssertionError):
        check_third_moment(rounded, rate)
    with pytest.raises(AssertionError):
        check_variance(rounded * 1.05, rate)


@pytest.mark.parametrize("rate", RATES)
def test_counts_are_those_of_the_inverse_distribution(rate):
    z = normals(50_000, seed=1)
    wanted = torch.from_numpy(stats.poisson.ppf(special.ndtr(z.numpy()), rate))
    wrong = (poisson_counts(torch.full_like(z, rate), z) - wanted).abs()
    assert wrong.max() <= (0 if rate <= 12 else 1)
    assert wrong.mean() < 1e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_counts_grow_with_rate_and_stay_sensible_at_the_ends(dtype):
    rates = torch.linspace(0, 60, 6001, dtype=dtype).view(1, 1, 1, -1)
    for z in (-9.0, -3.0, -1.0, 0.0, 1.0, 3.0, 9.0):
        counts = poisson_counts(rates, torch.full_like(rates, z))
        assert counts.isfinite().all()
        assert counts.min() >= 0
        assert (counts <= rates + 10 * rates.sqrt() + 40).all()
        if abs(z) <= 3:
            assert (counts.diff() >= 0).all()
    assert poisson_counts(torch.zeros_like(rates), torch.full_like(rates, 3.0)).max() == 0
