"""Builds of pairs whose shards, rows and records are damaged, one part at a time."""

import io
import json
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from lfsrkit import pairs
from lfsrkit.errors import DamagedFile, LfsrkitError
from lfsrkit.files import sha256_of
from lfsrkit.pairs.shard import finished
from lfsrkit.realism import profile_pairs
from lfsrkit.stages import load_stage

SPLIT = "test"
SHARD = Path("data") / f"{SPLIT}-00000-of-00001.parquet"
MANIFEST = Path(".lfsrkit") / "manifest.json"
SIDECAR = Path(".lfsrkit") / "shards" / f"{SPLIT}-00000-of-00001.json"
PLAN = Path(".lfsrkit") / "plan.json"
PICTURES = ("low", "clean", "regions")
OF_THE_RECORD = (
    "shards have their recorded hashes",
    "the record is that of the shards",
    "the recorded mean is that of the clean pictures",
    "the data hash is that of the pictures",
)
"""What is no longer so once a shard was damaged, whatever is in it."""


@lru_cache
def plan() -> pairs.Plan:
    """Two drawn faces, with landmarks and regions."""
    values = {"clean_size": 32, "degrade": "fsr_gamma(scale=4) | jpeg", "splits": {SPLIT: 2}}
    return pairs.make_plan(load_stage("pairs", values={"faces": "synthetic:2", **values}))


@lru_cache
def whole() -> Path:
    """Build them once a process."""
    place = Path(mkdtemp(prefix="lfsrkit-fuzz-"))
    for _ in pairs.build(plan(), place, workers=0):
        pass
    return place


def part(folder: Callable[[], Path], name: Path) -> Callable[[], list[bytes]]:
    """Give one file of a folder, such as that of the build, as an example."""
    return lambda: [(folder() / name).read_bytes()]


def with_part(folder: Callable[[], Path], name: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Read a copy of a folder in which one file is another."""

    def through_copy(data: bytes) -> object:
        with TemporaryDirectory(prefix="lfsrkit-fuzz-") as place:
            copy = Path(place) / "copy"
            shutil.copytree(folder(), copy)
            (copy / name).write_bytes(data)
            return read(copy)

    return through_copy


def read_shard(folder: Path) -> None:
    """Do what `read_all` does with a shard whose hash is recorded as it is, so that nobody stops at that."""
    record = json.loads((folder / MANIFEST).read_bytes())
    record["shards"][SHARD.stem]["sha256"] = sha256_of(folder / SHARD)
    (folder / MANIFEST).write_text(json.dumps(record))
    read_all(folder)


def read_all(folder: Path) -> None:
    """Do with a build whatever a command does: open, verify, export, describe."""
    told = [*pairs.verify(folder)]
    opened = pairs.open(folder, SPLIT)
    with TemporaryDirectory(prefix="lfsrkit-fuzz-") as place:
        for layout in ("folders", "webdataset"):
            _export(folder, Path(place) / layout / "out", layout)
    _ = [opened[number] for number in range(len(opened))]
    if faults := [fault for finding in told if finding.check not in OF_THE_RECORD for fault in finding.faults]:
        raise DamagedFile(faults[0])
    profile_pairs(opened)


def _export(folder: Path, out: Path, layout: str) -> None:
    try:
        for _ in pairs.export(folder, out, to=layout):
            pass
    finally:
        beside = [path.name for path in out.parent.iterdir() if path != out] if out.parent.is_dir() else []
        assert not beside, f"written outside of the output folder: {beside}"


def read_sidecar(folder: Path) -> object:
    """Go on with a build, as far as the record of its shard has a say in it."""
    found = finished(folder, plan().tasks[0])
    if found is None:
        raise DamagedFile("the shard would be built again")
    return [*pairs.build(plan(), folder, workers=0)]


def read_plan(folder: Path) -> object:
    """Go on with a build that has a plan."""
    return [*pairs.build(plan(), folder, workers=0)]


def rows_as_text() -> list[bytes]:
    """Write what a row holds beside its pictures as JSON."""
    held = _table().drop_columns(PICTURES).to_pylist()
    return [json.dumps(row).encode() for row in held]


def read_rows(text: bytes) -> object:
    """Read a shard with pictures that are whole, and rows as they stand in JSON."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise DamagedFile("not JSON, so this target has nothing to do") from None
    pictures = _table().select(PICTURES).to_pylist()[0]
    return _read_table([row | pictures if isinstance(row, dict) else row])


def pictures_as_bytes() -> list[bytes]:
    """Give the pictures of a row."""
    row = _table().to_pylist()[0]
    return [row[kind]["bytes"] for kind in PICTURES]


def read_pictures(data: bytes) -> None:
    """Read shards in which one picture of a row is another, each in turn."""
    row = _table().to_pylist()[0]
    refused: list[LfsrkitError] = []
    for kind in PICTURES:
        try:
            _read_table([row | {kind: {"bytes": data, "path": None}}])
        except LfsrkitError as error:
            refused.append(error)
    if len(refused) == len(PICTURES):
        raise refused[0]


def _table() -> Any:
    from pyarrow.parquet import read_table

    return read_table(whole() / SHARD)


def _read_table(rows: list[Any]) -> object:
    from pyarrow import ArrowException, Table
    from pyarrow.parquet import write_table

    buffer = io.BytesIO()
    try:
        write_table(Table.from_pylist(rows), buffer)
    except (ArrowException, TypeError, AttributeError, ValueError, OverflowError):
        raise DamagedFile("no Parquet can hold it") from None
    record = json.loads((whole() / MANIFEST).read_bytes())
    record["splits"][SPLIT] = len(rows)
    record["shards"][SHARD.stem]["rows"] = len(rows)

    def read(folder: Path) -> object:
        (folder / MANIFEST).write_text(json.dumps(record))
        return read_shard(folder)

    return with_part(whole, SHARD, read)(buffer.getvalue())
