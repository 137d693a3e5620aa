"""What a source of faces gives: references that identify pictures, and the pictures themselves, one at a time."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from lfsrkit.images import Pixels


@dataclass(frozen=True, order=True)
class FaceRef:
    """A picture that can be read: its identity, and where it is in its source."""

    id: str
    """SHA-256 of the file's bytes, of the decoded pixels where there is no file, or of the numbers of a drawn face."""
    source: str
    """Name of the picture within its source, such as a relative path."""
    index: int = 0
    """Position within the source, where it has positions."""


@dataclass(frozen=True, order=True)
class Rejected:
    """A picture that is not used, and why."""

    source: str
    reason: str


@dataclass(frozen=True)
class SourcePicture:
    """A decoded picture with what is known of the face on it, in pixels of this picture."""

    image: Pillow.Image
    """Upright 8-bit sRGB, as `lfsrkit.images.decode_picture` gives it."""
    landmarks: NDArray[np.float32] | None = None
    """(68, 2), iBUG order; a pixel's centre is at +0.5."""
    regions: NDArray[np.uint8] | None = None
    """(7, height, width), in the order of `lfsrkit.regions.REGIONS`."""
    framed: bool = False
    """Whether the whole picture is the face square already, whatever framing is asked for."""

    @property
    def pixels(self) -> Pixels:
        """All pixels, copied."""
        return np.asarray(self.image)


@dataclass(frozen=True)
class Listing:
    """Everything that a source found."""

    refs: Sequence[FaceRef]
    rejected: Sequence[Rejected] = ()


class FaceSource(ABC):
    """A place that faces come from; cheap to make, so that every worker makes its own."""

    @abstractmethod
    def find(self) -> Listing:
        """Find all pictures and identify them, without decoding them."""

    @abstractmethod
    def read(self, ref: FaceRef) -> SourcePicture:
        """Decode one picture.

        Args:
            ref: From `find`.

        Raises:
            BadPicture: If it cannot be used; the message is the reason.
        """


def without_duplicates(refs: Iterable[FaceRef]) -> Listing:
    """Keep one name of each picture, the smallest.

    Args:
        refs: Any order.

    Example:
        >>> without_duplicates([FaceRef("a", "2.png"), FaceRef("a", "1.png")]).rejected
        [Rejected(source='2.png', reason='same picture as 1.png')]
    """
    kept: dict[str, FaceRef] = {}
    rejected: list[Rejected] = []
    for ref in sorted(refs):
        first = kept.setdefault(ref.id, ref)
        if first is not ref:
            rejected.append(Rejected(ref.source, f"same picture as {first.source}"))
    return Listing(list(kept.values()), rejected)
