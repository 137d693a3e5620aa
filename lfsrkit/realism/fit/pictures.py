"""The pictures of a fit: a user's own dark ones as they are stored, and normal ones of other faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfsrkit.errors import BadPicture, LfsrkitError
from lfsrkit.faces import FaceRef, Rejected, frame, open_source
from lfsrkit.faces.folder import FolderSource
from lfsrkit.faces.framing import crop_of
from lfsrkit.images import Pixels, decode, to_bytes
from lfsrkit.realism.fit.coding import quality_of_file, quality_of_pixels
from lfsrkit.realism.noise import SMALLEST
from lfsrkit.types import Bytes

FEWEST = 6
"""Pictures below which no distribution can be fitted."""
LARGEST = 128
"""Side in pixels of the largest faces that are simulated."""
MOST = 256
"""Faces that are enough, evenly taken from those there are."""


@dataclass(frozen=True)
class DarkPicture:
    """One dark picture at its own size, for resizing would change its noise."""

    pixels: Pixels
    """The face square."""
    quality: int | None
    """JPEG quality; None if it was never coded so."""


@dataclass(frozen=True)
class DarkSet:
    """The dark pictures of a folder."""

    pictures: tuple[DarkPicture, ...]
    rejected: tuple[Rejected, ...]


def read_dark(folder: Path) -> DarkSet:
    """Read dark pictures: the middle square of each, as stored.

    Args:
        folder: Pictures of at least 64 pixels, most of which is a face.

    Raises:
        UsageError: If there is no such folder.
        LfsrkitError: If fewer than 6 pictures can be used.
    """
    listing = FolderSource(folder).find()
    found: list[DarkPicture] = []
    rejected = list(listing.rejected)
    for ref in sorted(listing.refs, key=lambda ref: ref.source):
        try:
            found.append(_dark((folder / ref.source).read_bytes()))
        except (BadPicture, OSError) as error:
            rejected.append(Rejected(ref.source, str(error)))
    if len(found) < FEWEST:
        reasons = "".join(f"; {item.source}: {item.reason}" for item in rejected[:3])
        raise LfsrkitError(f"{folder}: {len(found)} usable dark pictures, at least {FEWEST} are wanted{reasons}")
    return DarkSet(tuple(found), tuple(rejected))


def read_clean(faces: str, size: int) -> Bytes:
    """Read normally lit faces, at most 256 of those there are.

    Args:
        faces: A folder, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``.
        size: Side of the face square in pixels.

    Raises:
        UsageError: If there is no such source.
        LfsrkitError: If fewer than 6 pictures can be used.
    """
    source = open_source(faces, size=size)
    refs = sorted(source.find().refs)
    found: list[Pixels] = []
    for ref in _thinned(refs):
        try:
            found.append(frame(source.read(ref), framing="auto", size=size, min_side=min(size, SMALLEST)).clean)
        except BadPicture:
            continue
    if len(found) < FEWEST:
        raise LfsrkitError(f"{faces}: {len(found)} usable normal faces, at least {FEWEST} are wanted")
    return to_bytes(found)


def common_side(pictures: Sequence[Pixels]) -> int:
    """Give the side at which normal faces have the texture of the dark ones: their median, 64 to 128 pixels.

    Args:
        pictures: Dark pictures at their own size.
    """
    sides = sorted(min(picture.shape[:2]) for picture in pictures)
    return min(max(sides[len(sides) // 2], SMALLEST), LARGEST)


def _dark(data: bytes) -> DarkPicture:
    pixels = decode(data)
    left, top, right, bottom = crop_of(pixels.shape[0], pixels.shape[1], "auto")
    if right - left < SMALLEST:
        raise BadPicture(f"its shorter side is {right - left} pixels; noise can be told from {SMALLEST}")
    stored = quality_of_file(data)
    return DarkPicture(pixels[top:bottom, left:right], quality_of_pixels(pixels) if stored is None else stored)


def _thinned(items: Sequence[FaceRef]) -> Sequence[FaceRef]:
    return [items[index * len(items) // MOST] for index in range(MOST)] if len(items) > MOST else items
