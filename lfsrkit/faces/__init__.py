"""Stage 1, faces: find them in a folder, a data set or the program's own drawings; frame them; split them."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from lfsrkit.errors import UsageError
from lfsrkit.faces.base import FaceRef, FaceSource, Listing, Rejected, SourcePicture
from lfsrkit.faces.folder import FileSource, FolderSource
from lfsrkit.faces.framing import FramedFace, frame
from lfsrkit.faces.splits import assign, read_identities, strangers

__all__ = [
    "FaceRef",
    "FaceSource",
    "FramedFace",
    "Listing",
    "Rejected",
    "SourcePicture",
    "assign",
    "frame",
    "open_source",
    "pictures_of",
    "read_identities",
    "strangers",
]


def open_source(spec: str, *, size: int = 128) -> FaceSource:
    """Open a source of faces by its short name.

    Args:
        spec: A folder, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``.
        size: Side in pixels at which drawn faces are made.

    Raises:
        UsageError: If there is no such source.

    Example:
        >>> len(open_source("synthetic:3").find().refs)
        3
    """
    kind, colon, rest = spec.partition(":")
    if colon and kind == "synthetic":
        from lfsrkit.faces.drawn import DrawnSource

        if not re.fullmatch(r"[1-9]\d*", rest):
            raise UsageError(f"{spec!r}: write synthetic:N with a number of faces, such as synthetic:1000")
        return DrawnSource(int(rest), size)
    if colon and kind == "hub":
        from lfsrkit.faces.hub import HubSource, parse_hub

        return HubSource(*parse_hub(rest))
    return FolderSource(Path(spec))


def pictures_of(specs: Sequence[str], *, size: int = 128) -> Iterator[tuple[FaceRef, Callable[[], SourcePicture]]]:
    """Go through picture files and sources, one picture after the other, by name within each source.

    Args:
        specs: Picture files, or sources as `open_source` takes them.
        size: Side in pixels at which drawn faces are made.

    Returns:
        Each picture with what decodes it, or raises BadPicture.

    Raises:
        UsageError: If there is no such file or source.

    Example:
        >>> [(ref.source, read().image.size) for ref, read in pictures_of(["synthetic:1"], size=32)]
        [('synthetic/000000', (32, 32))]
    """
    for spec in specs:
        source = FileSource(Path(spec)) if Path(spec).is_file() else open_source(spec, size=size)
        for ref in sorted(source.find().refs, key=lambda ref: ref.source):
            yield ref, partial(source.read, ref)
