"""The three ways to restore a picture: as one face, face by face within a photograph, or as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import torch
from PIL import Image as Pillow
from torch import Tensor
from torch.nn import functional

from lfsrkit.detectors import Detector
from lfsrkit.errors import BadPicture
from lfsrkit.images import to_pixels
from lfsrkit.inference.alignment import Placement, cut_out, paste, place
from lfsrkit.inference.following import Follow
from lfsrkit.inference.restoring import NOTE, Restoring
from lfsrkit.inference.tiles import Tiling, is_local, restore_tiled
from lfsrkit.models.bicubic import solve_exponent
from lfsrkit.registries import DETECTORS
from lfsrkit.stages import EnhanceConfig, EnhanceMode
from lfsrkit.types import Images, Resized

_CLEAN_SIDE = 128
"""Side of the clean faces of the protocols, in pixels."""
_SEEN_MEAN = 0.4
"""Mean brightness of the copy that the detector sees."""
_GRID = 256
"""Pixels along a side that tell how bright a photograph is; to look at all of them takes seconds."""
_ENLARGED = 2.0
"""A photograph becomes so many times as large, if nothing else is asked for."""
_SMALL = 2
"""A picture up to so many times as large as the faces that the model was trained on is taken as a face."""


@dataclass(frozen=True)
class Outcome:
    """What became of a picture."""

    values: Resized
    """(1, 3, h, w), 0 to 1."""
    mode: EnhanceMode
    """What was done: never ``auto``."""
    faces: int | None = None
    """How many faces were restored, where they were looked for."""
    notes: tuple[str, ...] = field(default=())


@final
class Enhancer:
    """Restore pictures one after the other.

    Args:
        restoring: Model.
        config: What to do.
    """

    def __init__(self, restoring: Restoring, config: EnhanceConfig) -> None:
        self._restoring, self._config = restoring, config
        self._low_side = config.low_side or max(1, _CLEAN_SIDE // restoring.scale)

    def restore(self, low: Images, follow: Follow | None = None) -> Outcome:
        """Restore one picture.

        Args:
            low: (1, 3, h, w), 0 to 1.
            follow: Of a video: turns the places of the faces that were found into those that are restored.

        Raises:
            BadPicture: If it is too large for what is wanted.
            MissingWeights: If faces are to be found and the detector is not on this machine.
        """
        mode = self._mode_of(low)
        self._restoring.retried = False
        if mode == "faces":
            restored = self._faces(low, follow)
        else:
            restored = self._face(low) if mode == "face" else self._whole(low)
        retried = (NOTE,) if self._restoring.retried else ()
        return Outcome(restored.values, mode, restored.faces, restored.notes + retried)

    def _mode_of(self, low: Images) -> EnhanceMode:
        if self._config.mode != "auto":
            return self._config.mode
        return "face" if max(low.shape[-2:]) <= _SMALL * self._low_side else "faces"

    def _face(self, low: Images) -> Outcome:
        height, width = low.shape[-2:]
        if max(height, width) > self._config.max_side:
            most = f"max_side = {self._config.max_side}"
            raise BadPicture(f"{width}x{height} pixels as one face ({most}); mode=faces finds faces, mode=whole tiles")
        return Outcome(self._restoring(low), "face")

    def _whole(self, low: Images) -> Outcome:
        enlarge = self._config.enlarge or float(self._restoring.scale)
        height, width = _allowed_size(low, enlarge)
        size = [max(1, round(side * enlarge / self._restoring.scale)) for side in low.shape[-2:]]
        if size != list(low.shape[-2:]):
            low = functional.interpolate(low, size, mode="bicubic", antialias=True).clamp(0, 1)
        bands = restore_tiled(self._restoring, low, self._tiling, local=self._local)
        return Outcome(_fitted(_joined(bands, low, self._restoring.scale), height, width), "whole")

    def _faces(self, low: Images, follow: Follow | None) -> Outcome:
        enlarge = self._config.enlarge or _ENLARGED
        size = _allowed_size(low, enlarge)
        found = self._detector.find(to_pixels(brightened(low, _SEEN_MEAN))[0])
        large = functional.interpolate(low, size, mode="bicubic", antialias=True).clamp(0, 1)
        canvas = brightened(large, self._config.background)
        placements = [place(face, self._config.framing) for face in found]
        if follow is not None:
            placements = follow(placements)
        placements.sort(key=lambda one: one.side)  # a near face lies over a far one
        kept = [one for one in placements if one.side <= self._largest]
        for placement in kept:
            square = self._restoring(cut_out(low, placement, self._low_side))
            paste(canvas, square, placement.enlarged(enlarge), self._config.framing)
        return Outcome(canvas, "faces", len(kept), tuple(self._remarks(placements)))

    def _remarks(self, placements: list[Placement]) -> Iterator[str]:
        if not placements:
            yield "no face was found: enlarged and brightened only; mode=whole restores all of it"
        large = [one.side for one in placements if one.side > self._largest]
        if large:
            size = f"{max(large):.0f} pixels"
            who = f"a face of {size} has" if len(large) == 1 else f"{len(large)} faces of up to {size} have"
            yield f"{who} more detail than the {self._largest} pixels that the model makes: brightened only"

    @property
    def _largest(self) -> int:
        return self._low_side * self._restoring.scale

    @property
    def _tiling(self) -> Tiling:
        return Tiling(self._config.tile, self._config.overlap)

    @cached_property
    def _local(self) -> bool:
        return is_local(self._restoring)

    @cached_property
    def _detector(self) -> Detector:
        return DETECTORS.build(self._config.detector)


def brightened(low: Images, mean: float) -> Images:
    """Lift the mean of a picture with one power law; one that is brighter stays as it is.

    Args:
        low: (1, 3, h, w), 0 to 1; of a large one the mean is that of the pixels on a grid.
        mean: Wanted.
    """
    step = max(1, max(low.shape[-2:]) // _GRID)
    exponent = solve_exponent(low[..., ::step, ::step], torch.tensor(mean)).clamp_max(1)
    return low ** exponent[:, None, None, None]


def _allowed_size(low: Images, enlarge: float) -> tuple[int, int]:
    """Give the size of a result, unless no program would open it."""
    height, width = (round(side * enlarge) for side in low.shape[-2:])
    most = Pillow.MAX_IMAGE_PIXELS
    if most is not None and height * width > most:
        raise BadPicture(f"{width}x{height} pixels would be the result, more than {most}; choose a smaller enlarge")
    return height, width


def _joined(bands: Iterator[Resized], low: Images, scale: int) -> Resized:
    """Put bands below each other."""
    height, width = (side * scale for side in low.shape[-2:])
    whole = torch.empty(1, 3, height, width)
    top = 0
    for band in bands:
        whole[..., top : top + band.shape[-2], :] = band
        top += band.shape[-2]
    return whole


def _fitted(restored: Resized, height: int, width: int) -> Tensor:
    if restored.shape[-2:] == (height, width):
        return restored
    return functional.interpolate(restored, (height, width), mode="bicubic", antialias=True).clamp(0, 1)
