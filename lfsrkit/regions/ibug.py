"""From the 468 points of MediaPipe's face mesh to the 68 of iBUG 300-W, by a published table."""

import numpy as np

from lfsrkit.regions.drawing import Points

# One entry a point of iBUG, in its order; where two points of the mesh are named, their mean is taken.
_MESH_POINTS: tuple[tuple[int, ...], ...] = (
    *((127,), (234,), (93,), (132, 58), (58, 172), (136,), (150,), (176,), (152,)),  # jaw, to the chin
    *((400,), (379,), (365,), (397, 288), (361,), (323,), (454,), (356,)),
    *((70,), (63,), (105,), (66,), (107,)),  # brow, image-left
    *((336,), (296,), (334,), (293,), (300,)),
    *((168, 6), (197, 195), (5,), (4,)),  # bridge of the nose
    *((75,), (97,), (2,), (326,), (305,)),  # nostrils
    *((33,), (160,), (158,), (133,), (153,), (144,)),  # eye, image-left
    *((362,), (385,), (387,), (263,), (373,), (380,)),
    *((61,), (39,), (37,), (0,), (267,), (269,), (291,)),  # outer lips, from corner to corner and back
    *((321,), (314,), (17,), (84,), (91,)),
    *((78,), (82,), (13,), (312,), (308,)),  # inner lips
    *((317,), (14,), (87,)),
)
_FIRST, _LAST = (np.array([points[end] for points in _MESH_POINTS]) for end in (0, -1))

OUTER_EYE_CORNERS = (36, 45)
"""Of the 68 points, image-left first."""


def mesh_to_ibug(points: Points) -> Points:
    """Pick the 68 points of iBUG 300-W out of a face mesh.

    The table is that of mediapipe2dlib 1.0 as it was published, small asymmetries of the jaw included.

    Args:
        points: (468, 2), or 478 with irises.

    Returns:
        (68, 2).

    References:
        Yan, Mediapipe to dlib landmarks, version 1.0, 2024. https://github.com/PeizhiYan/Mediapipe_2_Dlib_Landmarks
        Sagonas et al., 300 Faces in-the-Wild Challenge, ICCVW 2013 (68 points). https://doi.org/10.1109/ICCVW.2013.59

    Example:
        >>> mesh = np.arange(468 * 2.0).reshape(468, 2)
        >>> mesh_to_ibug(mesh)[[8, 27]].tolist()
        [[304.0, 305.0], [174.0, 175.0]]
    """
    return (points[_FIRST] + points[_LAST]) / 2
