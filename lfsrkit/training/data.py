"""Training data: every picture equally often; order and draws depend on seed, picture and epoch alone."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import final

import torch
from torch import Generator

from lfsrkit import seeding
from lfsrkit.degradations.base import Params, stack
from lfsrkit.degradations.base import split as rows_of
from lfsrkit.degradations.chain import Chain
from lfsrkit.errors import UsageError
from lfsrkit.images import to_float
from lfsrkit.pairs.batch import PairData
from lfsrkit.pairs.degrade import degrade, replay
from lfsrkit.regions import bytes_to_regions
from lfsrkit.stages import TrainConfig
from lfsrkit.training.augment import Examples, augmented
from lfsrkit.training.pictures import reader
from lfsrkit.training.reframe import frames, reframed
from lfsrkit.types import Bytes, ResizedBytes


@final
class Batches:
    """The batches of a training run, each of them found by the number of pictures seen before it.

    Args:
        pairs: The training split.
        config: Batch size, seed, freshness, memory and augmentation.
        with_regions: Whether facial regions are needed.
        device: Where the batches go.
        between: For a cascade: the part of the chain that makes the pictures on the border of its parts.
        rank: Number of this process, from 0; each process makes its share of every batch.
        ranks: How many processes there are.

    Raises:
        UsageError: If there is no pair, or a batch cannot be divided among processes and accumulated parts.
    """

    def __init__(
        self,
        pairs: PairData,
        config: TrainConfig,
        *,
        with_regions: bool,
        device: torch.device,
        between: Chain | None = None,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        check_batch(pairs, config, ranks)
        self._count = len(pairs)
        self._chain, self._data_seed = pairs.chain, int(pairs.settings["seed"])
        self._config, self._between = config, between
        self._device = device
        share = config.batch_size // ranks
        self._rows = slice(rank * share, (rank + 1) * share)
        self._read = reader(pairs, with_regions=with_regions, cache=config.cache)

    def at(self, images_seen: int, progress: float = 1.0) -> Examples:
        """Make the share of this process in the batch that follows a number of pictures.

        Degradation draws on the CPU and, unless the device is asked for, computes there, so that epoch 0 has the bytes
        of a build on every machine.

        Args:
            images_seen: Pictures in all batches before, of all processes, from 0.
            progress: Share of the training that is done, 0 to 1.
        """
        places = order(self._count, self._config.seed, images_seen, self._config.batch_size)[self._rows]
        epochs = [epoch for epoch, _ in places]
        chosen = self._read([index for _, index in places])
        fresh = self._config.low == "fresh"
        if fresh and self._config.reframe:
            chosen = reframed(chosen, frames(self._config.seed, chosen.ids, epochs, self._config.reframe))
        clean = chosen.clean.to(self._device) if self._config.degrade_on == "device" else chosen.clean
        low, params = self._degraded(chosen.ids, clean, epochs) if fresh else (chosen.low, chosen.params)
        between = None if self._between is None else replay(self._between, clean, stack(params))
        examples = Examples(
            chosen.ids,
            epochs,
            to_float(low.to(self._device)),
            to_float(chosen.clean.to(self._device)),
            None if chosen.regions is None else bytes_to_regions(chosen.regions.to(self._device)),
            None if between is None else to_float(between.to(self._device)),
        )
        return augmented(examples, self._config, progress)

    def _degraded(self, ids: Sequence[str], clean: Bytes, epochs: Sequence[int]) -> tuple[ResizedBytes, list[Params]]:
        parts: list[ResizedBytes] = []
        params: list[Params] = []
        for epoch, group in groupby(range(len(epochs)), key=epochs.__getitem__):
            rows = list(group)
            low, drawn = degrade(
                self._chain, clean[rows], [ids[row] for row in rows], seed=self._data_seed, epoch=epoch
            )
            parts.append(low)
            params += rows_of(drawn, len(rows))
        return torch.cat(parts), params


def check_batch(pairs: PairData, config: TrainConfig, ranks: int) -> None:
    """Refuse what cannot be made into batches.

    Args:
        pairs: The training split.
        config: Batch size and parts.
        ranks: How many processes there are.

    Raises:
        UsageError: If there is no pair, or a batch cannot be divided among processes and accumulated parts.
    """
    if not len(pairs):
        raise UsageError("there is no pair to train on")
    parts = ranks * config.accumulate
    if config.batch_size % parts:
        near = max(1, round(config.batch_size / parts)) * parts
        raise UsageError(
            f"batch_size={config.batch_size} cannot be divided evenly among {ranks} process{'es' * (ranks > 1)} with "
            f"accumulate={config.accumulate}; take a multiple of {parts}, such as {near}"
        )


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


@lru_cache(maxsize=2)
def _permutation(count: int, seed: int, epoch: int) -> list[int]:
    stream = Generator().manual_seed(seeding.key_seed(seed, epoch, "order"))
    return torch.randperm(count, generator=stream).tolist()
