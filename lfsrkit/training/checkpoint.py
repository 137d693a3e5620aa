"""Checkpoints: folders that are there whole or not at all, verified by hash, the last one named by a pointer.

checkpoints/step-000500/   the files of the state, and meta.json with their SHA-256
checkpoints/last           name of the last whole one
checkpoints/best           name of the best one, if there was a validation
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from lfsrkit.errors import DamagedFile, OutputRefused
from lfsrkit.files import read_json, sha256_of, write_json, write_whole

FOLDER = "checkpoints"
LAST, BEST = "last", "best"
FORMAT = 1

_META = "meta.json"
_UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint."""

    path: Path
    step: int
    meta: Mapping[str, Any]
    """What was recorded beside the files: model, parameters, configuration, data, versions."""


def checkpoint_path(out: Path, step: int) -> Path:
    """Name the folder of a checkpoint.

    Args:
        out: Folder of the run.
        step: Steps done.

    Example:
        >>> checkpoint_path(Path("run"), 500).as_posix()
        'run/checkpoints/step-000500'
    """
    return out / FOLDER / f"step-{step:06d}"


def write_checkpoint(out: Path, step: int, files: Mapping[str, bytes], meta: Mapping[str, Any], *, best: bool) -> Path:
    """Write a checkpoint; a crash at any moment leaves the one before as the last.

    Args:
        out: Folder of the run.
        step: Steps done.
        files: Contents by name.
        meta: Plain values to record beside them.
        best: Whether it is the best one so far.

    Raises:
        OutputRefused: If it cannot be written.
    """
    path = checkpoint_path(out, step)
    unfinished = out / FOLDER / _UNFINISHED
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        for name, content in files.items():
            write_whole(unfinished / name, content)
        hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
        write_json(unfinished / _META, {**meta, "format": FORMAT, "step": step, "files": hashes})
        if path.exists():  # left by a run that ended between this line and the pointer
            shutil.rmtree(path)
        unfinished.rename(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise OutputRefused(f"cannot write {path}: {error.strerror or error}") from error
    for pointer in [BEST, LAST] if best else [LAST]:
        write_whole(out / FOLDER / pointer, f"{path.name}\n".encode())
    return path


def read_checkpoint(out: Path, pointer: str = LAST) -> Checkpoint | None:
    """Find a checkpoint and verify it.

    Args:
        out: Folder of the run.
        pointer: ``last`` or ``best``.

    Returns:
        The checkpoint, or None if none was written.

    Raises:
        DamagedFile: If a file of it is missing or was changed.
    """
    name = _pointed(out, pointer)
    if name is None:
        return None
    path = out / FOLDER / name
    if not (path / _META).is_file():
        raise DamagedFile(f"{path / _META} is missing{_other(out, name, pointer)}")
    meta = read_json(path / _META)
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise DamagedFile(f"{path / _META} is no record of a checkpoint of format {FORMAT}{_other(out, name, pointer)}")
    for file, digest in meta["files"].items():
        whole = (path / file).is_file() and sha256_of(path / file) == digest
        if not whole:
            raise DamagedFile(f"{path / file} is missing or damaged{_other(out, name, pointer)}")
    return Checkpoint(path, int(meta["step"]), meta)


def prune_checkpoints(out: Path, keep: int) -> None:
    """Remove old checkpoints.

    Args:
        out: Folder of the run.
        keep: How many of the newest stay besides the best one.
    """
    best = _pointed(out, BEST)
    for path in _all(out)[:-keep]:
        if path.name != best:
            shutil.rmtree(path, ignore_errors=True)


def _all(out: Path) -> list[Path]:
    folders = (path for path in (out / FOLDER).glob("step-*") if path.is_dir())
    return sorted(folders, key=lambda path: int(path.name.removeprefix("step-")))


def _pointed(out: Path, pointer: str) -> str | None:
    with suppress(FileNotFoundError):
        return (out / FOLDER / pointer).read_text(encoding="utf-8").strip()
    return None


def _other(out: Path, name: str, pointer: str) -> str:
    others = [path.name for path in _all(out) if path.name != name]
    return f"; to go on from {others[-1]}, write that name into {out / FOLDER / pointer}" if others else ""


def _flush_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where folders can be flushed."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
