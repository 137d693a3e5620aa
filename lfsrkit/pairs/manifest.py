"""The record beside the shards: what was built, from what, with which hashes."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.faces.base import Rejected
from lfsrkit.faces.folder import BUILD_RECORDS
from lfsrkit.files import as_record, read_json_lines, read_record, write_json, write_json_lines
from lfsrkit.stages import SPLITS

FOLDER = BUILD_RECORDS
MANIFEST = "manifest.json"
PLAN = "plan.json"
_REJECTED = "rejected.jsonl"
DEVICE = "device"
"""Among the settings: the kind of device that degraded the pictures, where it was not the CPU."""

_SETTINGS = {"degrade": str, "faces": str, "framing": str, "clean_size": int, "seed": int}
"""Settings that readers rely on."""

_SHARD = re.compile(rf"({'|'.join(SPLITS)})-\d+-of-\d+")


@dataclass(frozen=True)
class StoredShard:
    """A finished shard."""

    rows: int
    sha256: str
    """Of its file."""
    content_sha256: str
    """Of what the file holds, whichever program and version wrote it."""


@dataclass(frozen=True)
class Manifest:
    """A finished build."""

    settings: dict[str, Any]
    """The resolved stage configuration; ``degrade`` is the chain as text."""
    scale: int
    splits: dict[str, int]
    """Rows by split."""
    shards: dict[str, StoredShard]
    """By name."""
    rejected: int
    clean_mean: float
    """Mean of all clean training pictures, 0 to 1."""
    sha256: str
    """Hash over the content hashes of the shards: the identity of the data."""
    versions: dict[str, str]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the record of a finished build.

    Args:
        folder: Output folder of the build.
        manifest: What was built.
    """
    write_json(folder / FOLDER / MANIFEST, asdict(manifest))


def read_manifest(folder: str | Path) -> Manifest:
    """Read the record of a finished build.

    Args:
        folder: Output folder of the build.

    Raises:
        UsageError: If the folder is no finished build.
        DamagedFile: If the record is damaged.
    """
    folder = Path(folder)
    path = folder / FOLDER / MANIFEST
    if not path.is_file():
        unfinished = (folder / FOLDER / PLAN).is_file()
        hint = "its build is not finished; run the same `lfsrkit pairs build` again" if unfinished else "no pairs there"
        raise UsageError(f"{folder}: {hint}")
    try:
        manifest = read_record(path, Manifest)
    except DamagedFile as error:
        raise DamagedFile(f"{error}; what another version of lfsrkit has built has to be built again") from error
    if (fault := next(_faults(manifest), None)) is not None:
        raise DamagedFile(f"{path} is damaged: {fault}")
    return manifest


def identity_of(shards: Mapping[str, StoredShard]) -> str:
    """Hash the hashes of what all shards hold.

    Args:
        shards: By name.
    """
    planned = sorted(shards, key=lambda name: (SPLITS.index(name.partition("-")[0]), name))
    hashes = "\n".join(f"{name} {shards[name].content_sha256}" for name in planned)
    return hashlib.sha256(hashes.encode()).hexdigest()


def write_rejected(folder: Path, rejected: Sequence[Rejected]) -> None:
    """Write which pictures are in no shard, and why.

    Args:
        folder: Output folder of the build.
        rejected: In order.
    """
    write_json_lines(folder / FOLDER / _REJECTED, [vars(item) for item in rejected])


def read_rejected(folder: str | Path) -> list[Rejected]:
    """Read which pictures are in no shard, and why.

    Args:
        folder: Output folder of a finished build.

    Raises:
        DamagedFile: If the list is damaged.
    """
    path = Path(folder) / FOLDER / _REJECTED
    return [as_record(path, held, Rejected) for held in read_json_lines(path)]


def shard_path(folder: Path, name: str) -> Path:
    """Name the Parquet file of a shard.

    Args:
        folder: Output folder of the build.
        name: Of the shard, such as ``train-00000-of-00002``.
    """
    return folder / "data" / f"{name}.parquet"


def shards_of(manifest: Manifest, split: str) -> dict[str, StoredShard]:
    """List the shards of a split, in order.

    Args:
        manifest: Of the build.
        split: Its name.
    """
    named = re.compile(rf"{split}-\d+-of-\d+")
    return {name: shard for name, shard in manifest.shards.items() if named.fullmatch(name)}


def _faults(manifest: Manifest) -> Iterator[str]:
    """Say what cannot be; names become parts of paths, numbers become sizes."""
    yield from (f"{name!r} names no split" for name in manifest.splits if name not in SPLITS)
    yield from (f"{name!r} names no shard" for name in manifest.shards if not _SHARD.fullmatch(name))
    for key, kind in _SETTINGS.items():
        if type(manifest.settings.get(key)) is not kind:
            yield f"settings.{key} is no {kind.__name__}"
            return
    size, scale = manifest.settings["clean_size"], manifest.scale
    if scale < 1 or size < scale or size % scale:
        yield f"clean pictures of {size} pixels cannot be {scale} times as large as low ones"
    if not 0 <= manifest.clean_mean <= 1:
        yield f"clean_mean is {manifest.clean_mean}, not between 0 and 1"
    for split, count in manifest.splits.items():
        rows = [shard.rows for shard in shards_of(manifest, split).values()]
        if not rows or min(rows) < 0 or sum(rows) != count:
            yield f"the shards of {split} do not have {count} rows"
