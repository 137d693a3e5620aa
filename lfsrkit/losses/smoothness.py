"""Losses of the restored picture alone: what it should not be, whatever the clean one is."""

from dataclasses import dataclass

from lfsrkit.losses.base import Extras, Loss
from lfsrkit.sizes import check_side
from lfsrkit.types import Images, PerImage


@dataclass(frozen=True)
class TotalVariation(Loss):
    r"""Absolute differences of neighbours in the restored picture.

    $L = \langle |\Delta_h x| \rangle + \langle |\Delta_v x| \rangle$ with $x$ the restored picture, $\Delta$ the
    difference of horizontal or vertical neighbours and $\langle \rangle$ the mean. It looks at no clean picture and is
    least for a flat one, so it is a small term beside others (DLN weighs it with 0.001). Absolute rather than squared
    differences, and means rather than sums, are our reading. Pictures have at least 2 x 2 pixels.

    Raises:
        UsageError: If a picture is smaller.

    References:
        Rudin, Osher, Fatemi, Nonlinear Total Variation Based Noise Removal Algorithms, Physica D 1992.
        https://doi.org/10.1016/0167-2789(92)90242-F

    Example:
        >>> import torch
        >>> ramp = torch.arange(4.0).div(4).expand(1, 3, 4, 4)
        >>> TotalVariation()(ramp, torch.zeros(1, 3, 4, 4))
        tensor([0.2500])
    """

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        check_side(restored, 2, "total variation")
        across, down = (restored.diff(dim=dim).abs().mean(dim=(1, 2, 3)) for dim in (3, 2))
        return across + down
