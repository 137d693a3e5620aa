"""Training data: every picture equally often; order and draws depend on seed, picture and epoch alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from typing import final

import torch
from jaxtyping import Float, UInt8
from torch import Generator, Tensor

from lfsrkit import seeding
from lfsrkit.errors import UsageError
from lfsrkit.images import to_float
from lfsrkit.pairs.batch import PairData
from lfsrkit.pairs.degrade import degrade
from lfsrkit.regions import flip_regions, template_regions
from lfsrkit.stages import TrainConfig
from lfsrkit.types import Bytes, Flags, Images, Resized, ResizedBytes

MEMORY_LIMIT_BYTES = 4 * 2**30
"""A split that takes more than this in 8 bits is decoded batch by batch."""

_CHUNK = 64

LargeRegionBytes = UInt8[Tensor, "n 7 h2 w2"]
LargeRegions = Float[Tensor, "n 7 h2 w2"]


@dataclass(frozen=True)
class Pictures:
    """Pairs in 8 bits, on the CPU; they are shared, so nothing may change them in place."""

    ids: list[str]
    low: Bytes
    clean: ResizedBytes
    regions: LargeRegionBytes | None

    def select(self, indices: Sequence[int]) -> "Pictures":
        """Copy some of them.

        Args:
            indices: Positions, in any order.
        """
        rows = list(indices)
        regions = None if self.regions is None else self.regions[rows]
        return Pictures([self.ids[row] for row in rows], self.low[rows], self.clean[rows], regions)


Reader = Callable[[Sequence[int]], Pictures]
"""Gives the pictures at some positions of a split."""


@dataclass(frozen=True)
class Examples:
    """One batch, ready for a model, on its device."""

    ids: list[str]
    epochs: list[int]
    """Pass over the data that each picture belongs to; a batch may reach over the end of one."""
    low: Images
    clean: Resized
    regions: LargeRegions | None


@final
class Batches:
    """The batches of a training run, each of them found by the number of pictures seen before it.

    Args:
        pairs: The training split.
        config: Batch size, seed, freshness and flips.
        with_regions: Whether facial regions are needed.
        device: Where the batches go.

    Raises:
        UsageError: If there is no pair.
    """

    def __init__(self, pairs: PairData, config: TrainConfig, *, with_regions: bool, device: torch.device) -> None:
        if not len(pairs):
            raise UsageError("there is no pair to train on")
        self._count = len(pairs)
        self._chain, self._data_seed = pairs.chain, int(pairs.settings["seed"])
        self._config = config
        self._device = device
        self._read = reader(pairs, with_regions=with_regions)

    def at(self, images_seen: int) -> Examples:
        """Make the batch that follows a number of pictures.

        Degradation draws on the CPU and computes there, so that epoch 0 has the bytes of a build on every machine.

        Args:
            images_seen: Pictures in all batches before, from 0.
        """
        seed = self._config.seed
        places = order(self._count, seed, images_seen, self._config.batch_size)
        epochs = [epoch for epoch, _ in places]
        chosen = self._read([index for _, index in places])
        low = self._degraded(chosen, epochs) if self._config.low == "fresh" else chosen.low
        clean, regions = chosen.clean, chosen.regions
        examples = Examples(
            chosen.ids,
            epochs,
            to_float(low.to(self._device)),
            to_float(clean.to(self._device)),
            None if regions is None else regions.to(self._device).float() / 255,
        )
        return mirrored(examples, flips(seed, chosen.ids, epochs)) if self._config.flip else examples

    def _degraded(self, chosen: Pictures, epochs: Sequence[int]) -> Bytes:
        parts: list[Bytes] = []
        for epoch, group in groupby(range(len(epochs)), key=epochs.__getitem__):
            rows = list(group)
            ids = [chosen.ids[row] for row in rows]
            parts.append(degrade(self._chain, chosen.clean[rows], ids, seed=self._data_seed, epoch=epoch)[0])
        return torch.cat(parts)


def reader(pairs: PairData, *, with_regions: bool, limit_bytes: int = MEMORY_LIMIT_BYTES) -> Reader:
    """Decode a whole split once if it fits into memory, else what is asked for when it is asked for.

    Args:
        pairs: Any split with at least one pair.
        with_regions: Whether facial regions are needed; those of an average face where none are recorded.
        limit_bytes: Largest size that is kept.
    """
    read = partial(_read, pairs, with_regions)
    first = read([0])
    tensors = [first.low, first.clean, *([] if first.regions is None else [first.regions])]
    if sum(tensor.nbytes for tensor in tensors) * len(pairs) > limit_bytes:
        return read
    return _held(first, read, len(pairs)).select


def order(count: int, seed: int, images_seen: int, size: int) -> list[tuple[int, int]]:
    """Tell which pictures come next: a new permutation in every epoch, and no picture left out at its end.

    Args:
        count: Pictures of the split.
        seed: Seed of the run.
        images_seen: Pictures that came before.
        size: Pictures asked for.

    Returns:
        Epoch and position in the split of each.

    Example:
        >>> sorted(order(3, 0, 0, 2) + order(3, 0, 2, 2))[:3]
        [(0, 0), (0, 1), (0, 2)]
    """
    places = (divmod(seen, count) for seen in range(images_seen, images_seen + size))
    return [(epoch, _permutation(count, seed, epoch)[place]) for epoch, place in places]


def flips(seed: int, ids: Sequence[str], epochs: Sequence[int]) -> Flags:
    """Draw which pictures are mirrored: each with probability one half.

    Args:
        seed: Seed of the run.
        ids: Identity of each picture.
        epochs: Epoch of each picture.
    """
    draws = [torch.rand((), generator=stream) < 0.5 for stream in streams(seed, ids, epochs, "flip")]
    return torch.stack(draws)


def streams(seed: int, ids: Sequence[str], epochs: Sequence[int], stage: str) -> list[Generator]:
    """Make one generator per picture of a batch that may reach over the end of an epoch.

    Args:
        seed: Seed of the run.
        ids: Identity of each picture.
        epochs: Epoch of each picture.
        stage: Name of what draws.
    """
    pairs = zip(ids, epochs, strict=True)
    return [stream for name, epoch in pairs for stream in seeding.generators(seed, [name], epoch, stage)]


def mirrored(examples: Examples, flags: Flags) -> Examples:
    """Mirror some pictures left to right: low, clean and regions together.

    Args:
        examples: A batch; left as it is.
        flags: Which pictures.
    """
    where = flags.to(examples.low.device)[:, None, None, None]
    regions = examples.regions
    return Examples(
        examples.ids,
        examples.epochs,
        torch.where(where, examples.low.flip(-1), examples.low),
        torch.where(where, examples.clean.flip(-1), examples.clean),
        None if regions is None else torch.where(where, flip_regions(regions), regions),
    )


@lru_cache(maxsize=2)
def _permutation(count: int, seed: int, epoch: int) -> list[int]:
    stream = Generator().manual_seed(seeding.key_seed(seed, epoch, "order"))
    return torch.randperm(count, generator=stream).tolist()


def _read(pairs: PairData, with_regions: bool, indices: Sequence[int]) -> Pictures:
    batch = pairs.batch(list(indices))
    side = batch.clean.shape[-1]
    regions = torch.stack([_region_bytes(maps, side) for maps in batch.regions]) if with_regions else None
    return Pictures(batch.ids, batch.low, batch.clean, regions)


def _region_bytes(maps: Tensor | None, side: int) -> Tensor:
    drawn = template_regions(side) if maps is None else maps
    return (drawn * 255).round().to(torch.uint8)


def _held(first: Pictures, read: Reader, count: int) -> Pictures:
    """Fill tensors made once, because joining parts would need the memory twice."""
    regions = None if first.regions is None else first.regions.new_empty(count, *first.regions.shape[1:])
    low, clean = (tensor.new_empty(count, *tensor.shape[1:]) for tensor in (first.low, first.clean))
    ids: list[str] = []
    for start in range(0, count, _CHUNK):
        rows = slice(start, min(start + _CHUNK, count))
        part = read(range(rows.start, rows.stop))
        ids += part.ids
        low[rows], clean[rows] = part.low, part.clean
        if regions is not None and part.regions is not None:
            regions[rows] = part.regions
    return Pictures(ids, low, clean, regions)
