"""The plan of a build: which face goes into which shard, decided before any picture is decoded."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lfsrkit.calls import Call
from lfsrkit.config import to_tables
from lfsrkit.degradations.chain import Chain, chain_from_calls
from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.faces import FaceRef, Rejected, assign, open_source, read_identities, strangers
from lfsrkit.images import SMALLEST
from lfsrkit.pairs.manifest import DEVICE
from lfsrkit.regions import RegionFiles, opened
from lfsrkit.stages import PairsConfig

FORMAT = 2
"""Raised when the same settings give other bytes."""

_NO_FOLDER = ("synthetic:", "hub:")


@dataclass(frozen=True)
class Recipe:
    """What turns a face into a pair; small and picklable, so that any worker can do any shard."""

    faces: str
    framing: str
    clean_size: int
    min_side: int
    degrade: tuple[Call, ...]
    seed: int
    regions: RegionFiles
    """Where to look up the regions of pictures that have none."""

    def chain(self) -> Chain:
        """Make the degradation."""
        return chain_from_calls(self.degrade)


@dataclass(frozen=True)
class Task:
    """One shard: the unit of work, of resuming and of distribution."""

    split: str
    index: int
    count: int
    refs: tuple[FaceRef, ...]

    @property
    def name(self) -> str:
        """Name of the shard, as `datasets` expects it."""
        return f"{self.split}-{self.index:05d}-of-{self.count:05d}"

    @property
    def digest(self) -> str:
        """Hash of the faces in it."""
        return hashlib.sha256("\n".join(ref.id for ref in self.refs).encode()).hexdigest()


@dataclass(frozen=True)
class Plan:
    """Everything that decides the bytes of a build."""

    recipe: Recipe
    tasks: tuple[Task, ...]
    rejected: tuple[Rejected, ...]
    scale: int
    settings: dict[str, Any]
    strangers: int = 0
    """Faces that a file of identities does not name; each is taken for a person of its own."""

    @property
    def total(self) -> int:
        """Faces to work on."""
        return sum(len(task.refs) for task in self.tasks)

    @property
    def splits(self) -> dict[str, int]:
        """Faces to work on by split; those that turn out to be unusable are among them."""
        splits: dict[str, int] = {}
        for task in self.tasks:
            splits[task.split] = splits.get(task.split, 0) + len(task.refs)
        return splits

    def on(self, device: str) -> "Plan":
        """Note where degradations run, if not on the CPU, for other devices round differently.

        Args:
            device: As torch names it.
        """
        kind = device.partition(":")[0]
        return self if kind == "cpu" else replace(self, settings={**self.settings, DEVICE: kind})

    def record(self) -> dict[str, Any]:
        """Plain values that say whether two plans are the same; they hold no path of the machine."""
        shards = {task.name: {"faces": len(task.refs), "ids_sha256": task.digest} for task in self.tasks}
        return {"format": FORMAT, "settings": self.settings, "scale": self.scale, "shards": shards}


def make_plan(config: PairsConfig) -> Plan:
    """Find the faces, split them, and cut the splits into shards.

    Args:
        config: The stage.

    Raises:
        UsageError: If the source does not exist, the chain does not fit the size, the splits ask for too many, or a
            file of identities names no face.
        LfsrkitError: If there is no usable face.
    """
    opened(region_files(config))
    chain = chain_from_calls(config.degrade)
    scale = _scale(chain, config.clean_size)
    identities = read_identities(config.identities) if config.identities is not None else None
    listing = open_source(config.faces, size=config.clean_size).find()
    if not listing.refs:
        reasons = f"; {len(listing.rejected)} were rejected" if listing.rejected else ""
        raise LfsrkitError(f"no usable face in {config.faces!r}{reasons}")
    unnamed = strangers(listing.refs, identities)
    if len(unnamed) == len(listing.refs):
        raise UsageError(
            f"identities {config.identities}: it names none of the {len(unnamed)} faces, such as {unnamed[0].source!r}"
        )
    splits = assign(listing.refs, dict(config.splits.items()), identities)
    _check_apart(splits)
    tasks = tuple(task for split, refs in splits.items() for task in _shards(split, refs, config.shard_size))
    if not tasks:
        raise LfsrkitError(f"{len(listing.refs)} faces were found, but the splits leave all of them out")
    return Plan(_recipe(config), tasks, tuple(listing.rejected), scale, _settings(config, chain), len(unnamed))


def _recipe(config: PairsConfig) -> Recipe:
    return Recipe(
        faces=_located(config.faces),
        framing=config.framing,
        clean_size=config.clean_size,
        min_side=config.min_side or config.clean_size,
        degrade=tuple(config.degrade),
        seed=config.seed,
        regions=region_files(config),
    )


def region_files(config: PairsConfig) -> RegionFiles:
    """Name the files in which regions are looked up, with absolute paths.

    Args:
        config: The stage.
    """
    landmarks, parsing = (path and path.absolute() for path in (config.landmarks, config.parsing))
    return RegionFiles(landmarks, parsing, config.parsing_labels)


def _check_apart(splits: Mapping[str, Sequence[FaceRef]]) -> None:
    owner: dict[str, tuple[str, str]] = {}
    for split, refs in splits.items():
        for ref in refs:
            first, other = owner.setdefault(ref.id, (ref.source, split))
            if (first, other) != (ref.source, split):
                raise LfsrkitError(f"{ref.source} ({split}) is the same picture as {first} ({other}); keep one of them")


def _scale(chain: Chain, size: int) -> int:
    height, width = chain.out_size(size, size)
    if height != width or size % height:
        raise UsageError(f"degrade: {chain} turns {size}x{size} into {width}x{height}, which is no whole scale")
    if height < SMALLEST:
        raise UsageError(f"degrade: {chain} leaves {height} of {size} pixels; the least is {SMALLEST}")
    return size // height


def _shards(split: str, refs: Sequence[FaceRef], size: int) -> Iterator[Task]:
    count = -(-len(refs) // size)
    for index in range(count):
        yield Task(split, index, count, tuple(refs[index * size : (index + 1) * size]))


def _settings(config: PairsConfig, chain: Chain) -> dict[str, Any]:
    tables = to_tables(config)
    tables["degrade"] = str(chain)
    tables["faces"] = _public_name(config.faces)
    if config.identities is not None:
        tables["identities"] = Path(config.identities).name
    return tables | region_files(config).fingerprint()


def _located(faces: str) -> str:
    """Make a folder absolute, since a worker on another machine starts in another one."""
    return faces if faces.startswith(_NO_FOLDER) else str(Path(faces).absolute())


def _public_name(faces: str) -> str:
    return faces if faces.startswith(_NO_FOLDER) else f"folder:{Path(faces).resolve().name}"
