"""What a build holds, beside the profile of its low pictures: how bright the clean ones are, how much is clipped."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from lfsrkit.colour import luma
from lfsrkit.errors import UsageError
from lfsrkit.images import to_float
from lfsrkit.pairs.dataset import PairSet

BATCH = 64
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Statistics:
    """Distribution over the pictures of a split; levels are 8-bit, 0 to 255."""

    split: str
    count: int
    clean_luma: tuple[float, ...]
    """Mean luma of the clean pictures: 5 %, median, 95 %."""
    black_share: float
    """Share of low values at 0."""
    white_share: float
    """Share of low values at 255."""


def describe(pairs: PairSet) -> Statistics:
    """Measure one split, picture by picture, in constant memory.

    Args:
        pairs: The split.

    Raises:
        UsageError: If it has no pairs.
    """
    if not len(pairs):
        raise UsageError(f"{pairs.folder}: {pairs.split} has no pairs to describe")
    clean_luma: list[float] = []
    black = white = values = 0
    for start in range(0, len(pairs), BATCH):
        batch = pairs.batch(range(start, min(start + BATCH, len(pairs))))
        clean_luma += (luma(to_float(batch.clean)).flatten(1).mean(1) * 255).tolist()
        black += int((batch.low == 0).sum())
        white += int((batch.low == 255).sum())
        values += batch.low.numel()
    return Statistics(
        split=pairs.split,
        count=len(pairs),
        clean_luma=_quantiles(clean_luma),
        black_share=black / values,
        white_share=white / values,
    )


def _quantiles(values: Sequence[float]) -> tuple[float, ...]:
    found = torch.quantile(torch.tensor(values, dtype=torch.float64), torch.tensor(QUANTILES, dtype=torch.float64))
    return tuple(found.tolist())
