"""Hair: a cap that lies above the skull, long hair behind the neck, and curtains that fall beside the face."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfsrkit.faces.drawing.anatomy import Chart, Head
from lfsrkit.faces.drawing.canvas import Paint, Plane, Window, edge, linear, noise, over, ramp, strands
from lfsrkit.faces.drawing.lighting import lit, unit
from lfsrkit.faces.drawing.numbers import FaceNumbers, Hair


@dataclass(frozen=True)
class Fall:
    """Hair that hangs: how it covers the picture behind and in front of the face, and the light it sends."""

    behind: Plane
    before: Plane
    light: Paint


@dataclass(frozen=True)
class Cap:
    """Hair that lies on the skull: its part of the picture, how it covers it, and the light it sends."""

    window: Window
    cover: Plane
    light: Paint


def comb_cap(head: Head, size: int) -> Cap:
    """Lay hair on the skull.

    Args:
        head: The head of the face.
        size: Side of the picture in pixels.
    """
    numbers, hair = head.numbers, head.numbers.hair
    swell = 0.5 * (hair.volume_top + hair.volume_side)
    window = _around(head, size)
    chart = head.raised(swell).see(size, window)
    grain = _cap_grain(chart, hair, window, size)
    line = _hairline(chart, numbers, grain) * np.float32(1 / (1 + swell))
    volume = _volume(chart, numbers)
    tousled = np.float32((0.012 + 0.05 * hair.curl) * hair.cover) * grain
    if hair.curl > 0.3:
        tousled = tousled + np.float32(0.06 * hair.curl) * noise(hair.seed, 16, size)[window]
    rim = (volume + tousled - chart.radius) * np.float32(0.8 * numbers.shape.head_width * chart.density)
    blur = 1.9 + 9 * (1 - hair.cover)
    # At the temples the line is steep: the same softness across it is a larger step in height.
    steep = 1 + 2.5 * ramp(np.abs(chart.x), 0.55, 0.75)
    root = ramp((line - chart.v + np.float32(1.2) * grain) / steep, -blur, blur)
    cover = edge(rim) * root * np.float32(hair.cover)
    return Cap(window, cover, _strand_light(numbers, chart, grain))


def comb_fall(head: Head, size: int) -> Fall:
    """Let long hair hang.

    Args:
        head: The head of the face.
        size: Side of the picture in pixels.
    """
    numbers, hair, shape = head.numbers, head.numbers.hair, head.numbers.shape
    chart = head.raised(0.5 * hair.volume_side).see(size)
    yaw = float(np.sin(np.deg2rad(numbers.pose.yaw_degrees)))
    q = chart.q
    # On the skull hair lies, further down it hangs free and sways.
    free = ramp(q, -5, 25)
    p = chart.p - np.float32(6 * yaw) * free
    sway = np.float32(hair.wave) * free * np.sin(q * np.float32(0.16) + float(hair.seed % 7) + 0.05 * p)
    grain = _fall_grain(p + sway, q, hair, size)
    outer = shape.head_width * (1 + hair.volume_side) + 0.12 * np.maximum(q, 0) + 0.7 * sway + free * grain
    behind = edge((outer - np.abs(p)) * np.float32(0.7 * chart.density))
    behind *= ramp(q + 3 * grain, hair.length, hair.length - 7)
    on_skull = edge((_volume(chart, numbers) - chart.radius) * np.float32(shape.head_width * chart.density))
    behind *= np.maximum(on_skull, q > 0)
    opening = 0.15 + 0.85 * np.sqrt(np.clip((q + 36) * np.float32(1 / 42), 0, 1))
    inner = (shape.head_width - 3.4 - hair.curtain * ramp(q, -14, 24)) * opening + 0.5 * sway + 0.7 * grain
    from_part = np.abs(chart.p - np.float32(9 * yaw + 7 * hair.parting) * ramp(q, -10, -34))
    before = behind * ramp(from_part - inner, -1, 1)
    return Fall(behind, before, _strand_light(numbers, chart, grain) * (0.75 + 0.25 * ramp(np.abs(p), 24, 40)))


def paint_behind(scene: Paint, fall: Fall) -> None:
    """Paint the hair behind neck and ears, in the shade of the head.

    Args:
        scene: (3, height, width), changed in place.
        fall: Hair that hangs.
    """
    over(scene, fall.behind, fall.light * np.float32(0.65))


def paint_before(scene: Paint, fall: Fall | None, cap: Cap) -> Plane:
    """Paint the hair in front of the face.

    Args:
        scene: (3, height, width), changed in place.
        fall: Hair that hangs, if it is long.
        cap: Hair on the skull.

    Returns:
        What the hair hides, 0 to 1.
    """
    hidden = np.zeros_like(scene[0])
    hidden[cap.window] = cap.cover
    over(scene[:, *cap.window], cap.cover, cap.light)
    if fall is not None:
        over(scene, fall.before, fall.light)
        hidden = np.maximum(hidden, fall.before)
    return hidden


def _around(head: Head, size: int) -> Window:
    """The part of the picture in which hair on the skull can be."""
    hair = head.numbers.hair
    outline = head.outline(np.linspace(0, 2 * np.pi, 24, endpoint=False))
    centre = outline.mean(0)
    reach = 1.08 + max(hair.volume_top, hair.volume_side) + 0.15 * hair.curl
    return head.window(centre + (outline - centre) * np.float32(reach), 1, size)


def _volume(chart: Chart, numbers: FaceNumbers) -> Plane:
    """Distance of the hair's surface from the centre of the head, 1 on the skin."""
    hair = numbers.hair
    top = np.square(np.clip(chart.q * np.float32(-1 / numbers.shape.head_height), 0, 1.2))
    return 1 + hair.volume_side + np.float32(hair.volume_top - hair.volume_side) * top


def _cap_grain(chart: Chart, hair: Hair, window: Window, size: int) -> Plane:
    """Strands run from the parting: lines of longitude about a pole at its upper end."""
    pole = np.asarray([0.45 * hair.parting, -0.9, 0.12])
    pole /= np.linalg.norm(pole)
    sideways = np.cross(pole, [0.0, 0.0, 1.0])
    sideways /= np.linalg.norm(sideways)
    forward = np.cross(sideways, pole)
    along, right, front = (
        chart.x * np.float32(axis[0]) + chart.y * np.float32(axis[1]) + chart.z * np.float32(axis[2])
        for axis in (pole, sideways, forward)
    )
    angle = np.arctan2(right, front) + np.float32(0.12 * hair.wave) * np.sin(along * np.float32(5.0) + hair.seed % 5)
    fine = strands(angle * 17, along * np.float32(2.2) + 20, hair.seed)
    grain = 0.7 * fine + np.float32(0.55) * strands(angle * 5, along * np.float32(1.6) + 30, hair.seed + 1)
    if hair.curl > 0.3:
        grain = (
            grain * np.float32(1 - 0.75 * hair.curl)
            + np.float32(1.0 * hair.curl) * noise(hair.seed + 2, 46, size)[window]
        )
    return grain


def _fall_grain(across: Plane, q: Plane, hair: Hair, size: int) -> Plane:
    fine = strands(across * 0.9, q * np.float32(0.05) + 9, hair.seed + 3)
    grain = 0.65 * fine + np.float32(0.5) * strands(across * 0.28, q * np.float32(0.04) + 8, hair.seed + 5)
    if hair.curl > 0.3:
        grain = grain * np.float32(1 - 0.6 * hair.curl) + np.float32(0.9 * hair.curl) * noise(hair.seed + 6, 44, size)
    return grain


def _hairline(chart: Chart, numbers: FaceNumbers, grain: Plane) -> Plane:
    """Height down to which hair grows or falls, a place on the face, by the direction on the skull."""
    hair = numbers.hair
    level = np.sqrt(chart.x * chart.x + chart.z * chart.z) + np.float32(1e-4)
    turned = np.abs(chart.x) / level
    line = hair.hairline + 5 * turned * turned + 16 * ramp(turned, 0.70, 0.90) + 17 * ramp(turned, 0.86, 0.97)
    line -= np.float32(7 * hair.recession) * np.exp(-np.square((turned - 0.5) * np.float32(1 / 0.17)))
    line = line + 1.3 * np.exp(-np.square(chart.x * np.float32(1 / 0.12)))
    line = np.where(chart.z < 0.05, np.float32(max(min(hair.length, 14.0), 4.0)), line)
    if hair.cover < 1:
        line = line - np.float32(45 * (1 - hair.cover)) * ramp(turned, 1.0, 0.4)
    # Beside the skull there is hair or nothing, never a gap between both.
    line = line + ramp(chart.radius, 0.96, 1.02) * (np.float32(max(min(hair.length, 12.0), 3.0)) - line)
    from_part = chart.x - np.float32(0.55 * hair.parting)
    away = ramp(np.abs(from_part), 0.0, 0.75) if hair.sweep else np.float32(0.75)
    falls = np.float32(hair.fringe + 5.0 * hair.sweep * (hair.fringe > 3)) * away
    lowest = numbers.shape.brow_y + 3.0
    return np.minimum(line + falls * (1 + 0.12 * grain) * ramp(turned, 0.98, 0.75), np.maximum(line, lowest))


def _strand_light(numbers: FaceNumbers, chart: Chart, grain: Plane) -> NDArray[np.floating]:
    hair = numbers.hair
    mixed = ramp(chart.q, -20, 45)
    colour = linear(hair.colour) + mixed * (linear(hair.tips) - linear(hair.colour))
    normal = unit(chart.normal)
    contrast = np.float32(0.45 + 0.15 * hair.curl)
    tone = np.clip(1 + contrast * grain, 0.15, 2.2)
    band = np.exp(-np.square((normal[1] + np.float32(0.42) + 0.06 * grain) * np.float32(1 / 0.2)))
    gloss = np.float32(1.1 * hair.shine) * band * np.clip(0.6 + 0.6 * grain, 0, 1.6)
    ones = np.ones_like(grain)
    lamp = lit(
        colour * tone * 0.9, normal, numbers.light, shadow=ones, hollow=np.float32(0.85) * ones, gloss=0.25 * gloss
    )
    return lamp + colour * gloss * np.float32(0.55) + np.float32(0.03 * hair.shine) * band * (1 + grain)
