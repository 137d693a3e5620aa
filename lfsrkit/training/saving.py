"""What a run writes when it saves: the averaged weights for use, and the checkpoint to go on from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import final

import torch
from safetensors.torch import save as tensors_to

from lfsrkit.config import to_tables
from lfsrkit.errors import DamagedFile
from lfsrkit.files import write_whole
from lfsrkit.models.weights import FILE_NAME, packed
from lfsrkit.stages import TrainConfig
from lfsrkit.training.augment import Examples
from lfsrkit.training.checkpoint import (
    Checkpoint,
    newest_whole,
    prune_checkpoints,
    read_checkpoint,
    write_checkpoint,
)
from lfsrkit.training.learner import Learner
from lfsrkit.training.setup import NamedModel
from lfsrkit.training.state import Progress
from lfsrkit.versions import versions


@final
class Saver:
    """Write the state of a run.

    Args:
        out: Folder of the run.
        named: What makes the model again.
        config: The stage.
        data: Identity of the pairs, by split.
    """

    def __init__(self, out: Path, named: NamedModel, config: TrainConfig, data: Mapping[str, str]) -> None:
        self._out, self._named, self._config, self._data = out, named, config, data

    def save(self, learner: Learner, progress: Progress, *, best: bool) -> None:
        """Write weights for use and a checkpoint, then remove old checkpoints.

        Args:
            learner: Model, average and optimiser.
            progress: What the loop has counted.
            best: Whether validation was never better.

        Raises:
            OutputRefused: If something cannot be written; the checkpoint before is left as it is.
        """
        named = self._named
        extra = {"step": str(learner.step), "data_sha256": self._data["train"]}
        about = {"name": named.name, "params": dict(named.params), "data": dict(self._data), "versions": versions()}
        meta = {**about, "config": to_tables(self._config)}
        pack = partial(packed, name=named.name, params=named.params, extra=extra)
        write_whole(self._out / FILE_NAME, pack(learner.average.model))
        write_checkpoint(self._out, learner.step, learner.files(progress, pack), meta, best=best)
        prune_checkpoints(self._out, self._config.keep)


def checkpoint_to_resume(out: Path, *, force: bool) -> tuple[Checkpoint | None, list[str]]:
    """Find the checkpoint to go on from.

    Args:
        out: Folder of the run.
        force: Take the one before, if the last is damaged.

    Returns:
        The checkpoint, or None if none was written, and what is worth telling about others.

    Raises:
        DamagedFile: If it is damaged.
    """
    try:
        return read_checkpoint(out), []
    except DamagedFile:
        if not force:
            raise
        return newest_whole(out)


def share_of(examples: Examples) -> Examples:
    """Give what is saved of a batch that went wrong.

    Args:
        examples: The share of one process.
    """
    return replace(examples, low=examples.low.cpu(), clean=examples.clean.cpu(), regions=None)


def save_non_finite(out: Path, step: int, shares: Sequence[Examples]) -> Path:
    """Write the whole batch whose loss or gradient is not finite.

    Args:
        out: Folder of the run.
        step: Number of the step, from 1.
        shares: Of all processes, from `share_of`.
    """
    path = out / f"nonfinite-step-{step}.safetensors"
    tensors = {"low": torch.cat([share.low for share in shares]), "clean": torch.cat([share.clean for share in shares])}
    ids = [name for share in shares for name in share.ids]
    write_whole(path, tensors_to(tensors, metadata={"ids": json.dumps(ids)}))
    return path
