"""The lines of a face as curves on the head: lids, lips, brows and nose; paint, regions and landmarks follow them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lfsrkit.faces.drawing.anatomy import Head, Points
from lfsrkit.faces.drawing.canvas import Plane
from lfsrkit.faces.drawing.numbers import FaceNumbers


@dataclass(frozen=True)
class EyeLines:
    """The opening of an eye, in ``s`` along it (-1 at the inner, 1 at the outer corner) and ``t`` units below it.

    Args:
        numbers: The face.
    """

    numbers: FaceNumbers

    @cached_property
    def heights(self) -> tuple[float, float]:
        """Height of the upper and of the lower lid's arc, in units."""
        shape, expression = self.numbers.shape, self.numbers.expression
        open_share = 1 - 0.5 * expression.squint + 0.12 * expression.brow_raise
        look_down = 0.25 * max(expression.gaze_y, 0.0)
        cheeks = 0.45 * expression.squint + 0.25 * max(expression.smile, 0.0)
        return shape.eye_upper * (open_share - look_down), shape.eye_lower * (1 - cheeks)

    def local(self, side: Plane, v: Plane) -> tuple[Plane, Plane]:
        """Turn places on the face into ``s`` and ``t``.

        Args:
            side: Distance from the middle of the face.
            v: Downwards.
        """
        shape = self.numbers.shape
        tilt = np.deg2rad(shape.eye_tilt_degrees)
        cos, sin = float(np.cos(tilt)), float(np.sin(tilt))
        x, y = side - shape.eye_x, v - shape.eye_y
        return (x * cos - y * sin) / shape.eye_width, x * sin + y * cos

    def upper(self, s: Plane) -> Plane:
        """Give the edge of the upper lid, negative above the corners.

        Args:
            s: Along the eye.
        """
        return -self.heights[0] * np.maximum(1 - s * s, 0) ** 0.75 * (1 - np.float32(0.18) * s)

    def lower(self, s: Plane) -> Plane:
        """Give the edge of the lower lid.

        Args:
            s: Along the eye.
        """
        return self.heights[1] * np.maximum(1 - s * s, 0) ** 0.85 * (1 + np.float32(0.2) * s)

    def points(self, side: int) -> Points:
        """Give the six landmarks of one eye: the corners and thirds of the lids.

        Args:
            side: -1 for the left of the picture, 1 for the right.
        """
        third = np.float32(1 / 3)
        s = np.asarray([1, third, -third, -1, -third, third], np.float32)
        t = np.concatenate([self.upper(s[:3]), self.lower(s[3:])])
        tilt = np.deg2rad(self.numbers.shape.eye_tilt_degrees)
        x, shape = s * self.numbers.shape.eye_width, self.numbers.shape
        u = shape.eye_x + x * np.cos(tilt) + t * np.sin(tilt)
        v = shape.eye_y - x * np.sin(tilt) + t * np.cos(tilt)
        points = np.stack([side * u, v], -1).astype(np.float32)
        # Clockwise in the picture: on the right the first point is the inner corner.
        return points if side < 0 else points[[3, 2, 1, 0, 5, 4]]


@dataclass(frozen=True)
class LipLines:
    """The four lines of a mouth over ``s`` from -1 to 1, its corners; heights are places on the face.

    Args:
        numbers: The face.
    """

    numbers: FaceNumbers

    @cached_property
    def width(self) -> float:
        """Half the width in units; a smile is wider, an open mouth a little narrower."""
        expression = self.numbers.expression
        return self.numbers.shape.mouth_width * (1 + 0.2 * expression.smile - 0.06 * expression.open_mouth)

    @cached_property
    def gap(self) -> float:
        """Height of the opening in units."""
        return 5.6 * self.numbers.expression.open_mouth

    def middle(self, s: Plane) -> Plane:
        """Give the line on which the lips meet.

        Args:
            s: Along the mouth.
        """
        smile = self.numbers.expression.smile
        dip = 0.35 * (1 - np.abs(s) * 2).clip(0, 1)
        return self.numbers.shape.mouth_y + np.float32(0.6 * smile) + dip - np.float32(3.3 * smile) * s * s

    def inner_upper(self, s: Plane) -> Plane:
        """Give the lower edge of the upper lip."""
        return self.middle(s) - np.float32(0.25 * self.gap) * self._opening(s)

    def inner_lower(self, s: Plane) -> Plane:
        """Give the upper edge of the lower lip."""
        return self.middle(s) + np.float32(0.75 * self.gap) * self._opening(s)

    def outer_upper(self, s: Plane) -> Plane:
        """Give the upper edge of the upper lip, with the bow in its middle."""
        shape, side = self.numbers.shape, np.abs(s)
        thick = shape.lip_upper * (1 - 0.3 * max(self.numbers.expression.smile, 0.0))
        bow = np.exp(-(((side - 0.27) / 0.2) ** 2)) * np.float32(0.25) - np.exp(-((s / 0.13) ** 2)) * np.float32(0.25)
        return self.inner_upper(s) - thick * (np.maximum(1 - side**1.6, 0) + shape.cupid * bow)

    def outer_lower(self, s: Plane) -> Plane:
        """Give the lower edge of the lower lip."""
        thick = self.numbers.shape.lip_lower * (1 - 0.2 * max(self.numbers.expression.smile, 0.0))
        return self.inner_lower(s) + thick * np.maximum(1 - s * s, 0) ** 0.8

    def points(self) -> Points:
        """Give the twenty landmarks: the outer line clockwise from the left corner, then the inner one."""
        top, bottom = np.asarray([-1, -0.62, -0.26, 0, 0.26, 0.62, 1]), np.asarray([0.6, 0.3, 0, -0.3, -0.6])
        inner = np.asarray([-0.86, -0.35, 0, 0.35, 0.86])
        back = inner[3:0:-1]
        s = np.concatenate([top, bottom, inner, back]).astype(np.float32)
        parts = (
            self.outer_upper(s[:7]),
            self.outer_lower(s[7:12]),
            self.inner_upper(s[12:17]),
            self.inner_lower(s[17:]),
        )
        return np.stack([s * self.width, np.concatenate(parts)], -1).astype(np.float32)

    def _opening(self, s: Plane) -> Plane:
        return np.maximum(1 - np.square(s * np.float32(1 / 0.9)), 0)


@dataclass(frozen=True)
class BrowLines:
    """A brow over ``s`` from 0, inner end, to 1, outer end.

    Args:
        numbers: The face.
    """

    numbers: FaceNumbers

    INNER = 6.4
    """Distance of the inner end from the middle of the face, in units."""

    def along(self, side: Plane) -> Plane:
        """Turn distances from the middle of the face into ``s``.

        Args:
            side: Distance from the middle of the face.
        """
        return (side - self.INNER) * np.float32(1 / self.numbers.shape.brow_width)

    def middle(self, s: Plane) -> Plane:
        """Give the height of the middle of the brow, a place on the face.

        Args:
            s: Along the brow.
        """
        shape, lift = self.numbers.shape, self.numbers.expression.brow_raise
        arch = 4 * s * (1 - s) * (0.6 + 0.7 * s)
        frown = min(lift, 0.0) * 1.6 * (1 - s)
        return shape.brow_y - 1.9 * max(lift, 0.0) - shape.brow_arch * arch + (shape.brow_tilt + 0.8) * s * s - frown

    def thickness(self, s: Plane) -> Plane:
        """Give half the thickness in units.

        Args:
            s: Along the brow.
        """
        inside = np.clip(s, 0, 1)
        return self.numbers.shape.brow_thickness * (np.float32(0.95) - 0.7 * inside * inside)

    def points(self, side: int) -> Points:
        """Give the five landmarks of one brow, from left to right.

        Args:
            side: -1 for the left of the picture, 1 for the right.
        """
        s = np.linspace(0.03, 0.97, 5, dtype=np.float32)
        points = np.stack([side * (self.INNER + s * self.numbers.shape.brow_width), self.middle(s)], -1)
        return points.astype(np.float32)[::side]


def nose_points(numbers: FaceNumbers) -> Points:
    """Give the nine landmarks of the nose: down its ridge to the tip, then along its base from left to right.

    Args:
        numbers: The face.
    """
    shape = numbers.shape
    root, tip, wing = shape.eye_y, shape.nose_y, shape.nose_width
    ridge = [(0.0, root + (tip - root) * share) for share in (0.0, 1 / 3, 2 / 3, 1.0)]
    base = [(-wing * 0.8, tip + 3.2), (-wing * 0.4, tip + 4.0), (0.0, tip + 4.4)]
    return np.asarray([*ridge, *base, *((-u, v) for u, v in base[1::-1])], np.float32)


def landmarks(head: Head) -> Points:
    """Find the 68 landmarks in the picture, in units, in the order of iBUG 300-W.

    Args:
        head: The head of the face.

    References:
        Sagonas et al., 300 Faces in-the-Wild Challenge, 2016. https://doi.org/10.1016/j.imavis.2016.01.002
    """
    numbers = head.numbers
    eye, brow, lips = EyeLines(numbers), BrowLines(numbers), LipLines(numbers)
    on_face = [brow.points(-1), brow.points(1), nose_points(numbers), eye.points(-1), eye.points(1), lips.points()]
    return np.concatenate([_jaw(head), head.place(np.concatenate(on_face))])


def _jaw(head: Head) -> Points:
    """Seventeen places on the outline from the height of the eyes over the chin to the height of the eyes."""
    pose, shape = head.numbers.pose, head.numbers.shape
    level = np.arcsin(
        np.clip(shape.eye_y / shape.head_height + 0.8 * np.sin(np.deg2rad(pose.pitch_degrees)), -0.4, 0.4)
    )
    chin = np.pi / 2 - 0.25 * np.sin(np.deg2rad(pose.yaw_degrees))
    angles = np.concatenate([np.linspace(np.pi - level, chin, 9), np.linspace(chin, level, 9)[1:]])
    return head.outline(angles)
