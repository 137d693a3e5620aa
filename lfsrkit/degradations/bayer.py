"""The mosaic of colours on a sensor."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from lfsrkit.degradations.base import LinearDegradation, Params
from lfsrkit.degradations.draws import require, unknown
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

Pattern = Literal["rggb", "bggr", "grbg", "gbrg"]


@dataclass(frozen=True)
class Bayer(LinearDegradation):
    """Sample one colour a pixel as a Bayer sensor does, and bin squares of four pixels.

    Red and blue are one pixel of each square of 2 by 2, green is the mean of two; the result is half as large and
    nothing is interpolated. A mosaic at the low resolution itself, with the missing colours interpolated, would destroy
    a small face: bilinear, it leaves 25 dB of one of 32 pixels and 22 dB of one of 16 (our measurement). So shrink to
    twice the low size first. Noise that is added afterwards is that of the binned values.

    Args:
        pattern: Colours of a square, row by row.

    Raises:
        BadParameters: If there is no such pattern.

    References:
        Bayer, Color Imaging Array, US patent 3971065, 1976. https://patents.google.com/patent/US3971065A

    Example:
        >>> square = torch.arange(12.0).view(1, 3, 2, 2)
        >>> Bayer().apply_light(square, {"pattern": ["rggb"]}).flatten()
        tensor([ 0.0000,  5.5000, 11.0000])
    """

    pattern: Pattern = "rggb"
    scale = 2

    def __post_init__(self) -> None:
        require("bayer", unknown("pattern", self.pattern, get_args(Pattern)))

    def sample(self, n: int, generator: Streams) -> Params:
        """Record the pattern; nothing is drawn."""
        return {"pattern": [self.pattern] * n}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Sample and bin every picture."""
        self.out_size(*light.shape[-2:])
        return torch.stack([_binned(image, name) for image, name in zip(light, params["pattern"], strict=True)])

    def neutral(self, n: int) -> Params | None:
        """None: the result is half as large."""
        return None


def _binned(image: Tensor, pattern: Pattern) -> Tensor:
    """The kit names a pattern from its first pixel on, kornia by its second row and column."""
    from kornia.color import CFA, raw_to_rgb_2x2_downscaled, rgb_to_raw

    cfa = {"rggb": CFA.BG, "bggr": CFA.RG, "grbg": CFA.GB, "gbrg": CFA.GR}[pattern]
    return raw_to_rgb_2x2_downscaled(rgb_to_raw(image, cfa), cfa)
