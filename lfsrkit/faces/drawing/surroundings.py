"""What is around a face: a blurred background, neck, shoulders and clothes, ears."""

from collections.abc import Sequence

import numpy as np

from lfsrkit.faces.drawing.anatomy import UNITS, Head
from lfsrkit.faces.drawing.canvas import Paint, Plane, bump, edge, fade_up, linear, noise, over, ramp
from lfsrkit.faces.drawing.lighting import exposure, lit, unit
from lfsrkit.faces.drawing.numbers import Background, FaceNumbers


def paint_background(numbers: FaceNumbers, size: int) -> Paint:
    """Paint a wall or a street out of focus: a gradient with a few things on it, small and enlarged smoothly.

    Args:
        numbers: The face.
        size: Side of the picture in pixels.
    """
    background = numbers.background
    random = np.random.default_rng(background.seed)
    cells = background.sharpness
    first, second, third = (np.square(np.asarray(colour, np.float32)) for colour in background.colours)
    slope = random.random(2) * 2 - 1
    rows = np.linspace(-0.5, 0.5, cells, dtype=np.float32)
    mix = np.clip(0.5 + slope[0] * rows[:, None] + slope[1] * rows, 0, 1).astype(np.float32)
    wall = first + mix[..., None] * (second - first)
    for _ in range(background.shapes):
        _put_thing(wall, random, (first, second, third))
    wall *= 1 + np.float32(0.08) * (random.random((cells, cells, 1), np.float32) - 0.5)
    scene = np.stack([fade_up(np.ascontiguousarray(wall[..., channel]), size) for channel in range(3)])
    _hang_lamps(scene, background, random)
    if background.texture > 0.005:
        scene *= 1 + np.float32(background.texture) * noise(background.seed + 1, 64, size)
    # The camera's exposure is set for the face: the wall is as bright as the picture is to have it.
    wanted = background.brightness**1.4 / exposure(numbers.light, numbers.skin.colour)
    return np.maximum(scene, 0) * np.float32(wanted)


def _put_thing(wall: Paint, random: np.random.Generator, colours: Sequence[Paint]) -> None:
    cells = wall.shape[0]
    left, top, wide, high, which, light = random.random(6).tolist()
    x, y = int(left * 1.2 * cells - 0.1 * cells), int(top * 1.2 * cells - 0.1 * cells)
    across, down = 1 + int(wide**2 * 0.5 * cells), 1 + int(high * 0.9 * cells)
    colour = colours[int(which * 3)] * np.float32(0.25 + 1.3 * light)
    wall[max(y, 0) : y + down, max(x, 0) : x + across] = colour


def _hang_lamps(scene: Paint, background: Background, random: np.random.Generator) -> None:
    size = scene.shape[1]
    at = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(UNITS / size)
    for _ in range(background.bokeh):
        x, y, wide, light, hue = random.random(5).tolist()
        radius = 3 + 7 * wide
        distance = np.sqrt(np.square(at - np.float32(x * UNITS)) + np.square(at - np.float32(y * UNITS))[:, None])
        disk = edge((radius - distance) * np.float32(0.5 * size / UNITS)) * np.float32(0.3 + 0.5 * light)
        over(scene, disk, linear((1.0, 0.75 + 0.25 * hue, 0.45 + 0.5 * hue)))


def paint_body(scene: Paint, head: Head) -> None:
    """Paint neck, shoulders and clothes.

    Args:
        scene: (3, height, width), changed in place.
        head: The head of the face.
    """
    numbers, shape, size = head.numbers, head.numbers.shape, scene.shape[1]
    # Above the jaw the head hides the neck: only the rows below are worth painting.
    rows = slice(int(0.68 * size), size)
    scene, density = scene[:, rows], head.density(size)
    p, q = head.level(size, (rows, slice(0, size)))
    p = p + np.float32(4 * np.sin(np.deg2rad(numbers.pose.yaw_degrees)))
    chin = shape.head_height
    half = shape.head_width * (0.60 + 1.2 * shape.jaw) + np.square(np.maximum(q - chin + 2, 0)) * np.float32(0.035)
    x = p / half
    normal = unit(np.stack([0.95 * np.clip(x, -1, 1), 0 * x - 0.05, np.sqrt(np.clip(1 - x * x, 0.02, 1))]))
    shade = 1 - np.float32(0.72) * ramp(q - 0.006 * np.square(p), chin + 9, chin - 4)
    skin = np.broadcast_to(linear(numbers.skin.colour), normal.shape)
    neck = lit(skin, normal, numbers.light, shadow=shade, hollow=0.25 + 0.75 * shade, gloss=0.1)
    over(scene, edge((half - np.abs(p)) * density), neck)
    _dress(scene, numbers, p=p, below=q - chin, density=density, shade=shade)


def _dress(scene: Paint, numbers: FaceNumbers, *, p: Plane, below: Plane, density: float, shade: Plane) -> None:
    clothes, size = numbers.clothes, scene.shape[2]
    side = np.abs(p)
    shoulder = (clothes.shoulder - numbers.shape.head_height) * 0.45 + np.square(np.maximum(side - 16, 0)) * 0.012
    half = 0.62 * numbers.shape.head_width
    neckline = 3.0 + clothes.neckline * np.clip(1 - side * np.float32(1 / half), 0, 1)
    body = edge((below - np.maximum(shoulder - 6, neckline)) * density)
    folds = noise(numbers.background.seed + 7, 12, size)[-p.shape[0] :]
    normal = unit(np.stack([p * np.float32(1 / 70) + 0.4 * folds, np.full_like(p, -0.25), np.full_like(p, 0.9)]))
    cloth = linear(clothes.colour) * (1 + 0.12 * folds)
    cloth = lit(cloth, normal, numbers.light, shadow=0.5 + 0.5 * shade, hollow=shade, gloss=0.05)
    over(scene, body, cloth)
    collar = edge((2.6 - np.abs(below - neckline - 1.3)) * density * 0.7) * ramp(side, half * 1.05, half * 0.9)
    if clothes.neckline < 12:
        over(scene, collar * body, linear(clothes.collar) * shade * np.float32(0.8))


def paint_ears(scene: Paint, head: Head) -> None:
    """Paint the ears, before the face covers what is behind it.

    Args:
        scene: (3, height, width), changed in place.
        head: The head of the face.
    """
    numbers, size = head.numbers, scene.shape[1]
    red = 0.12 * numbers.skin.redness
    r, g, b = numbers.skin.colour
    skin = linear((r, g * (0.95 - red), b * (0.94 - red)))
    for side in (-1, 1):
        x, y = head.flat_place(side * 1.02, 0.03, -0.14)
        window = head.window(head.whereabouts(x, y), 10, size)
        p, q = head.level(size, window)
        wide = 3.2 + 1.2 * max(0.0, -side * float(np.sin(np.deg2rad(numbers.pose.yaw_degrees))))
        across = (p - np.float32(x) - side * 0.12 * (np.float32(y) - q)) * np.float32(1 / wide)
        down = (q - np.float32(y)) * np.float32(1 / 8)
        cover = edge((1 - np.sqrt(across * across + down * down)) * np.float32(4 * head.density(size)))
        normal = unit(np.stack([0.4 * across + side * 0.35, 0.4 * down, np.full_like(down, 0.75)]))
        hollow = 1 - np.float32(0.55) * bump(across, down, (-side * 0.1, -0.1), (0.38, 0.45))
        ear = lit(skin * hollow * 0.85, normal, numbers.light, shadow=hollow, hollow=hollow, gloss=0.05)
        over(scene[:, *window], cover, ear)
