"""Weights published by others, under the names that others gave them."""

import re
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from lfsrkit.errors import DamagedFile, UsageError, did_you_mean
from lfsrkit.models.base import Restorer
from lfsrkit.models.official_keys import LAYOUTS
from lfsrkit.registries import MODELS

_WRAPPERS = ("params_ema", "params", "state_dict", "model")
_PREFIX = re.compile(r"^(?:module\.|_orig_mod\.)+")
_COMPUTED = re.compile(
    r"(attn_mask|relative_position_index|rel_pos_indices|num_batches_tracked|total_ops|total_params)$"
)
"""What a network computes by itself; files have it in sizes of their own, or not at all."""

_SHOWN = 3


def from_official(name: str, state_dict: Mapping[str, Any] | str | Path, scale: int | None = None) -> Restorer:
    """Make a model with weights in the layout of its authors, on the CPU, in eval mode.

    Weights under ``params_ema``, ``params``, ``state_dict`` or ``model`` are found, and what training wrappers put
    before the names (``module.``, ``_orig_mod.``) is dropped, as are weights that the authors' code never uses and
    tables that a network computes by itself. Files are read without running pickled code.

    Args:
        name: Name in MODELS of a method that others published.
        state_dict: What such a file holds, or the path of a ``.pth`` or ``.safetensors`` file.
        scale: Factor of enlargement; the model's own default where it is not given.

    Raises:
        UsageError: If no layout is known for this name, or the weights are those of another model.
        DamagedFile: If a file cannot be read.
    """
    layout = LAYOUTS.get(name)
    if layout is None:
        near = did_you_mean(name, LAYOUTS) or f"; known: {', '.join(LAYOUTS)}"
        raise UsageError(f"no published weights are known for {name!r}{near}")
    found = _weights_in(_read(Path(state_dict)) if isinstance(state_dict, str | Path) else state_dict)
    with torch.random.fork_rng(devices=[]):
        model = MODELS.create(name, **({} if scale is None else {"scale": scale}))
    own = model.state_dict()
    keys = {layout.official(key): key for key in own}
    given = {key: tensor for key, tensor in found.items() if key in keys or not re.search(layout.unused, key)}
    _check(name, {official: own[key] for official, key in keys.items()}, given)
    model.load_state_dict({key: given[official] for official, key in keys.items() if _learned(official)}, strict=False)
    return model.eval()


def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        held = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise DamagedFile(f"{path} cannot be read as weights: {error}") from error
    if not isinstance(held, Mapping):
        raise DamagedFile(f"{path} holds a {type(held).__name__}, not weights by name")
    return held


def _weights_in(held: Mapping[str, Any]) -> dict[str, Tensor]:
    for key in _WRAPPERS:
        inner = held.get(key)
        if isinstance(inner, Mapping):
            return _weights_in(inner)
    return {_PREFIX.sub("", key): value for key, value in held.items() if isinstance(value, Tensor)}


def _learned(official: str) -> bool:
    return not _COMPUTED.search(official)


def _check(name: str, wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    faults = {
        "missing": [key for key in wanted if _learned(key) and key not in given],
        "unexpected": [key for key in given if _learned(key) and key not in wanted],
        "of another shape": [
            f"{key}: {tuple(given[key].shape)} instead of {tuple(tensor.shape)}"
            for key, tensor in wanted.items()
            if _learned(key) and key in given and given[key].shape != tensor.shape
        ],
    }
    lines = [f"{len(keys)} {what} ({_first(keys)})" for what, keys in faults.items() if keys]
    if lines:
        raise UsageError(f"these are not the weights of {name!r} at this scale: {'; '.join(lines)}")


def _first(keys: list[str]) -> str:
    return ", ".join(keys[:_SHOWN]) + (", ..." if len(keys) > _SHOWN else "")
