"""SPARNet, face super-resolution whose residual units look where the face is."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.types import Features, Images, Resized

SCALES = (2, 4, 8, 16)
_SMALLEST = 40
_MULTIPLE = 8
_PAPER = (
    "Chen, Gong, Wang, Li, Wong, Learning Spatial Attention for Face Super-Resolution, IEEE TIP 2021, "
    "https://doi.org/10.1109/TIP.2020.3043093"
)

Resize = Literal["up", "down"]

Activation = Callable[[int], nn.Module]
"""Makes the activation that follows a layer of so many channels."""


class Sparnet(Restorer):
    """SPARNet: an encoder, a body and a decoder of face attention units, over the enlarged picture.

    The picture is enlarged first (antialiased bicubic) and moved to [-1, 1]; the network keeps the size. What it needs
    of sides is 8 times something and at least 40 pixels, after the enlargement.

    Args:
        scale: Factor of enlargement; the weights do not depend on it.
        body: Number of units at the smallest size.
        attention_maps: ``"one"`` map for all channels, or a map of its own for ``"each"``.

    References:
        Chen, Gong, Wang, Li, Wong, Learning Spatial Attention for Face Super-Resolution, IEEE TIP 2021.
        https://doi.org/10.1109/TIP.2020.3043093, https://arxiv.org/abs/2012.01211
    """

    def __init__(self, scale: int, body: int = 10, attention_maps: Literal["one", "each"] = "one") -> None:
        super().__init__(
            enlarged_first(scale, smallest=_SMALLEST, multiple=_MULTIPLE, licence="CC-BY-NC-SA-4.0", paper=_PAPER),
            scale,
        )
        each = attention_maps == "each"

        def unit(inputs: int, outputs: int, depth: int, resize: Resize | None = None) -> FaceAttentionUnit:
            return FaceAttentionUnit(inputs, outputs, depth, resize=resize, maps=outputs if each else 1)

        self.encoder = nn.Sequential(
            ConvUnit(3, 32), unit(32, 64, 4, "down"), unit(64, 128, 3, "down"), unit(128, 128, 2, "down")
        )
        self.body = nn.Sequential(*(unit(128, 128, 2) for _ in range(body)))
        self.decoder = nn.Sequential(unit(128, 128, 3, "up"), unit(128, 64, 4, "up"), unit(64, 32, 5, "up"))
        self.last = ConvUnit(32, 3)
        small_normal_start(self)

    def _stages(self, low: Images) -> dict[str, Tensor]:
        features = self.decoder(self.body(self.encoder(2 * enlarge(low, self.scale) - 1)))
        return {"restored": (self.last(features) + 1) / 2}


class FaceAttentionUnit(nn.Module):
    r"""Add to the shortcut a residual that attention has weighed: $y = s(x) + r(x) \odot a(r(x))$.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        depth: Number of halvings inside the attention.
        resize: Whether the unit doubles or halves the size.
        maps: Number of attention maps: 1, or one for each channel.
    """

    def __init__(self, inputs: int, outputs: int, depth: int, *, resize: Resize | None, maps: int) -> None:
        super().__init__()
        same = inputs == outputs and resize is None
        self.shortcut = nn.Identity() if same else ConvUnit(inputs, outputs, resize=resize)
        self.before = nn.Sequential(nn.BatchNorm2d(inputs), leaky(inputs))
        self.conv1 = ConvUnit(inputs, outputs, resize="up" if resize == "up" else None, norm=True, activation=leaky)
        self.conv2 = ConvUnit(outputs, outputs, resize="down" if resize == "down" else None, norm=True)
        self.attention = Hourglass(outputs, depth, activation=leaky)
        self.maps = nn.Sequential(ConvUnit(self.attention.width, maps), nn.Sigmoid())

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        residual = self.conv2(self.conv1(self.before(x)))
        return self.shortcut(x) + residual * self.maps(self.attention(residual))


class Hourglass(nn.Module):
    """Halve a number of times and double as often, with a convolution past every level.

    Args:
        inputs: Channels in; what comes out has `width` channels.
        depth: Number of halvings.
        activation: Makes the activation of a unit.
    """

    width = 64

    def __init__(self, inputs: int, depth: int, *, activation: Activation) -> None:
        super().__init__()
        self.depth = depth

        def unit(channels: int, resize: Resize | None = None) -> ConvUnit:
            return ConvUnit(channels, self.width, resize=resize, norm=True, activation=activation)

        levels = {str(level): inputs if level == depth else self.width for level in range(1, depth + 1)}
        self.past = nn.ModuleDict({level: unit(channels) for level, channels in levels.items()})
        self.down = nn.ModuleDict({level: unit(channels, "down") for level, channels in levels.items()})
        self.deepest = unit(self.width)
        self.up = nn.ModuleDict({level: unit(self.width, "up") for level in levels})

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        return self._level(x, self.depth)

    def _level(self, x: Features, level: int) -> Tensor:
        past, small = self.past[str(level)](x), self.down[str(level)](x)
        inner = self._level(small, level - 1) if level > 1 else self.deepest(small)
        # An odd side was rounded up on the way down: doubling gives one row or column too many.
        return past + self.up[str(level)](inner)[..., : x.shape[-2], : x.shape[-1]]


class ConvUnit(nn.Module):
    """Resize, convolve 3 x 3 over mirrored borders, normalise, activate; each but the convolution if asked for.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        resize: ``"up"`` repeats every pixel before the convolution, ``"down"`` takes every other position.
        norm: Whether batch normalisation follows; the convolution has a bias only without it.
        activation: What comes last, if anything.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        resize: Resize | None = None,
        norm: bool = False,
        activation: Activation | None = None,
    ) -> None:
        super().__init__()
        self.doubles = resize == "up"
        stride = 2 if resize == "down" else 1
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, padding_mode="reflect", bias=not norm)
        self.norm = nn.BatchNorm2d(outputs) if norm else nn.Identity()
        self.act = activation(outputs) if activation else nn.Identity()

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        large = functional.interpolate(x, scale_factor=2, mode="nearest") if self.doubles else x
        return self.act(self.norm(self.conv(large)))


def sparnet(scale: int = 8) -> Sparnet:
    """SPARNet as its authors released it, with one attention map a unit.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.

    References:
        Chen, Gong, Wang, Li, Wong, Learning Spatial Attention for Face Super-Resolution, IEEE TIP 2021.
        https://doi.org/10.1109/TIP.2020.3043093
    """
    return Sparnet(scale)


def sparnet_light3d(scale: int = 8) -> Sparnet:
    """SPARNet with one unit in its body and an attention map for each channel.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.

    References:
        Chen, Gong, Wang, Li, Wong, Learning Spatial Attention for Face Super-Resolution, IEEE TIP 2021.
        https://doi.org/10.1109/TIP.2020.3043093
    """
    return Sparnet(scale, body=1, attention_maps="each")


def enlarged_first(scale: int, *, smallest: int, multiple: int, licence: str, paper: str) -> ModelInfo:
    """State the facts of a network that works on the enlarged picture, in pixels of the small one.

    Args:
        scale: Factor of enlargement.
        smallest: Smallest side that the network takes, after the enlargement.
        multiple: Sides that it takes are multiples of this, after the enlargement.
        licence: As in `ModelInfo`.
        paper: As in `ModelInfo`.
    """
    sides = {"min_size": -(-smallest // scale), "multiple": -(-multiple // scale)}
    return ModelInfo("super_resolve", SCALES, licence=licence, paper=paper, **sides)


def enlarge(low: Images, scale: int) -> Resized:
    """Enlarge with the antialiased bicubic kernel, without clamping.

    Args:
        low: Pictures.
        scale: Factor of enlargement.
    """
    size = (low.shape[-2] * scale, low.shape[-1] * scale)
    return functional.interpolate(low, size, mode="bicubic", antialias=True, align_corners=False)


def leaky(_: int) -> nn.Module:
    """Make a leaky ReLU of slope 0.2."""
    return nn.LeakyReLU(0.2, inplace=True)


def small_normal_start(network: nn.Module) -> None:
    """Start all convolutions from a normal distribution of deviation 0.02, in place.

    Gains of batch normalisation start at 1 with the same deviation, biases at 0.

    Args:
        network: Any module.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0 if isinstance(layer, nn.BatchNorm2d) else 0.0, 0.02)
            bias: Tensor | None = layer.bias
            if bias is not None:
                nn.init.zeros_(bias)
