"""CTCNet, face super-resolution with facial attention beside channel transformers."""

import torch
from torch import Tensor, nn

from lfsrkit.models.base import Restorer
from lfsrkit.models.ctcnet_blocks import ChannelGate, FeatureRefinement, LocalGlobalModule
from lfsrkit.models.hourglass import small_normal_start
from lfsrkit.models.upscaling import enlarge, enlarged_first
from lfsrkit.types import Features, Images

_SMALLEST = 72
_MULTIPLE = 8
_PAPER = (
    "Gao, Xu, Li, Yang, Zeng, Qi, CTCNet: A CNN-Transformer Cooperation Network for Face Image Super-Resolution, "
    "IEEE TIP 2023, https://doi.org/10.1109/TIP.2023.3261747"
)


class CtcNet(Restorer):
    """CTCNet: an hourglass of local-global modules over the enlarged picture, every size fused into every size.

    The picture is enlarged first (antialiased bicubic) and moved to [-1, 1]; the network adds to it and keeps the size.
    What it needs of sides is 8 times something and at least 72 pixels, after the enlargement. Layers that the authors'
    code registers without using (2.0 M numbers) do not exist here.

    Args:
        scale: Factor of enlargement; the weights do not depend on it.

    References:
        Gao, Xu, Li, Yang, Zeng, Qi, CTCNet: A CNN-Transformer Cooperation Network for Face Image Super-Resolution,
        IEEE TIP 2023. https://doi.org/10.1109/TIP.2023.3261747, https://arxiv.org/abs/2204.08696
    """

    def __init__(self, scale: int = 8) -> None:
        super().__init__(
            enlarged_first(scale, smallest=_SMALLEST, multiple=_MULTIPLE, licence="CC-BY-NC-SA-4.0", paper=_PAPER),
            scale,
        )
        self.first = nn.Conv2d(3, 32, 3, padding=1)
        self.encoders = nn.ModuleList([_module(32), _module(64), _module(128)])
        self.shrink = nn.ModuleList([_halving(32, 64), _halving(64, 128), _halving(128, 128)])
        self.bottleneck = nn.Sequential(*(FeatureRefinement(128) for _ in range(4)))
        self.grow = nn.ModuleList([_doubling(128, 128), _doubling(128, 64), _doubling(64, 32)])
        self.fusion = Fusion()
        self.decoders = nn.ModuleList([_module(128), _module(64), _module(32)])
        self.last = nn.Conv2d(32, 3, 3, padding=1)
        small_normal_start(self)

    def _stages(self, low: Images) -> dict[str, Tensor]:
        large = 2 * enlarge(low, self.scale) - 1
        features, encoded = self.first(large), []
        for encode, shrink in zip(self.encoders, self.shrink, strict=True):
            encoded.append(encode(features))
            features = shrink(encoded[-1])
        features = self.bottleneck(features)
        fusions = (self.fusion.at_quarter, self.fusion.at_half, self.fusion.at_full)
        for grow, fuse, decode in zip(self.grow, fusions, self.decoders, strict=True):
            features = decode(fuse(grow(features), *encoded))
        return {"restored": (large + self.last(features) + 1) / 2}


class Fusion(nn.Module):
    """Bring what the three encoders made to one size and mix it with the decoder's features.

    Two of the resizing layers are shared: the halving of 32 channels works three times, the doubling that serves the
    full size twice in a row.
    """

    def __init__(self) -> None:
        super().__init__()
        self.halve32 = nn.Conv2d(32, 32, 3, stride=2, padding=1)
        self.halve64 = nn.Conv2d(64, 64, 3, stride=2, padding=1)
        self.double64 = nn.ConvTranspose2d(64, 64, 8, stride=2, padding=3)
        self.double128 = nn.ConvTranspose2d(128, 128, 8, stride=2, padding=3)
        self.double128_again = nn.ConvTranspose2d(128, 128, 6, stride=2, padding=2)
        self.mix_quarter = _mixing(128 + 128 + 64 + 32, 128)
        self.mix_half = _mixing(64 + 64 + 32 + 128, 64)
        self.mix_full = _mixing(32 + 32 + 64 + 128, 32)

    def at_quarter(self, x: Features, full: Tensor, half: Tensor, quarter: Tensor) -> Features:
        """Mix at a quarter of the size."""
        smaller = self.halve32(self.halve32(full))
        return self.mix_quarter(torch.cat([x, quarter, self.halve64(half), smaller], dim=1))

    def at_half(self, x: Features, full: Tensor, half: Tensor, quarter: Tensor) -> Features:
        """Mix at half the size."""
        return self.mix_half(torch.cat([x, half, self.halve32(full), self.double128(quarter)], dim=1))

    def at_full(self, x: Features, full: Tensor, half: Tensor, quarter: Tensor) -> Features:
        """Mix at the full size."""
        larger = self.double128_again(self.double128_again(quarter))
        return self.mix_full(torch.cat([x, full, self.double64(half), larger], dim=1))


def ctcnet(scale: int = 8) -> CtcNet:
    """CTCNet without the layers that its authors' code never uses.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.

    References:
        Gao, Xu, Li, Yang, Zeng, Qi, CTCNet: A CNN-Transformer Cooperation Network for Face Image Super-Resolution,
        IEEE TIP 2023. https://doi.org/10.1109/TIP.2023.3261747
    """
    return CtcNet(scale)


def _module(channels: int) -> LocalGlobalModule:
    return LocalGlobalModule(channels, transformers=4 if channels == 32 else 6, heads=channels // 32)


def _mixing(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), ChannelGate(outputs))


def _halving(inputs: int, outputs: int) -> nn.Sequential:
    return _resizing(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), outputs)


def _doubling(inputs: int, outputs: int) -> nn.Sequential:
    return _resizing(nn.ConvTranspose2d(inputs, outputs, 6, stride=2, padding=2, bias=False), outputs)


def _resizing(resize: nn.Module, channels: int) -> nn.Sequential:
    return nn.Sequential(
        resize,
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(channels, channels, 3, padding=1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
    )
