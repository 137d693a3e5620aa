"""The skin of a face before light falls on it: colour, relief, gloss and the shadows that parts throw on one another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfsrkit.faces.drawing.anatomy import UNITS, Chart, Head
from lfsrkit.faces.drawing.canvas import Paint, Plane, Window, linear
from lfsrkit.faces.drawing.lighting import lit, unit
from lfsrkit.faces.drawing.numbers import FaceNumbers


@dataclass(frozen=True)
class Sheet:
    """Planes of one size that painters change in place; a part of a sheet shares its memory."""

    head: Head
    size: int
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

    def __getitem__(self, window: Window) -> "Sheet":
        """Take a part of the whole sheet, to be painted on.

        Args:
            window: Rows and columns.
        """
        planes = (plane[window] for plane in (self.height, self.gloss, self.shadow, self.hollow))
        return Sheet(self.head, self.size, self.chart[window], self.albedo[:, *window], *planes)

    def around(self, places: list[tuple[float, float]], margin: float) -> tuple[Window, "Sheet"]:
        """Find the window around some places on the face, and the part of the whole sheet in it.

        Args:
            places: ``u`` and ``v`` of each.
            margin: Units around them.
        """
        points = self.head.place(np.asarray(places, np.float32))
        window = self.head.window(points, margin * self.numbers.pose.scale, self.size)
        return window, self[window]

    def lit(self) -> Paint:
        """Let light fall on the sheet."""
        normal = unit(self.chart.normal - self._slope())
        return lit(self.albedo, normal, self.numbers.light, self.shadow, self.hollow, self.gloss)

    def _slope(self) -> NDArray[np.float32]:
        slope = np.zeros((3, *self.height.shape), np.float32)
        steps = np.float32(0.5 * self.size / UNITS)
        slope[0, :, 1:-1] = (self.height[:, 2:] - self.height[:, :-2]) * steps
        slope[1, 1:-1, :] = (self.height[2:] - self.height[:-2]) * steps
        return slope


def blank(head: Head, chart: Chart, size: int) -> Sheet:
    """Start with smooth skin of one colour.

    Args:
        head: The head of the face.
        chart: What the camera sees of it.
        size: Side of the picture in pixels.
    """
    shape = chart.u.shape
    albedo = np.broadcast_to(linear(head.numbers.skin.colour), (3, *shape)).copy()
    gloss = np.full(shape, 0.8 * head.numbers.skin.gloss, np.float32)
    return Sheet(head, size, chart, albedo, np.zeros(shape, np.float32), gloss, *np.ones((2, *shape), np.float32))
