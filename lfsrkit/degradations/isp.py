"""What a camera does between raw values and sRGB, forwards and backwards, with the colours of four real cameras.

A picture is unprocessed and processed with one set of recorded parameters: ``process().apply(raw, params)`` undoes
``unprocess().apply(images, params)``. In a chain each stage draws a camera of its own, so ``unprocess | process`` shows
a scene as another camera would have; what stands between them acts on raw values. To do something in raw with one
camera there and back, as ``maet`` does, write a degradation that draws once and calls the functions below.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lfsrkit.degradations.base import Degradation, Params, straight_through
from lfsrkit.degradations.draws import Draws, Range, normal, outside, require, uniform
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

_XYZ_TO_CAMERA = np.array(
    [
        [[1.0234, -0.2969, -0.2266], [-0.5625, 1.6328, -0.0469], [-0.0703, 0.2188, 0.6406]],
        [[0.4913, -0.0541, -0.0202], [-0.6130, 1.3513, 0.2906], [-0.1564, 0.2151, 0.7183]],
        [[0.8380, -0.2630, -0.0639], [-0.2887, 1.0725, 0.2496], [-0.0627, 0.1427, 0.5438]],
        [[0.6596, -0.2079, -0.0562], [-0.4782, 1.3016, 0.1933], [-0.0970, 0.1581, 0.5181]],
    ]
)
"""From CIE XYZ to the colours of four cameras, as published with Brooks et al."""

_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""From linear sRGB to CIE XYZ, white D65."""

CAMERAS = len(_XYZ_TO_CAMERA)
"""How many cameras there are to mix."""

BLACK = 1e-8
"""Powers are taken of nothing darker, so that their gradients stay finite."""

_TONE_END = 1e-6
"""The inverse tone curve is infinitely steep at black and white; its gradient there is that of a point this near."""

_GUARD_FROM = 0.9
"""Highlights from here on are led back to white, so that a white sky stays white in raw."""


@dataclass(frozen=True)
class Unprocess(Degradation):
    r"""Turn sRGB back into the raw values of a camera.

    In this order: the inverse tone curve $t = \frac12 - \sin(\arcsin(1 - 2x) / 3)$, the power 2.2, the colour matrix of
    a camera, and the inverse gains $g = v\,(1/\mathrm{red}, 1, 1/\mathrm{blue})$; clipped to 0..1. The matrix takes
    sRGB to CIE XYZ and on to a mixture of four real cameras with weights drawn evenly and divided by their sum; its
    rows are divided by their sums, so white stays white. Highlights, whose mean over the colours is above 0.9, are
    scaled by $\max(m + (1 - m)\,g, g)$ instead of g, $m = (\max(\mathrm{mean} - 0.9, 0) / 0.1)^2$.

    In a chain, what follows acts on these values until ``process``; where there is none, they are the result.

    Args:
        red: Range of the white-balance gain of red, 1 to 8.
        blue: Range of the white-balance gain of blue, 1 to 8.
        level: Range of the raw value v of white in green, 0.1 to 2; None draws it from N(0.8, 0.1).

    Raises:
        BadParameters: If a range leaves its limits.

    References:
        Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, Unprocessing Images for Learned Raw Denoising, CVPR 2019.
        https://arxiv.org/abs/1811.11127

    Example:
        >>> grey = torch.full((1, 3, 1, 1), 0.5)
        >>> params = Unprocess(red=2.0, blue=1.6, level=0.8).sample(1, torch.Generator())
        >>> Unprocess().apply(grey, params).flatten()
        tensor([0.0871, 0.1741, 0.1088])
    """

    red: Range = (1.9, 2.4)
    blue: Range = (1.5, 1.9)
    level: Range | None = None
    makes_raw = True

    def __post_init__(self) -> None:
        require("unprocess", *gain_faults(self.red, self.blue, self.level))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the weights of the four cameras and the gains."""
        draws = Draws.of(n, generator)
        return {"camera": _mixtures(draws), **draw_gains(self.red, self.blue, self.level, draws)}

    def apply(self, images: Images, params: Params) -> Resized:
        """Undo tone curve, power, colours and gains."""
        light = inverse_tone(images).clamp_min(BLACK).pow(2.2)
        camera = mixed(light, camera_matrices(params["camera"], light))
        return (camera * _guarded(gains(params, light), camera)).clamp(0, 1)

    def neutral(self, n: int) -> Params | None:
        """None: tone curve and power are always undone."""
        return None


@dataclass(frozen=True)
class Process(Degradation):
    r"""Turn the raw values of a camera into sRGB.

    The inverse of ``unprocess``: gains, the inverse of the colour matrix, clipping to 0..1, the power 1/2.2 and the
    tone curve $3 t^2 - 2 t^3$. Given the parameters that ``unprocess`` recorded it returns its picture within 1e-6
    wherever nothing was clipped in raw and no highlight was guarded. (The public code does not undo the level.)

    Args:
        red: Range of the white-balance gain of red, 1 to 8.
        blue: Range of the white-balance gain of blue, 1 to 8.
        level: Range of the raw value v of white in green, 0.1 to 2; None draws it from N(0.8, 0.1).

    Raises:
        BadParameters: If a range leaves its limits.

    References:
        Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, Unprocessing Images for Learned Raw Denoising, CVPR 2019.
        https://arxiv.org/abs/1811.11127

    Example:
        >>> images = torch.full((1, 3, 1, 1), 0.25)
        >>> params = Unprocess().sample(1, torch.Generator())
        >>> Process().apply(Unprocess().apply(images, params), params).flatten()
        tensor([0.2500, 0.2500, 0.2500])
    """

    red: Range = (1.9, 2.4)
    blue: Range = (1.5, 1.9)
    level: Range | None = None
    takes_raw = True

    def __post_init__(self) -> None:
        require("process", *gain_faults(self.red, self.blue, self.level))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the weights of the four cameras and the gains."""
        draws = Draws.of(n, generator)
        return {"camera": _mixtures(draws), **draw_gains(self.red, self.blue, self.level, draws)}

    def apply(self, images: Images, params: Params) -> Resized:
        """Apply gains, colours, power and tone curve."""
        return tone(rendered(images, params).pow(1 / 2.2))

    def neutral(self, n: int) -> Params | None:
        """None: power and tone curve are always applied."""
        return None


def tone(values: Images) -> Images:
    """Apply the tone curve 3 t^2 - 2 t^3, which raises contrast.

    Args:
        values: 0 to 1.
    """
    return values.square() * (3 - 2 * values)


def inverse_tone(values: Images) -> Images:
    """Undo the tone curve: 1/2 - sin(arcsin(1 - 2 x) / 3).

    Args:
        values: 0 to 1.
    """
    return straight_through(_inverse_tone(values.clamp(_TONE_END, 1 - _TONE_END)), _inverse_tone(values.detach()))


def camera_matrices(weights: Sequence[Sequence[float]], like: Images) -> Tensor:
    """Make the matrices from linear sRGB to camera colours, (n, 3, 3), whose rows sum to 1.

    Args:
        weights: Shares of the four cameras, for every picture.
        like: The batch whose dtype and device are wanted.
    """
    return like.new_tensor(np.stack([_matrix(shares) for shares in weights]))


def mixed(images: Images, matrices: Tensor) -> Images:
    """Multiply the colours of every pixel with the matrix of its picture; three sums, the same for any batch.

    Args:
        images: (n, 3, h, w).
        matrices: (n, 3, 3).
    """
    red, green, blue = (matrices[:, :, k, None, None] * images[:, k : k + 1] for k in range(3))
    return red + green + blue


def gains(params: Params, like: Images) -> Tensor:
    """Give the factors from camera colours to raw values, (n, 3, 1, 1).

    Args:
        params: Lists ``red``, ``blue`` and ``level``.
        like: The batch whose dtype and device are wanted.
    """
    drawn = zip(params["level"], params["red"], params["blue"], strict=True)
    return like.new_tensor([[v / red, v, v / blue] for v, red, blue in drawn]).view(-1, 3, 1, 1)


def rendered(raw: Images, params: Params) -> Images:
    """Turn raw values into linear sRGB, clipped just above black and at white.

    Args:
        raw: (n, 3, h, w).
        params: Lists ``camera``, ``red``, ``blue`` and ``level``.
    """
    inverse = raw.new_tensor(np.stack([np.linalg.inv(_matrix(shares)) for shares in params["camera"]]))
    return mixed(raw / gains(params, raw), inverse).clamp(BLACK, 1)


def draw_gains(red: Range, blue: Range, level: Range | None, draws: Draws) -> Params:
    """Draw white balance and level.

    Args:
        red: Range of the gain of red.
        blue: Range of the gain of blue.
        level: Range of the raw value of white, or None for N(0.8, 0.1).
        draws: What to draw from.
    """
    levels = [max(v, 0.1) for v in normal(0.8, 0.1, draws)] if level is None else uniform(level, draws)
    return {"red": uniform(red, draws), "blue": uniform(blue, draws), "level": levels}


def gain_faults(red: Range, blue: Range, level: Range | None) -> list[str | None]:
    """Say what is wrong with the ranges of the gains.

    Args:
        red: Range of the gain of red.
        blue: Range of the gain of blue.
        level: Range of the raw value of white, or None.
    """
    faults = [outside("red", red, 1, 8), outside("blue", blue, 1, 8)]
    return faults if level is None else [*faults, outside("level", level, 0.1, 2)]


def _inverse_tone(values: Images) -> Images:
    return 0.5 - torch.sin(torch.asin(1 - 2 * values) / 3)


def _mixtures(draws: Draws) -> list[list[float]]:
    drawn = zip(*(uniform((0.0, 1.0), draws) for _ in range(CAMERAS)), strict=True)
    return [[share / sum(shares) for share in shares] for shares in drawn]


def _matrix(shares: Sequence[float]) -> np.ndarray:
    matrix = np.tensordot(np.asarray(shares), _XYZ_TO_CAMERA, 1) @ _RGB_TO_XYZ
    return matrix / matrix.sum(1, keepdims=True)


def _guarded(factors: Tensor, camera: Images) -> Tensor:
    mean = (camera[:, 0:1] + camera[:, 1:2] + camera[:, 2:3]) / 3
    share = ((mean - _GUARD_FROM).clamp_min(0) / (1 - _GUARD_FROM)).square()
    return torch.maximum(share + (1 - share) * factors, factors)
