"""A parameter that differs from picture to picture: its middle and its width, estimated and corrected."""

import math
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from lfsrkit.types import PerImage

Others = Float[Tensor, " m"]
"""One number a picture of another set."""

_HALF_WIDTH = math.sqrt(3)
"""Half width of an even distribution by its standard deviation."""


@dataclass(frozen=True)
class Spread:
    """An even distribution, in stops or in binary logarithms of a factor."""

    middle: float
    deviation: float
    """Standard deviation."""

    def ends(self) -> tuple[float, float]:
        """Give both ends of the even distribution.

        Example:
            >>> [round(end, 3) for end in Spread(3.0, 1 / 3**0.5).ends()]
            [2.0, 4.0]
        """
        half = _HALF_WIDTH * self.deviation
        # Rounded, and no negative zero: what was cut off at a limit must not lie beyond it by a last bit.
        return round(self.middle - half, 12) + 0.0, round(self.middle + half, 12) + 0.0

    def within(self, low: float, high: float) -> "Spread":
        """Cut the even distribution off where a chain cannot follow it.

        Args:
            low: Least end.
            high: Greatest end.

        Example:
            >>> Spread(1.0, 2.0).within(0.0, 16.0).ends()[0], Spread(-2.0, 0.5).within(0.0, 16.0)
            (0.0, Spread(middle=0.0, deviation=0.0))
        """
        first, last = (min(max(end, low), high) for end in self.ends())
        return Spread((first + last) / 2, (last - first) / 2 / _HALF_WIDTH)


def spread_between(observed: PerImage, reference: Others) -> Spread:
    r"""Tell by how much pictures lie above a reference, and how much of their scatter is not the reference's own.

    The middle is the difference of the means without the outer fifth;
    $\sigma^2 = \max(0, \mathrm{Var}_o - \mathrm{Var}_r)$, for the variances of independent causes add up.

    Args:
        observed: A logarithm, one a picture.
        reference: The same of pictures without the cause that is looked for.

    Example:
        >>> import torch
        >>> spread_between(torch.tensor([1.0, 4.0, 7.0]), torch.tensor([0.0, 0.0, 0.0]))
        Spread(middle=4.0, deviation=3.0)
    """
    return corrected(Spread(0.0, 0.0), observed, reference)


def corrected(spread: Spread, observed: PerImage, simulated: Others) -> Spread:
    """Move a spread by what its simulation still lacks.

    Args:
        spread: With which the pictures were simulated.
        observed: A logarithm, one a picture.
        simulated: The same of the simulated pictures.
    """
    centre = spread.middle + middle(observed) - middle(simulated)
    variance = spread.deviation**2 + _variance(observed) - _variance(simulated)
    return Spread(centre, math.sqrt(max(0.0, variance)))


def middle(values: Tensor) -> float:
    """Take the mean without a tenth on both sides: nearly as steady as the mean, and no outlier moves it.

    Args:
        values: At least one.
    """
    cut = len(values) // 10
    return float(values.sort().values[cut : len(values) - cut].mean())


def _variance(values: Tensor) -> float:
    return float(values.var()) if len(values) > 1 else 0.0
