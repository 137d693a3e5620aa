"""Losses: one number a picture, so that a bad one can be named and parallel ranks agree; the mean is taken outside."""

from lfsrkit.losses.base import Extras, Loss
from lfsrkit.losses.face_mask import FaceMask, FaceMaskViews, mean_within
from lfsrkit.losses.features import Identity, Lpips, Vgg
from lfsrkit.losses.frequency import Fft, Gradient
from lfsrkit.losses.pixels import L1, L2, Charbonnier, absolute_error, charbonnier_error
from lfsrkit.losses.smoothness import TotalVariation
from lfsrkit.losses.structure import MsSsim, Ssim
from lfsrkit.losses.tone import ColourAngle, Luminance

__all__ = [
    "L1",
    "L2",
    "Charbonnier",
    "ColourAngle",
    "Extras",
    "FaceMask",
    "FaceMaskViews",
    "Fft",
    "Gradient",
    "Identity",
    "Loss",
    "Lpips",
    "Luminance",
    "MsSsim",
    "Ssim",
    "TotalVariation",
    "Vgg",
    "absolute_error",
    "charbonnier_error",
    "mean_within",
]
