"""The source ``synthetic:N``: faces that the program draws itself; free of licences, never photographs."""

import hashlib
from typing import final

from PIL import Image

from lfsrkit import seeding
from lfsrkit.errors import BadPicture
from lfsrkit.faces.base import FaceRef, FaceSource, Listing, SourcePicture
from lfsrkit.faces.synthetic import VERSION, check_size, draw_face, sample_face


@final
class DrawnSource(FaceSource):
    """The first N drawn faces, each with exact landmarks and regions.

    Args:
        count: How many.
        size: Side in pixels at which they are drawn.

    Raises:
        UsageError: If no face can be drawn in that size.
    """

    def __init__(self, count: int, size: int) -> None:
        check_size(size)
        self.count = count
        self.size = size

    def find(self) -> Listing:
        """Identify the faces by the version of the drawing and their number, so that nothing is drawn twice."""
        return Listing(sorted(FaceRef(_identity(i), f"synthetic/{i:06d}", i) for i in range(self.count)))

    def read(self, ref: FaceRef) -> SourcePicture:
        """Draw one face.

        Args:
            ref: From `find`.
        """
        if ref.id != _identity(ref.index):
            raise BadPicture("drawn by another version of lfsrkit")
        drawn = draw_face(sample_face(seeding.generators(0, [str(ref.index)], 0, "synthetic")[0]), self.size)
        return SourcePicture(Image.fromarray(drawn.image), drawn.landmarks, drawn.regions, framed=True)


def _identity(index: int) -> str:
    return hashlib.sha256(f"lfsrkit drawn face, version {VERSION}, number {index}".encode()).hexdigest()
