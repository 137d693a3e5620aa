"""Soft strokes on planes of float32: edges one pixel wide, bumps, noise, and layers laid over one another.

Colours are kept in a space whose square root is close to sRGB (`linear`): light adds there, and the way back is cheap.
All arrays are float32; numbers beside them are plain, so that they stay so.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lfsrkit.faces.drawing.numbers import Colour, Number

Plane = NDArray[np.floating]
"""One number a pixel, (height, width)."""

Paint = NDArray[np.floating]
"""Linear light of one colour (3, 1, 1) or of every pixel (3, height, width)."""

Window = tuple[slice, slice]
"""A part of a plane: rows and columns."""


def linear(colour: Colour) -> Paint:
    """Give a colour in linear light.

    Args:
        colour: sRGB.
    """
    return np.square(np.asarray(colour, np.float32)).reshape(3, 1, 1)


def ramp(x: Plane, low: Number | Plane, high: Number | Plane) -> Plane:
    """Rise smoothly from 0 at ``low`` to 1 at ``high`` (which may be the smaller one).

    Args:
        x: Any numbers.
        low: Where it starts.
        high: Where it ends.
    """
    # In place, here and below: these few strokes are most of the work, and new planes cost more than sums.
    t = x - low
    t *= np.float32(1 / (high - low))
    np.maximum(t, 0, out=t)
    np.minimum(t, 1, out=t)
    rise = t * -2
    rise += 3
    rise *= t
    rise *= t
    return rise


def edge(distance: Plane) -> Plane:
    """Cover a pixel by its distance in pixels to an outline, positive inside: half on the outline itself.

    Args:
        distance: Pixels.
    """
    cover = distance + np.float32(0.5)
    np.maximum(cover, 0, out=cover)
    np.minimum(cover, 1, out=cover)
    return cover


def bump(x: Plane, y: Plane, at: tuple[Number, Number], width: tuple[Number, Number]) -> Plane:
    """Give a Gaussian hill of height 1.

    Args:
        x: Coordinates of the pixels.
        y: The same downwards.
        at: Its top.
        width: Its standard deviations.
    """
    dx, dy = x - at[0], y - at[1]
    dx *= np.float32(0.7071 / width[0])
    dy *= np.float32(0.7071 / width[1])
    dx *= dx
    dy *= dy
    dx += dy
    np.negative(dx, out=dx)
    np.exp(dx, out=dx)
    return dx


def over(base: Paint, cover: Plane, paint: Paint) -> None:
    """Lay paint over what is there, in place.

    Args:
        base: (3, height, width), changed.
        cover: 0 leaves the base, 1 hides it.
        paint: What is laid over it.
    """
    change = paint - base
    change *= cover
    base += change


def fade_up(picture: NDArray[np.float32], size: int) -> Plane:
    """Enlarge a small plane smoothly to a square.

    Args:
        picture: Any small plane.
        size: Side of the result.
    """
    enlarged = Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(enlarged, dtype=np.float32)


def noise(seed: int, cells: int, size: int) -> Plane:
    """Give smooth noise, about -1 to 1, whose grain is a fixed share of the picture.

    Args:
        seed: Recorded seed.
        cells: Grains along a side.
        size: Side of the plane.
    """
    return fade_up(np.random.default_rng(seed).random((cells, cells), np.float32) * 2 - 1, size)


@lru_cache(maxsize=1)
def _strand_table() -> NDArray[np.float32]:
    grain = np.random.default_rng(20250109).random((32, 512), np.float32) * 2 - 1
    smooth = (grain + np.roll(grain, 1, 0) * 0.8 + np.roll(grain, 2, 0) * 0.4) / np.float32(1.3)
    # Eight steps between rows, so that a strand changes its shade along its way without a visible jump.
    steps = np.linspace(0, 1, 8, endpoint=False, dtype=np.float32)[:, None]
    return (smooth[:, None] + steps * (np.roll(smooth, -1, 0) - smooth)[:, None]).reshape(256, 512).astype(np.float32)


def strands(across: Plane, along: Plane, seed: int) -> Plane:
    """Give noise that is fine across and long along, about -1 to 1.

    Args:
        across: Number of the strand, with fractions.
        along: Way along it, in units over which its shade changes.
        seed: Recorded seed.
    """
    table = _strand_table()
    x = across + np.float32(seed % 509)
    column = np.floor(x)
    t = x - column
    row = ((along + np.float32(seed % 29 + 64)) * np.float32(8)).astype(np.int32) & 255
    start = column.astype(np.int32)
    flat = table.reshape(-1)
    first = flat.take((row << 9) + (start & 511))
    second = flat.take((row << 9) + ((start + 1) & 511))
    second -= first
    second *= ramp(t, 0, 1)
    second += first
    return second
