"""Losses of tone: hue and saturation without brightness, and brightness on the way."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lfsrkit.colour import luma
from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.losses.base import Extras, Loss
from lfsrkit.losses.pixels import check_eps
from lfsrkit.types import Images, PerImage


@dataclass(frozen=True)
class ColourAngle(Loss):
    r"""Angle between the colours of corresponding pixels.

    $L = \frac{1}{h w} \sum \mathrm{atan2}(|x' \times y'|,\; x' \cdot y')$ in radians, 0 to $\pi / 2$, with
    $x' = \max(x, 0) + \varepsilon$ and the same for $y$: no change of brightness changes it. The arc tangent has a
    bounded slope where the arc cosine of the published loss has an endless one, at equal colours; the grey
    $\varepsilon$ gives black a colour and bounds the slope there (both are ours).

    Args:
        eps: Grey that is added to both pictures, above 0; the preset is one of 255 levels.

    Raises:
        UsageError: If `eps` is not positive.

    References:
        Wang et al., Underexposed Photo Enhancement Using Deep Illumination Estimation, CVPR 2019.
        https://doi.org/10.1109/CVPR.2019.00701

    Example:
        >>> red, green = torch.eye(3)[:2, None, :, None, None].expand(2, 1, 3, 4, 4)
        >>> ColourAngle(eps=1e-6)(red, green)
        tensor([1.5708])
    """

    eps: float = 1 / 255

    def __post_init__(self) -> None:
        check_eps(self.eps)

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        ours, theirs = (pictures.clamp_min(0) + self.eps for pictures in (restored, clean))
        sine = torch.linalg.vector_norm(torch.linalg.cross(ours, theirs, dim=1), dim=1)
        return torch.atan2(sine, (ours * theirs).sum(dim=1)).mean(dim=(1, 2))


@dataclass(frozen=True)
class Luminance(Loss):
    r"""Absolute error of the brightness of an early stage.

    $L = \frac{1}{h w} \sum |Y(c) - Y(\downarrow\! y)|$ with $c$ what the stage of the model made, usually as small as
    the low picture, $\downarrow\! y$ the clean picture shrunk to its size (bicubic, antialiased) and
    $Y = 0.299 R + 0.587 G + 0.114 B$. It tells a part that is there to correct luminance what to do; the restored
    picture is not looked at, so it is a term beside others. Our reading.

    Args:
        stage: Name of the stage, as ``model.stages(low)`` gives it.

    Raises:
        UsageError: If the model has no such stage.

    References:
        ITU-R BT.601-7, 2011. https://www.itu.int/rec/R-REC-BT.601

    Example:
        >>> clean, corrected = torch.ones(1, 3, 8, 8), torch.full((1, 3, 2, 2), 0.5)
        >>> Luminance()(clean, clean, stages={"corrected": corrected, "restored": clean})
        tensor([0.5000])
    """

    stage: str = "corrected"

    @property
    def needs(self) -> frozenset[str]:
        """Stages."""
        return frozenset({"stages"})

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        corrected = _stage(self.stage, extras.stages or {})
        shrunk = functional.interpolate(
            clean, corrected.shape[-2:], mode="bicubic", antialias=True, align_corners=False
        )
        return (luma(corrected) - luma(shrunk)).abs().mean(dim=(1, 2, 3))


def _stage(name: str, stages: Mapping[str, Tensor]) -> Tensor:
    if name not in stages:
        raise UsageError(
            f"this loss looks at the stage {name!r}, which the model does not give; it gives "
            f"{', '.join(stages) or 'none'}{did_you_mean(name, stages) or '; name one of these, or take another model'}"
        )
    return stages[name]
