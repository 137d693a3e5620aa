"""The skin of a face before light falls on it: colour, relief, gloss and the shadows of its own parts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfsrkit.faces.drawing.anatomy import UNITS, Chart, Head, within
from lfsrkit.faces.drawing.canvas import Paint, Plane, Window, linear, noise
from lfsrkit.faces.drawing.contours import BrowLines, LipLines
from lfsrkit.faces.drawing.lighting import lit, unit
from lfsrkit.faces.drawing.numbers import FaceNumbers

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a part, places on the face."""


@dataclass(frozen=True)
class Sheet:
    """Planes of one size that painters change in place; a part of a sheet shares its memory."""

    head: Head
    size: int
    """Side of the whole picture in pixels."""
    window: Window
    """Where in the picture the sheet lies."""
    parts: Mapping[str, Window]
    """Where in it ``eye-1`` (the left one), ``eye1``, ``brow-1``, ``brow1``, ``nose``, ``mouth``, ``glasses`` lie."""
    chart: Chart
    albedo: Paint
    height: Plane
    """Relief on the head in units."""
    gloss: Plane
    shadow: Plane
    """Share of the lamp's light that arrives."""
    hollow: Plane
    """Share of the sky's light that arrives."""

    @property
    def numbers(self) -> FaceNumbers:
        """The face that is drawn."""
        return self.head.numbers

    def part(self, name: str) -> "Sheet":
        """Take the part of the whole sheet around an eye, a brow, the nose, ...; paint on it is paint on the sheet.

        Args:
            name: One of `parts`.
        """
        window = self.parts[name]
        height, gloss, shadow, hollow = (plane[window] for plane in (self.height, self.gloss, self.shadow, self.hollow))
        return Sheet(
            self.head, self.size, window, {}, self.chart[window], self.albedo[:, *window], height, gloss, shadow, hollow
        )

    def noise(self, seed: int, cells: int) -> Plane:
        """Give the sheet's part of smooth noise over the whole picture.

        Args:
            seed: Recorded seed.
            cells: Grains along a side of the picture.
        """
        return noise(seed, cells, self.size)[self.window]

    def lit(self) -> Paint:
        """Let light fall on the sheet."""
        normal = unit(self.chart.normal - self._slope())
        return lit(self.albedo, normal, self.numbers.light, shadow=self.shadow, hollow=self.hollow, gloss=self.gloss)

    def _slope(self) -> NDArray[np.floating]:
        slope = np.zeros((3, *self.height.shape), np.float32)
        steps = np.float32(0.5 * self.size / UNITS)
        slope[0, :, 1:-1] = (self.height[:, 2:] - self.height[:, :-2]) * steps
        slope[1, 1:-1, :] = (self.height[2:] - self.height[:-2]) * steps
        return slope


def blank(head: Head, size: int) -> Sheet:
    """Start with smooth skin of one colour, on the part of the picture that shows the head.

    Args:
        head: The head of the face.
        size: Side of the picture in pixels.
    """
    outline = head.outline(np.linspace(0, 2 * np.pi, 24, endpoint=False))
    window = head.window(outline, 2, size)
    chart = head.see(size, window)
    shape = chart.u.shape
    albedo = np.broadcast_to(linear(head.numbers.skin.colour), (3, *shape)).copy()
    gloss = np.full(shape, 0.8 * head.numbers.skin.gloss, np.float32)
    parts = {name: within(part, window) for name, part in _find_parts(head, size).items()}
    height, shadow, hollow = np.zeros(shape, np.float32), np.ones(shape, np.float32), np.ones(shape, np.float32)
    return Sheet(head, size, window, parts, chart, albedo, height, gloss, shadow, hollow)


def _find_parts(head: Head, size: int) -> dict[str, Window]:
    boxes = _boxes(head.numbers)
    corners = [
        [(u, v) for u in (left, (left + right) / 2, right) for v in (top, bottom)]
        for left, top, right, bottom in boxes.values()
    ]
    # All in one call: the way into the picture costs as much for forty places as for one.
    places = head.place(np.asarray(corners, np.float32).reshape(-1, 2)).reshape(len(boxes), -1, 2)
    return {name: head.window(places[index], 2.5, size) for index, name in enumerate(boxes)}


def _boxes(numbers: FaceNumbers) -> dict[str, Box]:
    shape, brow, wide = numbers.shape, BrowLines(numbers), LipLines(numbers).width + 2
    x, y, wing = shape.eye_x, shape.eye_y, shape.nose_width + 6
    inner, outer, high = brow.INNER - 2, brow.INNER + shape.brow_width + 2, float(brow.middle(np.full(1, 0.5))[0])
    return {
        "eye-1": (-x - 10, y - 8, -x + 10, y + 6),
        "eye1": (x - 10, y - 8, x + 10, y + 6),
        "brow-1": (-outer, high - 4, -inner, high + 6),
        "brow1": (inner, high - 4, outer, high + 6),
        "nose": (-wing, y - 12, wing, shape.nose_y + 12),
        "mouth": (-wide, shape.mouth_y - 8, wide, shape.mouth_y + 13),
        "glasses": (-0.97 * shape.head_width, y - 10, 0.97 * shape.head_width, y + 13),
    }
