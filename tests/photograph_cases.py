"""Dark photographs with faces at places that are known, and a model whose work one sees."""

from typing import Any

import numpy as np
import pytest
import torch

from lfsrkit import DETECTORS, MODELS
from lfsrkit.errors import MissingWeights
from lfsrkit.faces.synthetic import draw_face, sample_face
from lfsrkit.images import Pixels, resize
from lfsrkit.inference.alignment import Placement
from lfsrkit.models import ModelInfo, Restorer
from lfsrkit.regions import template_points

CPU = torch.device("cpu")


def reason_of_absence() -> str | None:
    try:
        DETECTORS.create("blazeface")
    except MissingWeights as error:
        return str(error)
    return None


ABSENT = reason_of_absence()
needs_detector = pytest.mark.skipif(ABSENT is not None, reason=str(ABSENT))


def seeded(name: str, **params: Any) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MODELS.create(name, **params).eval()


def as_batch(pixels: Pixels) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def drawn(number: int, size: int) -> Pixels:
    return draw_face(sample_face(torch.Generator().manual_seed(number)), size).image


def points_of(square: Placement) -> np.ndarray:
    """Eyes and mouth of a face that fills a square of the framing."""
    five = template_points(1, "celeba")
    return square.origin + np.stack([five[0], five[1], five[3:].mean(axis=0)]) @ square.turn.T


def turned(x: float, y: float, side: float, degrees: float) -> Placement:
    a = np.radians(degrees)
    return Placement(np.array([x, y], float), float(side) * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]))


class Marked(Restorer):
    """Paints everything green, so that one sees where it was used."""

    def __init__(self, scale: int = 4) -> None:
        super().__init__(ModelInfo("joint", (2, 4, 8)), scale)
        self.sizes: list[tuple[int, ...]] = []

    def _stages(self, low: torch.Tensor) -> dict[str, torch.Tensor]:
        self.sizes.append(tuple(low.shape[-2:]))
        size = (low.shape[-2] * self.scale, low.shape[-1] * self.scale)
        green = torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1)
        return {"restored": green.expand(low.shape[0], 3, *size)}


def dark_collage(faces: list[Pixels], side: int, height: int = 360, width: int = 540) -> tuple[Pixels, list[Placement]]:
    """Put faces of one size into a large dark picture."""
    sheet, squares = np.full((height, width, 3), (90, 85, 80), np.uint8), []
    places = [(x, y) for y in range(20, height - side, side + 40) for x in range(20, width - side, side + 40)]
    for face, (x, y) in zip(faces, places, strict=False):
        sheet[y : y + side, x : x + side] = resize(face, side, side)
        squares.append(turned(x, y, side, 0))
    noise = np.random.default_rng(0).normal(0, 0.01, sheet.shape)
    return ((sheet / 255) ** 2.5 + noise).clip(0, 1).__mul__(255).round().astype(np.uint8), squares
