"""Weights on disk: one safetensors file that says which model it belongs to. No pickle is read or written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes

from lfsrkit import __version__
from lfsrkit.errors import DamagedFile, LfsrkitError, UsageError
from lfsrkit.files import write_whole
from lfsrkit.models.base import Restorer
from lfsrkit.models.limits import at_most
from lfsrkit.models.trust import refuse_model_by_code
from lfsrkit.registries import MODELS
from lfsrkit.shipped import names_that_ship, shipped_file
from lfsrkit.tensors import differences, read_safetensors

FILE_NAME = "model.safetensors"
"""What a run folder calls the weights to be used for restoring."""

AVERAGE_FILE = "ema.safetensors"
"""What a checkpoint calls its averaged weights; ``model.safetensors`` beside it holds what the optimiser changes."""

CONFIG_FILE = "config.toml"
"""What a run folder calls its resolved configuration, as a recipe."""

_KEY = "lfsrkit"
_FORMAT = 1


@dataclass(frozen=True)
class Header:
    """What a file of weights says about itself.

    Args:
        name: Name in MODELS.
        params: Its keyword arguments.
        version: Version of lfsrkit that wrote the file.
        extra: Whatever else the writer recorded.
    """

    name: str
    params: Mapping[str, Any]
    version: str
    extra: Mapping[str, str]


def packed(
    model: Restorer,
    *,
    name: str,
    params: Mapping[str, Any],
    extra: Mapping[str, str] = {},
) -> bytes:
    """Give weights and what is needed to make the model again as the contents of a safetensors file.

    Args:
        model: Model with the weights.
        name: Name in MODELS that makes it.
        params: Keyword arguments that make it; JSON values.
        extra: More to record, such as the hash of the data; read back by `read_header`.

    Raises:
        UsageError: If `params` cannot be written as JSON, or `extra` uses a name of the format's own.
    """
    own = {"format": _FORMAT, "name": name, "params": dict(params), "version": __version__}
    if clash := own.keys() & extra.keys():
        raise UsageError(f"extra may not hold {', '.join(sorted(clash))}: the format uses these names")
    try:
        header = json.dumps(own | dict(extra), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the parameters of {name!r} cannot be recorded as JSON: {error}") from error
    tensors = {key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()}
    return to_bytes(tensors, metadata={_KEY: header})


def save(
    model: Restorer,
    path: str | Path,
    *,
    name: str,
    params: Mapping[str, Any],
    extra: Mapping[str, str] = {},
) -> None:
    """Write weights and what is needed to make the model again, whole or not at all.

    Args:
        model: Model with the weights.
        path: File to write, by custom ``*.safetensors``; missing folders are made.
        name: Name in MODELS that makes it.
        params: Keyword arguments that make it; JSON values.
        extra: More to record, such as the hash of the data; read back by `read_header`.

    Raises:
        UsageError: If `params` cannot be written as JSON, or `extra` uses a name of the format's own.
        OutputRefused: If the file cannot be written.
    """
    write_whole(Path(path), packed(model, name=name, params=params, extra=extra))


def load(path: str | Path, *, allow_code: bool = False) -> Restorer:
    """Make the model that a file or a training run describes, with its weights, on the CPU, in eval mode.

    Args:
        path: A ``.safetensors`` file written by `save`, the folder of a run or of one of its checkpoints (both mean the
            average), or the name of weights that ship, such as ``lfsrnet_tiny_x8``. Numbers stored in 16 bits are
            computed with in 32.
        allow_code: Whether names in the file may import plug-ins and ``prefix:`` components; only for files you trust.

    Raises:
        UsageError: If there is no such file, or it asks for a model that is not here.
        DamagedFile: If the file cannot be read or its weights do not fit the model it names.
    """
    file = _file_of(Path(path))
    header = read_header(file)
    if not allow_code:
        refuse_model_by_code(file, header.name, header.params)
    tensors = read_safetensors(file)
    model = _made(file, header, sum(tensor.numel() for tensor in tensors.values()))
    if faults := str(differences(model.state_dict(), tensors)):
        raise DamagedFile(f"{file}: the weights are not those of {header.name!r}: {faults}")
    model.load_state_dict(tensors)
    return model.eval()


def read_header(path: str | Path) -> Header:
    """Read what a file of weights says about itself, without its weights.

    Args:
        path: As in `load`.

    Raises:
        UsageError: If there is no such file.
        DamagedFile: If it was not written by `save`, or by a later version of the kit.
    """
    file = _file_of(Path(path))
    record = _record(file)
    if record.get("format") != _FORMAT:
        raise DamagedFile(f"{file} has format {record.get('format')!r}; this version reads format {_FORMAT}")
    name, params = record.get("name"), record.get("params")
    if not isinstance(name, str) or not isinstance(params, dict):
        raise DamagedFile(f"{file} does not say which model its weights belong to")
    extra = {key: str(value) for key, value in record.items() if key not in {"format", "name", "params", "version"}}
    return Header(name, params, str(record.get("version", "unknown")), extra)


def file_in(folder: Path) -> Path | None:
    """Find the weights for use in the folder of a run or of a checkpoint.

    Args:
        folder: Any.
    """
    return next((folder / name for name in (AVERAGE_FILE, FILE_NAME) if (folder / name).is_file()), None)


def _file_of(path: Path) -> Path:
    if path.is_dir():
        file = file_in(path)
        if file is None:
            raise UsageError(f"{path} holds no {FILE_NAME}; is it the folder of a training run that has saved once?")
        return file
    if path.is_file():
        return path
    shipped = shipped_file(str(path))
    if shipped is None:
        raise UsageError(
            f"{path}: no such file or folder; give a run folder or a .safetensors file ({names_that_ship()})"
        )
    return shipped


def _record(file: Path) -> dict[str, Any]:
    try:
        with safe_open(file, framework="pt") as opened:
            metadata = opened.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise DamagedFile(f"{file} is not a whole safetensors file: {error}") from error
    if _KEY not in metadata:
        raise DamagedFile(f"{file} was not written by lfsrkit: it does not name its model")
    try:
        record = json.loads(metadata[_KEY])
    except (ValueError, RecursionError) as error:
        raise DamagedFile(f"{file}: its description of the model is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise DamagedFile(f"{file}: its description of the model is not a JSON object")
    return record


def _made(file: Path, header: Header, numbers: int) -> Restorer:
    """Make the model without touching the global random state; its first weights are thrown away."""
    try:
        with torch.random.fork_rng(devices=[]), at_most(numbers, str(file)):
            return MODELS.create(header.name, **header.params)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error
    except LfsrkitError:
        raise
    except Exception as error:  # a network made with numbers that nobody has thought of fails in its own way
        reason = str(error).partition("\n")[0]
        raise DamagedFile(f"{file}: {header.name!r} cannot be made as it says: {reason}") from error
