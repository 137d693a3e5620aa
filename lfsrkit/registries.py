"""The table of everything that ships: names, one line each, tags. Nothing is imported until a name is used."""

from typing import TYPE_CHECKING

from lfsrkit.registry import HIGHER_IS_BETTER, JOINED, Registry, Row

if TYPE_CHECKING:
    from torch import nn

    from lfsrkit.degradations.base import Degradation
    from lfsrkit.losses import Loss
    from lfsrkit.masks.base import MaskStrategy
    from lfsrkit.metrics import Metric
    from lfsrkit.models.base import Restorer

DEGRADATIONS: "Registry[Degradation]" = Registry(
    "degradation",
    group="lfsrkit.degradations",
    rows={
        "downsample": Row(
            "lfsrkit.degradations.resample:downsample",
            "Shrink by a whole factor with one named, antialiased kernel",
            ("resample", "differentiable"),
        ),
        "fsr_gamma": Row(
            "lfsrkit.degradations.chains:fsr_gamma",
            "Shrink, darken with a power law, add sensor noise, round to 8 bits",
            ("exposure", "resample", "sensor", "differentiable"),
        ),
        "gamma_linear": Row(
            "lfsrkit.degradations.exposure:GammaLinear",
            "Darken with a power law and two linear factors",
            ("exposure", "differentiable"),
        ),
        "h264": Row(
            "lfsrkit.degradations.video:H264",
            "Compress as H.264 video and take the last frame",
            ("coding", "cpu_only"),
        ),
        "jpeg": Row("lfsrkit.degradations.coding:Jpeg", "Compress as JPEG and decode again", ("coding", "cpu_only")),
        "maybe": Row(
            "lfsrkit.degradations.maybe:maybe", "Apply another degradation to some pictures only", ("differentiable",)
        ),
        "quantise": Row(
            "lfsrkit.degradations.sensor:Quantise", "Round to a number of bits", ("sensor", "differentiable")
        ),
        "shot_read_noise": Row(
            "lfsrkit.degradations.sensor:ShotReadNoise",
            "Add signal-dependent shot noise and constant read noise in linear light",
            ("sensor", "differentiable"),
        ),
        "webp": Row(
            "lfsrkit.degradations.coding:Webp", "Compress as lossy WebP and decode again", ("coding", "cpu_only")
        ),
    },
    adapters={
        "kornia": Row(
            "lfsrkit.degradations.adapters:kornia",
            "Any intensity augmentation of kornia, such as kornia:RandomGamma",
            ("colour", "cpu_only"),
        ),
        "learned": Row(
            "lfsrkit.degradations.adapters:learned",
            "A function of your own, such as a trained generator, as learned:module:function",
            ("exposure",),
        ),
    },
)

MASKS: "Registry[MaskStrategy]" = Registry(
    "mask",
    group="lfsrkit.masks",
    rows={
        "face_biased": Row(
            "lfsrkit.masks.facial:FaceBiased", "Select patches at random, those on facial components more often"
        ),
        "facial_region": Row("lfsrkit.masks.facial:FacialRegion", "Select named parts of the face"),
        "patch": Row("lfsrkit.masks.uniform:Patch", "Select square patches at random, an exact share of them"),
        "random": Row("lfsrkit.masks.uniform:RandomPixels", "Select pixels at random, an exact share of them"),
    },
)

BACKBONES: "Registry[nn.Module]" = Registry(
    "backbone",
    group="lfsrkit.backbones",
    rows={
        "local_global": Row(
            "lfsrkit.models.backbones:LocalGlobal", "Blocks with a local and a global branch, gathered by a residual"
        ),
        "nafnet": Row(
            "lfsrkit.models.borrowed:NafNet", "NAFNet blocks: gated convolutions with simple channel attention"
        ),
        "omni": Row("lfsrkit.models.borrowed:Omni", "Omni-SR groups: attention over space and channels at once"),
        "residual": Row("lfsrkit.models.backbones:Residual", "Plain residual blocks without normalisation"),
        "swin": Row("lfsrkit.models.borrowed:Swin", "SwinIR groups: attention in shifted windows"),
    },
    adapters={"timm": Row("lfsrkit.models.timm_backbone:timm_backbone", "Any feature extractor of timm")},
)

MODELS: "Registry[Restorer]" = Registry(
    "model",
    group="lfsrkit.models",
    rows={
        "bicubic": Row(
            "lfsrkit.models.bicubic:Bicubic",
            "Enlarge with a bicubic kernel and lift the mean with one power law: the floor",
            ("floor",),
        ),
        "edsr_baseline": Row(
            "lfsrkit.models.edsr:edsr_baseline", "EDSR with 16 residual blocks of 64 channels", ("super_resolve",)
        ),
        "lfsrnet": Row("lfsrkit.models.lfsrnet:lfsrnet", "LFSRNet, our reading, under 6 M parameters", ("joint",)),
        "lfsrnet_tiny": Row(
            "lfsrkit.models.lfsrnet:lfsrnet_tiny", "LFSRNet, our reading, under 1 M parameters", ("joint",)
        ),
    },
    adapters={
        JOINED: Row(
            "lfsrkit.models.cascade:cascade", "An enhancer and a super-resolver in a row, in either order", ("joint",)
        ),
    },
)

LOSSES: "Registry[Loss]" = Registry(
    "loss",
    group="lfsrkit.losses",
    rows={
        "charbonnier": Row("lfsrkit.losses:Charbonnier", "Smooth absolute error"),
        "face_mask": Row("lfsrkit.losses:FaceMask", "Charbonnier error with more weight on masked and facial pixels"),
        "l1": Row("lfsrkit.losses:L1", "Mean absolute error"),
    },
)

METRICS: "Registry[Metric]" = Registry(
    "metric",
    group="lfsrkit.metrics",
    rows={
        "lpips": Row("lfsrkit.metrics.perceptual:Lpips", "Learned perceptual distance, LPIPS v0.1"),
        "psnr": Row(
            "lfsrkit.metrics.fidelity:Psnr", "Peak signal-to-noise ratio over RGB, in decibels", (HIGHER_IS_BETTER,)
        ),
        "psnr_y": Row(
            "lfsrkit.metrics.fidelity:PsnrY",
            "Peak signal-to-noise ratio of BT.601 luma, in decibels",
            (HIGHER_IS_BETTER,),
        ),
        "ssim": Row("lfsrkit.metrics.fidelity:Ssim", "Structural similarity, mean over RGB", (HIGHER_IS_BETTER,)),
        "ssim_y": Row("lfsrkit.metrics.fidelity:SsimY", "Structural similarity of BT.601 luma", (HIGHER_IS_BETTER,)),
    },
)

REGISTRIES = {
    "degradations": DEGRADATIONS,
    "masks": MASKS,
    "backbones": BACKBONES,
    "models": MODELS,
    "losses": LOSSES,
    "metrics": METRICS,
}
"""Every registry by the word that the command line uses."""
