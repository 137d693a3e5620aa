"""The record beside the shards: what was built, from what, with which hashes."""

import re
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.faces.folder import BUILD_RECORDS
from lfsrkit.files import read_record, write_json
from lfsrkit.stages import SPLITS

FOLDER = BUILD_RECORDS
MANIFEST = "manifest.json"
PLAN = "plan.json"

_SHARD = re.compile(rf"({'|'.join(SPLITS)})-\d+-of-\d+")


@dataclass(frozen=True)
class Manifest:
    """A finished build."""

    settings: dict[str, Any]
    """The resolved stage configuration; ``degrade`` is the chain as text."""
    scale: int
    splits: dict[str, int]
    """Rows by split."""
    shards: dict[str, dict[str, Any]]
    """Rows and SHA-256 by shard."""
    rejected: int
    clean_mean: float
    """Mean of all clean training pictures, 0 to 1."""
    sha256: str
    """Hash over the shards' hashes: the identity of the data."""
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """Name the versions that a build or a run depends on."""
    import lfsrkit

    names = ("torch", "numpy", "pillow", "pyarrow", "kornia")
    return {"lfsrkit": lfsrkit.__version__, **{name: version(name) for name in names}}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the record of a finished build.

    Args:
        folder: Output folder of the build.
        manifest: What was built.
    """
    write_json(folder / FOLDER / MANIFEST, asdict(manifest))


def read_manifest(folder: Path) -> Manifest:
    """Read the record of a finished build.

    Args:
        folder: Output folder of the build.

    Raises:
        UsageError: If the folder is no finished build.
        DamagedFile: If the record is damaged.
    """
    path = folder / FOLDER / MANIFEST
    if not path.is_file():
        unfinished = (folder / FOLDER / PLAN).is_file()
        hint = "its build is not finished; run the same `lfsrkit pairs build` again" if unfinished else "no pairs there"
        raise UsageError(f"{folder}: {hint}")
    manifest = read_record(path, Manifest)
    _check_names(path, manifest)
    return manifest


def _check_names(path: Path, manifest: Manifest) -> None:
    """Refuse names that are not those of splits and shards: they become parts of paths."""
    wrong = [name for name in manifest.splits if name not in SPLITS]
    wrong += [name for name in manifest.shards if not _SHARD.fullmatch(name)]
    if wrong:
        raise DamagedFile(f"{path} is damaged: {wrong[0]!r} is the name of no split or shard")
