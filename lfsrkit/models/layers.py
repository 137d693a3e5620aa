"""The few layers that the kit's own networks are made of."""

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from lfsrkit.types import Features

Weighted = TypeVar("Weighted", nn.Conv2d, nn.Linear)

DAMPING = 0.1
"""Share of the usual initial size that the last layer of a residual branch starts with.

Zero would leave the layers before it without a gradient in the first step; a tenth starts almost as close to the
identity.
"""


def damped(layer: Weighted, share: float = DAMPING) -> Weighted:
    """Make the initial weights of a layer small, in place.

    Args:
        layer: Last layer of a residual branch.
        share: Factor for the weights; a bias becomes zero.
    """
    with torch.no_grad():
        layer.weight.mul_(share)
        if layer.bias is not None:
            layer.bias.zero_()
    return layer


def padded(x: Features, least: int, multiple: int) -> Tensor:
    """Pad at the bottom and at the right by repeating the border.

    Args:
        x: Pictures or feature maps.
        least: Smallest side of the result in pixels.
        multiple: Sides of the result are multiples of this.
    """
    # Rounded up without a negative number, whose quotient ONNX rounds the other way.
    height, width = ((max(side, least) + multiple - 1) // multiple * multiple for side in x.shape[-2:])
    return functional.pad(x, (0, width - x.shape[-1], 0, height - x.shape[-2]), mode="replicate")


class ResidualUnit(nn.Module):
    """Add two 3x3 convolutions with a ReLU between them to the input; no normalisation.

    Args:
        channels: Width of the feature maps.
        share: Factor of what is added.
        damping: Factor for the initial weights of the second convolution; ``None`` leaves torch's own start.

    References:
        Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution, CVPRW 2017.
        https://arxiv.org/abs/1707.02921
    """

    def __init__(self, channels: int, *, share: float = 1.0, damping: float | None = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.share = share
        if damping is not None:
            damped(self.conv2, damping)

    def forward(self, x: Features) -> Features:
        """Apply."""
        return torch.add(x, self.conv2(functional.relu(self.conv1(x), inplace=True)), alpha=self.share)


class PositionMap(nn.Module):
    """Add a learned map, stretched to the size of the picture, that says where on the face a position lies.

    Faces are aligned, so a place in the picture means something.

    Args:
        channels: Width of the feature maps.
        cells: Cells of the map a side.
    """

    def __init__(self, channels: int, cells: int) -> None:
        super().__init__()
        self.cells = nn.Parameter(0.1 * torch.randn(1, channels, cells, cells))

    def forward(self, x: Features) -> Features:
        """Apply."""
        return x + functional.interpolate(self.cells, x.shape[-2:], mode="bilinear", align_corners=False)


class GlobalAttention(nn.Module):
    """Let every position read from the whole picture.

    Multi-head attention whose keys and values are means over at most `positions` x `positions` cells, so memory grows
    with the picture and not with its square. A `PositionMap` tells positions apart.

    Args:
        channels: Width of the feature maps.
        heads: Number of heads; divides `channels`.
        positions: Most cells a side.

    References:
        Vaswani et al., Attention Is All You Need, NeurIPS 2017. https://arxiv.org/abs/1706.03762
        Wang et al., Pyramid Vision Transformer, ICCV 2021 (keys and values at fewer positions).
        https://arxiv.org/abs/2102.12122
    """

    def __init__(self, channels: int, heads: int = 4, positions: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.positions = positions
        self.position = PositionMap(channels, positions)
        # No biases: that of the keys would cancel in the softmax and never learn.
        self.query = nn.Conv2d(channels, channels, 1, bias=False)
        self.key_value = nn.Conv2d(channels, 2 * channels, 1, bias=False)
        self.out = damped(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Features) -> Features:
        """Apply."""
        placed = self.position(x)
        cells = (min(x.shape[-2], self.positions), min(x.shape[-1], self.positions))
        pooled = functional.adaptive_avg_pool2d(placed, cells)
        key, value = (self._tokens(part) for part in self.key_value(pooled).chunk(2, dim=1))
        read = functional.scaled_dot_product_attention(self._tokens(self.query(placed)), key, value)
        return self.out(read.transpose(-1, -2).reshape(x.shape))

    def _tokens(self, x: Features) -> Tensor:
        return x.flatten(2).unflatten(1, (self.heads, -1)).transpose(-1, -2)


class FeatureFilter(nn.Module):
    r"""Filter features with kernels that are chosen by what they show.

    $y_p = x_p + (x_p - \sum_k w_{p,k} x_{p+k})$ over 3 x 3 positions, the border repeated. The weights $w_{p,k}$, a
    softmax over $k$, are predicted for every position and group of channels by a 1 x 1 convolution: where they lie on
    the position itself it stays as it is, where they spread it is sharpened against its neighbours, and where they
    lean to a side an edge is moved. Our reading of the paper's "feature filtering".

    Args:
        channels: Width of the feature maps; divisible by `groups`.
        groups: Groups of channels that share a kernel.

    References:
        Wang et al., CARAFE: Content-Aware ReAssembly of FEatures, ICCV 2019 (kernels predicted by a softmax).
        https://arxiv.org/abs/1905.02188
    """

    def __init__(self, channels: int, groups: int = 8) -> None:
        super().__init__()
        self.groups = groups
        self.weigh = nn.Conv2d(channels, 9 * groups, 1)

    def forward(self, x: Features) -> Features:
        """Apply."""
        height, width = x.shape[-2:]
        weights = self.weigh(x).unflatten(1, (self.groups, 1, 9)).softmax(dim=3)
        bordered = functional.pad(x, (1, 1, 1, 1), mode="replicate").unflatten(1, (self.groups, -1))
        near = [bordered[..., k // 3 : k // 3 + height, k % 3 : k % 3 + width] for k in range(9)]
        mean = torch.stack([weights[:, :, :, k] * part for k, part in enumerate(near)]).sum(dim=0)
        return 2 * x - mean.flatten(1, 2)
