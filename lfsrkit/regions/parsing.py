"""Regions from face-parsing label maps, and the two numberings of 19 classes that are in use.

Both number the same classes from 0 to 18, in different orders: 4 is the left eye in both, but 10 is the mouth in one
and the nose in the other. So labels have names here, never numbers.

Left and right of these labels are not relied on: mirrored training pictures have been labelled without swapping them.
Which eye is on the left of the picture is seen in the map.
"""

import hashlib
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from torch.nn import functional

from lfsrkit.errors import BadPicture, UsageError, did_you_mean
from lfsrkit.files import sha256_of
from lfsrkit.regions.drawing import GROWTH, Plane, composed, softened
from lfsrkit.regions.lookup import Lookup
from lfsrkit.regions.names import RegionMaps

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels; right and bottom are exclusive."""


class CelebAMaskHQ(Enum):
    """Labels of the maps that the scripts of CelebAMask-HQ write.

    References:
        Lee et al., MaskGAN, CVPR 2020. https://arxiv.org/abs/1907.11922
    """

    BACKGROUND = 0
    SKIN = 1
    NOSE = 2
    EYE_GLASSES = 3
    L_EYE = 4
    R_EYE = 5
    L_BROW = 6
    R_BROW = 7
    L_EAR = 8
    R_EAR = 9
    MOUTH = 10
    U_LIP = 11
    L_LIP = 12
    HAIR = 13
    HAT = 14
    EARRING = 15
    NECKLACE = 16
    NECK = 17
    CLOTH = 18


class Bisenet(Enum):
    """Labels of the BiSeNet of face-parsing.PyTorch, which facexlib and most demonstrations use.

    References:
        https://github.com/zllrunning/face-parsing.PyTorch
    """

    BACKGROUND = 0
    SKIN = 1
    L_BROW = 2
    R_BROW = 3
    L_EYE = 4
    R_EYE = 5
    EYE_GLASSES = 6
    L_EAR = 7
    R_EAR = 8
    EARRING = 9
    NOSE = 10
    MOUTH = 11
    U_LIP = 12
    L_LIP = 13
    NECK = 14
    NECKLACE = 15
    CLOTH = 16
    HAIR = 17
    HAT = 18


Numbering = type[CelebAMaskHQ] | type[Bisenet]
NUMBERINGS: dict[str, Numbering] = {"celebamask_hq": CelebAMaskHQ, "bisenet": Bisenet}
"""By the name that a configuration uses."""

LabelMap = NDArray[np.integer[Any]]
"""(height, width), a label in each pixel."""

_SUFFIXES = frozenset({".png", ".bmp", ".tif", ".tiff"})
_PICTURES = _SUFFIXES | {".jpg", ".jpeg", ".webp"}
_PARTS = {"nose": ("NOSE",), "mouth": ("MOUTH", "U_LIP", "L_LIP")}
_PAIRS = (("L_EYE", "R_EYE"), ("L_BROW", "R_BROW"))
_FACE = ("SKIN", *_PAIRS[0], *_PAIRS[1], *_PARTS["nose"], *_PARTS["mouth"])


def numbering_of(name: str) -> Numbering:
    """Find a numbering by its name.

    Args:
        name: ``"celebamask_hq"`` or ``"bisenet"``.

    Raises:
        UsageError: If it is unknown.
    """
    if name not in NUMBERINGS:
        near = did_you_mean(name, NUMBERINGS)
        raise UsageError(f"no numbering of labels is called {name!r}; known: {', '.join(NUMBERINGS)}{near}")
    return NUMBERINGS[name]


def label_mask(labels: LabelMap, chosen: Sequence[object]) -> NDArray[np.bool_]:
    """Find the pixels that have one of some labels.

    Args:
        labels: A label map.
        chosen: Members of `CelebAMaskHQ` or of `Bisenet`.

    Raises:
        UsageError: If a label is a number, or labels of both numberings are mixed.

    Example:
        >>> label_mask(np.array([[10, 1]]), [Bisenet.NOSE]).tolist()
        [[True, False]]
    """
    named = [label for label in chosen if isinstance(label, CelebAMaskHQ | Bisenet)]
    for label in chosen:
        if label not in named:
            raise UsageError(
                f"{label!r} is no named label: two numberings of 19 classes are in use, and 10 is the mouth in one and "
                "the nose in the other; write a member of lfsrkit.regions.CelebAMaskHQ or Bisenet, such as Bisenet.NOSE"
            )
    if len({type(label) for label in named}) > 1:
        raise UsageError("labels of CelebAMaskHQ and of Bisenet are mixed; a map has one numbering")
    return np.isin(labels, [label.value for label in named])


def parsing_regions(labels: LabelMap, numbering: Numbering, size: int, crop: Box | None = None) -> RegionMaps:
    """Turn a label map into regions, grown and smoothed as those from landmarks are.

    The parts are grown by 0.03 of the side, here with a square, then smoothed by a Gaussian of 0.02 of the side. Lips
    and the inside of the mouth are the mouth; glasses, ears and neck belong to no region. Of two eyes, and of two
    brows, the one farther left in the map is the image-left one; a single one lies left or right of the nose.

    Args:
        labels: A label map, of any size.
        numbering: `CelebAMaskHQ` or `Bisenet`.
        size: Side of the regions in pixels.
        crop: Part of the map that is used, in pixels of the map; by default all of it.

    Raises:
        BadPicture: If the map is no label map, or the crop is not inside of it.
    """
    _check_map(labels)
    box = crop or (0, 0, labels.shape[1], labels.shape[0])

    def cut(mask: NDArray[np.bool_]) -> Plane:
        whole = Pillow.fromarray(mask.astype(np.uint8) * 255)
        return np.asarray(whole.resize((size, size), Pillow.Resampling.BOX, box=box))

    def named(names: Sequence[str]) -> NDArray[np.bool_]:
        return label_mask(labels, [numbering[name] for name in names])

    pairs = [side for pair in _PAIRS for side in _sides(named(pair[:1]), named(pair[1:]), named(_PARTS["nose"]))]
    parts = [softened(_grown(cut(part))) for part in (*pairs, *(named(names) for names in _PARTS.values()))]
    return composed(parts, softened(cut(named(_FACE))))


@final
class ParsingFolder:
    """A folder of label maps, found by the names of the pictures.

    Args:
        folder: PNG, BMP or TIFF files; each has the name of its picture, or its SHA-256, with another suffix.
        numbering: `CelebAMaskHQ` or `Bisenet`.

    Raises:
        UsageError: If there is no such folder or no map in it.
    """

    def __init__(self, folder: Path, numbering: Numbering) -> None:
        if not folder.is_dir():
            raise UsageError(f"no folder {str(folder)!r} of parsing maps")
        self.folder = folder
        self.numbering = numbering
        maps = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _SUFFIXES and not path.is_dir()]
        if not maps:
            raise UsageError(f"no parsing map in {folder}; maps are PNG, BMP or TIFF files with a label in each pixel")
        self._maps = {path.relative_to(folder).as_posix(): path for path in maps}
        self._files = Lookup((path.relative_to(folder).with_suffix("").as_posix(), path) for path in maps)

    def fingerprint(self) -> str:
        """Hash the names and the bytes of the maps, and of nothing else that lies beside them.

        Raises:
            UsageError: If a map cannot be read.
        """
        try:
            lines = [f"{sha256_of(path)} {name}" for name, path in self._maps.items()]
        except OSError as error:
            raise UsageError(f"parsing map {error.filename} cannot be read: {error.strerror}") from None
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def find(self, names: Sequence[str]) -> LabelMap | None:
        """Read the map of a picture, if there is one.

        Args:
            names: What the picture is called: its SHA-256, its name within its source.

        Raises:
            BadPicture: If the file is no label map.
        """
        stems = [name.rpartition(".")[0] if _has_suffix(name) else name for name in names]
        path = self._files.find(stems)
        return None if path is None else read_label_map(path)


def read_label_map(path: Path) -> LabelMap:
    """Read a file with a label in each pixel; a palette is left alone.

    Args:
        path: PNG, BMP or TIFF.

    Raises:
        BadPicture: If it cannot be read, or has colours instead of labels.
    """
    try:
        with Pillow.open(path, formats=("PNG", "BMP", "TIFF")) as picture:
            mode, labels = picture.mode, np.asarray(picture)
    except (OSError, UnidentifiedImageError) as error:
        raise BadPicture(f"parsing map {path.name} cannot be read: {error}") from None
    if mode not in ("L", "P"):
        raise BadPicture(f"parsing map {path.name} has pixels of the format {mode!r}; labels are grey or a palette")
    try:
        _check_map(labels)
    except BadPicture as error:
        raise BadPicture(f"parsing map {path.name}: {error}") from None
    return labels


def _has_suffix(name: str) -> bool:
    return Path(name).suffix.lower() in _PICTURES


def _check_map(labels: LabelMap) -> None:
    if labels.ndim != 2:
        raise BadPicture(f"a label map is (height, width); the shape {labels.shape} was given")
    highest = len(CelebAMaskHQ) - 1
    if labels.min() < 0 or labels.max() > highest:
        raise BadPicture(f"labels go from 0 to {highest}; {labels.min()} to {labels.max()} were found")


def _sides(
    one: NDArray[np.bool_], other: NDArray[np.bool_], nose: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Order two parts from left to right; what is absent leaves the other on its side of the nose."""
    x, y = _middle(one), _middle(other)
    if x is None or y is None:
        middle = _middle(nose)
        x, y = (middle if value is None else value for value in (x, y))
    return (other, one) if x is not None and y is not None and x > y else (one, other)


def _middle(mask: NDArray[np.bool_]) -> float | None:
    columns = np.flatnonzero(mask) % mask.shape[1]
    return float(columns.mean()) if len(columns) else None


def _grown(plane: Plane) -> Plane:
    reach = round(GROWTH * len(plane))
    maps = torch.from_numpy(plane.copy()).float()[None]
    for kernel in ((2 * reach + 1, 1), (1, 2 * reach + 1)):
        maps = functional.max_pool2d(maps, kernel, stride=1, padding=(kernel[0] // 2, kernel[1] // 2))
    return maps[0].to(torch.uint8).numpy()
