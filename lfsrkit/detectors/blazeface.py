"""BlazeFace of MediaPipe under LiteRT: a small detector that looks at a photograph through windows of several sizes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from lfsrkit.detectors.base import Detector, FoundFace, Points
from lfsrkit.errors import MissingWeights
from lfsrkit.images import Pixels
from lfsrkit.regions.mesh import EYES, LEAST_SCORE, MOUTH, FaceMesh, Square, find_model, open_network

FILE = "face_detection_back.tflite"
_INPUT = 256
_ANCHORS = ((16, 2), (32, 6))
"""Distance in pixels between anchors of a grid, and how many share a place."""
_BOX_AND_POINTS = 8
"""Pairs of numbers an anchor: the centre of the box, its size, and six points."""
_CENTRE, _SIZE, _EYE_LEFT, _EYE_RIGHT, _MOUTH = 0, 1, 2, 3, 5

_SHRINK = 1.5
"""Each size of the windows is so many times smaller than the one before."""
_OVERLAP = 0.5
_TOO_NEAR = 0.5
"""Two faces are one where their centres are nearer than this share of a face's width."""
_MESH_SQUARE = 1.5
"""Side of the square for the face mesh in sides of the face's box."""
_UPRIGHT_DEGREES = 20.0
_LYING_DEGREES = 60.0


@dataclass(frozen=True, eq=False)
class _Seen:
    centre: NDArray[np.float64]
    side: float
    points: Points
    score: float


@final
class BlazeFace(Detector):
    """Find faces from about 20 pixels with BlazeFace, and place eyes and mouths by the face mesh.

    The network looks at the whole photograph and at overlapping windows, each 1.5 times smaller, down to 256 pixels.
    Where the face mesh is sure of a face, the eyes and the mouth are those of the mesh; elsewhere they are those of
    BlazeFace, and as its eyes of small faces lie within a pixel or two of the truth, a face that is turned by less
    than 20 degrees is taken as upright. What is turned by more than 60 degrees is left out: of what BlazeFace takes for
    a lying face in a night photograph, most is none (both our rules).

    Args:
        least_score: Least score of a face, 0 to 1.

    Raises:
        MissingWeights: If LiteRT or the network is not on this machine.

    References:
        Bazarevsky et al., BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs, 2019.
        https://arxiv.org/abs/1907.05047
    """

    def __init__(self, least_score: float = 0.65) -> None:
        self._least_score = least_score
        path = find_model(FILE)
        self._network = open_network(path)
        self._input = self._network.get_input_details()[0]["index"]
        self._boxes, self._scores = _outputs(path, self._network)
        self._anchors = _anchors()
        self._mesh = FaceMesh()

    def find(self, pixels: Pixels) -> list[FoundFace]:
        """Find all faces."""
        picture = Pillow.fromarray(pixels)
        seen = [face for square in windows(picture.width, picture.height) for face in self._look(picture, square)]
        return [FoundFace(self._placed(pixels, face), face.score) for face in _each_once(seen) if _stands(face.points)]

    def _look(self, picture: Any, square: Square) -> list[_Seen]:
        left, top, right, _ = square
        shown = picture.crop(square).resize((_INPUT, _INPUT), Pillow.Resampling.BILINEAR)
        self._network.set_tensor(self._input, np.asarray(shown, np.float32)[None] / 127.5 - 1)
        self._network.invoke()
        raw = self._network.get_tensor(self._scores)[0, :, 0].astype(np.float64)
        scores = 1 / (1 + np.exp(-raw.clip(-80, 80)))
        good = scores >= self._least_score
        numbers = self._network.get_tensor(self._boxes)[0, good].reshape(-1, _BOX_AND_POINTS, 2) / _INPUT
        numbers = numbers.astype(np.float64)
        numbers[:, [i for i in range(_BOX_AND_POINTS) if i != _SIZE]] += self._anchors[good, None]
        scale, origin = right - left, np.array([left, top])
        return [
            _Seen(one[_CENTRE] * scale + origin, float(one[_SIZE].max()) * scale, _points(one) * scale + origin, score)
            for one, score in zip(numbers, scores[good].tolist(), strict=True)
        ]

    def _placed(self, pixels: Pixels, face: _Seen) -> Points:
        half = max(4, round(face.side * _MESH_SQUARE / 2))
        x, y = face.centre.round().astype(int).tolist()
        mesh = self._mesh.find(pixels, (x - half, y - half, x + half, y + half))
        if mesh.score < LEAST_SCORE:
            return _upright(face.points)
        parts = [mesh.points[list(corners)].mean(axis=0) for corners in (*EYES, MOUTH)]
        return np.stack(parts).astype(np.float64)


def windows(width: int, height: int) -> Iterator[Square]:
    """Cover a photograph with squares of several sizes.

    Args:
        width: Of the photograph, in pixels.
        height: Of the photograph, in pixels.

    Example:
        >>> list(windows(300, 200))
        [(0, -50, 300, 250), (0, -28, 256, 228), (44, -28, 300, 228)]
    """
    side = max(width, height)
    while True:
        lefts, tops = _starts(width, side), _starts(height, side)
        yield from ((left, top, left + side, top + side) for top, left in product(tops, lefts))
        if side <= _INPUT:
            return
        side = max(_INPUT, round(side / _SHRINK))


def _starts(length: int, side: int) -> list[int]:
    if side >= length:
        return [(length - side) // 2]
    steps = -(-(length - side) // round(side * (1 - _OVERLAP)))
    return [round(step * (length - side) / steps) for step in range(steps + 1)]


def _each_once(seen: list[_Seen]) -> list[_Seen]:
    kept: list[_Seen] = []
    for face in sorted(seen, key=lambda face: -face.score):
        apart = [np.hypot(*(face.centre - other.centre)) / max(face.side, other.side) for other in kept]
        if all(distance > _TOO_NEAR for distance in apart):
            kept.append(face)
    return kept


def _points(numbers: NDArray[np.float64]) -> Points:
    return numbers[[_EYE_LEFT, _EYE_RIGHT, _MOUTH]]


def _degrees(points: Points) -> float:
    x, y = points[1] - points[0]
    return float(np.degrees(np.arctan2(y, x)))


def _stands(points: Points) -> bool:
    return abs(_degrees(points)) <= _LYING_DEGREES


def _upright(points: Points) -> Points:
    """Turn a face that is hardly turned about its middle, so that its eyes are level."""
    angle = np.radians(_degrees(points))
    if abs(_degrees(points)) > _UPRIGHT_DEGREES:
        return points
    middle, turn = points.mean(axis=0), np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points - middle) @ turn + middle


def _anchors() -> NDArray[np.float64]:
    grids: list[NDArray[np.float64]] = []
    for stride, count in _ANCHORS:
        cells = _INPUT // stride
        y, x = np.mgrid[:cells, :cells]
        centres = (np.stack([x.ravel(), y.ravel()], axis=1) + 0.5) / cells
        grids.append(np.repeat(centres, count, axis=0))
    return np.concatenate(grids)


def _outputs(path: Path, network: Any) -> tuple[int, int]:
    found = {int(item["shape"][-1]): int(item["index"]) for item in network.get_output_details()}
    if found.keys() != {2 * _BOX_AND_POINTS, 1}:
        raise MissingWeights(f"{path} is no detector of boxes with six points; {FILE} is wanted")
    return found[2 * _BOX_AND_POINTS], found[1]
