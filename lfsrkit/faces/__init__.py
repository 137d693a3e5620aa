"""Stage 1, faces: find them in a folder, a data set or the program's own drawings; frame them; split them."""

import re
from pathlib import Path

from lfsrkit.errors import UsageError
from lfsrkit.faces.base import FaceRef, FaceSource, Listing, Rejected, SourcePicture
from lfsrkit.faces.folder import FolderSource
from lfsrkit.faces.framing import FramedFace, frame
from lfsrkit.faces.splits import assign, read_identities

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
    "read_identities",
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
