"""Two things to draw on with the same few strokes: SVG for documents, pixels for everything else."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape
from typing import Literal, final

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from lfsrkit.images import Pixels, data_uri

Number = int | float
Point = tuple[Number, Number]
Anchor = Literal["start", "middle", "end"]

INK = "#222222"
QUIET = "#6a6a6a"

_DENSITY = 3
"""Pixels for each unit."""


class Canvas(ABC):
    """A white sheet; places are in units from its upper left corner."""

    @abstractmethod
    def picture(self, pixels: Pixels, place: Point, side: Number) -> None:
        """Lay a picture down, its larger side as given.

        Args:
            pixels: The picture.
            place: Its upper left corner.
            side: In units.
        """

    @abstractmethod
    def line(self, points: Sequence[Point], colour: str, width: Number = 1) -> None:
        """Draw straight strokes from point to point.

        Args:
            points: At least two.
            colour: ``#rrggbb``.
            width: In units.
        """

    @abstractmethod
    def area(self, points: Sequence[Point], colour: str) -> None:
        """Fill what straight strokes enclose.

        Args:
            points: At least three corners.
            colour: ``#rrggbb``.
        """

    @abstractmethod
    def box(self, place: Point, size: Point, colour: str) -> None:
        """Fill a rectangle.

        Args:
            place: Its upper left corner.
            size: Width and height.
            colour: ``#rrggbb``.
        """

    @abstractmethod
    def text(self, words: str, place: Point, *, size: Number = 12, anchor: Anchor = "start", colour: str = INK) -> None:
        """Write a line.

        Args:
            words: What to write.
            place: Its base line, at the anchor.
            size: Of the type, in units.
            anchor: Which end of the line is at the place.
            colour: ``#rrggbb``.
        """


@final
class SvgCanvas(Canvas):
    """Draws SVG that loads nothing from anywhere.

    Args:
        width: In units.
        height: In units.
    """

    def __init__(self, width: int, height: int) -> None:
        size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        self._parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">']
        self.box((0, 0), (width, height), "#ffffff")

    def picture(self, pixels: Pixels, place: Point, side: Number) -> None:
        """Embed a PNG."""
        width, height = _fitted(pixels, side)
        where = f'x="{place[0]:g}" y="{place[1]:g}" width="{width:g}" height="{height:g}"'
        how = 'style="image-rendering:pixelated"'
        self._parts.append(f'<image {where} {how} href="{data_uri(pixels)}"/>')

    def line(self, points: Sequence[Point], colour: str, width: Number = 1) -> None:
        """Add a path."""
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self._parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>')

    def area(self, points: Sequence[Point], colour: str) -> None:
        """Add a closed path."""
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self._parts.append(f'<path d="{path}Z" fill="{colour}"/>')

    def box(self, place: Point, size: Point, colour: str) -> None:
        """Add a rectangle."""
        where = f'x="{place[0]:.1f}" y="{place[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}"'
        self._parts.append(f'<rect {where} fill="{colour}"/>')

    def text(self, words: str, place: Point, *, size: Number = 12, anchor: Anchor = "start", colour: str = INK) -> None:
        """Add a text."""
        where = f'x="{place[0]:.1f}" y="{place[1]:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{colour}"'
        self._parts.append(f"<text {where}>{escape(words)}</text>")

    def finished(self) -> str:
        """Give the whole document."""
        return "\n".join([*self._parts, "</svg>\n"])


@final
class PixelCanvas(Canvas):
    """Draws pixels, several for each unit, so that print stays sharp.

    Args:
        width: In units.
        height: In units.
    """

    def __init__(self, width: int, height: int) -> None:
        self._sheet = Pillow.new("RGB", (width * _DENSITY, height * _DENSITY), "white")
        self._draw = ImageDraw.Draw(self._sheet)

    def picture(self, pixels: Pixels, place: Point, side: Number) -> None:
        """Paste, enlarged without smoothing."""
        width, height = map(self._pixels, _fitted(pixels, side))
        scaled = Pillow.fromarray(pixels).resize((width, height), Pillow.Resampling.NEAREST)
        self._sheet.paste(scaled, (self._pixels(place[0]), self._pixels(place[1])))

    def line(self, points: Sequence[Point], colour: str, width: Number = 1) -> None:
        """Draw with round joints."""
        places = [(x * _DENSITY, y * _DENSITY) for x, y in points]
        self._draw.line(places, fill=colour, width=max(1, self._pixels(width)), joint="curve")

    def area(self, points: Sequence[Point], colour: str) -> None:
        """Fill."""
        self._draw.polygon([(x * _DENSITY, y * _DENSITY) for x, y in points], fill=colour)

    def box(self, place: Point, size: Point, colour: str) -> None:
        """Fill."""
        left, top = (value * _DENSITY for value in place)
        right, bottom = left + size[0] * _DENSITY, top + size[1] * _DENSITY
        self._draw.rectangle((left, top, max(left, right), max(top, bottom)), fill=colour)

    def text(self, words: str, place: Point, *, size: Number = 12, anchor: Anchor = "start", colour: str = INK) -> None:
        """Write in Pillow's own type."""
        font = ImageFont.load_default(size=size * _DENSITY)
        sides = {"start": "ls", "middle": "ms", "end": "rs"}
        where = (place[0] * _DENSITY, place[1] * _DENSITY)
        self._draw.text(where, words, fill=colour, font=font, anchor=sides[anchor])

    def finished(self) -> Pixels:
        """Give the whole picture."""
        return np.asarray(self._sheet)

    def _pixels(self, units: Number) -> int:
        return round(units * _DENSITY)


def _fitted(pixels: Pixels, side: Number) -> Point:
    height, width = pixels.shape[:2]
    return side * width / max(height, width), side * height / max(height, width)
