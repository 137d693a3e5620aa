"""The floor of every table: no learning, only an enlargement and one number a picture."""

import torch
from torch import Tensor, nn

from lfsrkit.errors import UsageError
from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.models.upscaling import SCALES, enlarge
from lfsrkit.types import Images, PerImage

_HALVINGS = 40
_LOG_EXPONENT = 4.0


class Bicubic(Restorer):
    r"""Enlarge with a bicubic kernel and lift the mean with one power law: the floor.

    $y = u^g$ with $u$ the enlargement, cut to [0, 1] because a power needs it, and $g$ solved for each picture so that
    the mean of $y$ over pixels and channels is `target_mean`. A picture that is black all over stays black. What a
    trained model adds is what it has above this.

    Args:
        scale: Factor of enlargement.
        target_mean: Mean brightness that every picture is given, in (0, 1); pass the mean of the training set.

    References:
        Keys, Cubic convolution interpolation for digital image processing, IEEE TASSP 1981.
        https://doi.org/10.1109/TASSP.1981.1163711

    Example:
        >>> round(float(Bicubic(scale=2)(torch.full((1, 3, 4, 4), 0.1)).mean()), 3)
        0.43
    """

    def __init__(self, scale: int = 8, target_mean: float = 0.43) -> None:
        info = ModelInfo("joint", SCALES, paper="Keys, IEEE TASSP 1981, https://doi.org/10.1109/TASSP.1981.1163711")
        super().__init__(info, scale)
        if not 0 < target_mean < 1:
            raise UsageError(f"target_mean is {target_mean}; it lies between 0 and 1")
        self.target_mean = nn.Buffer(torch.tensor(target_mean, dtype=torch.float32))

    def _stages(self, low: Images) -> dict[str, Tensor]:
        large = enlarge(low, self.scale).clamp(0, 1)
        exponent = solve_exponent(large.detach(), self.target_mean)
        lit = large > 0
        # Black stays black without a power: its slope there is infinite, and times nothing it is no number.
        powers = large.where(lit, 1.0) ** exponent[:, None, None, None]
        return {"restored": powers.where(lit, 0.0)}


@torch.no_grad()
def solve_exponent(images: Images, target_mean: Tensor) -> PerImage:
    """Find, for each picture, the power that gives it a mean, by halving an interval of the exponent's logarithm.

    Args:
        images: Pictures in [0, 1].
        target_mean: Mean wanted, one number.

    Returns:
        Exponents between exp(-4) and exp(4); an end of that range where no exponent reaches the mean.
    """
    low, high = (torch.full_like(images[:, 0, 0, 0], end) for end in (-_LOG_EXPONENT, _LOG_EXPONENT))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        mean = (images ** middle.exp()[:, None, None, None]).mean(dim=(1, 2, 3))
        too_bright = mean > target_mean
        low, high = torch.where(too_bright, middle, low), torch.where(too_bright, high, middle)
    return ((low + high) / 2).exp()
