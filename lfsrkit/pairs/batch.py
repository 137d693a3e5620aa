"""What a set of pairs gives, whether it is stored or made on demand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch

from lfsrkit.degradations.base import Params
from lfsrkit.degradations.chain import Chain
from lfsrkit.types import Bytes, ResizedBytes


@dataclass(frozen=True)
class Batch:
    """Pairs as they are stored: 8 bits, on the CPU."""

    ids: list[str]
    sources: list[str]
    low: Bytes
    clean: ResizedBytes
    regions: list[torch.Tensor | None]
    """(7, H, W) float, or None where the data set has no regions."""
    params: list[Params]


@runtime_checkable
class PairData(Protocol):
    """What can be trained and evaluated on: a split of a build, or of live faces."""

    def __len__(self) -> int: ...

    def batch(self, indices: Sequence[int]) -> Batch:
        """Give several pairs.

        Args:
            indices: Positions in the split, in any order.
        """
        ...

    @property
    def ids(self) -> list[str]:
        """Identities of all pairs, in order, by which pictures are known again: each a SHA-256."""
        ...

    @property
    def chain(self) -> Chain:
        """The degradation that makes the low pictures."""
        ...

    @property
    def scale(self) -> int:
        """How many times larger the clean pictures are."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """The resolved configuration of the pairs; ``seed`` is that of the degradation."""
        ...

    @property
    def sha256(self) -> str:
        """Identity of the data."""
        ...

    @property
    def clean_mean(self) -> float:
        """Mean of all clean training pictures, 0 to 1."""
        ...


def batches(pairs: PairData, size: int, *, count: int | None = None) -> Iterator[Batch]:
    """Read pairs in order.

    Args:
        pairs: A split.
        size: Most pairs of a batch.
        count: The first so many; all by default.
    """
    end = len(pairs) if count is None else count
    for start in range(0, end, size):
        yield pairs.batch(range(start, min(start + size, end)))
