"""Whole pictures through a network that would not have memory for them: overlapping tiles, blended."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from lfsrkit.types import Images, Resized

Restore = Callable[[Images], Resized]

_PROBE = 96
_CELL = 16
"""Side in pixels of the dark picture of the cells whose brightness is agreed on."""


@dataclass(frozen=True)
class Tiling:
    """How a picture is cut."""

    side: int
    """Of a tile at the most, in pixels of the dark picture."""
    overlap: int
    """Of neighbours at the least, in pixels of the dark picture; up to a quarter of the side, so that no three meet."""

    def spans(self, length: int) -> list[tuple[int, int]]:
        """Cut a side of a picture into as few parts as possible, of one length, that overlap.

        Args:
            length: In pixels.

        Example:
            >>> Tiling(8, 2).spans(20)
            [(0, 8), (6, 14), (12, 20)]
        """
        if length <= self.side:
            return [(0, length)]
        count = -(-(length - self.overlap) // (self.side - self.overlap))
        side = -(-(length + (count - 1) * self.overlap) // count)
        starts = [min(index * (side - self.overlap), length - side) for index in range(count)]
        return [(start, start + side) for start in starts]


def is_local(restore: Restore) -> bool:
    """Tell whether what lies far away changes nothing, by trying: then tiles need no more than their overlap.

    Args:
        restore: Model.
    """
    probe = torch.rand(1, 3, _PROBE, _PROBE, generator=torch.Generator().manual_seed(0)) ** 3
    changed = probe.clone()
    changed[..., :8, :8] = 1 - changed[..., :8, :8]
    restored, other = restore(probe), restore(changed)
    half = restored.shape[-1] // 2
    return bool((restored - other)[..., half:, half:].abs().max() < 1e-5)


def restore_tiled(restore: Restore, low: Images, tiling: Tiling, *, local: bool) -> Iterator[Resized]:
    """Restore a picture of any size; memory grows with its width only.

    Tiles are blended over their overlap with weights that sum to one. A model that is not local decides the brightness
    of each tile by what is in it, so neighbours would differ. Therefore the whole picture is restored once more, shrunk
    to the size of a tile, and every tile takes its coarse brightness and colour (means over cells of 16 dark pixels,
    interpolated) from that; only its detail is its own.

    Args:
        restore: Model.
        low: (1, 3, h, w).
        tiling: How to cut.
        local: As `is_local` says.

    Yields:
        Bands of full width, from top to bottom, that together are the restored picture.
    """
    height, width = low.shape[-2:]
    rows, columns = tiling.spans(height), tiling.spans(width)
    if len(rows) == len(columns) == 1:
        yield restore(low)
        return
    guide = None if local else _guide(restore, low, tiling)
    carried: Tensor | None = None
    for index, row in enumerate(rows):
        band, scale = _band(restore, low, row, columns, guide)
        band = band * _weights(rows, index, scale)[:, None]
        if carried is not None:
            band[..., : carried.shape[-2], :] += carried
        end = rows[index + 1][0] if index + 1 < len(rows) else row[1]
        done = (end - row[0]) * scale
        yield band[..., :done, :]
        carried = band[..., done:, :]


def _band(
    restore: Restore, low: Images, row: tuple[int, int], columns: list[tuple[int, int]], guide: Tensor | None
) -> tuple[Resized, int]:
    """Restore a row of tiles, blended from left to right."""
    band, scale = torch.empty(0), 1
    for index, column in enumerate(columns):
        part = low[..., row[0] : row[1], column[0] : column[1]]
        tile = restore(part)
        scale = tile.shape[-1] // part.shape[-1]
        if guide is not None:
            tile = _with_brightness(tile, guide, _Place(row, column, low.shape[-2], low.shape[-1]))
        if not index:
            band = tile.new_zeros(1, 3, tile.shape[-2], low.shape[-1] * scale)
        band[..., column[0] * scale : column[1] * scale] += tile * _weights(columns, index, scale)
    return band, scale


def _weights(spans: list[tuple[int, int]], index: int, scale: int) -> Tensor:
    """Weights along a side of a tile: ramps over what it shares with its neighbours, which sum to one."""
    start, end = spans[index]
    weights = torch.ones((end - start) * scale)
    for before, after in pairwise(range(max(0, index - 1), min(len(spans), index + 2))):
        shared = (spans[before][1] - spans[after][0]) * scale
        ramp = (torch.arange(shared) + 0.5) / shared
        if after == index:
            weights[:shared] *= ramp
        else:
            weights[len(weights) - shared :] *= 1 - ramp
    return weights


def _guide(restore: Restore, low: Images, tiling: Tiling) -> Tensor:
    """Restore the shrunk picture."""
    factor = tiling.side / max(low.shape[-2:])
    size = [max(1, round(side * factor)) for side in low.shape[-2:]]
    return restore(functional.interpolate(low, size, mode="bicubic", antialias=True).clamp(0, 1))


@dataclass(frozen=True)
class _Place:
    """Where a tile lies in a picture, in pixels of the dark picture."""

    row: tuple[int, int]
    column: tuple[int, int]
    height: int
    width: int


def _with_brightness(tile: Resized, guide: Tensor, place: _Place) -> Resized:
    """Exchange the coarse brightness of a tile for that of the guide."""
    rows, columns = (max(1, round((end - start) / _CELL)) for start, end in (place.row, place.column))
    wanted = functional.adaptive_avg_pool2d(_seen_by(guide, place, tile), (rows, columns))
    own = functional.adaptive_avg_pool2d(tile, (rows, columns))
    change = functional.interpolate(wanted - own, tile.shape[-2:], mode="bicubic", align_corners=False)
    return (tile + change).clamp(0, 1)


def _seen_by(guide: Tensor, place: _Place, tile: Tensor) -> Tensor:
    """Enlarge the part of the guide that a tile covers to the size of the tile."""
    y = _positions(place.row, place.height, tile.shape[-2])
    x = _positions(place.column, place.width, tile.shape[-1])
    y, x = torch.meshgrid(y, x, indexing="ij")
    grid = torch.stack([x, y], dim=-1)[None].to(guide)
    return functional.grid_sample(guide, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _positions(span: tuple[int, int], length: int, count: int) -> Tensor:
    """Give the centres of pixels in a part of a side that goes from -1 to 1."""
    start, end = span
    return 2 * (start + (torch.arange(count) + 0.5) * ((end - start) / count)) / length - 1
