"""What pictures measure, and what needs them larger."""

from torch import Tensor

from lfsrkit.errors import TooSmall


def check_side(pictures: Tensor, least: int, what: str) -> None:
    """Refuse pictures that are too small for what looks at them.

    Args:
        pictures: (n, c, h, w).
        least: Smallest side in pixels.
        what: What needs it, as the start of a sentence.

    Raises:
        TooSmall: If a side is smaller.
    """
    height, width = pictures.shape[-2:]
    if min(height, width) < least:
        raise TooSmall(f"{what} needs pictures of at least {least}x{least} pixels; these are {height}x{width} (h x w)")
