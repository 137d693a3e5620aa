"""IC-FSRNet, our reading of it: curves bent by a coarse look at the light, within a U-net over the enlarged picture."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.models.ctcnet_blocks import ChannelGate
from lfsrkit.models.layers import GlobalAttention, damped
from lfsrkit.models.upscaling import SCALES, enlarge
from lfsrkit.types import Features, Images

_MULTIPLE = 32
"""Sixteen times smaller for the coarse look, of which 2 x 2 positions become one cell of the grid."""

_LEVELS = 4
_HALVINGS = 3
_NARROW = 8

Grid = Float[Tensor, "n c levels rows columns"]
"""Values by channel, level of brightness and place."""

Guide = Float[Tensor, "n 1 h w"]
"""Where between the darkest (0) and the brightest (1) level of a grid each position reads."""


class IcFsrNet(Restorer):
    """IC-FSRNet: the first stage of IC-FSRDENet, without its diffusion stage.

    The picture is enlarged first (antialiased bicubic). A coarse look at it gives a bilateral grid, a second one guide
    maps that say at which level of the grid each position reads. A U-net of six groups bends its features with curves
    that the grid controls; between groups the features refine the grid. The network adds to the enlarged picture.

    Theirs: the roles of the parts, 64 channels, three halvings, six groups of six units, four levels of the grid, the
    curve and the order of layers in a unit. Our reading: the widths in the coarse branch, how its map is folded into
    the grid (their way fixes the picture to 256 pixels, here any size passes), both kinds of attention, a head for each
    of the four guides, and where groups stand: at the full, half and quarter size, then at an eighth, a quarter, half.

    Args:
        scale: Factor of enlargement; the weights do not depend on it.
        channels: Width of the feature maps, a multiple of 4.
        units: Number of units in a group.

    References:
        Wang, Jiang, Jiang, Liu, Low-Light Face Super-resolution via Illumination, Structure, and Texture Associated
        Representation, AAAI 2024. https://doi.org/10.1609/aaai.v38i6.28339
    """

    def __init__(self, scale: int, channels: int = 64, units: int = 6) -> None:
        super().__init__(_info(scale), scale)
        self.coarse = CoarseLight(channels)
        self.guides = Guides(channels // 4)
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.groups = nn.ModuleList(Group(channels, units) for _ in range(2 * _HALVINGS))
        self.shrink = nn.ModuleList(_halving(channels) for _ in range(_HALVINGS))
        self.grow = nn.ModuleList(_doubling(channels) for _ in range(_HALVINGS))
        self.refine = nn.ModuleList(GridRefinement(channels) for _ in range(2 * _HALVINGS - 1))
        self.last = damped(nn.Conv2d(channels, 3, 3, padding=1))

    def _stages(self, low: Images) -> dict[str, Tensor]:
        large = enlarge(low, self.scale)
        grid, guides = self.coarse(large), self.guides(large)
        features = self.first(large)
        skipped: list[Tensor] = []
        for step, guide in enumerate([*guides[:-1], *reversed(guides[1:])]):
            if step:
                grid = self.refine[step - 1](grid, features)
            features = self.groups[step](features, grid, guide)
            if step < _HALVINGS:
                skipped.append(features)
                features = self.shrink[step](features)
            else:
                features = self.grow[step - _HALVINGS](features) + skipped.pop()
        return {"restored": large + self.last(features)}


class CoarseLight(nn.Module):
    """Look at a picture sixteen times smaller and give a bilateral grid.

    Args:
        channels: Channels of the grid.

    References:
        Gharbi et al., Deep Bilateral Learning for Real-Time Image Enhancement, SIGGRAPH 2017.
        https://arxiv.org/abs/1707.02880
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(3, _NARROW, 3, padding=1)
        self.attention = GlobalAttention(_NARROW, heads=2)
        self.mix = nn.Sequential(
            nn.Conv2d(_NARROW, channels, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, x: Images) -> Grid:
        """Apply."""
        narrow = self.narrow(functional.avg_pool2d(x, 16))
        mixed = self.mix(narrow + self.attention(narrow))
        return functional.pixel_unshuffle(mixed, 2).unflatten(1, (-1, _LEVELS))


class Guides(nn.Module):
    """Give a guide map at the full size and after each halving, largest first.

    Args:
        channels: Width inside.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.shrink = nn.ModuleList(nn.Conv2d(channels, channels, 3, stride=2, padding=1) for _ in range(_HALVINGS))
        self.heads = nn.ModuleList(nn.Conv2d(channels, 1, 1) for _ in range(_HALVINGS + 1))

    def forward(self, x: Images) -> list[Tensor]:
        """Apply."""
        features = [functional.relu(self.first(x))]
        for shrink in self.shrink:
            features.append(functional.relu(shrink(features[-1])))
        return [torch.sigmoid(head(feature)) for head, feature in zip(self.heads, features, strict=True)]


class Group(nn.Module):
    """Curve units in a row, all of which read the same values from the grid.

    Args:
        channels: Width of the feature maps.
        units: Number of units.
    """

    def __init__(self, channels: int, units: int) -> None:
        super().__init__()
        self.units = nn.ModuleList(CurveUnit(channels) for _ in range(units))

    def forward(self, x: Features, grid: Grid, guide: Guide) -> Features:
        """Apply."""
        light = sliced(grid, guide)
        for unit in self.units:
            x = unit(x, light)
        return x


class CurveUnit(nn.Module):
    r"""Bend features with a curve and add them to the input.

    $y = x + f + f c (1 - f)$ with $f$ in [-1, 1] made from x and the coefficient $c$ in [0, 1] from the light.

    Args:
        channels: Width of the feature maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attend = ChannelResidual(channels)
        self.features = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.Tanh(),
        )
        self.coefficient = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.Sigmoid())

    def forward(self, x: Features, light: Features) -> Features:
        """Apply."""
        bent = self.features(self.attend(x))
        return x + bent + bent * self.coefficient(light) * (1 - bent)


class ChannelResidual(nn.Module):
    """Add two convolutions whose channels are weighed to the input ("RCAB").

    Args:
        channels: Width of the feature maps.

    References:
        Zhang et al., Image Super-Resolution Using Very Deep Residual Channel Attention Networks, ECCV 2018.
        https://arxiv.org/abs/1807.02758
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            ChannelGate(channels, reduction=4),
        )

    def forward(self, x: Features) -> Features:
        """Apply."""
        return x + self.branch(x)


class GridRefinement(nn.Module):
    """Let every cell of the grid read from the features: attention over at most `positions` x `positions` means.

    Args:
        channels: Channels of the grid and of the features.
        positions: Most places a side that are read from.
    """

    def __init__(self, channels: int, positions: int = 8) -> None:
        super().__init__()
        self.positions = positions
        # No biases: that of the keys would cancel in the softmax and never learn.
        self.query = nn.Linear(channels, channels, bias=False)
        self.key_value = nn.Linear(channels, 2 * channels, bias=False)
        self.out = damped(nn.Linear(channels, channels))

    def forward(self, grid: Grid, features: Features) -> Grid:
        """Apply."""
        places = (min(features.shape[-2], self.positions), min(features.shape[-1], self.positions))
        pooled = functional.adaptive_avg_pool2d(features, places).flatten(2).transpose(1, 2)
        cells = grid.flatten(2).transpose(1, 2)
        # One head, as an axis of its own: ONNX takes no attention without.
        query, key, value = (part[:, None] for part in (self.query(cells), *self.key_value(pooled).chunk(2, dim=-1)))
        read = functional.scaled_dot_product_attention(query, key, value)[:, 0]
        return grid + self.out(read).transpose(1, 2).reshape(grid.shape)


def sliced(grid: Grid, guide: Guide) -> Features:
    """Read from a bilateral grid at every position, linearly between its places and its levels.

    Args:
        grid: Values by level and place.
        guide: Level to read at, from 0 to 1.
    """
    levels = grid.shape[2]
    values = functional.interpolate(
        grid.flatten(1, 2), guide.shape[-2:], mode="bilinear", align_corners=False
    ).unflatten(1, (-1, levels))
    steps = torch.arange(levels, dtype=guide.dtype, device=guide.device).view(-1, 1, 1)
    nearness = (1 - (guide * (levels - 1) - steps).abs()).clamp_min(0)
    return (values * nearness[:, None]).sum(dim=2)


def ic_fsrnet(scale: int = 8) -> IcFsrNet:
    """IC-FSRNet, our reading: tone curves that a bilateral grid bends, within a U-net.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.

    References:
        Wang, Jiang, Jiang, Liu, Low-Light Face Super-resolution via Illumination, Structure, and Texture Associated
        Representation, AAAI 2024. https://doi.org/10.1609/aaai.v38i6.28339
    """
    return IcFsrNet(scale)


def _info(scale: int) -> ModelInfo:
    side = -(-_MULTIPLE // scale)
    return ModelInfo(
        "joint",
        SCALES,
        min_size=side,
        multiple=side,
        licence="none stated by the authors; written here from a description",
        paper="Wang, Jiang, Jiang, Liu, Low-Light Face Super-resolution via Illumination, Structure, and Texture "
        "Associated Representation, AAAI 2024, https://doi.org/10.1609/aaai.v38i6.28339; layers in part our reading",
    )


def _halving(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * channels, channels, 3, padding=1))


def _doubling(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2))
