"""Whether a detector finds the parts of a restored face where it finds them on the clean one: Table 3 of the paper.

The landmarks that the detector finds on the clean picture are the reference; nobody has marked these faces by hand.
What is measured is therefore whether a picture is as good as the clean one *for this detector*.
"""

import math
from collections.abc import Sequence
from typing import final

import numpy as np

from lfsrkit.images import Pixels
from lfsrkit.regions.drawing import Points
from lfsrkit.regions.ibug import OUTER_EYE_CORNERS
from lfsrkit.regions.landmarkers import Landmarker, Landmarks

AUC_LIMIT = 0.08
"""Error at which the area under the curve of errors ends."""

FACE_COLUMNS = ("face_score", "faces_found")
"""What is measured where there is no clean picture."""

LEADING_COLUMN = "nme"
"""What tells how bad a picture is where nothing else is measured."""

Columns = dict[str, list[float | None]]
"""By name, a value a picture; None where there is none."""


def alignment_error(points: Points, reference: Points) -> float:
    r"""Measure how far landmarks are off: NME, the normalised mean error.

    $\frac{1}{68} \sum_i \lVert p_i - q_i \rVert / \lVert q_{36} - q_{45} \rVert$: the mean distance by the distance of
    the outer corners of the eyes of the reference.

    Args:
        points: (68, 2) in the order of iBUG 300-W.
        reference: (68, 2).

    Returns:
        The error as a share, 0 or more; infinite where both eye corners of the reference are one point.

    References:
        Sagonas et al., 300 Faces in-the-Wild Challenge, ICCVW 2013. https://doi.org/10.1109/ICCVW.2013.59

    Example:
        >>> face = np.random.default_rng(0).uniform(0, 128, (68, 2))
        >>> face[36], face[45] = (30, 60), (80, 60)
        >>> round(alignment_error(face + (3, 4), face), 6)
        0.1
    """
    first, second = reference[list(OUTER_EYE_CORNERS)]
    apart = float(np.hypot(*(second - first)))
    mean = float(np.hypot(*(points - reference).T).mean())
    return mean / apart if apart > 0 else math.inf


def alignment_auc(errors: Sequence[float], limit: float = AUC_LIMIT) -> float:
    r"""Measure the area under the cumulative distribution of errors up to a limit, divided by the limit.

    $\frac{1}{n} \sum_i \max(0, 1 - e_i / L)$, which is that area exactly. A failure is an infinite error.

    Args:
        errors: Of each picture, as `alignment_error` gives them.
        limit: L.

    Example:
        >>> alignment_auc([0.0, 0.04, math.inf], limit=0.08)
        0.5
    """
    return sum(max(0.0, 1 - error / limit) for error in errors) / len(errors)


@final
class Aligner:
    """The columns of the alignment: their means over the pictures are the numbers of Table 3.

    Args:
        landmarker: Detector.
    """

    def __init__(self, landmarker: Landmarker) -> None:
        self._landmarker = landmarker

    def __call__(self, restored: Sequence[Pixels], clean: Sequence[Pixels]) -> Columns:
        """Measure pictures: ``nme``, ``auc_0.08``, ``landmark_failures``, ``face_score`` and ``clean_faces``.

        Where no face is found on the clean picture there is no reference: such a picture counts for nothing but
        ``clean_faces``. Where none is found on the restored one, it has no ``nme``, and 0 as its part of the area.

        Args:
            restored: 8-bit pictures.
            clean: The same faces.
        """
        rows = [self._row(*pair) for pair in zip(restored, clean, strict=True)]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def _row(self, restored: Pixels, clean: Pixels) -> dict[str, float | None]:
        reference = accepted(self._landmarker, self._landmarker.find(clean))
        found = self._landmarker.find(restored)
        trusted = accepted(self._landmarker, found)
        error = math.inf
        if reference is not None and trusted is not None:
            error = alignment_error(trusted.points, reference.points)
        known = reference is not None
        return {
            "nme": error if math.isfinite(error) else None,
            f"auc_{AUC_LIMIT:g}": alignment_auc([error]) if known else None,
            "landmark_failures": float(trusted is None) if known else None,
            "face_score": None if found is None or not known else found.score,
            "clean_faces": float(known),
        }


def misalignment(columns: Columns) -> list[float]:
    """Tell how bad the alignment of each picture is: its error, and worse than any error if no face is found.

    Args:
        columns: From `Aligner`; a picture without a reference is not bad.
    """
    rows = zip(columns[LEADING_COLUMN], columns["landmark_failures"], strict=True)
    return [math.inf if failed else error or 0.0 for error, failed in rows]


def face_columns(landmarker: Landmarker | None, pictures: Sequence[Pixels]) -> Columns:
    """Tell how sure a detector is of the face of each picture, and whether that is enough.

    Args:
        landmarker: Detector; None if it is not on this machine.
        pictures: 8-bit pictures.
    """
    if landmarker is None:
        return {name: [None] * len(pictures) for name in FACE_COLUMNS}
    found = [landmarker.find(pixels) for pixels in pictures]
    return {
        "face_score": [None if face is None else face.score for face in found],
        "faces_found": [float(accepted(landmarker, face) is not None) for face in found],
    }


def accepted(landmarker: Landmarker, found: Landmarks | None) -> Landmarks | None:
    """Give back what was found if the detector is sure enough of it.

    Args:
        landmarker: Whose threshold counts.
        found: What it has found.
    """
    return found if found is not None and found.score >= landmarker.least_score else None
