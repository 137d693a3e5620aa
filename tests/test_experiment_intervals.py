"""Differences of rows and how sure they are, against the theory of what is resampled."""

import math

import numpy as np
import pytest

from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.experiments import Scores, compare
from tests.experiment_cases import scores


def test_scores_of_different_pictures_are_not_compared() -> None:
    mine, theirs = scores("a", 0, [1.0, 2.0]), Scores("b", 0, ("0", "other"), {"psnr": (1.0, 2.0)})
    with pytest.raises(DamagedFile, match="different pictures"):
        compare([mine, theirs], "a", "b", "psnr")
    with pytest.raises(UsageError, match="no scores of 'c'; rows: a"):
        compare([mine], "c", "a", "psnr")


def test_the_interval_over_pictures_is_that_of_theory() -> None:
    """With one seed, the standard error is the deviation of the differences over the root of n."""
    stream = np.random.default_rng(0)
    n, deviation = 400, 0.5
    noise = stream.normal(0.2, deviation, n)
    base = stream.normal(20, 3, n)
    found = compare([scores("a", 0, base + noise), scores("b", 0, base)], "a", "b", "psnr")
    error = float(np.std(noise)) / math.sqrt(n)
    assert found.difference == pytest.approx(noise.mean())
    # 10,000 resamples tell a deviation to 1 / sqrt(20,000) = 0.7 %, and a quantile at 2.5 % to about 0.027 errors.
    assert found.standard_error == pytest.approx(error, rel=0.03)
    assert found.low == pytest.approx(found.difference - 1.96 * error, abs=0.11 * error)
    assert found.high == pytest.approx(found.difference + 1.96 * error, abs=0.11 * error)
    assert found.beyond_two_errors == (abs(noise.mean()) > 2 * found.standard_error)


def test_the_interval_over_seeds_and_pictures_is_that_of_theory() -> None:
    """For d = s_i + p_j, the mean has the variance var(s) / seeds + var(p) / pictures, estimated without bias."""
    stream = np.random.default_rng(1)
    per_seed, per_picture = stream.normal(0, 0.4, 5), stream.normal(1, 0.6, 60)
    mine = [scores("a", seed, 20 + per_seed[seed] + per_picture) for seed in range(5)]
    theirs = [scores("b", seed, np.full(60, 20.0)) for seed in range(5)]
    found = compare([*mine, *theirs], "a", "b", "psnr")
    error = math.sqrt(np.var(per_seed, ddof=1) / 5 + np.var(per_picture, ddof=1) / 60)
    assert found.standard_error == pytest.approx(error, rel=0.03)
    assert found.difference == pytest.approx(per_seed.mean() + per_picture.mean())


def test_pairing_takes_out_what_the_pictures_have_in_common() -> None:
    base = np.random.default_rng(2).normal(20, 5, 50)
    assert compare([scores("a", 0, base + 1), scores("b", 0, base)], "a", "b", "psnr").standard_error < 1e-9


def test_rows_may_have_different_numbers_of_seeds() -> None:
    rows = [scores("a", seed, [20.0 + seed] * 40) for seed in range(3)] + [scores("floor", 0, [15.0] * 40)]
    found = compare(rows, "floor", "a", "psnr")
    assert found.difference == pytest.approx(-6)
    assert found.standard_error == pytest.approx(1 / math.sqrt(3), rel=0.05)


def test_seeds_are_paired_with_themselves_alone() -> None:
    levels = (19.0, 20.0, 21.0)
    mine = [scores("a", seed, np.full(40, level)) for seed, level in enumerate(levels)]
    same = [scores("b", seed, np.full(40, level)) for seed, level in enumerate(levels)]
    others = [scores("b", seed + 1, np.full(40, level)) for seed, level in enumerate(levels)]
    assert compare([*mine, *same], "a", "b", "psnr").standard_error == pytest.approx(0, abs=1e-9)
    assert compare([*mine, *others], "a", "b", "psnr").standard_error == pytest.approx(math.sqrt(2 / 3), rel=0.05)


def test_pictures_without_a_value_are_left_out() -> None:
    values = [[20.0, math.inf, 22.0, None], [19.0, 20.0, 20.0, 21.0]]
    found = compare([scores("a", 0, values[0]), scores("b", 0, values[1])], "a", "b", "psnr")
    assert found.difference == pytest.approx(1.5)
    nothing = compare([scores("a", 0, [None]), scores("b", 0, [1.0])], "a", "b", "psnr")
    assert math.isnan(nothing.difference)
    assert not nothing.beyond_two_errors
