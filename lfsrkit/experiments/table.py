"""From scores to numbers of a table: means and spreads over seeds, and how sure a difference is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from lfsrkit.errors import UsageError
from lfsrkit.experiments.scores import Scores, pictures_of
from lfsrkit.seeding import key_seed

RESAMPLES = 10_000
_WEIGHTS_AT_ONCE = 2**21


@dataclass(frozen=True)
class TableRow:
    """One line of a table."""

    name: str
    seeds: int
    mean: dict[str, float | None]
    """By metric: mean over seeds of the mean over the pictures with a value; None where no picture has one. NaN where a
    restored picture holds no number, so that a row which fails on hard pictures is not judged by the others."""
    spread: dict[str, float | None]
    """By metric: standard deviation of the means over seeds; None with one seed, empty where seeds mean nothing."""


@dataclass(frozen=True)
class Comparison:
    """Difference of one row to another in one metric, with its 95 % interval."""

    row: str
    reference: str
    metric: str
    difference: float
    low: float
    high: float
    standard_error: float

    @property
    def beyond_two_errors(self) -> bool:
        """Whether the difference is larger than two standard errors."""
        return abs(self.difference) > 2 * self.standard_error


def tabulate(scores: Sequence[Scores]) -> list[TableRow]:
    """Average over pictures, then over seeds; rows in the order in which they first appear.

    Args:
        scores: Of all runs.
    """
    names = dict.fromkeys(each.row for each in scores)
    return [_line(name, [each for each in scores if each.row == name]) for name in names]


def compare(scores: Sequence[Scores], row: str, reference: str, metric: str) -> Comparison:
    """Compare two rows picture by picture.

    The difference of a picture is averaged over the seeds; the interval is a bootstrap over seeds and pictures: both
    are drawn again with replacement, one less than there are, because another seed and other faces would have come out
    differently. With few seeds it is still a little narrow, for the tails of few numbers are wide. Pictures
    whose value is missing or infinite in one of the runs are left out; where one is NaN, so is everything.

    Args:
        scores: Of all runs.
        row: Name of a row.
        reference: Name of the row to compare with.
        metric: Name of a column.

    Raises:
        UsageError: If a row has no scores.

    References:
        Efron, Tibshirani, An Introduction to the Bootstrap, 1993. https://doi.org/10.1201/9780429246593
    """
    pictures_of(scores)
    mine, theirs = (_matrix(scores, name, metric) for name in (row, reference))
    whole = np.isfinite(mine).all(0) & np.isfinite(theirs).all(0)
    if not whole.any() or np.isnan(mine).any() or np.isnan(theirs).any():
        return Comparison(row, reference, metric, math.nan, math.nan, math.nan, math.nan)
    mine, theirs = mine[:, whole], theirs[:, whole]
    generator = np.random.default_rng(key_seed("bootstrap", row, reference, metric))
    # The same seeds for both rows where they have the same: that is what makes it paired.
    paired = _seeds(scores, row) == _seeds(scores, reference)
    portions = _portions(mine.shape[1])
    resampled = np.concatenate([_resampled(mine, theirs, generator, count, paired=paired) for count in portions])
    low, high = np.quantile(resampled, (0.025, 0.975))
    difference, error = float(mine.mean() - theirs.mean()), float(np.std(resampled))
    return Comparison(row, reference, metric, difference, float(low), float(high), error)


def _line(name: str, scores: Sequence[Scores]) -> TableRow:
    means = {metric: [_mean(each.values[metric]) for each in scores] for metric in scores[0].values}
    return TableRow(
        name,
        len(scores),
        {metric: _mean(values) for metric, values in means.items()},
        {metric: _spread(values) for metric, values in means.items()},
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _spread(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    return stdev(known) if all(map(math.isfinite, known)) else math.nan


def _seeds(scores: Sequence[Scores], row: str) -> list[int]:
    return [each.seed for each in scores if each.row == row]


def _matrix(scores: Sequence[Scores], row: str, metric: str) -> NDArray[np.float64]:
    found = [each.values[metric] for each in scores if each.row == row]
    if not found:
        raise UsageError(f"no scores of {row!r}; rows: {', '.join(dict.fromkeys(each.row for each in scores))}")
    # What is missing is left out as what is infinite is, while NaN stands for itself.
    return np.asarray([[math.inf if value is None else value for value in one] for one in found], dtype=np.float64)


def _resampled(
    mine: NDArray[np.float64], theirs: NDArray[np.float64], generator: np.random.Generator, count: int, *, paired: bool
) -> NDArray[np.float64]:
    """Draw seeds and pictures again, some times over; how often each was drawn is its weight in the mean."""
    seeds, pictures = mine.shape
    first = _weights(seeds, generator, count)
    second = first if paired else _weights(len(theirs), generator, count)
    return ((first @ mine - second @ theirs) * _weights(pictures, generator, count)).sum(1)


def _weights(of: int, generator: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Draw one less than there are: the variance of n drawn of n is that of n - 1, and seeds are few."""
    drawn = max(1, of - 1)
    return generator.multinomial(drawn, np.full(of, 1 / of), size=count) / drawn


def _portions(pictures: int) -> list[int]:
    """Split the resamples so that their weights take some megabytes, however many pictures there are."""
    few = max(1, min(RESAMPLES, _WEIGHTS_AT_ONCE // pictures))
    return [min(few, RESAMPLES - start) for start in range(0, RESAMPLES, few)]
