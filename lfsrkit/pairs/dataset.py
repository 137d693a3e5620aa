"""Reading pairs: random access to the Parquet files of a build, one pair or one batch at a time."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray

from lfsrkit.calls import parse_chain
from lfsrkit.degradations.base import Params
from lfsrkit.degradations.chain import Chain, chain_from_text
from lfsrkit.errors import BadPicture, DamagedFile, UsageError, did_you_mean
from lfsrkit.images import Pixels, decode, to_bytes, to_float
from lfsrkit.pairs.batch import Batch
from lfsrkit.pairs.manifest import Manifest, read_manifest, shard_path, shards_of
from lfsrkit.pairs.rows import Row, ShardFile, StoredPicture
from lfsrkit.regions import REGIONS, grey_to_regions
from lfsrkit.registries import DEGRADATIONS
from lfsrkit.trust import names_of, refuse_code
from lfsrkit.types import Image, ResizedImage

CACHED_GROUPS = 64
"""Row groups that a reader keeps; with small groups this is a few megabytes."""


@dataclass(frozen=True)
class Pair:
    """A low picture, its clean original, and how the one was made from the other."""

    id: str
    low: Image
    """(3, h, w), 0 to 1."""
    clean: ResizedImage
    """(3, scale * h, scale * w), 0 to 1."""
    params: Params
    """What was drawn, by stage of the chain."""
    landmarks: NDArray[np.float32] | None
    """(68, 2), in pixels of the source picture; a pixel's centre is at +0.5."""
    source: str
    """Name of the picture within its source."""
    crop: tuple[int, int, int, int]
    """Left, top, right, bottom of the square that was used, in pixels of the source picture."""
    regions: torch.Tensor | None = None
    """(7, H, W) in the order of `lfsrkit.regions.REGIONS`, 0 to 1."""


@final
class PairSet:
    """One split of a build.

    Args:
        folder: Output folder of the build.
        split: ``train``, ``validation`` or ``test``.
        allow_code: Whether the record may name plug-ins and ``learned:`` functions; only for data that you trust.

    Raises:
        UsageError: If the folder is no finished build, has no such split, or names code.
    """

    def __init__(self, folder: Path, split: str, *, allow_code: bool = False) -> None:
        self.folder = folder
        self.split = split
        self.manifest: Manifest = read_manifest(folder)
        if not allow_code:
            refuse_code(folder, ((DEGRADATIONS, name) for name in names_of(parse_chain(self.settings["degrade"]))))
        if split not in self.manifest.splits:
            known = ", ".join(self.manifest.splits)
            raise UsageError(
                f"{folder} has no split {split!r}{did_you_mean(split, self.manifest.splits)}; it has {known}"
            )
        shards = shards_of(self.manifest, split)
        self._files = [ShardFile(shard_path(folder, name)) for name in shards]
        self._ends = list(accumulate(shard.rows for shard in shards.values()))
        self._group = lru_cache(CACHED_GROUPS)(self._read_group)

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int) -> Pair:
        batch = self.batch([index])
        row = self._row(index)
        landmarks = None if row.landmarks is None else np.asarray(row.landmarks, np.float32).reshape(-1, 2)
        return Pair(
            id=row.id,
            low=to_float(batch.low)[0],
            clean=to_float(batch.clean)[0],
            params=row.params,
            landmarks=landmarks,
            source=row.source,
            crop=row.crop,
            regions=batch.regions[0],
        )

    def batch(self, indices: Sequence[int]) -> Batch:
        """Decode several pairs.

        Args:
            indices: Positions in the split, in any order.
        """
        rows = [self._row(index) for index in indices]
        return Batch(
            ids=[row.id for row in rows],
            sources=[row.source for row in rows],
            low=to_bytes([self._picture(row, row.low, self._low_side) for row in rows]),
            clean=to_bytes([self._picture(row, row.clean, self._clean_side) for row in rows]),
            regions=[self._regions(row) for row in rows],
            params=[row.params for row in rows],
        )

    @property
    def ids(self) -> list[str]:
        """Identities of all pairs, in order; read without the pictures."""
        return self._ids

    def sources(self) -> list[str]:
        """Read the names of all pairs within their source, in order; without the pictures."""
        return [name for file in self._files for name in file.names("source")]

    @cached_property
    def _ids(self) -> list[str]:
        return [name for file in self._files for name in file.names()]

    @property
    def chain(self) -> Chain:
        """The degradation that made the low pictures."""
        return chain_from_text(self.manifest.settings["degrade"])

    @property
    def scale(self) -> int:
        """How many times larger the clean pictures are."""
        return self.manifest.scale

    @property
    def settings(self) -> Mapping[str, Any]:
        """The resolved configuration that the pairs were built with."""
        return self.manifest.settings

    @property
    def sha256(self) -> str:
        """Identity of the data."""
        return self.manifest.sha256

    @property
    def clean_mean(self) -> float:
        """Mean of all clean training pictures, 0 to 1."""
        return self.manifest.clean_mean

    @property
    def _clean_side(self) -> int:
        return self.settings["clean_size"]

    @property
    def _low_side(self) -> int:
        return self._clean_side // self.scale

    def _row(self, index: int) -> Row:
        if not -len(self) <= index < len(self):
            raise IndexError(f"pair {index} of {len(self)}")
        index %= len(self)
        shard = bisect_right(self._ends, index)
        place = index - (self._ends[shard - 1] if shard else 0)
        for group, end in enumerate(self._files[shard].group_ends):
            if place < end:
                rows = self._group(shard, group)
                return rows[place - end + len(rows)]
        raise DamagedFile(f"{self._files[shard].path} has fewer rows than recorded; run `lfsrkit pairs verify`")

    def _read_group(self, shard: int, group: int) -> list[Row]:
        return self._files[shard].group(group)

    def _picture(self, row: Row, stored: StoredPicture, width: int, high: int = 1) -> Pixels:
        """Decode a picture that is so many pixels wide, and so many times as high."""
        try:
            pixels = decode(stored.bytes)
        except BadPicture as error:
            raise DamagedFile(f"{self.folder}: a picture of {row.source}: {error}") from error
        if pixels.shape[:2] != (high * width, width):
            size = f"{pixels.shape[1]}x{pixels.shape[0]} pixels instead of {width}x{high * width}"
            raise DamagedFile(f"{self.folder}: a picture of {row.source} has {size}")
        return pixels

    def _regions(self, row: Row) -> torch.Tensor | None:
        if row.regions is None:
            return None
        grey = self._picture(row, row.regions, self._clean_side, len(REGIONS))[:, :, 0]
        return grey_to_regions(torch.from_numpy(np.ascontiguousarray(grey)))


def open(folder: str | Path, split: str = "train", *, allow_code: bool = False) -> PairSet:
    """Open one split of a build.

    Args:
        folder: Output folder of ``lfsrkit pairs build``.
        split: ``train``, ``validation`` or ``test``.
        allow_code: Whether the record may name plug-ins and ``learned:`` functions; only for data that you trust.
    """
    return PairSet(Path(folder), split, allow_code=allow_code)
