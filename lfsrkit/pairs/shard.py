"""One shard: decode, frame, degrade in batches, encode, write as Parquet, publish under its final name."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lfsrkit.degradations.base import split
from lfsrkit.degradations.chain import Chain
from lfsrkit.errors import BadPicture, DamagedFile, OutputRefused
from lfsrkit.faces import FaceRef, FaceSource, FramedFace, Rejected, SourcePicture, frame, open_source
from lfsrkit.files import appearing, as_record, read_object, sha256_of, write_json
from lfsrkit.images import Pixels, encode_lossless, encode_png, to_bytes, to_pixels
from lfsrkit.pairs.degrade import degrade
from lfsrkit.pairs.identity import ContentHash
from lfsrkit.pairs.manifest import FOLDER, shard_path
from lfsrkit.pairs.plan import Recipe, Task
from lfsrkit.pairs.regions import with_regions
from lfsrkit.pairs.rows import ROW_GROUP
from lfsrkit.regions import regions_to_grey
from lfsrkit.versions import versions

UNFINISHED = "unfinished"
"""Folder beside the records for shards that are being written."""


@dataclass(frozen=True)
class ShardRecord:
    """What is known of a finished shard."""

    rows: int
    sha256: str
    """Of its file."""
    content_sha256: str
    """Of what the file holds, from `ContentHash`."""
    ids_sha256: str
    clean_sum: int
    """Sum of all 8-bit values of the clean pictures; whole, so that no order of adding changes it."""
    rejected: list[Rejected]
    versions: dict[str, str]
    """Of what made it."""


@dataclass(frozen=True)
class Job:
    """What all shards of a build have in common; picklable, so that any worker can do any shard."""

    folder: Path
    """Output folder of the build."""
    recipe: Recipe
    """How faces become pairs."""
    schema: Any
    """Arrow schema of the rows, from `row_schema`; made once, so that workers need not import `datasets`."""
    batch_size: int
    """Pictures degraded together; changes speed, not bytes."""
    device: str = "cpu"
    """Where the degradation runs."""
    plugins: tuple[Path, ...] = ()
    """Python files that register components which the recipe names."""


def recorded(folder: Path, task: Task) -> ShardRecord | None:
    """Read the record of a shard if there is one of these faces; what is in the shard is not looked at.

    Args:
        folder: Output folder of the build.
        task: The shard.
    """
    path = _sidecar(folder, task)
    if not shard_path(folder, task.name).is_file():
        return None
    try:
        values = {key: value for key, value in read_object(path).items() if key != "seconds"}
        record = as_record(path, values, ShardRecord)
    except (FileNotFoundError, DamagedFile):
        return None
    return record if record.ids_sha256 == task.digest and 0 <= record.rows <= len(task.refs) else None


def finished(folder: Path, task: Task) -> ShardRecord | None:
    """Read the record of a shard if it is finished and whole; reads the whole shard.

    Args:
        folder: Output folder of the build.
        task: The shard.
    """
    record = recorded(folder, task)
    return record if record is not None and record.sha256 == sha256_of(shard_path(folder, task.name)) else None


def build_shard(job: Job, task: Task) -> Iterator[int]:
    """Build one shard; a crash at any moment leaves either the whole file or none.

    Two workers may build one shard at the same time, such as an orphan of a killed build and its successor: each writes
    a file of its own, and both publish the same bytes.

    Args:
        job: Where and how.
        task: Which faces.

    Yields:
        The number of faces that were just worked on.

    Raises:
        OutputRefused: If the disk is full or the folder cannot be written.
    """
    start = time.perf_counter()
    totals = _Totals()
    try:
        inside = job.folder / FOLDER / UNFINISHED
        with appearing(shard_path(job.folder, task.name), inside=inside, resumes=True) as temporary:
            yield from _write(temporary, job, task, totals)
            digest = sha256_of(temporary)
    except OutputRefused:
        if finished(job.folder, task) is not None:  # another one was quicker, and has cleared up
            return
        raise
    content = totals.content.sha256()
    record = ShardRecord(totals.rows, digest, content, task.digest, totals.clean_sum, totals.rejected, versions())
    seconds = round(time.perf_counter() - start, 3)
    rejected = [vars(item) for item in totals.rejected]
    write_json(_sidecar(job.folder, task), {**vars(record), "rejected": rejected, "seconds": seconds})


@dataclass
class _Totals:
    rows: int = 0
    clean_sum: int = 0
    content: ContentHash = field(default_factory=ContentHash)
    rejected: list[Rejected] = field(default_factory=list[Rejected])


def _write(path: Path, job: Job, task: Task, totals: _Totals) -> Iterator[int]:
    from pyarrow import Table
    from pyarrow.parquet import ParquetWriter

    waiting: list[dict[str, Any]] = []
    # Pictures are compressed already, and no two are alike; what is left is too little to be worth it.
    with ParquetWriter(path, job.schema, compression="none", use_dictionary=False) as writer:
        for refs, rows in _batches(job, task, totals):
            waiting += rows
            while len(waiting) >= ROW_GROUP:
                writer.write_table(Table.from_pylist(waiting[:ROW_GROUP], schema=job.schema))
                del waiting[:ROW_GROUP]
            yield len(refs)
        if waiting:
            writer.write_table(Table.from_pylist(waiting, schema=job.schema))


def _batches(job: Job, task: Task, totals: _Totals) -> Iterator[tuple[Sequence[FaceRef], list[dict[str, Any]]]]:
    source = _opened(job.recipe.faces, job.recipe.clean_size)
    chain = job.recipe.chain()
    for start in range(0, len(task.refs), job.batch_size):
        refs = task.refs[start : start + job.batch_size]
        faces: list[tuple[FaceRef, FramedFace]] = []
        for ref in refs:
            try:
                faces.append((ref, framed(source.read(ref), ref, job.recipe)))
            except BadPicture as error:
                totals.rejected.append(Rejected(ref.source, str(error)))
        totals.rows += len(faces)
        totals.clean_sum += sum(int(face.clean.sum(dtype=np.int64)) for _, face in faces)
        yield refs, [row | {"split": task.split} for row in _rows(faces, job, chain, totals.content)] if faces else []


@lru_cache(maxsize=1)
def _opened(faces: str, size: int) -> FaceSource:
    """Open a source once a process; a data set of the hub takes seconds."""
    return open_source(faces, size=size)


def framed(picture: SourcePicture, ref: FaceRef, recipe: Recipe) -> FramedFace:
    """Cut the clean face out of a picture as a recipe says, with the regions that are known of it.

    Args:
        picture: A decoded picture.
        ref: Under which names its regions are looked up.
        recipe: Framing, sizes and region files.
    """
    face = frame(picture, framing=recipe.framing, size=recipe.clean_size, min_side=recipe.min_side)
    return with_regions(face, picture, ref, recipe.regions)


def _rows(
    faces: Sequence[tuple[FaceRef, FramedFace]], job: Job, chain: Chain, content: ContentHash
) -> Iterator[dict[str, Any]]:
    clean = to_bytes([face.clean for _, face in faces])
    low, params = degrade(chain, clean.to(job.device), [ref.id for ref, _ in faces], seed=job.recipe.seed)
    for (ref, face), pixels, drawn in zip(faces, to_pixels(low), split(params, len(faces)), strict=True):
        regions = None if face.regions is None else regions_to_grey(torch.from_numpy(face.regions)).numpy()
        content.add(ref.id, low=pixels, clean=face.clean, regions=regions)
        yield _row(ref, face, pixels, regions, drawn)


def _row(
    ref: FaceRef, face: FramedFace, low: Pixels, regions: Pixels | None, params: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "id": ref.id,
        "source": ref.source,
        "low": {"bytes": encode_lossless(low), "path": None},
        "clean": {"bytes": encode_lossless(face.clean), "path": None},
        "params": params,
        "landmarks": None if face.landmarks is None else face.landmarks.tolist(),
        "crop": list(face.crop),
        "regions": None if regions is None else {"bytes": encode_png(regions), "path": None},
    }


def _sidecar(folder: Path, task: Task) -> Path:
    return folder / FOLDER / "shards" / f"{task.name}.json"
