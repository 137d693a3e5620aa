"""Relief and colour of the skin: bones, folds, lines of age, blush, freckles, beard, and the shadow of the nose."""

import numpy as np

from lfsrkit.faces.drawing.canvas import Plane, bump, over, ramp, strands
from lfsrkit.faces.drawing.lighting import lamp_direction
from lfsrkit.faces.drawing.sheet import Sheet


def paint_skin(sheet: Sheet) -> None:
    """Shape and colour everything but eyes, brows and lips.

    Args:
        sheet: The whole face, changed in place.
    """
    side = np.abs(sheet.chart.u)
    _raise_bones(sheet, side)
    _fold(sheet, side)
    _crease_forehead(sheet, side)
    _colour(sheet, side)
    _roughen(sheet)
    _raise_nose(sheet)
    _throw_shadows(sheet)
    if sheet.numbers.skin.beard > 0:
        _grow_beard(sheet, side)


def _raise_bones(sheet: Sheet, side: Plane) -> None:
    shape, v, height = sheet.numbers.shape, sheet.chart.v, sheet.height
    smile = max(sheet.numbers.expression.smile, 0.0)
    height += (shape.cheekbones + 1.1 * smile) * bump(side, v, (16.5, 10 - 2.5 * smile), (6.5, 6.0))
    height += 1.6 * bump(side, v, (0, shape.head_height - 8.5), (8, 5))
    height -= 1.0 * bump(side, v, (0, 0.5 * (shape.mouth_y + shape.head_height) - 4.5), (8, 1.8))
    height += 1.5 * bump(side, v, (0, shape.mouth_y), (12, 8))
    height -= 1.3 * bump(side, v, (21, 23), (6, 8))
    height += 0.9 * bump(side, v, (9, shape.brow_y), (9, 3))
    sockets = bump(side, v, (shape.eye_x - 1.5, shape.eye_y), (7.0, 4.0))
    height -= shape.socket * sockets
    sheet.hollow[...] *= 1 - np.float32(0.16) * sockets


def _fold(sheet: Sheet, side: Plane) -> None:
    """The fold from the wing of the nose to the corner of the mouth, and the groove above the lip."""
    shape, skin, v = sheet.numbers.shape, sheet.numbers.skin, sheet.chart.v
    smile = max(sheet.numbers.expression.smile, 0.0)
    depth = 0.1 + 0.42 * skin.age + 0.65 * smile
    along = (v - shape.nose_y - 1) * np.float32(1 / (shape.mouth_y - shape.nose_y))
    inside = shape.nose_width * 1.12 + (6.0 + 2.2 * smile) * np.clip(along, -0.2, 1.2)
    distance = (side - inside) * np.float32(1 / 1.3)
    reach = ramp(along, -0.15, 0.25) * ramp(along, 1.25, 0.7)
    fold = np.exp(-distance * distance) * reach
    sheet.height[...] -= np.float32(0.75 * depth) * fold
    sheet.height[...] += np.float32(0.7 * depth) * np.exp(-np.square(distance - 2.2) * 0.35) * reach
    sheet.hollow[...] *= 1 - np.float32(0.22 * depth) * fold
    sheet.height[...] -= 0.45 * bump(side, v, (0, 0.42 * shape.nose_y + 0.58 * shape.mouth_y), (0.9, 2.2))


def _crease_forehead(sheet: Sheet, side: Plane) -> None:
    shape, v, skin = sheet.numbers.shape, sheet.chart.v, sheet.numbers.skin
    lift = max(sheet.numbers.expression.brow_raise, 0.0)
    depth = max(0.0, skin.age - 0.25) * 0.9 + 0.35 * lift * (0.3 + skin.age)
    band = bump(side, v, (0, shape.brow_y - 10), (11, 3.8))
    sheet.height[...] += np.float32(0.26 * depth) * np.sin((v + 0.02 * side * side) * np.float32(2.0)) * band
    frown = max(-sheet.numbers.expression.brow_raise, 0.0) + 0.5 * skin.age
    sheet.height[...] -= np.float32(0.5 * frown) * bump(side, v, (2.3, shape.brow_y + 0.5), (0.7, 2.6))


def _colour(sheet: Sheet, side: Plane) -> None:
    numbers, v = sheet.numbers, sheet.chart.v
    shape, skin = numbers.shape, numbers.skin
    blush = bump(side, v, (17, 12), (7.5, 5.5)) + 0.8 * bump(side, v, (0, shape.nose_y), (4, 3.5))
    blush += 0.5 * bump(side, v, (0, shape.head_height - 7), (8, 4))
    patches = sheet.noise(skin.seed, 12)
    red = np.float32(0.24 * skin.redness) * blush + np.float32(0.05 * skin.mottling) * patches
    shade = 1 + np.float32(0.05 * skin.mottling) * patches[::-1, ::-1]
    shade *= 1 - np.float32(0.14 + 0.22 * skin.age) * bump(side, v, (shape.eye_x - 1.5, shape.eye_y + 4.2), (5, 1.8))
    for channel, share in enumerate((0.25, -0.6, -0.45)):
        sheet.albedo[channel] *= shade * (1 + np.float32(share) * red)
    sheet.gloss[...] *= 0.35 + bump(side, v, (0, -22), (12, 7)) + bump(side, v, (16, 7), (5, 4))
    if skin.freckles:
        spots = sheet.noise(skin.seed + 2, 88)
        cover = ramp(spots, 0.35, 0.75) * bump(side, v, (9, 9), (9, 6)) * np.float32(0.5 * skin.freckles)
        sheet.albedo[...] *= 1 - cover * np.asarray([0.35, 0.5, 0.6], np.float32).reshape(3, 1, 1)


def _roughen(sheet: Sheet) -> None:
    skin = sheet.numbers.skin
    fine = np.float32(1.3) * sheet.noise(skin.seed + 3, 80)
    sheet.height[...] += np.float32(0.015 + 0.04 * skin.pores) * fine
    sheet.albedo[...] *= 1 + np.float32(0.02 + 0.04 * skin.pores) * fine


def _raise_nose(sheet: Sheet) -> None:
    shape = sheet.numbers.shape
    tip, wing = shape.nose_y, shape.nose_width
    part = sheet.part("nose")
    u, v = part.chart.u, part.chart.v
    side = np.abs(u)
    part.height[...] += np.float32(1.45) * sheet.head.nose(u, v)
    part.gloss[...] += np.float32(1.5 * sheet.numbers.skin.gloss) * bump(u, v, (0, tip - 0.5), (1.5, 2.0))
    part.gloss[...] += np.float32(0.6 * sheet.numbers.skin.gloss) * bump(u, v, (0, 5), (1.2, 7))
    nostril = bump(side, v + 0.25 * side, (wing * 0.43, tip + 3.6 + 0.1 * wing), (1.15, 0.6))
    part.albedo[...] *= 1 - np.float32(0.8) * nostril
    part.gloss[...] *= 1 - nostril
    groove = bump(side - 0.25 * (v - tip), v, (wing * 1.02, tip + 1.6), (0.6, 2.0))
    under = bump(side, v, (0, tip + 4.4), (wing * 0.75, 0.9))
    part.hollow[...] *= 1 - np.float32(0.35) * groove - np.float32(0.35) * under
    part.albedo[...] *= 1 - np.float32(0.16) * groove


def _throw_shadows(sheet: Sheet) -> None:
    """Where nose, brows and lower lip stand between the lamp and the skin."""
    shape, chart = sheet.numbers.shape, sheet.chart
    x, y, _ = lamp_direction(sheet.numbers.light).tolist()
    high = max(-y, 0.0)
    nose = bump(chart.u, chart.v, (-6.5 * x, shape.nose_y + 2.5 + 4.5 * high), (3.6 + 1.5 * abs(x), 2.0 + 2.2 * high))
    beside = bump(chart.u, chart.v, (-7.0 * x, 5), (2.6, 7)) * np.float32(min(1.0, abs(x) * 1.4))
    beside *= ramp(-chart.u * np.float32(np.sign(x)), 0.5, 3.0)
    sockets = bump(np.abs(chart.u), chart.v, (shape.eye_x - 3.5, shape.eye_y - 2.6), (6.0, 2.6))
    chin = bump(chart.u, chart.v, (-2 * x, shape.mouth_y + shape.lip_lower + 2.8), (6, 1.7))
    dark = 0.5 * nose + 0.42 * beside + np.float32(0.75 * high) * sockets + np.float32(0.6 * high) * chin
    sheet.shadow[...] *= 1 - np.clip(dark, 0, 0.85)


def _grow_beard(sheet: Sheet, side: Plane) -> None:
    numbers, v, chart = sheet.numbers, sheet.chart.v, sheet.chart
    shape, skin = numbers.shape, numbers.skin
    border = shape.mouth_y - 1 - 14 * ramp(side, 15, 27) + 6.0 * ramp(side, 12, 2)
    grain = strands(chart.p * 1.5 + 0.4 * chart.q, chart.q * np.float32(0.55), skin.seed)
    jaw = ramp(v + 1.5 * grain, border - 2, border + 5)
    lip = bump(side, v, (4.5, shape.mouth_y - shape.lip_upper - 2.4), (6.5, 1.7))
    goatee = bump(side, v, (0, shape.mouth_y + 9), (5, 5))
    cover = np.maximum(jaw * np.float32(skin.beard), np.clip(lip * 1.5, 0, 1) * np.float32(min(skin.moustache, 1.0)))
    cover = np.maximum(cover, goatee * np.float32(skin.beard))
    dense = np.float32(min(0.9, 0.25 + 0.8 * skin.beard))
    colour = np.square(np.asarray(skin.beard_colour, np.float32)).reshape(3, 1, 1)
    over(sheet.albedo, np.clip(cover * dense * (1 + 0.35 * grain), 0, 0.95), colour * (1 + 0.5 * grain))
    sheet.gloss[...] *= 1 - 0.8 * cover
    sheet.height[...] += np.float32(0.45 * skin.beard) * grain * cover
