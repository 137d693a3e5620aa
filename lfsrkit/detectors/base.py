"""What every detector is: a way from a photograph to the eyes and the mouth of each face in it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfsrkit.errors import UsageError
from lfsrkit.images import Pixels

Points = NDArray[np.float64]
"""(3, 2): the image-left eye, the image-right eye, the middle of the mouth; x and y in pixels, centres at +0.5."""


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face in a photograph."""

    points: Points
    """Where eyes and mouth are, which is enough to turn and scale the face to any framing."""
    score: float
    """How sure the detector is, from 0 to 1."""

    def __post_init__(self) -> None:
        if np.shape(self.points) != (3, 2):
            raise UsageError(f"a found face has points of shape {np.shape(self.points)}; they have to be (3, 2)")


class Detector(ABC):
    """Find faces.

    Register one with ``@DETECTORS.register("mine")`` in a file for ``--plugin``, or in a package through the entry
    points ``lfsrkit.detectors``; use it by ``-s detector=mine``. A detector of five points gives the mean of its two
    mouth corners as the mouth.
    """

    @abstractmethod
    def find(self, pixels: Pixels) -> list[FoundFace]:
        """Find all faces of a photograph, in no particular order, each one once.

        Args:
            pixels: An upright photograph of any size; a dark one is brightened before it comes here.
        """
