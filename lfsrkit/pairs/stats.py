"""What the low pictures of a build look like, in numbers."""

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
    low_luma: tuple[float, ...]
    """Mean luma of the low pictures: 5 %, median, 95 %."""
    clean_luma: tuple[float, ...]
    """Mean luma of the clean pictures: 5 %, median, 95 %."""
    red_to_green: tuple[float, ...]
    """Ratio of the low pictures' channel means: 5 %, median, 95 %."""
    blue_to_green: tuple[float, ...]
    """Likewise."""
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
    low_luma: list[float] = []
    clean_luma: list[float] = []
    means: list[torch.Tensor] = []
    black = white = values = 0
    for start in range(0, len(pairs), BATCH):
        batch = pairs.batch(range(start, min(start + BATCH, len(pairs))))
        low, clean = to_float(batch.low), to_float(batch.clean)
        low_luma += (luma(low).flatten(1).mean(1) * 255).tolist()
        clean_luma += (luma(clean).flatten(1).mean(1) * 255).tolist()
        means.append(low.flatten(2).mean(2))
        black += int((batch.low == 0).sum())
        white += int((batch.low == 255).sum())
        values += batch.low.numel()
    red, green, blue = torch.cat(means).clamp(min=1e-4).unbind(1)
    return Statistics(
        split=pairs.split,
        count=len(pairs),
        low_luma=_quantiles(low_luma),
        clean_luma=_quantiles(clean_luma),
        red_to_green=_quantiles((red / green).tolist()),
        blue_to_green=_quantiles((blue / green).tolist()),
        black_share=black / values,
        white_share=white / values,
    )


def _quantiles(values: Sequence[float]) -> tuple[float, ...]:
    found = torch.quantile(torch.tensor(values, dtype=torch.float64), torch.tensor(QUANTILES, dtype=torch.float64))
    return tuple(found.tolist())
