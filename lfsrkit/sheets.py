"""Contact sheets: pictures in a grid for people to look at, which may lie in the folder of the pictures they show."""

import math
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from lfsrkit.images import SUFFIXES, Pixels

ENHANCED, FIRST, WORST = "_sheet.png", "_first.png", "_worst.png"
"""Names of the sheets that lie beside results: of what was enhanced, of the first and the worst that were measured."""
_READABLE, _LINE = 264, 13
"""Least width of a sheet with captions, and height of a line, in pixels."""
# Not every name with an underscore in front: cameras give such names to photographs in Adobe RGB.
_OWN = frozenset({ENHANCED, FIRST, WORST})


def is_picture(path: Path) -> bool:
    """Tell by its name whether a file is a picture, and none of the kit's own sheets.

    Args:
        path: Where it is.

    Example:
        >>> [name for name in ("face.JPG", "_DSC0001.JPG", "_sheet.png", "notes.txt") if is_picture(Path(name))]
        ['face.JPG', '_DSC0001.JPG']
    """
    return path.suffix.lower() in SUFFIXES and not is_sheet(path)


def is_sheet(path: Path) -> bool:
    """Tell by its name whether a file is one of the kit's own sheets.

    Args:
        path: Where it is.
    """
    return path.name in _OWN


def contact_sheet(
    rows: Sequence[Sequence[Pixels]],
    titles: Sequence[str] = (),
    *,
    captions: Sequence[str] = (),
    side: int | None = None,
) -> Pixels:
    """Lay pictures out in a grid, small ones enlarged without smoothing.

    Args:
        rows: Pictures by row; they may differ in size.
        titles: One title per column.
        captions: A text under each row, in as many lines as it needs.
        side: Longer side of every picture on the sheet, in pixels; by default that of the largest one.
    """
    longest = side or max(max(picture.shape[:2]) for row in rows for picture in row)
    shown = [[_scaled(picture, longest) for picture in row] for row in rows]
    gap, head, font = 4, 16 if titles else 0, ImageFont.load_default(size=11)
    heights = [max(picture.height for picture in row) for row in shown]
    columns = zip_longest(titles, *shown)
    widths = [max(_width(each, font) for each in column if each is not None) for column in columns]
    lefts = [gap + sum(widths[:j]) + j * gap for j in range(len(widths) + 1)]
    width = max(lefts[-1], _READABLE if captions else 0)
    texts = [_lines(text, width - 2 * gap, font) for text in captions] or [[]] * len(rows)
    feet = [_LINE * len(lines) + 3 if lines else 0 for lines in texts]
    sheet = Pillow.new("RGB", (width, head + gap + sum(heights) + len(rows) * gap + sum(feet)), (24, 24, 24))
    draw = ImageDraw.Draw(sheet)
    for left, title in zip(lefts, titles, strict=False):
        draw.text((left, 3), title, fill=(230, 230, 230), font=font)
    for i, row in enumerate(shown):
        top = head + gap + sum(heights[:i]) + i * gap + sum(feet[:i])
        for left, picture in zip(lefts, row, strict=False):
            sheet.paste(picture, (left, top))
        for number, line in enumerate(texts[i]):
            draw.text((gap, top + heights[i] + 2 + number * _LINE), line, fill=(230, 230, 230), font=font)
    return np.asarray(sheet)


def _lines(text: str, width: int, font: Any) -> list[str]:
    """Break a text so that no line is wider than so many pixels; long names are broken as well."""
    wrapped = (wrap(text, letters) for letters in range(len(text), 0, -1))
    return next((lines for lines in wrapped if all(font.getlength(line) <= width for line in lines)), [text])


def _width(shown: Any, font: Any) -> int:
    """Give the width of a picture or of a title, in pixels."""
    return math.ceil(font.getlength(shown)) if isinstance(shown, str) else shown.width


def _scaled(picture: Pixels, longest: int) -> Any:
    height, width = picture.shape[:2]
    factor = longest / max(height, width)
    kernel = Pillow.Resampling.NEAREST if factor >= 1 else Pillow.Resampling.BICUBIC
    return Pillow.fromarray(picture).resize((max(1, round(width * factor)), max(1, round(height * factor))), kernel)
