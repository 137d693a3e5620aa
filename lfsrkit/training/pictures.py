"""Pictures of a split in 8 bits: decoded each time, or once and then kept in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, final

import torch
from jaxtyping import UInt8
from torch import Tensor

from lfsrkit.degradations.base import Params
from lfsrkit.pairs.batch import PairData
from lfsrkit.regions import regions_to_bytes, template_regions
from lfsrkit.types import Bytes, ResizedBytes

MEMORY_LIMIT_BYTES = 4 * 2**30
"""A split that takes more than this in 8 bits is decoded batch by batch, unless it is asked to be kept."""

Cache = Literal["auto", "memory", "none"]
LargeRegionBytes = UInt8[Tensor, "n 7 h2 w2"]


@dataclass(frozen=True)
class Pictures:
    """Pairs in 8 bits, on the CPU; they are shared, so nothing may change them in place."""

    ids: list[str]
    low: Bytes
    clean: ResizedBytes
    regions: LargeRegionBytes | None
    params: list[Params]
    """What was recorded of each degradation."""

    def select(self, indices: Sequence[int]) -> "Pictures":
        """Copy some of them.

        Args:
            indices: Positions, in any order.
        """
        rows = list(indices)
        regions = None if self.regions is None else self.regions[rows]
        ids, params = [self.ids[row] for row in rows], [self.params[row] for row in rows]
        return Pictures(ids, self.low[rows], self.clean[rows], regions, params)


Reader = Callable[[Sequence[int]], Pictures]
"""Gives the pictures at some positions of a split."""


def reader(
    pairs: PairData, *, with_regions: bool, cache: Cache = "auto", limit_bytes: int = MEMORY_LIMIT_BYTES
) -> Reader:
    """Decode each picture when it is first asked for and keep it, or decode it each time.

    Args:
        pairs: Any split with at least one pair.
        with_regions: Whether facial regions are needed; those of an average face where none are recorded.
        cache: ``memory`` keeps, ``none`` does not, ``auto`` keeps what takes no more than the limit.
        limit_bytes: Largest size that ``auto`` keeps.
    """
    read = partial(_read, pairs, with_regions)
    if cache == "none":
        return read
    first = read([0])
    tensors = [first.low, first.clean, *([] if first.regions is None else [first.regions])]
    fits = sum(tensor.nbytes for tensor in tensors) * len(pairs) <= limit_bytes
    return _Kept(first, read, len(pairs)) if fits or cache == "memory" else read


@final
class _Kept:
    """Pictures that are decoded once; several threads may ask at the same time and at worst decode one twice."""

    def __init__(self, first: Pictures, read: Reader, count: int) -> None:
        regions = None if first.regions is None else first.regions.new_empty(count, *first.regions.shape[1:])
        low, clean = (tensor.new_empty(count, *tensor.shape[1:]) for tensor in (first.low, first.clean))
        self._pictures = Pictures([""] * count, low, clean, regions, [{} for _ in range(count)])
        self._read = read
        self._known = [False] * count

    def __call__(self, indices: Sequence[int]) -> Pictures:
        rows = [row for row in dict.fromkeys(indices) if not self._known[row]]
        if rows:
            self._keep(rows, self._read(rows))
        return self._pictures.select(indices)

    def _keep(self, rows: list[int], part: Pictures) -> None:
        mine = self._pictures
        mine.low[rows], mine.clean[rows] = part.low, part.clean
        if mine.regions is not None and part.regions is not None:
            mine.regions[rows] = part.regions
        for row, name, params in zip(rows, part.ids, part.params, strict=True):
            mine.ids[row], mine.params[row], self._known[row] = name, params, True


def _read(pairs: PairData, with_regions: bool, indices: Sequence[int]) -> Pictures:
    batch = pairs.batch(list(indices))
    side = batch.clean.shape[-1]
    regions = torch.stack([_region_bytes(maps, side) for maps in batch.regions]) if with_regions else None
    return Pictures(batch.ids, batch.low, batch.clean, regions, batch.params)


def _region_bytes(maps: Tensor | None, side: int) -> Tensor:
    return regions_to_bytes(template_regions(side) if maps is None else maps)
