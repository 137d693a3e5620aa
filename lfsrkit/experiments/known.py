"""How many pictures a mean is over, where that is not all of them."""

import math
from collections.abc import Iterator, Sequence

from lfsrkit.experiments.scores import Scores
from lfsrkit.metrics.columns import score_column


def picture_counts(scores: Sequence[Scores]) -> Iterator[str]:
    """Say which rows have pictures without a number, and which means are over fewer pictures than there are.

    Args:
        scores: Of all runs, on the same pictures.
    """
    spoilt = {row: most for row in _rows(scores) if (most := max(map(_spoilt, _of(scores, row))))}
    if spoilt:
        told = ", ".join(f"{row} ({most} of {len(scores[0].ids)})" for row, most in spoilt.items())
        yield f"No number for some pictures, so the mean is nan: {told}."
    for metric in scores[0].values if scores else ():
        counts = {row: min(_known(each, metric) for each in _of(scores, row)) for row in _rows(scores)}
        for count in sorted({count for count in counts.values() if 0 < count < len(scores[0].ids)}):
            rows = [row for row in counts if counts[row] == count]
            which = "every row" if len(rows) == len(counts) else ", ".join(rows)
            yield f"{score_column(metric).head}: mean over {count} of {len(scores[0].ids)} pictures ({which})."


def _rows(scores: Sequence[Scores]) -> list[str]:
    return list(dict.fromkeys(each.row for each in scores))


def _of(scores: Sequence[Scores], row: str) -> list[Scores]:
    return [each for each in scores if each.row == row]


def _spoilt(scores: Scores) -> int:
    """Count the pictures with NaN, by the metric that has most of them."""
    return max(sum(value is not None and math.isnan(value) for value in column) for column in scores.values.values())


def _known(scores: Scores, metric: str) -> int:
    return sum(value is not None for value in scores.values[metric])
