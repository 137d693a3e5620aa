"""Faces for figures: whatever can be used of picture files and of sources."""

from collections.abc import Iterator, Sequence

from lfsrkit.errors import BadPicture, LfsrkitError
from lfsrkit.faces import FaceRef, FramedFace, SourcePicture, frame, pictures_of

Usable = tuple[FaceRef, SourcePicture, FramedFace]


def usable_faces(sources: Sequence[str], size: int) -> Iterator[Usable]:
    """Read and frame faces one by one; what cannot be used of a folder or data set is left out.

    Args:
        sources: Picture files; folders, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``.
        size: Side of the faces in pixels.

    Raises:
        UsageError: If a source does not exist.
        LfsrkitError: If a picture file cannot be used, or nothing of a source can.
    """
    for source in sources:
        reasons: list[str] = []
        read_any = False
        for ref, read in pictures_of([source], size=size):
            try:
                picture = read()
                face = frame(picture, framing="auto", size=size, min_side=2)
            except BadPicture as error:
                reasons.append(f"{ref.source}: {error}")
            else:
                read_any = True
                yield ref, picture, face
        if not read_any:
            raise LfsrkitError(f"no usable face in {': '.join([repr(source), *reasons[:1]])}")
