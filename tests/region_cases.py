"""Faces of boxes and drawn ones, for tests of regions."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lfsrkit.faces.synthetic import DrawnFace, draw_face, sample_face
from lfsrkit.regions import (
    Bisenet,
    CelebAMaskHQ,
    View,
)

# What each numbering calls the parts, as the two projects publish it.
NUMBERS: dict[Any, dict[str, int]] = {
    CelebAMaskHQ: {"skin": 1, "nose": 2, "glasses": 3, "left": 4, "right": 5, "mouth": 10, "upper": 11, "neck": 17},
    Bisenet: {"skin": 1, "nose": 10, "glasses": 6, "left": 4, "right": 5, "mouth": 11, "upper": 12, "neck": 14},
}
BROWS: dict[Any, tuple[int, int]] = {CelebAMaskHQ: (6, 7), Bisenet: (2, 3)}
WHOLE = View(128, 128, (0, 0, 128, 128), 128)


def drawn(number: int, size: int = 128) -> DrawnFace:
    return draw_face(sample_face(torch.Generator().manual_seed(number)), size)


def centroid(part: torch.Tensor) -> tuple[float, float]:
    height, width = part.shape
    x = (part.sum(0) * (torch.arange(width) + 0.5)).sum() / part.sum()
    y = (part.sum(1) * (torch.arange(height) + 0.5)).sum() / part.sum()
    return float(x), float(y)


def label_map(numbering: Any, size: int = 64) -> NDArray[np.uint8]:
    """A face of boxes: eyes at the sides, a nose between them, a mouth below."""
    number, brows = NUMBERS[numbering], BROWS[numbering]
    labels = np.zeros((64, 64), np.uint8)
    labels[8:60, 8:56] = number["skin"]
    labels[20:24, 16:26], labels[20:24, 38:48] = number["left"], number["right"]
    labels[12:15, 14:28], labels[12:15, 36:50] = brows
    labels[26:38, 28:36] = number["nose"]
    labels[44:46, 22:42], labels[46:50, 22:42] = number["upper"], number["mouth"]
    labels[60:64, 20:44] = number["neck"]
    return labels.repeat(size // 64, 0).repeat(size // 64, 1)
