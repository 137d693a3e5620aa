"""Eyes, brows and lips."""

import numpy as np

from lfsrkit.faces.drawing.canvas import Paint, Plane, bump, edge, linear, over, ramp, strands
from lfsrkit.faces.drawing.contours import BrowLines, EyeLines, LipLines
from lfsrkit.faces.drawing.lighting import exposure, lamp_direction
from lfsrkit.faces.drawing.numbers import Eyes
from lfsrkit.faces.drawing.sheet import Sheet

_TEETH = (0.90, 0.87, 0.80)
_SCLERA = (0.83, 0.80, 0.78)
_LASH = (0.10, 0.07, 0.06)


def paint_eye(sheet: Sheet, side: int) -> None:
    """Paint an eye with its lids, lashes and iris.

    Args:
        sheet: The whole face, changed in place.
        side: -1 for the left of the picture, 1 for the right.
    """
    shape = sheet.numbers.shape
    part = sheet.part(f"eye{side}")
    lines = EyeLines(sheet.numbers)
    s, t = lines.local(side * part.chart.u, part.chart.v)
    upper, lower = lines.upper(s), lines.lower(s)
    density = part.chart.density
    opening = edge((t - upper) * density) * edge((lower - t) * density) * edge((1 - np.abs(s)) * 6 * density)
    _paint_lids(part, s, t, upper, lower)
    over(part.albedo, opening, _ball(part, side, s, t))
    part.gloss[...] *= 1 - opening
    part.height[...] += np.float32(0.9) * bump(s * shape.eye_width, t, (0, 0), (4.0, 2.6)) * (1 - 0.7 * opening)
    part.shadow[...] += opening * (np.float32(0.92) - part.shadow)
    _paint_lashes(part, s, t, upper, lower)


def _paint_lids(part: Sheet, s: Plane, t: Plane, upper: Plane, lower: Plane) -> None:
    shape, skin = part.numbers.shape, part.numbers.skin
    inside = ramp(np.abs(s), 1.25, 0.75)
    crease = (t - upper + np.float32(shape.crease)) * np.float32(1 / 0.55)
    fold = np.exp(-crease * crease) * inside
    part.height[...] -= np.float32(0.35) * fold
    part.albedo[...] *= 1 - np.float32(0.34) * fold
    lid = ramp(t - upper, -shape.crease - 2.4, -0.3) * ramp(t - upper, 0.6, -0.2) * inside
    shadow = np.asarray([0.36, 0.5, 0.42], np.float32).reshape(3, 1, 1) * np.float32(skin.eye_shadow)
    part.albedo[...] *= 1 - lid * shadow
    bag = (t - lower - np.float32(1.5)) * np.float32(1 / 0.6)
    part.albedo[...] *= 1 - np.float32(0.08 + 0.16 * skin.age) * np.exp(-bag * bag) * inside


def _ball(part: Sheet, side: int, s: Plane, t: Plane) -> Paint:
    """What lies between the lids: white with a soft shadow of the upper lid, iris, pupil."""
    eyes, shape, gaze = part.numbers.eyes, part.numbers.shape, part.numbers.expression
    lines = EyeLines(part.numbers)
    x, y = s * np.float32(shape.eye_width), t
    white = 1.1 / exposure(part.numbers.light, part.numbers.skin.colour) ** 0.7
    ball = linear(_SCLERA) * np.float32(white) * (1 - np.float32(0.30) * np.square(s)) * np.ones_like(part.albedo)
    corner = bump(s, t, (-0.95, 0), (0.13, 1.0))
    over(ball, corner, linear((0.75, 0.45, 0.40)))
    centre = (side * gaze.gaze_x * 1.7 - 0.15, 0.55 * gaze.gaze_y + 0.18 * (lines.heights[1] - lines.heights[0]))
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    radius = np.sqrt(dx * dx + dy * dy)
    over(ball, edge((eyes.iris_radius - radius) * part.chart.density), _iris(eyes, radius, dy))
    over(ball, edge((eyes.pupil_radius - radius) * part.chart.density), linear((0.03, 0.03, 0.03)))
    return ball * (1 - np.float32(0.6) * ramp(t - lines.upper(s), 1.8, 0.1))


def _iris(eyes: Eyes, radius: Plane, dy: Plane) -> Paint:
    share = radius * np.float32(1 / eyes.iris_radius)
    bright = 1.1 - 0.75 * ramp(share, 0.62, 1.0) + 0.35 * np.clip(dy * np.float32(1 / eyes.iris_radius), -1, 1)
    return linear(eyes.iris) * bright * np.float32(1.25)


def _paint_lashes(part: Sheet, s: Plane, t: Plane, upper: Plane, lower: Plane) -> None:
    skin = part.numbers.skin
    above = t - upper
    inside = ramp(np.abs(s), 1.12, 0.94)
    thick = np.float32(0.55 + 0.5 * skin.lashes) * (1 + np.float32(0.5) * np.clip(s, 0, 1))
    line = ramp(above, -1.0, -0.05) * ramp(above, 0.65, 0.1) * inside * np.minimum(thick, 1)
    wing = bump(s, t, (1.08, -0.7), (0.12, 0.6)) * np.float32(skin.lashes)
    low = np.exp(-np.square((t - lower) * np.float32(1 / 0.45))) * inside * np.float32(0.25 + 0.35 * skin.lashes)
    cover = np.clip(line + 0.8 * wing, 0, 1) * np.float32(0.7 + 0.25 * skin.lashes)
    over(part.albedo, np.maximum(cover, low * ramp(s, -0.9, 0.4)), linear(_LASH))
    part.gloss[...] *= 1 - cover


def glint(scene: Paint, sheet: Sheet, side: int) -> None:
    """Add the reflection of the lamp to an eye, after light has fallen on the face.

    Args:
        scene: The part of the picture under the sheet, (3, height, width), changed in place.
        sheet: The whole face.
        side: -1 for the left of the picture, 1 for the right.
    """
    shape, gaze = sheet.numbers.shape, sheet.numbers.expression
    x, y, _ = lamp_direction(sheet.numbers.light).tolist()
    lines = EyeLines(sheet.numbers)
    at = (side * shape.eye_x + 1.7 * gaze.gaze_x + 1.0 * x, shape.eye_y + 0.5 * gaze.gaze_y + 0.9 * min(y, -0.3) - 0.2)
    window = sheet.parts[f"eye{side}"]
    chart = sheet.chart[window]
    s, t = lines.local(side * chart.u, chart.v)
    seen = ramp(t - lines.upper(s), 0.0, 0.5)
    strength = (0.3 + 0.5 * sheet.numbers.light.key) / exposure(sheet.numbers.light, sheet.numbers.skin.colour)
    bright = bump(chart.u, chart.v, at, (0.5, 0.5)) * seen * np.float32(strength)
    scene[:, *window] += bright


def paint_brow(sheet: Sheet, side: int) -> None:
    """Paint a brow of single hairs.

    Args:
        sheet: The whole face, changed in place.
        side: -1 for the left of the picture, 1 for the right.
    """
    lines, eyes = BrowLines(sheet.numbers), sheet.numbers.eyes
    part = sheet.part(f"brow{side}")
    u = side * part.chart.u
    s = lines.along(u)
    above = part.chart.v - lines.middle(np.clip(s, -0.1, 1.1))
    half = lines.thickness(s)
    hairs = strands((u * 0.8 + above * (0.9 - 1.2 * np.clip(s, 0, 1))) * 1.2, s * 3 + 7, sheet.numbers.skin.seed)
    body = ramp(np.abs(above) + 0.35 * hairs, half + 0.55, half * 0.25)
    ends = ramp(s + 0.03 * hairs, -0.10, 0.14) * ramp(s, 1.08, 0.8)
    cover = np.clip(body * ends * (1 + 0.3 * hairs), 0, 1) * np.float32(0.92 * eyes.brow_density)
    over(part.albedo, cover, linear(eyes.brow) * (1 + 0.35 * hairs))
    part.gloss[...] *= 1 - cover
    part.height[...] += 0.4 * cover


def paint_lips(sheet: Sheet) -> None:
    """Paint both lips and what lies between them.

    Args:
        sheet: The whole face, changed in place.
    """
    lines = LipLines(sheet.numbers)
    part = sheet.part("mouth")
    s = part.chart.u * np.float32(1 / lines.width)
    density, v = part.chart.density, part.chart.v
    sides = edge((1 - np.abs(s)) * 5 * density)
    top, bottom = lines.outer_upper(s), lines.outer_lower(s)
    meet_top, meet_bottom = lines.inner_upper(s), lines.inner_lower(s)
    soft = density * np.float32(0.8)
    upper = edge((v - top) * soft) * edge((meet_top - v) * density) * sides
    lower = edge((v - meet_bottom) * density) * edge((bottom - v) * soft) * sides
    _colour_lips(part, s, upper, lower)
    _round_lip(part, upper * np.float32(0.41), v - top, meet_top - v)
    _round_lip(part, lower * np.float32(0.74), v - meet_bottom, bottom - v)
    _paint_gap(part, lines, s, v)
    shade = np.exp(-np.square((v - bottom - 0.9) * np.float32(1 / 1.0))) * ramp(np.abs(s), 0.9, 0.4)
    part.hollow[...] *= 1 - np.float32(0.28) * shade
    corners = bump(np.abs(s) * np.float32(lines.width), v - lines.middle(s), (lines.width * 0.99, 0), (1.2, 0.9))
    part.albedo[...] *= 1 - np.float32(0.45) * corners


def _colour_lips(part: Sheet, s: Plane, upper: Plane, lower: Plane) -> None:
    skin = part.numbers.skin
    lines = strands(s * 11 + 100, np.zeros_like(s), skin.seed)
    colour = linear(skin.lip_colour)
    over(part.albedo, upper * np.float32(0.9), colour * np.float32(0.74) * (1 + 0.10 * lines))
    over(part.albedo, lower * np.float32(0.9), colour * (1 + 0.12 * lines))
    wet = (0.3 * upper + (0.9 + 0.5 * lines) * lower) * np.float32(0.6 + skin.gloss)
    part.gloss[...] = part.gloss * (1 - upper - lower) + wet


def _round_lip(part: Sheet, lift: Plane, below_start: Plane, above_end: Plane) -> None:
    """Raise a lip to a half round between its two edges."""
    part.height[...] += lift * np.sqrt(np.clip(below_start, 0, 6) * np.clip(above_end, 0, 6))


def _paint_gap(part: Sheet, lines: LipLines, s: Plane, v: Plane) -> None:
    """The dark line between closed lips, or teeth and tongue between open ones."""
    density = part.chart.density
    middle = lines.middle(s)
    seam = np.exp(-np.square((v - middle) * np.float32(1 / 0.5))) * ramp(np.abs(s), 1.02, 0.8)
    part.albedo[...] *= 1 - np.float32(0.62) * seam
    if lines.gap == 0:
        return
    top, bottom = lines.inner_upper(s), lines.inner_lower(s)
    inside = edge((v - top) * density) * edge((bottom - v) * density) * edge((0.9 - np.abs(s)) * 5 * density)
    over(part.albedo, inside, linear((0.20, 0.07, 0.07)))
    teeth_end = top + np.float32(min(lines.gap * 0.62, 3.2)) * (1 - 0.35 * s * s) + 0.2
    teeth = inside * edge((teeth_end - v) * density) * ramp(np.abs(s), 0.92, 0.6)
    gaps = 1 - np.float32(0.10) * (np.cos(part.chart.u * np.float32(2 * np.pi / 2.3)) > 0.93)
    over(part.albedo, teeth, linear(_TEETH) * gaps * (1 - 0.5 * s * s))
    part.height[...] *= 1 - 0.9 * inside
    part.gloss[...] *= 1 - inside
    part.hollow[...] *= 1 - np.float32(0.35) * inside * (1 - teeth)
