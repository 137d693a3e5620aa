"""Fine-tuning: weights to begin with, from any file that has some, and an account of what fitted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.models.base import Restorer
from lfsrkit.models.weights import AVERAGE_FILE, FILE_NAME, file_in
from lfsrkit.training.checkpoint import read_state

SAFE_SUFFIX = ".safetensors"
PICKLED_SUFFIXES = (".pth", ".pt", ".ckpt", ".bin")
WRAPPERS = ("state_dict", "model", "params_ema", "params", "ema")
"""Keys under which other projects keep the weights in a file."""

_AROUND = re.compile(r"^(?:module\.|_orig_mod\.)+")
"""What training wrappers put before the names."""

_SHOWN = 3


@dataclass(frozen=True)
class WarmStart:
    """Which weights of a file a model has taken."""

    source: str
    loaded: list[str]
    """Keys that were taken."""
    missing: list[str]
    """Keys of the model that the file does not have; they keep their first weights."""
    unexpected: list[str]
    """Keys of the file that the model does not have."""
    reshaped: dict[str, tuple[list[int], list[int]]]
    """Keys whose shapes differ, with that of the file and that of the model; they keep their first weights."""

    def __str__(self) -> str:
        parts = [f"{len(self.loaded)} tensors loaded from {self.source}"]
        left = {"missing there": self.missing, "unknown here": self.unexpected, "of another shape": [*self.reshaped]}
        parts += [f"{len(keys)} {what} ({_first(keys)})" for what, keys in left.items() if keys]
        return "; ".join(parts)


def warm_start(model: Restorer, path: Path) -> WarmStart:
    """Give a model the weights of a file, as far as names and shapes agree.

    Args:
        model: Changed in place.
        path: Folder of a run or of a checkpoint, a ``.safetensors`` file, or a ``.pth`` file that holds tensors.

    Raises:
        UsageError: If there is no such file, or nothing of it fits.
        DamagedFile: If it cannot be read, or is a pickle that would run code; nothing of it was run.
    """
    file = _file_of(path)
    found = _tensors(file)
    own = model.state_dict()
    common = [key for key in own if key in found]
    reshaped = {
        key: (list(found[key].shape), list(own[key].shape)) for key in common if found[key].shape != own[key].shape
    }
    loaded = [key for key in common if key not in reshaped]
    if not loaded:
        raise UsageError(f"nothing in {file} fits the model: it has {_first([*found])}, the model {_first([*own])}")
    model.load_state_dict({key: found[key] for key in loaded}, strict=False)
    missing, unexpected = ([key for key in a if key not in b] for a, b in ((own, found), (found, own)))
    return WarmStart(str(file), loaded, missing, unexpected, reshaped)


def _file_of(path: Path) -> Path:
    if path.is_dir():
        file = file_in(path)
        if file is None:
            raise UsageError(
                f"init={str(path)!r} is no run and no checkpoint: it holds neither {AVERAGE_FILE} nor {FILE_NAME}"
            )
        return file
    if not path.is_file():
        raise UsageError(f"init={str(path)!r}: no such file or folder; give a run, a checkpoint or a file of weights")
    if path.suffix not in (SAFE_SUFFIX, *PICKLED_SUFFIXES):
        raise UsageError(
            f"init={str(path)!r}: give a run, a checkpoint, or a {SAFE_SUFFIX} or {PICKLED_SUFFIXES[0]} file"
        )
    return path


def _tensors(file: Path) -> dict[str, Tensor]:
    held: Any = _safe(file) if file.suffix == SAFE_SUFFIX else read_state(file)
    for key in WRAPPERS:
        if isinstance(held, Mapping) and isinstance(held.get(key), Mapping):
            held = held[key]
    if not isinstance(held, Mapping):
        raise UsageError(f"{file} holds no weights by name")
    tensors = {str(key): value for key, value in held.items() if isinstance(value, Tensor)}
    return {_AROUND.sub("", key): value for key, value in tensors.items()}


def _safe(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        raise DamagedFile(f"{file} is not a whole safetensors file: {error}") from error


def _first(keys: list[str]) -> str:
    return ", ".join(keys[:_SHOWN]) + (", ..." if len(keys) > _SHOWN else "")
