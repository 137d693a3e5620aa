"""Fine-tuning: weights to begin with, from any file that has some, and an account of what fitted."""

from dataclasses import dataclass
from pathlib import Path

from lfsrkit.errors import UsageError
from lfsrkit.models.base import Restorer
from lfsrkit.models.weights import AVERAGE_FILE, FILE_NAME, file_in
from lfsrkit.tensors import SUFFIX, Differences, differences, read_tensors, shortened

PICKLED_SUFFIXES = (".pth", ".pt", ".ckpt", ".bin")


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
        left = str(Differences(self.missing, self.unexpected, self.reshaped))
        return f"{len(self.loaded)} tensors loaded from {self.source}" + (f"; {left}" if left else "")


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
    found, own = read_tensors(file), model.state_dict()
    left = differences(own, found)
    loaded = [key for key in own if key in found and key not in left.reshaped]
    if not loaded:
        raise UsageError(f"nothing in {file} fits the model: it has {shortened(found)}, the model {shortened(own)}")
    model.load_state_dict({key: found[key] for key in loaded}, strict=False)
    return WarmStart(str(file), loaded, left.missing, left.unexpected, left.reshaped)


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
    if path.suffix not in (SUFFIX, *PICKLED_SUFFIXES):
        raise UsageError(f"init={str(path)!r}: give a run, a checkpoint, or a {SUFFIX} or {PICKLED_SUFFIXES[0]} file")
    return path
