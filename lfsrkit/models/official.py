"""Weights published by others, under the names that others gave them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.models.base import Restorer
from lfsrkit.models.official_keys import LAYOUTS
from lfsrkit.registries import MODELS
from lfsrkit.tensors import differences, read_tensors, tensors_in

_COMPUTED = re.compile(
    r"(attn_mask|relative_position_index|rel_pos_indices|num_batches_tracked|total_ops|total_params)$"
)
"""What a network computes by itself; files have it in sizes of their own, or not at all."""


def from_official(name: str, state_dict: Mapping[str, Any] | str | Path, scale: int | None = None) -> Restorer:
    """Make a model with weights in the layout of its authors, on the CPU, in eval mode.

    Weights under ``params_ema``, ``ema``, ``params``, ``state_dict`` or ``model`` are found, and what training wrappers
    put before the names (``module.``, ``_orig_mod.``) is dropped, as are weights that the authors' code never uses and
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
    found = tensors_in(state_dict) if isinstance(state_dict, Mapping) else read_tensors(Path(state_dict))
    with torch.random.fork_rng(devices=[]):
        model = MODELS.create(name, **({} if scale is None else {"scale": scale}))
    own = model.state_dict()
    keys = {official: key for key in own if not _COMPUTED.search(official := layout.official(key))}
    given = {
        key: tensor
        for key, tensor in found.items()
        if key in keys or not (_COMPUTED.search(key) or re.search(layout.unused, key))
    }
    if faults := str(differences({official: own[key] for official, key in keys.items()}, given)):
        raise UsageError(f"these are not the weights of {name!r} at this scale: {faults}")
    model.load_state_dict({key: given[official] for official, key in keys.items()}, strict=False)
    return model.eval()
