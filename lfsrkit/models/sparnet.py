"""SPARNet, face super-resolution whose residual units look where the face is."""

from typing import Literal

from torch import Tensor, nn

from lfsrkit.models.base import Restorer
from lfsrkit.models.hourglass import ConvUnit, Hourglass, Resize, leaky, small_normal_start
from lfsrkit.models.upscaling import enlarge, enlarged_first
from lfsrkit.types import Features, Images

_SMALLEST = 40
_MULTIPLE = 8
_PAPER = (
    "Chen, Gong, Wang, Li, Wong, Learning Spatial Attention for Face Super-Resolution, IEEE TIP 2021, "
    "https://doi.org/10.1109/TIP.2020.3043093"
)


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
