"""Where the regions of a picture come from: a parsing map, landmarks, or the average face."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lfsrkit.files import sha256_of
from lfsrkit.regions.drawing import Points
from lfsrkit.regions.landmarks import landmark_regions
from lfsrkit.regions.names import RegionMaps
from lfsrkit.regions.parsing import ParsingFolder, numbering_of, parsing_regions
from lfsrkit.regions.tables import LandmarkTable, read_landmarks
from lfsrkit.regions.template import template_regions

Origin = Literal["parsing", "landmarks", "template"]
"""Where regions came from, in the order in which the sources are asked."""


@dataclass(frozen=True)
class View:
    """The square of a picture that is looked at, and the size at which it is."""

    width: int
    """Of the picture, in pixels."""
    height: int
    """Of the picture, in pixels."""
    crop: tuple[int, int, int, int]
    """Left, top, right, bottom in pixels of the picture; right and bottom are exclusive."""
    size: int
    """Side of the square in pixels after it was resized."""

    def of_points(self, points: Points) -> Points:
        """Move landmarks from the picture into the square.

        Args:
            points: In pixels of the picture.

        Example:
            >>> View(100, 100, (10, 20, 60, 70), 100).of_points(np.array([[10.0, 70.0]])).tolist()
            [[0.0, 100.0]]
        """
        left, top, right, _ = self.crop
        return (points - np.array((left, top))) * (self.size / (right - left))

    def on_map(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Find the square on a map that shows the whole picture at another size.

        Args:
            width: Of the map.
            height: Of the map.
        """
        left, top, right, bottom = self.crop
        x, y = width / self.width, height / self.height
        return left * x, top * y, right * x, bottom * y


@dataclass(frozen=True)
class RegionFiles:
    """Files in which regions may be looked up; plain values, so that any worker can open them."""

    landmarks: Path | None = None
    """Table of landmarks."""
    parsing: Path | None = None
    """Folder of label maps."""
    parsing_labels: str | None = None
    """Their numbering: a key of `lfsrkit.regions.NUMBERINGS`."""

    def fingerprint(self) -> dict[str, Any]:
        """Say what is in the files, without the path of this machine; empty where none is named."""
        found: dict[str, Any] = {}
        if self.landmarks is not None:
            found |= {"landmarks": self.landmarks.name, "landmarks_sha256": sha256_of(self.landmarks)}
        if self.parsing is not None:
            maps = opened(self).parsing
            digest = "" if maps is None else maps.fingerprint()
            found |= {"parsing": f"folder:{self.parsing.resolve().name}", "parsing_sha256": digest}
        return found


@dataclass(frozen=True)
class RegionSources:
    """What regions can be taken from, opened."""

    parsing: ParsingFolder | None = None
    landmarks: LandmarkTable | None = None


@dataclass(frozen=True, eq=False)
class FoundRegions:
    """The regions of a picture, and where they came from."""

    maps: RegionMaps
    origin: Origin


def opened(files: RegionFiles) -> RegionSources:
    """Open the files, once in a process for as long as they are not changed.

    Args:
        files: Which.

    Raises:
        UsageError: If one does not exist or is not as it should be.
    """
    return _opened(files, *(_changed(path) for path in (files.landmarks, files.parsing)))


@lru_cache(maxsize=2)
def _opened(files: RegionFiles, *_when: int | None) -> RegionSources:
    parsing = None
    if files.parsing is not None:
        parsing = ParsingFolder(files.parsing, numbering_of(files.parsing_labels or ""))
    return RegionSources(parsing, None if files.landmarks is None else read_landmarks(files.landmarks))


def _changed(path: Path | None) -> int | None:
    return path.stat().st_mtime_ns if path is not None and path.exists() else None


def regions_for(
    view: View,
    names: Sequence[str] = (),
    sources: RegionSources | None = None,
    *,
    landmarks: Points | None = None,
    framing: str = "celeba",
) -> FoundRegions:
    """Find the regions of a picture in the first source that knows it.

    The order: a parsing map, landmarks (of the table, else those recorded with it), the template. They are always those
    of the clean picture; a small dark one shows too little.

    Args:
        view: The square, and its size.
        names: What the picture is called: its SHA-256, its name within its source.
        sources: Opened files.
        landmarks: Landmarks recorded with the picture, in its pixels.
        framing: Template of last resort, and of five landmarks, as in `template_regions`.

    Raises:
        BadPicture: If there is a parsing map but it cannot be used.

    Example:
        >>> regions_for(View(178, 218, (0, 20, 178, 198), 64)).origin
        'template'
    """
    sources = sources or RegionSources()
    labels = sources.parsing.find(names) if sources.parsing else None
    if labels is not None and sources.parsing:
        box = view.on_map(labels.shape[1], labels.shape[0])
        return FoundRegions(parsing_regions(labels, sources.parsing.numbering, view.size, box), "parsing")
    points = sources.landmarks.find(names) if sources.landmarks else None
    points = landmarks if points is None else points
    if points is not None:
        return FoundRegions(landmark_regions(view.of_points(points), view.size, framing), "landmarks")
    return FoundRegions(template_regions(view.size, framing), "template")
