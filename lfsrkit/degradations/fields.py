"""Fields of light: how much of it reaches every pixel."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lfsrkit.degradations.base import tensor_like
from lfsrkit.degradations.draws import unknown
from lfsrkit.types import Images

Line = NDArray[np.float64]
"""Numbers along one side, made in NumPy in float64, whatever the pictures are."""

Normalise = Literal["max", "mean"]
"""What of a field is made 1: its largest value, so that it never brightens, or its mean."""


def unknown_normalise(given: str) -> str | None:
    """Say what is wrong with a ``normalise`` argument, or None.

    Args:
        given: What was given.

    Example:
        >>> unknown_normalise("sum")
        "normalise = 'sum': give one of max, mean"
    """
    return unknown("normalise", given, get_args(Normalise))


def lit(light: Images, field: Tensor, normalise: Normalise) -> Images:
    """Multiply light by a field.

    Args:
        light: Linear, white = 1.
        field: (n, 1, h, w), or (n, 3, h, w) where the light has a colour; not negative.
        normalise: What of the field of each picture is made 1.
    """
    axes = (1, 2, 3)
    scale = field.amax(axes, keepdim=True) if normalise == "max" else field.mean(axes, keepdim=True)
    return light * (field / scale.clamp_min(torch.finfo(field.dtype).tiny))


def positions(light: Images) -> tuple[Line, Line]:
    """Give the pixel centres from the middle of the picture, right and down, in units of its shorter side.

    Args:
        light: The batch.

    Returns:
        x (1, 1, 1, w) and y (1, 1, h, 1), so that what depends on one of them only is computed on a line.
    """
    height, width = light.shape[-2:]
    short = min(height, width)
    return _centres(width) / short, _centres(height).reshape(1, 1, -1, 1) / short


def column(values: Sequence[float]) -> Line:
    """Shape one number per picture so that it broadcasts with `positions`.

    Args:
        values: One per picture.
    """
    return np.array(values, np.float64)[:, None, None, None]


def along(light: Images, degrees: Sequence[float]) -> tuple[Line, Line]:
    """Split the distance along a direction into its parts from x and from y, whose sum it is.

    Args:
        light: The batch.
        degrees: Direction per picture, counter-clockwise: 0 points right, 90 up.

    Returns:
        Parts (n, 1, 1, w) and (n, 1, h, 1), in units of the shorter side from the middle of the picture.
    """
    (x, y), angle = positions(light), np.radians(column(degrees))
    return np.cos(angle) * x, -np.sin(angle) * y


def spot(light: Images, x: Line, y: Line, sigma: Line) -> tuple[Line, Line]:
    """Split Gaussian spots, 1 in their centres, into two lines each, whose product they are.

    Args:
        light: The batch.
        x: Centres as a share of the width, 0 at the left border, 1 at the right; (n, k, 1, 1).
        y: Centres as a share of the height, 0 at the upper border, 1 at the lower; (n, k, 1, 1).
        sigma: Standard deviations in units of the shorter side; (n, k, 1, 1).

    Returns:
        Factors (n, k, 1, w) and (n, k, h, 1).
    """
    height, width = light.shape[-2:]
    short = min(height, width)
    columns, rows = positions(light)
    across = (columns - (x - 0.5) * (width / short)) / sigma
    down = (rows - (y - 0.5) * (height / short)) / sigma
    return np.exp(across**2 / -2), np.exp(down**2 / -2)


def above_ambient(ambient: Sequence[float], shape: Tensor) -> Tensor:
    """Give F = a + (1 - a) shape: what a lamp adds to the light that is everywhere.

    Args:
        ambient: Share a per picture, 0 to 1; at 1 the field is even.
        shape: (n, 1, h, w), 0 to 1.
    """
    share = tensor_like(column(ambient), shape)
    return (shape * (1 - share)).add_(share)


@lru_cache(maxsize=64)
def _centres(side: int) -> Line:
    return (np.arange(side, dtype=np.float64) - (side - 1) / 2)[None, None, None]
