"""From a face anywhere in a photograph to the framing that a model knows, and back."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lfsrkit.detectors import FoundFace
from lfsrkit.regions.template import TEMPLATE_SIZE, similarity, template_ellipses, template_points
from lfsrkit.types import Images, Resized

_FULL, _GONE = 1.15, 1.6
"""Where the mask begins to fade and where it is gone, in radii of the face oval."""
_BORDER = 0.15
"""Share of the square over which the mask fades at its borders."""


@dataclass(frozen=True, eq=False)
class Placement:
    r"""Where the square of a framing lies in a photograph: $p = o + R q$ with $q$ in the unit square.

    A similarity: `R` turns and scales alike in all directions.
    """

    origin: NDArray[np.float64]
    """(2,), its upper left corner in pixels of the photograph."""
    turn: NDArray[np.float64]
    """(2, 2)."""

    @property
    def side(self) -> float:
        """Side of the square in pixels of the photograph."""
        return float(np.hypot(*self.turn[:, 0]))

    @property
    def degrees(self) -> float:
        """By how much the face is turned, clockwise."""
        return float(np.degrees(np.arctan2(self.turn[1, 0], self.turn[0, 0])))

    def corners(self) -> NDArray[np.float64]:
        """Give the corners of the square, (4, 2), in pixels of the photograph."""
        return self.origin + np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) @ self.turn.T

    def enlarged(self, factor: float) -> "Placement":
        """Give the same square in an enlarged photograph.

        Args:
            factor: Of the enlargement.
        """
        return Placement(self.origin * factor, self.turn * factor)


def place(face: FoundFace, framing: str) -> Placement:
    """Fit a framing to a face: the similarity of least squares between its eyes and mouth and those of the template.

    Args:
        face: From a detector.
        framing: ``celeba``, ``ffhq`` or ``arcface``.

    References:
        Umeyama, Least-squares estimation of transformation parameters between two point patterns, IEEE TPAMI 1991.
        https://doi.org/10.1109/34.88573
    """
    five = template_points(TEMPLATE_SIZE, framing) / TEMPLATE_SIZE
    template = np.stack([five[0], five[1], five[3:].mean(axis=0)])
    factor, offset = similarity(template, face.points)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return Placement(np.array([offset.real, offset.imag]), turn)


def cut_out(photograph: Images, placement: Placement, side: int) -> Resized:
    """Cut a square out, turned upright, and shrink it without aliases.

    Args:
        photograph: (1, 3, h, w).
        placement: Of the square.
        side: Of the result, in pixels.
    """
    finer = max(1, round(placement.side / side))
    centres = (np.arange(side * finer) + 0.5) / (side * finer)
    x, y = np.meshgrid(centres, centres)
    points = placement.origin + np.stack([x, y], axis=-1) @ placement.turn.T
    square = _sampled(photograph, points)
    if finer > 1:
        square = functional.interpolate(square, (side, side), mode="bicubic", antialias=True)
    return square.clamp(0, 1)


def paste(photograph: Tensor, square: Images, placement: Placement, framing: str) -> None:
    """Blend a square into a photograph, in place, with a soft mask round the face.

    Args:
        photograph: (1, 3, h, w).
        square: (1, 3, s, s), upright.
        placement: Where the square goes.
        framing: Whose face oval the mask follows.
    """
    corners, (height, width) = placement.corners(), photograph.shape[-2:]
    left, top = (int(v) for v in np.floor(corners.min(axis=0)).clip(0, (width, height)))
    right, bottom = (int(v) for v in np.ceil(corners.max(axis=0)).clip(0, (width, height)))
    if left == right or top == bottom:
        return
    x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    unit = (np.stack([x, y], axis=-1) - placement.origin) @ np.linalg.inv(placement.turn).T
    shown = min(square.shape[-1], max(8, round(placement.side)))
    if shown < square.shape[-1]:
        square = functional.interpolate(square, (shown, shown), mode="bicubic", antialias=True).clamp(0, 1)
    mask = _mask(unit, framing).to(photograph)
    part = photograph[..., top:bottom, left:right]
    part.lerp_(_sampled(square, unit * shown).clamp(0, 1).to(photograph), mask)


def _sampled(pictures: Images, points: NDArray[np.float64]) -> Resized:
    """Read a picture between its pixels; points are (h, w, 2) in pixels."""
    size = np.array([pictures.shape[-1], pictures.shape[-2]])
    grid = torch.from_numpy(2 * points / size - 1)[None].to(pictures)
    return functional.grid_sample(pictures, grid, mode="bicubic", padding_mode="border", align_corners=False)


def _mask(unit: NDArray[np.float64], framing: str) -> Tensor:
    """One over the face, fading towards the border of the square; points are (h, w, 2) in the unit square."""
    oval = template_ellipses(framing)[1]
    away = (unit * TEMPLATE_SIZE - oval.centre) / np.array(oval.half_axes)
    face = (_GONE - np.hypot(away[..., 0], away[..., 1])) / (_GONE - _FULL)
    border = np.minimum(unit, 1 - unit).min(axis=-1) / _BORDER
    return torch.from_numpy(_smooth(face) * _smooth(border))


def _smooth(ramp: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = ramp.clip(0, 1)
    return clipped**2 * (3 - 2 * clipped)
