"""DLN, the deep lightening network: brightens a picture at its own size."""

import torch
from torch import Tensor, nn

from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.models.layers import damped
from lfsrkit.models.lightening import Aggregate, brightness_stem, conv_block, kaiming_start, with_brightness
from lfsrkit.types import Features, Images

_PAPER = (
    "Wang, Liu, Siu, Lun, Lightening Network for Low-Light Image Enhancement, IEEE TIP 2020, "
    "https://doi.org/10.1109/TIP.2020.3008396"
)
_START = 0.01
_NO_LICENCE = "none stated by the authors; written here from a description"

INFO = ModelInfo(purpose="enhance", scales=(1,), licence=_NO_LICENCE, paper=_PAPER)


class Dln(Restorer):
    """DLN: three lightening back-projection blocks, each fed with all that came before.

    The network sees the picture in [-1, 1] and the brightest of its three channels, and predicts what is added to the
    picture. Any size passes; nothing is padded.

    Weights start as the authors' do (Kaiming), but for the last layer, which starts at a hundredth: theirs begins about
    28 times the white level away from the picture, which a short training does not make up for. Our choice.

    Args:
        scale: Factor of enlargement; only 1, the network keeps the size.
        channels: Width of the feature maps.

    References:
        Wang, Liu, Siu, Lun, Lightening Network for Low-Light Image Enhancement, IEEE TIP 2020.
        https://doi.org/10.1109/TIP.2020.3008396
    """

    def __init__(self, scale: int = 1, channels: int = 64) -> None:
        super().__init__(INFO, scale)
        self.stem = brightness_stem(channels)
        self.blocks = nn.ModuleList(LighteningBlock(channels * (1 + i), channels) for i in range(3))
        self.fuse = conv_block(4 * channels, channels)
        self.last = nn.Conv2d(channels, 3, 3, padding=1)
        kaiming_start(self)
        damped(self.last, _START)

    def _stages(self, low: Images) -> dict[str, Tensor]:
        features = [self.stem(with_brightness(low))]
        for block in self.blocks:
            features.append(block(torch.cat(features, dim=1)))
        return {"restored": low + self.last(self.fuse(torch.cat(features, dim=1)))}


class LighteningBlock(nn.Module):
    r"""Lighten, darken again, and lighten what the return trip has lost.

    With $x$ the aggregated input, $L$ lightening, $D$ darkening and $w$ convolutions of 1 x 1, the block gives
    $w_2 L(x) + L'(w_1 x - D(L(x)))$.

    Args:
        inputs: Channels that come in.
        channels: Channels inside and out.
    """

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.gather = Aggregate(inputs, channels)
        self.lighten = Shift(channels, sign=1)
        self.darken = Shift(channels, sign=-1)
        self.lighten_rest = Shift(channels, sign=1)
        self.weigh_input = conv_block(channels, channels, 1)
        self.weigh_light = conv_block(channels, channels, 1)

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        gathered = self.gather(x)
        light = self.lighten(gathered)
        rest = self.weigh_input(gathered) - self.darken(light)
        return self.weigh_light(light) + self.lighten_rest(rest)


class Shift(nn.Module):
    """Encode, add or subtract a learned offset, decode: lightening or darkening.

    Args:
        channels: Channels in and out; the code has half as many.
        sign: 1 adds the offset, -1 subtracts it.
    """

    def __init__(self, channels: int, sign: int) -> None:
        super().__init__()
        self.sign = sign
        self.encode = conv_block(channels, channels // 2)
        self.offset = conv_block(channels // 2, channels // 2)
        self.decode = conv_block(channels // 2, channels)

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        code = self.encode(x)
        return self.decode(code + self.sign * self.offset(code))


def dln(scale: int = 1) -> Dln:
    """DLN, the deep lightening network, which keeps the size.

    Args:
        scale: Factor of enlargement; only 1.

    References:
        Wang, Liu, Siu, Lun, Lightening Network for Low-Light Image Enhancement, IEEE TIP 2020.
        https://doi.org/10.1109/TIP.2020.3008396
    """
    return Dln(scale)
