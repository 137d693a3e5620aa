"""Checkpoints: folders that are there whole or not at all, verified by hash, the last one named by a pointer.

checkpoints/step-000500/   the files of the state, and meta.json with their SHA-256
checkpoints/last           name of the last whole one
checkpoints/best           name of the best one, if there was a validation
"""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from lfsrkit.errors import DamagedFile, OutputRefused
from lfsrkit.files import read_object, sha256_of, write_json, write_whole

FOLDER = "checkpoints"
LAST, BEST = "last", "best"
FORMAT = 1

_META = "meta.json"
_UNFINISHED = ".unfinished"
_STEP, _DAMAGED = "step-", "damaged-"
_NAMED = re.compile(rf"{_STEP}\d{{6,18}}")


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint."""

    path: Path
    step: int


def checkpoint_path(out: Path, step: int) -> Path:
    """Name the folder of a checkpoint.

    Args:
        out: Folder of the run.
        step: Steps done.

    Example:
        >>> checkpoint_path(Path("run"), 500).as_posix()
        'run/checkpoints/step-000500'
    """
    return out / FOLDER / f"{_STEP}{step:06d}"


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
    except (OSError, OutputRefused) as error:
        shutil.rmtree(unfinished, ignore_errors=True)  # what a full disk needs most
        reason = error.strerror if isinstance(error, OSError) else error
        raise OutputRefused(f"cannot write {path}: {reason or error}; the checkpoint before it is whole") from error
    for pointer in [BEST, LAST] if best else [LAST]:
        write_whole(out / FOLDER / pointer, f"{path.name}\n".encode())
    return path


def has_checkpoint(out: Path) -> bool:
    """Tell whether a checkpoint was ever written, whole or not.

    Args:
        out: Folder of the run.
    """
    return (out / FOLDER / LAST).is_file()


def read_checkpoint(out: str | Path, pointer: str = LAST) -> Checkpoint | None:
    """Find a checkpoint and verify it.

    Args:
        out: Folder of the run.
        pointer: ``last`` or ``best``.

    Returns:
        The checkpoint, or None if none was written.

    Raises:
        DamagedFile: If a file of it is missing or was changed.
    """
    out = Path(out)
    name: str | None = None
    try:
        name = _pointed(out, pointer)
        return None if name is None else _verified(out / FOLDER / name)
    except DamagedFile as error:
        others = [path.name for path in _all(out) if path.name != name]
        more = f"; go on from {others[-1]} with --force" if others and pointer == LAST else ""
        raise DamagedFile(f"{error}{more}") from error


def newest_whole(out: Path) -> tuple[Checkpoint, list[str]]:
    """Find the newest checkpoint that is whole, and set the damaged ones after it aside.

    Args:
        out: Folder of the run.

    Returns:
        The checkpoint, and what is wrong with each of those that were set aside.

    Raises:
        DamagedFile: If none is whole.
    """
    faults: list[str] = []
    for path in reversed(_all(out)):
        try:
            found = _verified(path)
        except DamagedFile as error:
            aside = path.with_name(f"{_DAMAGED}{path.name}")
            shutil.rmtree(aside, ignore_errors=True)
            path.rename(aside)
            faults.append(f"{error}; set aside as {aside.name}")
        else:
            write_whole(out / FOLDER / LAST, f"{path.name}\n".encode())
            return found, faults
    raise DamagedFile(f"{out / FOLDER} holds no whole checkpoint: {'; '.join(faults)}")


def prune_checkpoints(out: Path, keep: int) -> None:
    """Remove old checkpoints.

    Args:
        out: Folder of the run.
        keep: How many of the newest stay besides the last and the best one.
    """
    kept = {_pointed(out, BEST), _pointed(out, LAST)}
    for path in _all(out)[:-keep]:
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _all(out: Path) -> list[Path]:
    folders = (path for path in (out / FOLDER).glob(f"{_STEP}*") if path.is_dir() and _NAMED.fullmatch(path.name))
    return sorted(folders, key=lambda path: int(path.name.removeprefix(_STEP)))


def _verified(path: Path) -> Checkpoint:
    if not (path / _META).is_file():
        raise DamagedFile(f"{path / _META} is missing")
    meta = read_object(path / _META)
    files, step = meta.get("files"), meta.get("step")
    if meta.get("format") != FORMAT or not isinstance(files, dict) or type(step) is not int:
        raise DamagedFile(f"{path / _META} is no record of a checkpoint of format {FORMAT}")
    for file, digest in files.items():
        if not (path / file).is_file():
            raise DamagedFile(f"{path / file} is missing")
        if sha256_of(path / file) != digest:
            raise DamagedFile(f"{path / file} is damaged: its SHA-256 is not the recorded one")
    return Checkpoint(path, step)


def _pointed(out: Path, pointer: str) -> str | None:
    path = out / FOLDER / pointer
    try:
        name = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{path} is damaged: {error}") from error
    if not _NAMED.fullmatch(name):
        raise DamagedFile(f"{path} names no checkpoint: {name[:40]!r}")
    return name


def _flush_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where folders can be flushed."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
