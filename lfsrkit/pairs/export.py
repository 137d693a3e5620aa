"""Builds in the layouts of other tools: folders of PNG files with a table beside them, and tar files for WebDataset."""

import json
import re
import shutil
import tarfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from lfsrkit.config import difference
from lfsrkit.errors import BadPicture, DamagedFile, OutputRefused, UsageError, did_you_mean
from lfsrkit.files import appearing, claim_folder, read_object, write_json, write_whole
from lfsrkit.images import decode, encode_png
from lfsrkit.pairs.manifest import Manifest, StoredShard, read_manifest, shard_path, shards_of
from lfsrkit.pairs.rows import Row, ShardFile, shard_fault
from lfsrkit.pairs.shard import UNFINISHED

LAYOUTS = ("folders", "webdataset")

MARKER = ".lfsrkit-export"
"""Folder by which a later run knows that an output is its own; tools skip names with a dot."""
RECORD = "export.json"
FORMAT = 1
NOTES = ("id", "source", "params", "landmarks", "crop")
_HEX = re.compile(r"[0-9a-f]{8,128}")
_VERIFY = "`lfsrkit pairs verify` says which pictures"
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Exported:
    """How far an export is."""

    pairs_done: int
    pairs_total: int


def export(folder: str | Path, out: str | Path, *, to: str, splits: Sequence[str] = ()) -> Iterator[Exported]:
    """Write a build as plain files; run again after an interruption to go on.

    - ``folders``: ``OUT/{split}/{low,clean}/ID.png`` and ``OUT/{split}/metadata.jsonl``, which
      ``datasets.load_dataset("imagefolder", data_dir=OUT)`` opens with columns ``low`` and ``clean``, and whose two
      folders of equal names are the paired data sets of BasicSR.
    - ``webdataset``: ``OUT/{split}-00000.tar``, ... with ``ID.low.png``, ``ID.clean.png`` and ``ID.json``, one tar file
      for each shard of the build.

    Regions, where the build has them, are a third picture: seven grey maps, one below the other. The same build gives
    the same bytes, and every file is there whole or not at all.

    Args:
        folder: Output folder of the build.
        out: Output folder; empty, new, or an earlier export of the same build in the same layout.
        to: ``folders`` or ``webdataset``.
        splits: Which; all by default.

    Yields:
        The state after every few pairs.

    Raises:
        UsageError: If there is no finished build, no such layout, or no such split.
        OutputRefused: If ``out`` holds something else or cannot be written.
        DamagedFile: If a shard is not what was recorded of it, a picture cannot be decoded, or an identity is no
            hexadecimal number.
    """
    folder, out = Path(folder), Path(out)
    counts = exported_counts(folder, to=to, splits=splits)
    manifest = read_manifest(folder)
    claim_folder(out, MARKER)
    _keep_record(out, {"format": FORMAT, "to": to, "data": manifest.sha256})
    shards = {split: _shards(folder, manifest, split) for split in counts}
    total = sum(counts.values())
    write = _write_folder if to == "folders" else _write_tars
    done = 0
    yield Exported(0, total)
    for split, paths in shards.items():
        for count in write(out, split, paths):
            done += count
            yield Exported(done, total)
        shutil.rmtree(out / MARKER / UNFINISHED / split, ignore_errors=True)
    with suppress(OSError):  # exports of other splits may be at work
        (out / MARKER / UNFINISHED).rmdir()


def exported_counts(folder: str | Path, *, to: str, splits: Sequence[str] = ()) -> dict[str, int]:
    """Check the request for an export, and count the pairs of each split that it takes.

    Args:
        folder: Output folder of the build.
        to: As in `export`.
        splits: As in `export`.

    Raises:
        UsageError: If there is no finished build, no such layout, or no such split.
    """
    folder = Path(folder)
    if to not in LAYOUTS:
        raise UsageError(f"no layout {to!r}{did_you_mean(to, LAYOUTS)}; layouts: {', '.join(LAYOUTS)}")
    known = {split: rows for split, rows in read_manifest(folder).splits.items() if rows}
    for split in splits:
        if split not in known:
            raise UsageError(f"no split {split!r}{did_you_mean(split, known)}; the build has {', '.join(known)}")
    return {split: rows for split, rows in known.items() if split in splits or not splits}


def _keep_record(out: Path, record: dict[str, Any]) -> None:
    path = out / MARKER / RECORD
    changed = difference(read_object(path), record) if path.is_file() else []
    if changed:
        raise OutputRefused(f"{out} holds another export; it differs in " + "; ".join(changed))
    write_json(path, record)


def _shards(folder: Path, manifest: Manifest, split: str) -> list[tuple[Path, StoredShard]]:
    """Path and record of every shard of a split."""
    return [(shard_path(folder, name), stored) for name, stored in shards_of(manifest, split).items()]


def _write_folder(out: Path, split: str, shards: Sequence[tuple[Path, StoredShard]]) -> Iterator[int]:
    place = out / split
    with _appearing(out, split, place / "metadata.jsonl") as temporary, temporary.open("wb") as table:
        for path, stored in shards:
            for row in _rows(path, stored):
                notes: dict[str, Any] = {}
                for kind, data in _pictures(row, path).items():
                    name = f"{kind}/{row.id}.png"
                    notes[f"{kind}_file_name"] = name
                    if not (place / name).is_file():
                        write_whole(place / name, data())
                table.write(_as_json(notes | _notes(row)) + b"\n")
                yield 1


def _write_tars(out: Path, split: str, shards: Sequence[tuple[Path, StoredShard]]) -> Iterator[int]:
    for number, (path, stored) in enumerate(shards):
        target = out / f"{split}-{number:05d}.tar"
        if target.is_file():
            yield stored.rows
            continue
        with (
            _appearing(out, split, target) as temporary,
            tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as tar,
        ):
            for row in _rows(path, stored):
                for kind, data in _pictures(row, path).items():
                    _add(tar, f"{row.id}.{kind}.png", data())
                _add(tar, f"{row.id}.json", _as_json(_notes(row)))
                yield 1


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)  # owner and time are 0, so that the bytes are the same every time
    entry.size = len(data)
    tar.addfile(entry, BytesIO(data))


@contextmanager
def _appearing(out: Path, split: str, path: Path) -> Generator[Path]:
    """Give a temporary name that becomes the final one if all goes well; exports of other splits do not clear it."""
    written = False
    try:
        with appearing(path, inside=out / MARKER / UNFINISHED / split, resumes=True) as temporary:
            yield temporary
            written = True
    except OutputRefused:
        if not (written and path.is_file()):  # else another export was quicker, and has cleared up
            raise


def _rows(path: Path, stored: StoredShard) -> Iterator[Row]:
    if (fault := shard_fault(path, stored)) is not None:
        raise DamagedFile(f"{path.parent.parent}: {fault}; {_VERIFY}")
    for row in ShardFile(path).rows():
        if not _HEX.fullmatch(row.id):
            raise DamagedFile(f"{row.id!r} is no identity of a face (a SHA-256), so no file is named after it")
        yield row


def _pictures(row: Row, path: Path) -> dict[str, Callable[[], bytes]]:
    held = {"low": row.low, "clean": row.clean, "regions": row.regions}
    place = f"{path}: a picture of {row.source}"
    return {kind: partial(_as_png, picture.bytes, place) for kind, picture in held.items() if picture is not None}


def _as_png(data: bytes, place: str) -> bytes:
    try:
        pixels = decode(data)
    except BadPicture as error:
        raise DamagedFile(f"{place}: {error}; {_VERIFY}") from error
    return data if data.startswith(_PNG) else encode_png(pixels)


def _notes(row: Row) -> dict[str, Any]:
    notes = {key: getattr(row, key) for key in NOTES}
    return {key: value for key, value in notes.items() if value is not None}


def _as_json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
