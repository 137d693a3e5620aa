"""The state of a training in files, read back with every value looked at before it is used."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as tensors_from
from torch import Tensor, nn
from torch.optim import Optimizer

from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.files import as_record
from lfsrkit.tensors import read_saved

TRAINER_FILE = "trainer.pt"


@dataclass(frozen=True)
class Progress:
    """What the loop has counted."""

    seconds: float
    """Of training in all."""
    best: float
    """Score of the best validation so far."""
    window_steps: int
    """Steps since the last record."""
    window_sums: dict[str, float]
    """Sums over them, by name."""


@dataclass(frozen=True)
class TrainerState:
    """What is needed to go on, beside the weights."""

    step: int
    images_seen: int
    scaler: dict[str, Any]
    """Of the gradients in fp16; empty otherwise."""
    optimiser: dict[str, Any]
    progress: Progress


def read_trainer_state(folder: Path) -> TrainerState:
    """Read what is needed to go on.

    Args:
        folder: Of the checkpoint.

    Raises:
        DamagedFile: If it cannot be read, or holds something else.
    """
    path = folder / TRAINER_FILE
    held = read_saved(path)
    if not isinstance(held, Mapping):
        raise DamagedFile(f"{path} holds no state of a training")
    state = as_record(path, held, TrainerState)
    if min(state.step, state.images_seen, state.progress.window_steps) < 0 or math.isnan(state.progress.best):
        raise DamagedFile(f"{path} is damaged: it counts {state.step} steps and {state.images_seen} pictures")
    return state


def restore_weights(model: nn.Module, path: Path) -> None:
    """Give a model the weights of a checkpoint.

    Args:
        model: Changed in place.
        path: The safetensors file.

    Raises:
        UsageError: If they are those of another model.
        DamagedFile: If it is no safetensors file.
    """
    try:
        model.load_state_dict(tensors_from(path.read_bytes()))
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"{path} holds the weights of another model than that of the run: {reason}") from error
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise DamagedFile(f"{path} is not a whole safetensors file: {error}") from error


def restore_optimiser(optimiser: Optimizer, saved: Mapping[str, Any], path: Path) -> None:
    """Give an optimiser what it has gathered.

    Args:
        optimiser: Changed in place.
        saved: From its ``state_dict``.
        path: File of the state, for messages.

    Raises:
        UsageError: If it belongs to another optimiser or another model.
    """
    own = optimiser.state_dict()["param_groups"]
    try:
        alike = all(_alike(mine, theirs) for mine, theirs in zip(own, saved["param_groups"], strict=True))
        optimiser.load_state_dict(dict(saved))
        fits = alike and all(_fits(parameter, held) for parameter, held in optimiser.state.items())
    except Exception as error:  # torch asks little of a state, and fails in many ways
        raise UsageError(f"{path} holds the state of another optimiser than that of the run: {error}") from error
    if not fits:
        raise UsageError(f"{path} holds the state of another optimiser or model than that of the run")


def _alike(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether settings are of the same kinds; their values may differ, and some optimisers count steps among them."""
    more = [theirs[key] for key in theirs.keys() - mine.keys()]
    return mine.keys() <= theirs.keys() and all(
        [_kind(mine[key]) == _kind(theirs[key]) for key in mine]
        + [isinstance(value, int | float | Tensor) for value in more]
    )


def _kind(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_kind(item) for item in value]
    return float if type(value) is int else type(value)


def _fits(parameter: Any, held: Mapping[str, Any]) -> bool:
    """Whether moments are as large as the parameter, or smaller, as those of factored optimisers are."""
    tensors = [value for value in held.values() if isinstance(value, Tensor)]
    return isinstance(parameter, Tensor) and all(
        value.shape == parameter.shape or value.numel() < parameter.numel() or value.numel() == 1 for value in tensors
    )
