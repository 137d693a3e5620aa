"""How unevenly a picture is lit."""

import math

from lfsrkit.colour import luma
from lfsrkit.realism.fit.spread import Others
from lfsrkit.types import Images, PerImage

LEAST = 0.5
"""Stops between the sides below which the light counts as even."""
MOST = 6.0
"""Stops between the sides that are fitted at the most."""

_LEAST_LIGHT = 1e-5
_RAMP = 12.0
"""Square of the stops between the ends of a ramp of any direction by the mean square of those between its halves."""
_SURE = 3.0
"""Standard errors by which a picture must be more uneven than the simulated ones."""


def unevenness(light: Images) -> PerImage:
    r"""Give how much more light one side of a picture has than the other, in stops squared.

    $u = \log_2^2 (\overline{Y}_l / \overline{Y}_r)$ of the left and the right half: faces are alike on both sides, so
    that what differs is mostly light. Above and below differ by hair and clothes, and say little.

    Args:
        light: Linear, white = 1.

    Example:
        >>> import torch
        >>> halves = torch.ones(1, 3, 4, 4) * torch.tensor([1.0, 1.0, 0.5, 0.5])
        >>> round(unevenness(halves).item(), 4)
        1.0
    """
    half = light.shape[3] // 2
    bright = luma(light)
    left, right = (part.mean((1, 2, 3)).clamp_min(_LEAST_LIGHT) for part in (bright[..., :half], bright[..., -half:]))
    return (left / right).log2().square()


def next_ramp(stops: float, observed: PerImage, simulated: Others) -> float:
    r"""Correct the stops between the lit and the dark side of a picture: $c^2 \leftarrow c^2 + 12\,(u_o - u_s)$.

    Args:
        stops: With which the pictures were simulated; 0 for even light, which stays unless the difference is beyond
            chance.
        observed: `unevenness` of the dark pictures.
        simulated: `unevenness` of the simulated ones.
    """
    lacking = float(observed.mean() - simulated.mean())
    error = math.sqrt(float(observed.var()) / len(observed) + float(simulated.var()) / len(simulated))
    if stops == 0 and lacking < _SURE * error:
        return 0.0
    found = math.sqrt(max(0.0, stops**2 + _RAMP * lacking))
    return min(found, MOST) if found >= LEAST else 0.0
