"""How much light a picture has."""

from jaxtyping import Float
from torch import Tensor

from lfsrkit.realism.fit.cells import Cells, steadiest
from lfsrkit.types import PerImage

LevelWeights = Float[Tensor, "1 6"]
"""How much each part counts for the level."""


def level_weights(clean: Cells) -> LevelWeights:
    """Learn which parts of a face square tell most about its light.

    Args:
        clean: Of normally lit faces.
    """
    return steadiest(clean[:, 1], 1)


def light_level(cells: Cells, weights: LevelWeights) -> PerImage:
    """Give the green light of each picture in stops, up to a constant that is the same for all.

    Green alone, so that a cast, which is given by gains of red and blue, changes nothing.

    Args:
        cells: Of any pictures.
        weights: From `level_weights`.
    """
    return cells[:, 1] @ weights[0]
