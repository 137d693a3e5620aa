"""LFSRNet, our reading of it: correct the luminance, refine the structure, enlarge by filtering features.

The paper is public as an abstract. It names three modules, *shallow feature extraction*, *deep feature extraction*
(luminance correction, then structure refinement) and *feature-filtering upsampling*, and as keywords local and global
feature extraction. That is the paper's; every layer here is our reading.
"""

import torch
from torch import Tensor, nn

from lfsrkit.contracts import of_shape
from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.models.curve import ToneCurve, log_brightness
from lfsrkit.models.layers import FeatureFilter, PositionMap, damped
from lfsrkit.models.upscaling import SCALES, enlarge
from lfsrkit.registries import BACKBONES
from lfsrkit.types import Features, Images, Resized

INFO = ModelInfo(
    purpose="joint",
    scales=SCALES,
    paper="Cong, Zheng, Jia, LFSRNet, CAAI Transactions on Intelligent Systems 2025(1):109-117",
)


_FACE_CELLS = 16


class LfsrNet(Restorer):
    """LFSRNet, our reading.

    All deep work is done at the size of the dark picture:

    1. shallow: one convolution over the picture, its logarithm, and a copy brightened by `ToneCurve`; a learned map
       adds where on the face each position lies;
    2. deep: a backbone corrects the luminance where it is and gives the corrected copy; a second one refines the
       structure of what the first made;
    3. `FilteringUpsampler` turns the features into detail, which is added to the enlarged corrected copy.

    Args:
        scale: Factor of enlargement, a power of two.
        backbone: Name in BACKBONES of the deep parts.
        channels: Width of the feature maps.
        luminance_depth: Depth of the backbone that corrects luminance.
        structure_depth: Depth of the backbone that refines structure.
        widths: Widths of the feature maps after each doubling but the last; the last of them serves all that follow.

    References:
        Cong, Zheng, Jia, CAAI Transactions on Intelligent Systems 2025(1):109-117.
    """

    def __init__(
        self,
        *,
        scale: int,
        backbone: str,
        channels: int,
        luminance_depth: int,
        structure_depth: int,
        widths: tuple[int, ...],
    ) -> None:
        super().__init__(INFO, scale)
        self.curve = ToneCurve()
        self.shallow = nn.Sequential(nn.Conv2d(9, channels, 3, padding=1), PositionMap(channels, _FACE_CELLS))
        self.luminance = _deep(backbone, channels, luminance_depth)
        self.correction = damped(nn.Conv2d(channels, 3, 3, padding=1))
        self.structure = _deep(backbone, channels, structure_depth)
        self.upsample = FilteringUpsampler(scale, channels, widths)

    def _stages(self, low: Images) -> dict[str, Tensor]:
        logs = log_brightness(low)
        bright = self.curve(logs)
        shallow = self.shallow(torch.cat([low, logs, bright], dim=1))
        luminance = of_shape(self.luminance(shallow), shallow.shape, self.luminance, "forward")
        corrected = bright + self.correction(luminance)
        structure = of_shape(self.structure(luminance), shallow.shape, self.structure, "forward")
        detail = self.upsample(structure)
        return {"corrected": corrected, "restored": enlarge(corrected, self.scale) + detail}


class FilteringUpsampler(nn.Module):
    """Filter feature maps by their content, then enlarge them into a picture, doubling by doubling.

    Args:
        scale: Factor of enlargement, a power of two.
        channels: Width of the feature maps that come in.
        widths: Widths after each doubling but the last; the last of them serves all that follow.
    """

    def __init__(self, scale: int, channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        doublings = scale.bit_length() - 1
        inner = [widths[min(i, len(widths) - 1)] for i in range(doublings - 1)]
        sizes = [channels, *inner]
        self.filter = FeatureFilter(channels)
        self.doublings = nn.Sequential(*(_doubling(a, b) for a, b in zip(sizes, inner, strict=False)))
        self.last = nn.Sequential(damped(nn.Conv2d(sizes[-1], 12, 3, padding=1)), nn.PixelShuffle(2))

    def forward(self, x: Features) -> Resized:
        """Apply."""
        return self.last(self.doublings(self.filter(x)))


def lfsrnet_tiny(scale: int = 8, backbone: str = "local_global") -> LfsrNet:
    """LFSRNet, our reading, under 1 M parameters.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.
        backbone: Name in BACKBONES of the deep parts.

    References:
        Cong, Zheng, Jia, CAAI Transactions on Intelligent Systems 2025(1):109-117.
    """
    return LfsrNet(
        scale=scale, backbone=backbone, channels=80, luminance_depth=4, structure_depth=2, widths=(32, 32, 16)
    )


def lfsrnet(scale: int = 8, backbone: str = "local_global") -> LfsrNet:
    """LFSRNet, our reading, under 6 M parameters.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.
        backbone: Name in BACKBONES of the deep parts.

    References:
        Cong, Zheng, Jia, CAAI Transactions on Intelligent Systems 2025(1):109-117.
    """
    return LfsrNet(scale=scale, backbone=backbone, channels=160, luminance_depth=6, structure_depth=3, widths=(64, 48))


def lfsrnet_large(scale: int = 8, backbone: str = "local_global") -> LfsrNet:
    """LFSRNet, our reading, under 20 M parameters: the same design, wider and deeper.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16.
        backbone: Name in BACKBONES of the deep parts.

    References:
        Cong, Zheng, Jia, CAAI Transactions on Intelligent Systems 2025(1):109-117.
    """
    return LfsrNet(scale=scale, backbone=backbone, channels=256, luminance_depth=8, structure_depth=4, widths=(96, 64))


def _deep(backbone: str, channels: int, depth: int) -> nn.Module:
    """Make a backbone of some depth, or as it is when it has no such parameter."""
    takes_depth = any(parameter.name == "depth" for parameter in BACKBONES[backbone].parameters())
    return BACKBONES.create(backbone, channels=channels, **({"depth": depth} if takes_depth else {}))


def _doubling(channels: int, width: int) -> nn.Sequential:
    # Not GELU: its gradient falls below the smallest normal float, which made training steps on a CPU twice as slow.
    return nn.Sequential(nn.Conv2d(channels, 4 * width, 3, padding=1), nn.PixelShuffle(2), nn.LeakyReLU(0.1))
