"""Which JPEG quality a picture was stored with: from its file, or from what the coding has left in its pixels."""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from lfsrkit.errors import LfsrkitError
from lfsrkit.images import Pixels

QUALITIES = range(1, 101)
TRIED = range(30, 99)
"""Qualities that are looked for in pixels; above, coding leaves no trace that rounding does not hide."""
WIDEST = 256
"""Side in pixels of the corner of a picture that is coded again."""

_APART = 3
"""Qualities between a dip and its surroundings."""
_DEEP = 0.35
"""Natural logarithm by which the error dips where a picture was coded before; without JPEG it stays below 0.1."""
_FLAT = 8
"""Range of values up to which a picture is too flat to show anything."""
_ROUNDING = 0.02


def quality_of_file(data: bytes) -> int | None:
    """Read the quality from the quantisation table of a JPEG file: that of the most similar standard table.

    Args:
        data: The file.

    Returns:
        1 to 100, or None for other formats.

    Raises:
        LfsrkitError: If the file cannot be opened.

    Example:
        >>> buffer = io.BytesIO()
        >>> Pillow.new("RGB", (8, 8)).save(buffer, "JPEG", quality=83)
        >>> quality_of_file(buffer.getvalue())
        83
    """
    try:
        with Pillow.open(io.BytesIO(data)) as picture:
            tables = getattr(picture, "quantization", None)
    except OSError as error:
        raise LfsrkitError(f"the picture cannot be opened: {error}") from error
    if not tables:
        return None
    found = np.log(np.asarray(tables[min(tables)], np.float64))
    return min(QUALITIES, key=lambda quality: float(np.abs(np.log(_table(quality)) - found).sum()))


def quality_of_pixels(pixels: Pixels) -> int | None:
    """Find the quality with which a picture was coded before it was stored without loss.

    Coding again changes a picture least at the quality that it was coded with: the error over the quality has a dip
    there. Works where the picture still begins at a corner of a block, from quality 30 to about 95.

    Args:
        pixels: As stored.

    Returns:
        The quality, or None where there is no dip.

    References:
        Farid, Exposing Digital Forgeries from JPEG Ghosts, IEEE Transactions on Information Forensics and Security
        2009. https://doi.org/10.1109/TIFS.2008.2012215
    """
    corner = np.ascontiguousarray(pixels[:WIDEST, :WIDEST])
    if np.ptp(corner) < _FLAT:
        return None
    errors = np.log([_error(corner, quality) + _ROUNDING for quality in TRIED])
    around = (errors[: -2 * _APART] + errors[2 * _APART :]) / 2
    depth = around - errors[_APART:-_APART]
    best = int(depth.argmax())
    return TRIED[best + _APART] if depth[best] > _DEEP else None


def _error(pixels: Pixels, quality: int) -> float:
    again = np.asarray(Pillow.open(_coded(pixels, quality)), np.float64)
    return float(np.square(again - pixels).mean())


def _coded(pixels: Pixels, quality: int) -> io.BytesIO:
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer


@lru_cache(maxsize=100)
def _table(quality: int) -> NDArray[np.float64]:
    picture = Pillow.open(_coded(np.zeros((8, 8, 3), np.uint8), quality))
    return np.asarray(picture.quantization[0], np.float64)  # pyright: ignore[reportAttributeAccessIssue]
