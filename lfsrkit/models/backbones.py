"""Backbones: feature maps in, feature maps of the same shape out; the deep part of a network, exchangeable by name."""

from torch import nn

from lfsrkit.models.layers import DAMPING, GlobalAttention, ResidualUnit
from lfsrkit.types import Features


class Residual(nn.Module):
    """Plain residual blocks without normalisation.

    Args:
        channels: Width of the feature maps.
        depth: Number of blocks.

    References:
        Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution, CVPRW 2017.
        https://arxiv.org/abs/1707.02921
    """

    def __init__(self, channels: int = 64, depth: int = 6) -> None:
        super().__init__()
        self.units = nn.Sequential(*(ResidualUnit(channels, damping=DAMPING) for _ in range(depth)))

    def forward(self, x: Features) -> Features:
        """Apply."""
        return self.units(x)


class LocalGlobal(nn.Module):
    """Blocks with a local and a global branch, gathered by a residual.

    The paper's keywords name local and global feature extraction; the form is our reading.

    Args:
        channels: Width of the feature maps.
        depth: Number of convolutional units in all.
        units: Convolutional units of a block; the last block takes what is left of `depth`.
        heads: Heads of the attention; divides `channels`.
        positions: Most cells a side that the attention reads from.
    """

    def __init__(self, channels: int = 64, depth: int = 6, units: int = 3, heads: int = 4, positions: int = 8) -> None:
        super().__init__()
        sizes = [min(units, depth - start) for start in range(0, depth, units)]
        self.blocks = nn.Sequential(*(LocalGlobalBlock(channels, size, heads, positions) for size in sizes))

    def forward(self, x: Features) -> Features:
        """Apply."""
        return self.blocks(x)


class LocalGlobalBlock(nn.Module):
    """Add what residual units see nearby and what attention sees everywhere to the input.

    Args:
        channels: Width of the feature maps.
        units: Number of residual units in the local branch.
        heads: Heads of the attention.
        positions: Most cells a side that the attention reads from.
    """

    def __init__(self, channels: int, units: int, heads: int, positions: int) -> None:
        super().__init__()
        self.everywhere = GlobalAttention(channels, heads, positions)
        self.nearby = nn.Sequential(*(ResidualUnit(channels, damping=DAMPING) for _ in range(units)))

    def forward(self, x: Features) -> Features:
        """Apply."""
        return self.nearby(x) + self.everywhere(x)
