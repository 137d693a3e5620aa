"""Fields of light: how much of it reaches every pixel."""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from lfsrkit.degradations.base import per_image, settled
from lfsrkit.types import Images

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
    known = get_args(Normalise)
    return None if given in known else f"normalise = {given!r}: give one of {', '.join(known)}"


def lit(light: Images, field: Tensor, normalise: Normalise) -> Images:
    """Multiply light by a field.

    Args:
        light: Linear, white = 1.
        field: (n, 1, h, w), or (n, 3, h, w) where the light has a colour; not negative.
        normalise: What of the field of each picture is made 1.
    """
    axes = (1, 2, 3)
    scale = field.amax(axes, keepdim=True) if normalise == "max" else settled(field.mean(axes, keepdim=True))
    return light * (field / scale.clamp_min(torch.finfo(field.dtype).tiny))


def positions(light: Images) -> tuple[Tensor, Tensor]:
    """Give the pixel centres from the middle of the picture, right and down, in units of its shorter side.

    Args:
        light: The batch.

    Returns:
        x (1, 1, 1, w) and y (1, 1, h, 1), so that what depends on one of them only is computed on a line.
    """
    height, width = light.shape[-2:]
    short = min(height, width)
    x, y = (
        (torch.arange(side, dtype=light.dtype, device=light.device) - (side - 1) / 2) / short
        for side in (width, height)
    )
    return x.view(1, 1, 1, width), y.view(1, 1, height, 1)


def along(light: Images, degrees: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Split the distance along a direction into its parts from x and from y, whose sum it is.

    Args:
        light: The batch.
        degrees: Direction per picture, counter-clockwise: 0 points right, 90 up.

    Returns:
        Parts (n, 1, 1, w) and (n, 1, h, 1), in units of the shorter side from the middle of the picture.
    """
    x, y = positions(light)
    angle = per_image(degrees, light).deg2rad()
    return angle.cos() * x, -angle.sin() * y


def spot(light: Images, x: Sequence[float], y: Sequence[float], sigma: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Split a Gaussian spot, 1 in its centre, into two lines, whose product it is.

    Args:
        light: The batch.
        x: Centre per picture as a share of the width, 0 at the left border, 1 at the right.
        y: Centre per picture as a share of the height, 0 at the upper border, 1 at the lower.
        sigma: Standard deviation per picture in units of the shorter side.

    Returns:
        Factors (n, 1, 1, w) and (n, 1, h, 1).
    """
    height, width = light.shape[-2:]
    short = min(height, width)
    columns, rows = positions(light)
    spread = per_image(sigma, light)
    across = (columns - (per_image(x, light) - 0.5) * (width / short)) / spread
    down = (rows - (per_image(y, light) - 0.5) * (height / short)) / spread
    return (across.square() / -2).exp(), (down.square() / -2).exp()


def above_ambient(ambient: Sequence[float], shape: Tensor) -> Tensor:
    """Give F = a + (1 - a) shape: what a lamp adds to the light that is everywhere.

    Args:
        ambient: Share a per picture, 0 to 1; at 1 the field is even.
        shape: (n, 1, h, w), 0 to 1.
    """
    share = shape.new_tensor(ambient).view(-1, 1, 1, 1)
    return share + (1 - share) * shape
