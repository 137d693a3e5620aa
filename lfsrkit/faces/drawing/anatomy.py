"""The head as a round body seen through a flat warp, and the exact way between its surface and the picture.

The head is a unit sphere in front of the camera. It is turned by yaw and pitch, the picture of it is stretched to the
width and height of the head and squeezed to the outline of the jaw, and then turned by roll, scaled and moved. A nose
is a lift of the surface along its normal. Nothing else moves a point, so the same lines place paint and landmarks.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lfsrkit.faces.drawing.canvas import Plane, Window, bump, ramp
from lfsrkit.faces.drawing.numbers import FaceNumbers, Number

UNITS = 128
"""Length of the picture's side in the units of `FaceNumbers`."""

Points = NDArray[np.floating]
"""(n, 2), x and y."""

_NOSE_ROUNDS = 4
"""How often the shift of a pixel by the height of the nose is refined."""

_NOSE_SHARE = 0.55
"""Share of the nose's height by which it stands out; with all of it the tip would hide the base of a lowered head."""


@dataclass(frozen=True)
class Chart:
    """What the camera sees at every pixel, as places on the head; beyond the outline the nearest place on it."""

    u: Plane
    """Place on the face, in units of the head seen from the front, to the right."""
    v: Plane
    """The same, downwards."""
    x: Plane
    """Direction from the centre of the head, turned with it: right."""
    y: Plane
    """Down."""
    z: Plane
    """Out of the face."""
    normal: NDArray[np.floating]
    """(3, height, width): direction in which the surface looks, x, y and towards the camera, in the picture's frame."""
    radius: Plane
    """Distance from the centre of the outline, 1 on it."""
    p: Plane
    """Place in the picture relative to the head's centre, with roll and scale undone."""
    q: Plane
    density: float
    """Pixels per unit."""

    def __getitem__(self, window: Window) -> "Chart":
        """Look at a part of the picture.

        Args:
            window: Rows and columns.
        """
        cut = (plane[window] for plane in (self.u, self.v, self.x, self.y, self.z, self.radius, self.p, self.q))
        u, v, x, y, z, radius, p, q = cut
        return Chart(u, v, x, y, z, self.normal[:, *window], radius, p, q, self.density)


def within(part: Window, whole: Window) -> Window:
    """Give a window of the picture relative to a larger one, at least two pixels of which it keeps.

    Args:
        part: The window.
        whole: The larger one.
    """
    starts = [min(max(one.start, two.start), two.stop - 2) - two.start for one, two in zip(part, whole, strict=True)]
    stops = [min(one.stop, two.stop) - two.start for one, two in zip(part, whole, strict=True)]
    rows, columns = (slice(start, max(stop, start + 2)) for start, stop in zip(starts, stops, strict=True))
    return rows, columns


@dataclass(frozen=True)
class Head:
    """Places on the head of one face, and places in its picture.

    Args:
        numbers: The face.
        swell: How far the surface lies above the skin, as a share of the radius; hair does.
    """

    numbers: FaceNumbers
    swell: float = 0.0

    @cached_property
    def turn(self) -> NDArray[np.floating]:
        """The rotation from the head to the camera."""
        yaw, pitch = np.deg2rad([self.numbers.pose.yaw_degrees, self.numbers.pose.pitch_degrees])
        around_y = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
        around_x = [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
        return (np.asarray(around_x) @ np.asarray(around_y)).astype(np.float32)

    @cached_property
    def origin(self) -> NDArray[np.floating]:
        """Where in the picture the centre of the head is, such that eyes and mouth are framed as the pose says."""
        shape, pose = self.numbers.shape, self.numbers.pose
        anchor = np.asarray([[0, shape.eye_y], [0, shape.mouth_y]], np.float32)
        seen = self._flat(anchor).mean(0) @ self._spin
        return np.asarray([pose.centre_x, pose.centre_y]) - seen

    def raised(self, swell: float) -> "Head":
        """Give the surface above the skin on which hair or a hat lies.

        Args:
            swell: Its distance, as a share of the radius.
        """
        above = replace(self, swell=swell)
        vars(above).update(turn=self.turn, origin=self.origin, _spin=self._spin)
        return above

    @cached_property
    def _spin(self) -> NDArray[np.floating]:
        roll = np.deg2rad(self.numbers.pose.roll_degrees)
        turn = np.asarray([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
        return (turn * self.numbers.pose.scale).astype(np.float32)

    def nose(self, u: Plane, v: Plane) -> Plane:
        """Give how far the nose stands out from the face, in units.

        Args:
            u: Places on the face.
            v: Downwards.
        """
        shape = self.numbers.shape
        root, tip, side = shape.eye_y - 3, shape.nose_y, np.abs(u)
        along = np.clip((v - root) * np.float32(1 / (tip - root)), 0, 1.3)
        ridge = shape.nose_bridge * ramp(v, root - 5, root + 3) + (shape.nose_lift - shape.nose_bridge) * along * along
        ridge *= ramp(v, tip + 5.0, tip - 0.6)
        narrow = side * (1 / (np.float32(2.3) + 1.7 * along))
        ball = bump(side, v, (0, tip), (2.6, 2.0))
        wings = bump(side, v, (shape.nose_width * 0.72, tip + 1.8), (1.7, 1.9))
        height = 0.85 * ridge * np.exp(-narrow * narrow) + 1.2 * ball + shape.nose_lift * 0.38 * wings
        return _NOSE_SHARE * height

    def place(self, points: Points) -> Points:
        """Find where places on the face are in the picture.

        Args:
            points: (n, 2), ``u`` and ``v``.
        """
        return (self._flat(points) @ self._spin + self.origin).astype(np.float32)

    def flat_place(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Find ``p`` and ``q``, before roll, scale and move, of a place given relative to the head's centre.

        Args:
            x: To the right, 1 is the surface.
            y: Down.
            z: Out of the face.
        """
        a, b, _ = self.turn @ np.asarray([x, y, z], np.float32)
        p, q = self._stretch(a[None], b[None])[0].tolist()
        return p, q

    def whereabouts(self, p: float, q: float) -> Points:
        """Find where in the picture a place is whose roll, scale and move are undone.

        Args:
            p: To the right.
            q: Down.
        """
        return (np.asarray([[p, q]], np.float32) @ self._spin + self.origin).astype(np.float32)

    def outline(self, angles: NDArray[np.floating]) -> Points:
        """Find places in the picture on the outline of the head.

        Args:
            angles: Radians, 0 to the right, a quarter turn downwards.
        """
        flat = self._stretch(np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32))
        return (flat @ self._spin + self.origin).astype(np.float32)

    def see(self, size: int, window: Window | None = None) -> Chart:
        """Find the place on the head that every pixel of a picture shows.

        Args:
            size: Side of the picture in pixels.
            window: Part of the picture; the whole one by default.
        """
        window = window or (slice(0, size), slice(0, size))
        p, q = self.level(size, window)
        shape = self.numbers.shape
        b = q * np.float32(1 / shape.head_height)
        a = (p - self._shift(b)) / (self._width(b))
        radius = np.sqrt(a * a + b * b)
        scale = 1 / (np.maximum(radius, np.float32(1 + self.swell)) + np.float32(1e-6))
        a, b = a * scale, b * scale
        x, y, z, depth = self._unturn(a, b)
        if self.swell == 0:
            x, y, z, depth, a, b = self._under_nose(size, window, (x, y, z, depth), (a, b))
        normal = self._picture_normal(a, b, depth)
        u, v = x * shape.head_width, y * shape.head_height
        return Chart(u, v, x, y, z, normal, radius, p, q, self.density(size))

    def window(self, points: Points, margin: Number, size: int) -> Window:
        """Find the part of the picture around some places.

        Args:
            points: Places in the picture, in units.
            margin: Units around them.
            size: Side of the picture in pixels.
        """
        ends = np.stack([points.min(0) - margin, points.max(0) + margin]) * (size / UNITS)
        (left, top), (right, bottom) = np.clip(ends, 0, size).astype(int).tolist()
        return slice(top, max(bottom, top + 2)), slice(left, max(right, left + 2))

    def density(self, size: int) -> float:
        """Give the pixels per unit.

        Args:
            size: Side of the picture in pixels.
        """
        return size / UNITS * self.numbers.pose.scale

    def level(self, size: int, window: Window) -> tuple[Plane, Plane]:
        """Give the places of pixels relative to the head's centre, roll and scale undone: ``p`` and ``q``.

        Args:
            size: Side of the picture in pixels.
            window: Part of the picture.
        """
        at = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(UNITS / size)
        x, y = at[window[1]] - np.float32(self.origin[0]), (at[window[0]] - np.float32(self.origin[1]))[:, None]
        back = np.linalg.inv(self._spin.astype(np.float64)).astype(np.float32)
        return x * back[0, 0] + y * back[1, 0], x * back[0, 1] + y * back[1, 1]

    def _under_nose(
        self, size: int, window: Window, seen: tuple[Plane, Plane, Plane, Plane], disk: tuple[Plane, Plane]
    ) -> tuple[Plane, Plane, Plane, Plane, Plane, Plane]:
        shape = self.numbers.shape
        tip, wing = shape.nose_y, shape.nose_width
        reach = np.asarray([[-wing, shape.eye_y - 6], [wing, shape.eye_y - 6], [-wing, tip + 6], [wing, tip + 6]])
        part = within(self.window(self.place(reach.astype(np.float32)), 5, size), window)
        a, b = disk[0][part], disk[1][part]
        # Starting half-way up, the way to the tip is as short as that to the base.
        lift = np.full_like(a, 0.35 * shape.nose_lift / shape.head_width)
        for _ in range(_NOSE_ROUNDS):
            x, y, *_ = self._unturn(a / (1 + lift), b / (1 + lift))
            lift = self.nose(x * shape.head_width, y * shape.head_height) * np.float32(1 / shape.head_width)
        low_a, low_b = a / (1 + lift), b / (1 + lift)
        x, y, z, depth = self._unturn(low_a, low_b)
        for plane, refined in zip((*seen, *disk), (x, y, z, depth, low_a, low_b), strict=True):
            plane[part] = refined
        return (*seen, *disk)

    def _unturn(self, a: Plane, b: Plane) -> tuple[Plane, Plane, Plane, Plane]:
        t = self.turn
        c = np.sqrt(np.maximum(1 - a * a - b * b, np.float32(0)))
        x, y, z = (t[0, i] * a + t[1, i] * b + t[2, i] * c for i in range(3))
        return x, y, z, c

    def _picture_normal(self, a: Plane, b: Plane, c: Plane) -> NDArray[np.floating]:
        roll = np.deg2rad(self.numbers.pose.roll_degrees)
        cos, sin = np.float32(np.cos(roll)), np.float32(np.sin(roll))
        # A face is flatter than a ball, most of all from brow to chin.
        flat_a, flat_b = a * (0.45 + 0.55 * a * a), b * (0.3 + 0.7 * b * b)
        return np.stack([flat_a * cos - flat_b * sin, flat_a * sin + flat_b * cos, c + np.float32(0.05)])

    def _flat(self, points: Points) -> Points:
        shape = self.numbers.shape
        x, y = points[:, 0] / shape.head_width, points[:, 1] / shape.head_height
        z = np.sqrt(np.maximum(1 - x * x - y * y, 0))
        lift = 1 + self.nose(points[:, 0], points[:, 1]) / shape.head_width
        a, b, _ = self.turn @ np.stack([x, y, z]) * lift
        return self._stretch(a, b)

    def _stretch(self, a: NDArray[np.floating], b: NDArray[np.floating]) -> Points:
        return np.stack([a * self._width(b) + self._shift(b), b * self.numbers.shape.head_height], -1)

    def _width(self, b: Plane) -> Plane:
        shape = self.numbers.shape
        lower = np.clip(b, 0, 1.2)
        jaw = shape.jaw * ramp(lower, 0.1, 0.75)
        return shape.head_width * (1 + jaw + shape.chin * lower**6 + 0.16 * np.square(np.clip(-b, 0, 1)))

    def _shift(self, b: Plane) -> Plane:
        lower = np.clip(b, 0, 1.2)
        sideways = np.sin(np.deg2rad(self.numbers.pose.yaw_degrees))
        return np.float32(sideways * 0.16 * self.numbers.shape.head_width) * lower * lower
