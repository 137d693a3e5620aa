"""EDSR, the plain residual network that everything is compared with."""

import torch
from torch import Tensor, nn

from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.models.layers import ResidualUnit
from lfsrkit.models.upscaling import SCALES
from lfsrkit.types import Images

_DIV2K_MEAN = (0.4488, 0.4371, 0.4040)
_RANGE = 255.0

INFO = ModelInfo(
    purpose="super_resolve",
    scales=SCALES,
    licence="MIT",
    paper="Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution, CVPRW 2017, "
    "https://arxiv.org/abs/1707.02921",
)


class Edsr(Restorer):
    """EDSR: residual blocks without normalisation, then one pixel shuffle per doubling.

    Inside, pictures are 255 times (value minus the mean of DIV2K), as in the authors' code. The keys of the weights are
    those of BasicSR, so its checkpoints fit.

    Args:
        scale: Factor of enlargement, a power of two; the paper has 2, 3 and 4, the rest is the same rule continued.
        channels: Width of the feature maps.
        blocks: Number of residual blocks.
        residual_scale: Factor of what a block adds to its input.

    References:
        Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution, CVPRW 2017.
        https://arxiv.org/abs/1707.02921
    """

    def __init__(self, scale: int, channels: int = 64, blocks: int = 16, residual_scale: float = 1.0) -> None:
        super().__init__(INFO, scale)
        self.mean = nn.Buffer(torch.tensor(_DIV2K_MEAN).view(1, 3, 1, 1), persistent=False)
        self.conv_first = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.Sequential(*(ResidualUnit(channels, share=residual_scale) for _ in range(blocks)))
        self.conv_after_body = nn.Conv2d(channels, channels, 3, padding=1)
        self.upsample = nn.Sequential(*_doublings(scale, channels))
        self.conv_last = nn.Conv2d(channels, 3, 3, padding=1)

    def _stages(self, low: Images) -> dict[str, Tensor]:
        shallow = self.conv_first((low - self.mean) * _RANGE)
        deep = shallow + self.conv_after_body(self.body(shallow))
        return {"restored": self.conv_last(self.upsample(deep)) / _RANGE + self.mean}


def edsr(scale: int = 8) -> Edsr:
    """EDSR with 32 residual blocks of 256 channels, each adding a tenth.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.

    References:
        Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution, CVPRW 2017.
        https://arxiv.org/abs/1707.02921
    """
    return Edsr(scale, channels=256, blocks=32, residual_scale=0.1)


def edsr_baseline(scale: int = 8) -> Edsr:
    """EDSR with 16 residual blocks of 64 channels.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.

    References:
        Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution, CVPRW 2017.
        https://arxiv.org/abs/1707.02921
    """
    return Edsr(scale)


def _doublings(scale: int, channels: int) -> list[nn.Module]:
    stages = scale.bit_length() - 1
    return [
        layer for _ in range(stages) for layer in (nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2))
    ]
