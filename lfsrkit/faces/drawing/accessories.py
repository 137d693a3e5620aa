"""Glasses."""

import numpy as np

from lfsrkit.faces.drawing.canvas import Paint, Plane, edge, linear, over, ramp
from lfsrkit.faces.drawing.lighting import lamp_direction
from lfsrkit.faces.drawing.sheet import Sheet


def paint_glasses(scene: Paint, sheet: Sheet) -> None:
    """Paint a frame, its shadow and the gleam of its lenses.

    Args:
        scene: (3, height, width), changed in place.
        sheet: The whole face.
    """
    shape, clothes = sheet.numbers.shape, sheet.numbers.clothes
    width = shape.head_width * 0.97
    window, part = sheet.around([(u, v) for u in (-width, width) for v in (-12, 10)], 2)
    view = scene[:, *window]
    side, v, density = np.abs(part.chart.u), part.chart.v, part.chart.density
    to_rim = _to_rim(side, v, (shape.eye_x + 0.4, shape.eye_y + 0.6), clothes.glasses_size)
    thick = np.float32(0.75)
    rim = edge((thick - np.abs(to_rim)) * density)
    bridge = edge((thick - np.abs(v - shape.eye_y + 1.5 - 0.1 * side * side)) * density) * ramp(side, 6.5, 5.0)
    bridge *= edge(to_rim * density)
    arm = edge((thick - np.abs(v - shape.eye_y + 2.5)) * density) * ramp(side, shape.eye_x + 8, shape.eye_x + 9)
    view *= 1 - np.float32(0.25) * ramp(np.abs(to_rim - 1.2), 2.0, 0.3)
    over(view, np.maximum(np.maximum(rim, bridge), arm), linear(clothes.glasses_colour))
    x = float(lamp_direction(sheet.numbers.light)[0])
    streak = np.exp(-np.square((part.chart.u - np.sign(part.chart.u) * shape.eye_x + v * 0.8 - 5 * x) * np.float32(0.45)))
    view += edge(-to_rim * density) * (np.float32(0.015) + np.float32(0.10) * streak)


def _to_rim(side: Plane, v: Plane, centre: tuple[float, float], half: float) -> Plane:
    """Distance in units outside a rounded rectangle around an eye; negative within."""
    corner = np.float32(half * 0.5)
    x = np.abs(side - centre[0]) - np.float32(half) + corner
    y = np.abs(v - centre[1]) - np.float32(half * 0.78) + corner
    outside = np.sqrt(np.square(np.maximum(x, 0)) + np.square(np.maximum(y, 0)))
    return outside + np.minimum(np.maximum(x, y), 0) - corner
