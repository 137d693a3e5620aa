"""LSR, our reading of it: lighten and enlarge in one step, darken and shrink back, repair what was lost."""

from typing import Literal

import torch
from torch import Tensor, nn

from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.models.layers import damped
from lfsrkit.models.lightening import Aggregate, brightness_stem, conv_block, kaiming_start, with_brightness
from lfsrkit.models.upscaling import SCALES, enlarge
from lfsrkit.types import Features, Images

INFO = ModelInfo(
    purpose="joint",
    scales=SCALES,
    paper="Rasheed, Shi, LSR: Lightening Super-Resolution Deep Network for Low-Light Image Enhancement, "
    "Neurocomputing 2022; the layers are our reading",
)


class Lsr(Restorer):
    """LSR: DLN's lightening back-projection with projections that change the size, as in DBPN.

    Of the paper only an abstract of the idea is public, "iterative back-projection for lightening and
    super-resolution"; every layer here is our reading: DLN's stem and blocks, DBPN's projections and dense
    connections. Each block sees all earlier small features and gives large ones; all large ones together give what is
    added to the enlarged picture.

    Args:
        scale: Factor of enlargement, a power of two.
        channels: Width of the small feature maps; the large ones are half as wide.
        blocks: Number of back-projections.

    References:
        Rasheed, Shi, LSR: Lightening Super-Resolution Deep Network for Low-Light Image Enhancement,
        Neurocomputing 2022.
        Wang, Liu, Siu, Lun, Lightening Network for Low-Light Image Enhancement, IEEE TIP 2020.
        https://doi.org/10.1109/TIP.2020.3008396
        Haris, Shakhnarovich, Ukita, Deep Back-Projection Networks for Super-Resolution, CVPR 2018.
        https://arxiv.org/abs/1803.02735
    """

    def __init__(self, scale: int, channels: int = 64, blocks: int = 3) -> None:
        super().__init__(INFO, scale)
        large = channels // 2
        self.stem = brightness_stem(channels)
        self.blocks = nn.ModuleList(BackProjection(channels * (1 + i), channels, scale) for i in range(blocks))
        self.shrink = nn.ModuleList(Project(large, channels, scale, "darken") for _ in range(blocks - 1))
        self.last = nn.Conv2d(large * blocks, 3, 3, padding=1)
        kaiming_start(self)
        damped(self.last)

    def _stages(self, low: Images) -> dict[str, Tensor]:
        small = [self.stem(with_brightness(low))]
        large = [self.blocks[0](small[0])]
        for block, shrink in zip(self.blocks[1:], self.shrink, strict=True):
            small.append(shrink(large[-1]))
            large.append(block(torch.cat(small, dim=1)))
        detail = self.last(torch.cat(large, dim=1))
        return {"restored": enlarge(low, self.scale) + detail}


class BackProjection(nn.Module):
    r"""Lighten and enlarge, darken and shrink back, lighten and enlarge what the return trip has lost.

    With $x$ the aggregated input, $U$ lightening, $D$ darkening and $w$ convolutions of 1 x 1, the block gives
    $w_2 U(x) + U'(w_1 x - D(U(x)))$, large.

    Args:
        inputs: Channels that come in.
        channels: Width of the small feature maps.
        scale: Factor between small and large.
    """

    def __init__(self, inputs: int, channels: int, scale: int) -> None:
        super().__init__()
        large = channels // 2
        self.gather = Aggregate(inputs, channels)
        self.lighten = Project(channels, large, scale, "lighten")
        self.darken = Project(large, channels, scale, "darken")
        self.lighten_rest = Project(channels, large, scale, "lighten")
        self.weigh_input = conv_block(channels, channels, 1)
        self.weigh_light = conv_block(large, large, 1)

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        gathered = self.gather(x)
        light = self.lighten(gathered)
        rest = self.weigh_input(gathered) - self.darken(light)
        return self.weigh_light(light) + self.lighten_rest(rest)


class Project(nn.Module):
    """Encode, add an offset and enlarge ("lighten"), or encode while shrinking, subtract one and decode ("darken").

    Args:
        inputs: Channels in.
        outputs: Channels out.
        scale: Factor by which sides grow or shrink.
        direction: ``"lighten"`` or ``"darken"``.
    """

    def __init__(self, inputs: int, outputs: int, scale: int, direction: Literal["lighten", "darken"]) -> None:
        super().__init__()
        code = min(inputs, outputs)
        kernel = scale + 4  # as in DBPN: 6, 8, 12 for 2, 4, 8
        self.sign = 1 if direction == "lighten" else -1
        self.offset = conv_block(code, code)
        if direction == "lighten":
            self.encode = conv_block(inputs, code)
            self.decode = nn.Sequential(nn.ConvTranspose2d(code, outputs, kernel, scale, padding=2), nn.PReLU())
        else:
            self.encode = nn.Sequential(nn.Conv2d(inputs, code, kernel, scale, padding=2), nn.PReLU())
            self.decode = conv_block(code, outputs)

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        code = self.encode(x)
        return self.decode(code + self.sign * self.offset(code))


def lsr(scale: int = 8) -> Lsr:
    """LSR, our reading: back-projections that lighten and enlarge at once.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.

    References:
        Rasheed, Shi, LSR: Lightening Super-Resolution Deep Network for Low-Light Image Enhancement,
        Neurocomputing 2022.
    """
    return Lsr(scale)
