"""Pictures side by side, row by row a face, with its eyes and its mouth enlarged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image as Pillow
from torch import Tensor

from lfsrkit.devices import choose_device
from lfsrkit.errors import UsageError
from lfsrkit.evaluation.folders import pictures_in, read
from lfsrkit.figures.canvas import QUIET, Canvas, Point
from lfsrkit.figures.figure import Figure
from lfsrkit.images import Pixels, to_bytes, to_float, to_pixels
from lfsrkit.inference.restoring import Restoring
from lfsrkit.metrics import Psnr
from lfsrkit.models import Restorer, restorer_for
from lfsrkit.pairs.batch import PairData
from lfsrkit.regions import landmark_regions, region_union, template_regions
from lfsrkit.regions.landmarkers import Landmarker

LOW, FLOOR, CLEAN = "low", "bicubic", "clean"

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the side of a picture."""

_PARTS = {"eyes": (("eyes",), "#d9820f", 0.35), "mouth": (("mouth",), "#1e64c8", 0.6)}
"""What is enlarged: its regions, the colour of its frame, and the room around it as a share of its size. A mouth gets
more, because detectors look for a closed one and find it too high in a face that is seen from the side."""
_ASPECT = 2.5
_SIDE, _GAP, _LEFT, _HEAD, _FOOT, _FRAME, _TYPE = 128, 9, 12, 8, 20, 1.5, 15
_STRIP = (_SIDE - 2 * _FRAME) / _ASPECT + 2 * _FRAME
"""Height of an enlarged part with its frame."""
_LETTERS, _MIDDLE = 16, 7
_DETAIL = 320
"""Width in pixels at which a part is drawn."""


@dataclass(frozen=True, eq=False)
class Face:
    """One face as every column shows it."""

    name: str
    pictures: Mapping[str, Pixels]
    """Square ones, by column; ``clean`` is always there."""
    parts: Mapping[str, Box]
    """Where its eyes and its mouth are."""


def faces_of_pairs(
    models: Mapping[str, str | Path | Restorer],
    pairs: PairData,
    places: Sequence[int],
    *,
    landmarker: Landmarker | None = None,
    device: str = "auto",
    allow_code: bool = False,
) -> list[Face]:
    """Restore pairs with several models.

    Args:
        models: By the head of their column; ``bicubic`` is added in front.
        pairs: The split.
        places: Positions of the faces.
        landmarker: Finds eyes and mouth where the pairs hold no regions; an average face stands in for it.
        device: Where to compute.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Raises:
        UsageError: If a model cannot be used for these pairs, or has the head of another column.
    """
    _refuse_heads([name for name, model in models.items() if (name, model) != (FLOOR, FLOOR)], (LOW, FLOOR, CLEAN))
    place = choose_device(device)
    batch = pairs.batch(places)
    low = to_float(batch.low)
    columns: dict[str, list[Pixels]] = {LOW: to_pixels(batch.low)}
    for name, model in {FLOOR: FLOOR, **models}.items():
        made = restorer_for(model, scale=pairs.scale, target_mean=pairs.clean_mean, allow_code=allow_code)
        columns[name] = to_pixels(Restoring(made, place)(low))
    columns[CLEAN] = to_pixels(batch.clean)
    return [
        _face(source, {name: pictures[i] for name, pictures in columns.items()}, batch.regions[i], landmarker)
        for i, source in enumerate(batch.sources)
    ]


def faces_of_folders(
    restored: Mapping[str, str | Path],
    clean: str | Path,
    *,
    low: str | Path | None = None,
    names: Sequence[str] = (),
    count: int = 3,
    landmarker: Landmarker | None = None,
) -> list[Face]:
    """Read what several tools have made.

    Args:
        restored: Folders by the head of their column.
        clean: The originals, under the same names.
        low: What was restored.
        names: Pictures to show; by default the first ones.
        count: How many by default.
        landmarker: Finds eyes and mouth; an average face stands in for it.

    Raises:
        UsageError: If a folder lacks a picture, or has the head of another column.
    """
    _refuse_heads(restored, (LOW, CLEAN))
    folders = {**({} if low is None else {LOW: low}), **restored, CLEAN: clean}
    files = {head: pictures_in(Path(folder)) for head, folder in folders.items()}
    chosen = list(names) or list(files[CLEAN])[:count]
    for head, found in files.items():
        missing = [name for name in chosen if name not in found]
        if missing:
            raise UsageError(f"{folders[head]} has no picture {missing[0]!r}; all folders need the same names")
    return [
        _face(name, {head: read(found[name]) for head, found in files.items()}, None, landmarker) for name in chosen
    ]


def _refuse_heads(heads: Iterable[str], taken: Sequence[str]) -> None:
    for head in heads:
        if head in taken:
            raise UsageError(f"a column called {head!r} is there already; name it otherwise")


def visual_figure(faces: Sequence[Face]) -> Figure:
    """Lay the figure out.

    Args:
        faces: From `faces_of_pairs` or `faces_of_folders`.
    """
    return Figure(*_size(faces), lambda canvas: _draw(canvas, faces))


def part_boxes(regions: Tensor) -> dict[str, Box]:
    """Frame the eyes and the mouth, with some room around them, five to two in shape.

    Args:
        regions: (7, h, w), 0 to 1; an average face stands in for a part that is absent.

    Example:
        >>> boxes = part_boxes(template_regions(64))
        >>> [round(edge, 2) for edge in boxes["eyes"]], boxes["eyes"][3] < boxes["mouth"][1]
        ([0.27, 0.41, 0.73, 0.6], True)
    """
    size = regions.shape[-1]
    found: dict[str, Box] = {}
    for part, (names, _, margin) in _PARTS.items():
        where = region_union(regions[None], names)[0, 0] >= 0.5
        if not where.any():
            where = region_union(template_regions(size)[None], names)[0, 0] >= 0.5
        ys, xs = (np.flatnonzero(where.any(axis).numpy()) for axis in (1, 0))
        edges = (xs[0], ys[0], xs[-1] + 1, ys[-1] + 1)
        left, top, right, bottom = (float(edge) / size for edge in edges)
        found[part] = _framed((left, top, right, bottom), margin)
    return found


def _framed(box: Box, margin: float) -> Box:
    left, top, right, bottom = box
    width = min(1.0, max(right - left, (bottom - top) * _ASPECT) * (1 + margin))
    height = width / _ASPECT
    x = min(max((left + right - width) / 2, 0.0), 1 - width)
    y = min(max((top + bottom - height) / 2, 0.0), 1 - height)
    return x, y, x + width, y + height


def _face(name: str, pictures: Mapping[str, Pixels], regions: Tensor | None, landmarker: Landmarker | None) -> Face:
    squares = {head: _squared(picture) for head, picture in pictures.items()}
    clean = squares[CLEAN]
    if regions is None and landmarker is not None:
        found = landmarker.find(clean)
        if found is not None and found.score >= landmarker.least_score:
            regions = landmark_regions(found.points, len(clean))
    return Face(name, squares, part_boxes(template_regions(len(clean)) if regions is None else regions))


def _squared(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def _detail(picture: Pixels, box: Box) -> Pixels:
    side = len(picture)
    place = (box[0] * side, box[1] * side, box[2] * side, box[3] * side)
    size = (_DETAIL, round(_DETAIL / _ASPECT))
    return np.asarray(Pillow.fromarray(picture).resize(size, Pillow.Resampling.NEAREST, box=place))


def _bands(faces: Sequence[Face]) -> list[list[str]]:
    """Share many columns out over several bands, each of which ends with the clean pictures."""
    heads = list(faces[0].pictures)
    first = [head for head in heads if head == LOW]
    middle = [head for head in heads if head not in (LOW, CLEAN)]
    parts = [middle[start : start + _MIDDLE] for start in range(0, len(middle), _MIDDLE)] or [[]]
    return [[*first, *part, CLEAN] for part in parts]


def _row_height() -> float:
    return _SIDE + len(_PARTS) * (_STRIP + 4) + _FOOT


def _head_height(band: Sequence[str]) -> int:
    return _HEAD + (_TYPE + 2) * max(len(wrap(head, _LETTERS)) for head in band)


def _size(faces: Sequence[Face]) -> tuple[int, int]:
    bands = _bands(faces)
    across = max(map(len, bands)) * (_SIDE + _GAP) - _GAP
    down = sum(_head_height(band) + len(faces) * _row_height() for band in bands)
    return round(2 * _LEFT + across), round(down + 4)


def _draw(canvas: Canvas, faces: Sequence[Face]) -> None:
    top = 0.0
    for band in _bands(faces):
        height = _head_height(band)
        for column, head in enumerate(band):
            lines = wrap(head, _LETTERS)
            for number, line in enumerate(reversed(lines)):
                base = top + height - 5 - number * (_TYPE + 2)
                canvas.text(line, (_column(column) + _SIDE / 2, base), size=_TYPE, anchor="middle")
        top += height
        for face in faces:
            for column, head in enumerate(band):
                _draw_cell(canvas, face, head, (_column(column), top))
            top += _row_height()


def _column(number: int) -> float:
    return float(_LEFT + number * (_SIDE + _GAP))


def _draw_cell(canvas: Canvas, face: Face, head: str, place: tuple[float, float]) -> None:
    left, top = place
    canvas.picture(face.pictures[head], place, _SIDE)
    below = top + _SIDE + 4
    for part, (_, colour, _) in _PARTS.items():
        box = face.parts[part]
        if head == CLEAN:
            _draw_frame(canvas, box, place, colour)
        canvas.box((left, below), (_SIDE, _STRIP), colour)
        inside = (left + _FRAME, below + _FRAME)
        canvas.picture(_detail(face.pictures[head], box), inside, _SIDE - 2 * _FRAME)
        below += _STRIP + 4
    note = _note(face, head)
    canvas.text(note, (left + _SIDE / 2, below + 9), size=12, anchor="middle", colour=QUIET)


def _draw_frame(canvas: Canvas, box: Box, place: Point, colour: str) -> None:
    corners = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]), (box[0], box[1])]
    canvas.line([(place[0] + x * _SIDE, place[1] + y * _SIDE) for x, y in corners], colour, _FRAME)


def _note(face: Face, head: str) -> str:
    if head == CLEAN:
        return wrap(face.name, _LETTERS + 4)[-1]
    picture, clean = face.pictures[head], face.pictures[CLEAN]
    if picture.shape != clean.shape:
        return f"{len(picture)} x {len(picture)} pixels"
    psnr = Psnr()(to_float(to_bytes([picture])), to_float(to_bytes([clean])))
    return f"{float(psnr):.1f} dB"
