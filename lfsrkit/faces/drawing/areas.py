"""The seven facial regions of a drawn face, from the same lines as its paint."""

import numpy as np
from numpy.typing import NDArray

from lfsrkit.faces.drawing.canvas import Plane, edge, ramp
from lfsrkit.faces.drawing.contours import BrowLines, EyeLines, LipLines
from lfsrkit.faces.drawing.sheet import Sheet

_LID = 1.0
"""How far the region of an eye goes beyond its opening, in units: lids and lashes."""


def find_regions(sheet: Sheet, visible: Plane) -> NDArray[np.floating]:
    """Give the share of each region in every pixel: two eyes, two brows, nose, mouth, and the skin that is left.

    Args:
        sheet: The whole face.
        visible: Of the whole picture: 1 where nothing is in front of the skin, 0 where hair is.

    Returns:
        (7, height, width); the sum over the regions is at most 1.
    """
    whole = np.zeros((7, sheet.size, sheet.size), np.float32)
    areas = whole[:, *sheet.window]
    for index, side in enumerate((-1, 1)):
        _mark_eye(areas[index], sheet, side)
        _mark_brow(areas[2 + index], sheet, side)
    _mark_nose(areas[4], sheet)
    _mark_mouth(areas[5], sheet)
    left = edge((1 - sheet.chart.radius) * np.float32(sheet.numbers.shape.head_width * sheet.chart.density))
    for index in range(6):
        areas[index] *= left
        left = left - areas[index]
    areas[6] = left * visible[sheet.window]
    return whole


def _mark_eye(area: Plane, sheet: Sheet, side: int) -> None:
    shape, lines = sheet.numbers.shape, EyeLines(sheet.numbers)
    part = sheet.part(f"eye{side}")
    s, t = lines.local(side * part.chart.u, part.chart.v)
    density = part.chart.density
    inside = edge((t - lines.upper(s) + _LID) * density) * edge((lines.lower(s) + _LID - t) * density)
    area[part.window] = inside * edge((1 + _LID / shape.eye_width - np.abs(s)) * np.float32(shape.eye_width * density))


def _mark_brow(area: Plane, sheet: Sheet, side: int) -> None:
    lines = BrowLines(sheet.numbers)
    part = sheet.part(f"brow{side}")
    s, density = lines.along(side * part.chart.u), part.chart.density
    off = np.abs(part.chart.v - lines.middle(np.clip(s, 0, 1)))
    ends = np.minimum(s, 1 - s) * np.float32(sheet.numbers.shape.brow_width)
    area[part.window] = edge((lines.thickness(s) + 0.4 - off) * density) * edge((ends + 0.6) * density)


def _mark_nose(area: Plane, sheet: Sheet) -> None:
    shape = sheet.numbers.shape
    root, base, wing = shape.eye_y - 1.5, shape.nose_y + 4.9, shape.nose_width
    part = sheet.part("nose")
    v, density = part.chart.v, part.chart.density
    half = 2.3 + (wing * 1.1 - 2.3) * ramp(v, root + 3, shape.nose_y + 1.0)
    half = half * np.sqrt(np.clip((base - v) * np.float32(1 / 3.0), 0, 1))
    between = edge((v - root) * density) * edge((base - v) * density)
    area[part.window] = edge((half - np.abs(part.chart.u)) * density) * between


def _mark_mouth(area: Plane, sheet: Sheet) -> None:
    lines = LipLines(sheet.numbers)
    part = sheet.part("mouth")
    s, v, density = part.chart.u * np.float32(1 / lines.width), part.chart.v, part.chart.density
    inside = edge((v - lines.outer_upper(s) + 0.3) * density) * edge((lines.outer_lower(s) + 0.3 - v) * density)
    area[part.window] = inside * edge((1.03 - np.abs(s)) * np.float32(lines.width * density))
