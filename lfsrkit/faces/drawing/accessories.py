"""Glasses, hats and earrings."""

import numpy as np

from lfsrkit.faces.drawing.anatomy import Head
from lfsrkit.faces.drawing.canvas import Paint, Plane, bump, edge, linear, over, ramp
from lfsrkit.faces.drawing.lighting import lamp_direction, lit, unit
from lfsrkit.faces.drawing.sheet import Sheet

_HAT = 0.14
"""Distance of a hat from the skull, as a share of its radius."""


def paint_glasses(scene: Paint, sheet: Sheet) -> None:
    """Paint a frame, its shadow and the gleam of its lenses.

    Args:
        scene: (3, height, width), changed in place.
        sheet: The whole face.
    """
    shape, clothes = sheet.numbers.shape, sheet.numbers.clothes
    part = sheet.part("glasses")
    view = scene[:, *sheet.window][:, *part.window]
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
    streak = np.exp(
        -np.square((part.chart.u - np.sign(part.chart.u) * shape.eye_x + v * 0.8 - 5 * x) * np.float32(0.45))
    )
    view += edge(-to_rim * density) * (np.float32(0.015) + np.float32(0.10) * streak)


def _to_rim(side: Plane, v: Plane, centre: tuple[float, float], half: float) -> Plane:
    """Distance in units outside a rounded rectangle around an eye; negative within."""
    corner = np.float32(half * 0.5)
    x = np.abs(side - centre[0]) - np.float32(half) + corner
    y = np.abs(v - centre[1]) - np.float32(half * 0.78) + corner
    outside = np.sqrt(np.square(np.maximum(x, 0)) + np.square(np.maximum(y, 0)))
    return outside + np.minimum(np.maximum(x, y), 0) - corner


def paint_hat(scene: Paint, sheet: Sheet) -> Plane:
    """Paint a knitted hat.

    Args:
        scene: (3, height, width), changed in place.
        sheet: The whole face.

    Returns:
        What it covers, 0 to 1.
    """
    numbers = sheet.numbers
    chart = sheet.head.raised(_HAT).see(sheet.size)
    line = (numbers.shape.brow_y - 8 + 10 * np.square(chart.x)) * np.float32(1 / (1 + _HAT))
    inside = edge((1 + _HAT - chart.radius) * np.float32(numbers.shape.head_width * chart.density))
    cover = inside * edge((line - chart.v) * chart.density)
    to_hem = line - chart.v
    ribs = np.sin(np.arctan2(chart.x, chart.z + np.float32(0.2)) * np.float32(46)) * np.float32(0.16)
    rows = np.sin(chart.v * np.float32(2.4)) * np.float32(0.08) * ramp(to_hem, 8.5, 9.5)
    hem = 1 - np.float32(0.4) * np.exp(-np.square(to_hem - 9)) + np.float32(0.1) * ramp(to_hem, 9.5, 8.5)
    wool = linear(numbers.clothes.hat_colour) * (1 + ribs + rows) * hem
    scene *= 1 - np.float32(0.45) * ramp(to_hem, -4.5, -0.5) * inside
    ones = np.ones_like(cover)
    over(scene, cover, lit(wool, unit(chart.normal), numbers.light, shadow=ones, hollow=ones, gloss=0.0))
    return cover


def paint_earrings(scene: Paint, head: Head) -> None:
    """Hang a gleaming drop below each ear; hair that is painted later covers it.

    Args:
        scene: (3, height, width), changed in place.
        head: The head of the face.
    """
    for side in (-1, 1):
        x, y = head.flat_place(side * 1.03, 0.23, -0.1)
        window = head.window(head.whereabouts(x, y), 6, scene.shape[1])
        drop = bump(*head.level(scene.shape[1], window), (x, y), (0.8, 1.5))
        over(scene[:, *window], np.clip(drop * 1.6, 0, 1), linear((0.85, 0.78, 0.55)) * (0.5 + drop))
