"""Pairs that are made when they are asked for: the same interface and the same bytes as a build, nothing on disk."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, final

import numpy as np
import torch

from lfsrkit.degradations.base import split as rows_of
from lfsrkit.degradations.chain import Chain
from lfsrkit.errors import BadPicture, LfsrkitError, UsageError
from lfsrkit.faces import FaceRef, FramedFace, Rejected, open_source
from lfsrkit.images import to_bytes
from lfsrkit.pairs.batch import Batch
from lfsrkit.pairs.degrade import degrade
from lfsrkit.pairs.plan import Plan, make_plan
from lfsrkit.pairs.shard import framed
from lfsrkit.regions import bytes_to_regions
from lfsrkit.stages import PairsConfig


@final
class LivePairs:
    """One split of a plan, decoded and degraded on demand.

    Args:
        plan: From `make_plan`.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        UsageError: If the plan has no such split.
        LfsrkitError: If no face of the split can be used.
    """

    def __init__(self, plan: Plan, split: str) -> None:
        self.split = split
        self.scale = plan.scale
        self.settings: Mapping[str, Any] = plan.settings
        self.chain: Chain = plan.recipe.chain()
        self._plan, self._recipe = plan, plan.recipe
        self._source = open_source(plan.recipe.faces, size=plan.recipe.clean_size)
        refs = self._refs(split)
        if not refs:
            raise UsageError(f"the splits give no face to {split!r}")
        self.rejected: list[Rejected] = []
        self._faces = list(self._decoded(refs, self.rejected))
        if not self._faces:
            raise LfsrkitError(f"no usable face for {split!r}: {self.rejected[0].source}: {self.rejected[0].reason}")

    def __len__(self) -> int:
        return len(self._faces)

    @property
    def ids(self) -> list[str]:
        """Identities of all pairs, in order."""
        return [ref.id for ref, _ in self._faces]

    @property
    def sha256(self) -> str:
        """Identity of the data: the faces and what is done to them."""
        return hashlib.sha256("\n".join([str(sorted(self.settings.items())), *self.ids]).encode()).hexdigest()

    @cached_property
    def clean_mean(self) -> float:
        """Mean of all clean training pictures, 0 to 1; of all pictures where there is none to train on."""
        training = "train" if self._refs("train") else None
        faces = self._faces if self.split == training else self._decoded(self._refs(training), [])
        sums = [int(face.clean.sum(dtype=np.int64)) for _, face in faces]
        return sum(sums) / (255 * max(1, len(sums) * 3 * self._recipe.clean_size**2))

    def batch(self, indices: Sequence[int]) -> Batch:
        """Make several pairs, equal to those of a build.

        Args:
            indices: Positions in the split, in any order.
        """
        chosen = [self._faces[index] for index in indices]
        clean = to_bytes([face.clean for _, face in chosen])
        ids = [ref.id for ref, _ in chosen]
        low, params = degrade(self.chain, clean, ids, seed=self._recipe.seed)
        regions = [None if f.regions is None else bytes_to_regions(torch.from_numpy(f.regions)) for _, f in chosen]
        return Batch(ids, [ref.source for ref, _ in chosen], low, clean, regions, rows_of(params, len(ids)))

    def _refs(self, split: str | None) -> list[FaceRef]:
        return [ref for task in self._plan.tasks if split in (task.split, None) for ref in task.refs]

    def _decoded(self, refs: Sequence[FaceRef], rejected: list[Rejected]) -> Iterator[tuple[FaceRef, FramedFace]]:
        for ref in refs:
            try:
                yield ref, framed(self._source.read(ref), ref, self._recipe)
            except BadPicture as error:
                rejected.append(Rejected(ref.source, str(error)))


def live(config: PairsConfig, split: str = "train") -> LivePairs:
    """Open one split of faces that are degraded on the fly.

    Args:
        config: Which faces, how framed, how degraded.
        split: ``train``, ``validation`` or ``test``.
    """
    return LivePairs(make_plan(config), split)
