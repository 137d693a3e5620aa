"""Tensors by name: read from files, found under what others wrap around them, compared with those of a network."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from lfsrkit.errors import DamagedFile, UsageError

SUFFIX = ".safetensors"

WRAPPERS = ("params_ema", "ema", "params", "state_dict", "model")
"""Keys under which projects keep weights in a file, at any depth; of several the first counts, so averages do."""

_AROUND = re.compile(r"^(?:module\.|_orig_mod\.)+")
"""What training wrappers put before the names."""

_DEPTH = 5
"""Wrappers within wrappers that are looked into; a file may hold itself."""

_SHOWN = 3


@dataclass(frozen=True)
class Differences:
    """What keeps tensors from being those of a network; written, it is empty where nothing does."""

    missing: list[str]
    """Names that are wanted and not given."""
    unexpected: list[str]
    """Names that are given and not wanted."""
    reshaped: dict[str, tuple[list[int], list[int]]]
    """Names whose shapes differ, with the one that is given and the one that is wanted."""

    def __str__(self) -> str:
        shapes = [f"{key}: {tuple(given)} instead of {tuple(own)}" for key, (given, own) in self.reshaped.items()]
        faults = {"missing": self.missing, "unexpected": self.unexpected, "of another shape": shapes}
        return "; ".join(f"{len(keys)} {what} ({shortened(keys)})" for what, keys in faults.items() if keys)


def differences(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Differences:
    """Compare tensors with those of a network, by name and shape.

    Args:
        wanted: Those of the network.
        given: Those that it is to get.

    Example:
        >>> print(differences({"a": torch.zeros(1), "b": torch.zeros(2)}, {"b": torch.zeros(3), "c": torch.zeros(1)}))
        1 missing (a); 1 unexpected (c); 1 of another shape (b: (3,) instead of (2,))
    """
    common = [key for key in wanted if key in given and given[key].shape != wanted[key].shape]
    return Differences(
        [key for key in wanted if key not in given],
        [key for key in given if key not in wanted],
        {key: (list(given[key].shape), list(wanted[key].shape)) for key in common},
    )


def shortened(keys: Iterable[str]) -> str:
    """Write the first few names.

    Args:
        keys: Any number.

    Example:
        >>> shortened(["a", "b", "c", "d"])
        'a, b, c, ...'
    """
    first = list(keys)
    return ", ".join(first[:_SHOWN]) + (", ..." if len(first) > _SHOWN else "")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file that any project may have written, as `tensors_in` finds them.

    Args:
        path: A ``.safetensors`` file, or what torch has saved; no pickled code is run.

    Raises:
        UsageError: If there is no such file.
        DamagedFile: If it cannot be read, or holds something else.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    held = read_safetensors(path) if path.suffix == SUFFIX else read_saved(path)
    if not isinstance(held, Mapping):
        raise DamagedFile(f"{path} holds a {type(held).__name__}, not weights by name")
    return tensors_in(held)


def tensors_in(held: Mapping[Any, Any]) -> dict[str, Tensor]:
    """Find tensors by name, and drop what training wrappers put before the names (``module.``, ``_orig_mod.``).

    Args:
        held: Tensors by name, or something that holds them under one of `WRAPPERS`.

    Example:
        >>> list(tensors_in({"model": {"state_dict": {"module.bias": torch.zeros(1)}}, "epoch": 7}))
        ['bias']
    """
    return {_AROUND.sub("", str(key)): value for key, value in _unwrapped(held, _DEPTH).items()}


def _unwrapped(held: Mapping[Any, Any], depth: int) -> dict[Any, Tensor]:
    inner = [held[key] for key in WRAPPERS if depth and isinstance(held.get(key), Mapping)]
    found = (_unwrapped(each, depth - 1) for each in inner)
    own = {key: value for key, value in held.items() if isinstance(value, Tensor)}
    return next((tensors for tensors in found if tensors), own)


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file as it is.

    Args:
        path: The file.

    Raises:
        DamagedFile: If it is no whole safetensors file, or holds numbers that torch does not have.
    """
    try:
        return load_file(path)
    except Exception as error:  # kinds of numbers that torch does not have, among others
        raise DamagedFile(f"{path} is not a whole safetensors file: {error}") from error


def read_saved(path: Path) -> Any:
    """Read what torch has saved, on the CPU, without running pickled code.

    Args:
        path: File of ``torch.save``.

    Raises:
        DamagedFile: If it cannot be read, or is a pickle of more than tensors; nothing of it was run.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise DamagedFile(
            f"{path} holds more than tensors and plain values; it was refused, and no code in it was run"
        ) from error
    except Exception as error:  # torch raises whatever a damaged file leads it to
        reason = str(error).partition("\n")[0]
        raise DamagedFile(f"{path} cannot be read: {reason}") from error
