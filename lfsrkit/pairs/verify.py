"""Checking a build: hashes of the shards, splits without common faces, low pictures made again from their records."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfsrkit.degradations.base import stack
from lfsrkit.errors import LfsrkitError
from lfsrkit.pairs.batch import batches
from lfsrkit.pairs.dataset import PairSet
from lfsrkit.pairs.degrade import replay
from lfsrkit.pairs.identity import content_hash_of
from lfsrkit.pairs.manifest import (
    DEVICE,
    Manifest,
    identity_of,
    read_manifest,
    read_rejected,
    shard_path,
)
from lfsrkit.pairs.rows import shard_fault
from lfsrkit.types import ResizedBytes

BATCH = 32
_NEAR_LEVELS, _NEAR_SHARE = 2, 0.99
"""What a picture of another device, made again on the CPU, has to keep; a coder turns one level into a few."""


@dataclass(frozen=True)
class Finding:
    """Result of one check."""

    check: str
    faults: tuple[str, ...]
    """Empty when all is well."""


def verify(folder: str | Path, *, rows: int | None = None, allow_code: bool = False) -> Iterator[Finding]:
    """Check everything that a build promises.

    Low pictures are made again on the CPU. Those that the CPU made have to be the same bit for bit; of those that
    another device made, 99 % of the values have to be within two levels.

    Args:
        folder: Output folder of the build.
        rows: Pairs of each split to make again; all by default.
        allow_code: Whether the record may name plug-ins and ``learned:`` functions; only for data that you trust.

    Raises:
        UsageError: If the folder is no finished build, or names code.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    sets = [PairSet(folder, split, allow_code=allow_code) for split, count in manifest.splits.items() if count]
    changed = _changed_shards(folder, manifest)
    yield Finding("shards have their recorded hashes", tuple(changed.values()))
    yield Finding("the record is that of the shards", tuple(_wrong_totals(folder, manifest)))
    try:
        yield Finding("no face is in two splits", tuple(_common_faces(sets)))
        for pairs in sets:
            count = len(pairs) if rows is None else min(rows, len(pairs))
            yield Finding(f"{count} low pictures of {pairs.split} made again", tuple(_different(pairs, count)))
        if rows is None:
            yield Finding("the recorded mean is that of the clean pictures", tuple(_wrong_mean(sets)))
            yield Finding("the data hash is that of the pictures", tuple(_wrong_content(folder, manifest, changed)))
    except LfsrkitError as error:
        yield Finding("shards can be read", (str(error),))


def _wrong_totals(folder: Path, manifest: Manifest) -> Iterator[str]:
    if manifest.sha256 != identity_of(manifest.shards):
        yield "sha256 is not that of the hashes of the shards"
    if manifest.rejected != (listed := len(read_rejected(folder))):
        yield f"{manifest.rejected} pictures were rejected, {listed} are listed"


def _wrong_mean(sets: Sequence[PairSet]) -> Iterator[str]:
    chosen = [pairs for pairs in sets if pairs.split == "train"] or sets
    total = sum(int(batch.clean.sum()) for pairs in chosen for batch in batches(pairs, BATCH))
    manifest, count = chosen[0].manifest, sum(map(len, chosen))
    mean = total / (255 * 3 * manifest.settings["clean_size"] ** 2 * count)
    if mean != manifest.clean_mean:
        yield f"clean_mean is {manifest.clean_mean}, that of the clean pictures is {mean}"


def _wrong_content(folder: Path, manifest: Manifest, changed: Collection[str]) -> Iterator[str]:
    """Look at the files that have not changed; the others are told already."""
    for name, stored in manifest.shards.items():
        path = shard_path(folder, name)
        if name not in changed and content_hash_of(path) != stored.content_sha256:
            yield f"{path.name} holds other pictures than those whose hash is recorded"


def _changed_shards(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Say by name in what shards are not as recorded."""
    found = {name: shard_fault(shard_path(folder, name), stored) for name, stored in manifest.shards.items()}
    return {name: fault for name, fault in found.items() if fault is not None}


def _common_faces(sets: Sequence[PairSet]) -> Iterator[str]:
    owner: dict[str, str] = {}
    for pairs in sets:
        for name in pairs.ids:
            if name in owner:
                yield f"{name[:16]} is in {owner[name]} and in {pairs.split}"
            owner[name] = pairs.split


def _different(pairs: PairSet, count: int) -> Iterator[str]:
    for batch in batches(pairs, BATCH, count=count):
        try:
            again = replay(pairs.chain, batch.clean, stack(batch.params))
        except Exception as error:  # other parameters than were drawn may lead a degradation to anything
            yield f"{batch.sources[0]} and those after it: their parameters cannot be applied: {error}"
            continue
        if again.shape != batch.low.shape:
            yield f"{batch.sources[0]} and those after it: the chain gives {tuple(again.shape[-2:])} pixels"
            continue
        for name, same in zip(batch.sources, _same(again, batch.low, exact=DEVICE not in pairs.settings), strict=True):
            if not same:
                yield f"{name}: its low picture is not what its recorded parameters give"


def _same(again: ResizedBytes, low: ResizedBytes, *, exact: bool) -> list[bool]:
    if exact:
        return (again == low).flatten(1).all(1).tolist()
    near = (again.int() - low.int()).abs() <= _NEAR_LEVELS
    return (near.flatten(1).double().mean(1) >= _NEAR_SHARE).tolist()
