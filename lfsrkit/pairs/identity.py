"""What a shard holds, whichever program and version wrote its file: a hash over the values of its pictures."""

import hashlib
from pathlib import Path
from typing import final

import numpy as np

from lfsrkit.images import Pixels, decode
from lfsrkit.pairs.rows import Row, ShardFile


@final
class ContentHash:
    """A hash over identities and decoded pictures, pair after pair.

    Example:
        >>> import numpy as np
        >>> content, black = ContentHash(), np.zeros((2, 2, 3), np.uint8)
        >>> content.add("a face", low=black[:1, :1], clean=black, regions=None)
        >>> content.sha256()[:16]
        '20c6310c3ab68c0e'
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, name: str, *, low: Pixels, clean: Pixels, regions: Pixels | None) -> None:
        """Take a pair in.

        Args:
            name: Identity of the face.
            low: The low picture.
            clean: The clean picture.
            regions: Its regions, stacked as they are stored; None where there are none.
        """
        self._hash.update(f"{name}\n".encode())
        for picture in (low, clean, *(() if regions is None else (regions,))):
            self._hash.update(f"{picture.shape}\n".encode())
            self._hash.update(np.ascontiguousarray(picture).data)

    def sha256(self) -> str:
        """Give the hash of what was taken in."""
        return self._hash.hexdigest()


def content_hash_of(path: Path) -> str:
    """Hash what a shard holds; decodes all of it.

    Args:
        path: The Parquet file.

    Raises:
        DamagedFile: If it cannot be read.
        BadPicture: If a picture cannot be decoded.
    """
    content = ContentHash()
    for row in ShardFile(path).rows():
        content.add(row.id, low=decode(row.low.bytes), clean=decode(row.clean.bytes), regions=_grey(row))
    return content.sha256()


def _grey(row: Row) -> Pixels | None:
    return None if row.regions is None else decode(row.regions.bytes)[:, :, 0]
