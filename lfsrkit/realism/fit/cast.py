"""Which tint the light of a picture has."""

import torch
from jaxtyping import Float
from torch import Tensor

from lfsrkit.realism.fit.cells import Cells, steadiest
from lfsrkit.types import PerImage

CastWeights = Float[Tensor, "2 12"]
"""How much the red and the blue of each part count for both casts."""


def cast_weights(clean: Cells) -> CastWeights:
    """Learn which parts of a face square tell most about the tint of its light.

    Args:
        clean: Of normally lit faces.
    """
    return steadiest(_ratios(clean), 2)


def casts(cells: Cells, weights: CastWeights) -> tuple[PerImage, PerImage]:
    """Give red over green and blue over green of each picture as binary logarithms, up to constants.

    Args:
        cells: Of any pictures.
        weights: From `cast_weights`.
    """
    red, blue = (_ratios(cells) @ weights.T).unbind(1)
    return red, blue


def _ratios(cells: Cells) -> Float[Tensor, "n 12"]:
    return torch.cat([cells[:, 0] - cells[:, 1], cells[:, 2] - cells[:, 1]], 1)
