"""The blocks of CTCNet: feature enhancement, facial attention, channel transformers and their combinations."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lfsrkit.models.hourglass import ConvUnit, Hourglass
from lfsrkit.types import Features

_EXPANSION = 2.66


class FeatureEnhancement(nn.Module):
    """Two residual units whose results are mixed, weighed by channel and added to the input ("FEU").

    Args:
        channels: Width of the feature maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.unit1 = WeighedResidual(channels)
        self.unit2 = WeighedResidual(channels)
        self.mix = nn.Conv2d(2 * channels, channels, 1, bias=False)
        self.channels = ChannelGate(channels)
        self.out = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.share_deep, self.share_shallow, self.share_input, self.share_branch = (one() for _ in range(4))

    def forward(self, x: Features) -> Features:
        """Apply."""
        shallow = self.unit1(x)
        deep = self.unit2(shallow)
        both = torch.cat([self.share_deep * deep, self.share_shallow * shallow], dim=1)
        branch = functional.relu(self.out(self.channels(functional.relu(self.mix(both)))))
        return self.share_input * x + self.share_branch * branch


class WeighedResidual(nn.Module):
    """Two convolutions with a PReLU between them, half as wide inside; both terms of the sum have a learned weight.

    Args:
        channels: Width of the feature maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, channels // 2, 3, padding=1)
        self.act = nn.PReLU(channels // 2)
        self.widen = nn.Conv2d(channels // 2, channels, 3, padding=1)
        self.share_input, self.share_branch = one(), one()

    def forward(self, x: Features) -> Features:
        """Apply."""
        return self.share_input * x + self.share_branch * self.widen(self.act(self.narrow(x)))


class ChannelGate(nn.Module):
    """Weigh channels by what they hold on average.

    Args:
        channels: Width of the feature maps.
        reduction: How many times narrower it is inside.

    References:
        Hu, Shen, Sun, Squeeze-and-Excitation Networks, CVPR 2018. https://arxiv.org/abs/1709.01507
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Features) -> Features:
        """Apply."""
        return x * self.gate(x.mean(dim=(2, 3), keepdim=True))


class FacialAttention(nn.Module):
    """Weigh positions with one map from an hourglass, its channels weighed and the input added before the map.

    Args:
        channels: Width of the feature maps.
        depth: Number of halvings.
    """

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.hourglass = Hourglass(channels, depth, activation=nn.PReLU)
        width = self.hourglass.width
        self.channels = ChannelGate(width)
        self.project = nn.Identity() if channels == width else nn.Conv2d(channels, width, 1)
        self.map = ConvUnit(width, 1)

    def forward(self, x: Features) -> Features:
        """Apply."""
        seen = self.channels(self.hourglass(x)) + self.project(x)
        return x * torch.sigmoid(self.map(seen))


class LocalGlobalModule(nn.Module):
    """Enhancement, facial attention and enhancement, then channel transformers, around an identity ("LGCM").

    Args:
        channels: Width of the feature maps.
        transformers: Number of transformer blocks.
        heads: Heads of their attention.
    """

    def __init__(self, channels: int, transformers: int, heads: int) -> None:
        super().__init__()
        self.before = FeatureEnhancement(channels)
        self.attention = FacialAttention(channels, depth=4)
        self.after = FeatureEnhancement(channels)
        self.transformers = nn.Sequential(*(ChannelTransformer(channels, heads) for _ in range(transformers)))

    def forward(self, x: Features) -> Features:
        """Apply."""
        return x + self.transformers(self.after(self.attention(self.before(x))))


class ChannelTransformer(nn.Module):
    """Attention between channels, then a gated convolutional perceptron.

    Args:
        channels: Width of the feature maps.
        heads: Number of heads; divides `channels`.

    References:
        Zamir et al., Restormer, CVPR 2022. https://arxiv.org/abs/2111.09881
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        hidden = int(channels * _EXPANSION)
        self.heads = heads
        self.norm1 = nn.LayerNorm(channels)
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv = _pointwise_then_depthwise(channels, 3 * channels)
        self.out = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm2 = nn.LayerNorm(channels)
        self.expand = _pointwise_then_depthwise(channels, 2 * hidden)
        self.contract = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x: Features) -> Features:
        """Apply."""
        attended = x + self._attend(_over_channels(self.norm1, x))
        gate, value = self.expand(_over_channels(self.norm2, attended)).chunk(2, dim=1)
        return attended + self.contract(functional.gelu(gate) * value)

    def _attend(self, x: Features) -> Features:
        query, key, value = (self._by_head(part) for part in self.qkv(x).chunk(3, dim=1))
        likeness = functional.normalize(query, dim=-1) @ functional.normalize(key, dim=-1).transpose(-1, -2)
        return self.out(((likeness * self.temperature).softmax(dim=-1) @ value).reshape(x.shape))

    def _by_head(self, x: Features) -> Tensor:
        return x.flatten(2).unflatten(1, (self.heads, -1))


class FeatureRefinement(nn.Module):
    """Refine what is coarse and what is fine apart, join them twice, and add the input ("FRM").

    Three of the four enhancement blocks are used twice, as in the authors' code.

    Args:
        channels: Width of the feature maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.before = FeatureEnhancement(channels)
        self.attention = FacialAttention(channels, depth=2)
        self.after = FeatureEnhancement(channels)
        self.coarse = FeatureEnhancement(channels)
        self.fine = FeatureEnhancement(channels)
        self.share_first, self.share_second = one(0.5), one(0.5)
        self.join1 = nn.Conv2d(2 * channels, channels, 1)
        self.join2 = nn.Conv2d(2 * channels, channels, 1, bias=False)
        self.gate = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Features) -> Features:
        """Apply."""
        attended = self.after(self.attention(self.before(x)))
        small = functional.avg_pool2d(attended, 2)
        coarse = self.coarse(small)
        fine = self.fine(attended - _stretched(small, x))
        first = [self.share_first * _stretched(coarse, x), self.share_second * fine]
        fine = self.fine(self.join1(torch.cat(first, dim=1)))
        # The authors' code gives each of the two weights to the other term the second time.
        second = [self.share_second * _stretched(self.coarse(coarse), x), self.share_first * fine]
        joined = functional.relu(self.join2(torch.cat(second, dim=1)))
        return x + self.after(joined + attended * self.gate(attended))


def one(value: float = 1.0) -> nn.Parameter:
    """Make a learned weight of a term in a sum.

    Args:
        value: Where it starts.
    """
    return nn.Parameter(torch.full((1,), value))


def _pointwise_then_depthwise(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.Conv2d(outputs, outputs, 3, padding=1, groups=outputs, bias=False),
    )


def _over_channels(norm: nn.LayerNorm, x: Features) -> Features:
    return norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _stretched(x: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=True)
