"""Measures of how close restored pictures are to clean ones, one number a picture, in one convention.

Both pictures are clamped to 0..1 and rounded to 8 bits; no border is cropped.
"""

from lfsrkit.metrics.base import Metric, NoReference, eight_bit
from lfsrkit.metrics.fidelity import Psnr, PsnrY, Ssim, SsimY, colour_bias, gt_mean_psnr
from lfsrkit.metrics.perceptual import Lpips
from lfsrkit.trunks import lpips_status

__all__ = [
    "Lpips",
    "Metric",
    "NoReference",
    "Psnr",
    "PsnrY",
    "Ssim",
    "SsimY",
    "colour_bias",
    "eight_bit",
    "gt_mean_psnr",
    "lpips_status",
]
