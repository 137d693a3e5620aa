"""Losses and metrics that ship."""

from lfsrkit.registry import HIGHER_IS_BETTER, NO_REFERENCE, Row

LOSSES: dict[str, Row] = {
    "charbonnier": Row("lfsrkit.losses.pixels:Charbonnier", "Smooth absolute error"),
    "color": Row("lfsrkit.losses.tone:ColourAngle", "Angle between the colours of corresponding pixels"),
    "face_mask": Row(
        "lfsrkit.losses.face_mask:FaceMask", "Charbonnier error with more weight on masked and facial pixels"
    ),
    "face_mask_views": Row(
        "lfsrkit.losses.face_mask:FaceMaskViews",
        "Charbonnier error, and local detail of the masked pixels within the clean picture",
    ),
    "fft": Row("lfsrkit.losses.frequency:Fft", "Absolute error of the spectrum"),
    "gradient": Row("lfsrkit.losses.frequency:Gradient", "Absolute error of the differences of neighbours"),
    "identity": Row(
        "lfsrkit.losses.features:Identity", "Cosine distance of faces in a network that tells people apart"
    ),
    "l1": Row("lfsrkit.losses.pixels:L1", "Mean absolute error"),
    "l2": Row("lfsrkit.losses.pixels:L2", "Mean squared error"),
    "lpips": Row("lfsrkit.losses.features:Lpips", "Learned perceptual distance, LPIPS v0.1, to be minimised"),
    "luminance": Row("lfsrkit.losses.tone:Luminance", "Absolute error of the brightness of an early stage"),
    "ms_ssim": Row("lfsrkit.losses.structure:MsSsim", "One less the structural similarity over several scales"),
    "psnr": Row("lfsrkit.losses.pixels:PsnrGap", "Decibels by which a picture falls short of a ceiling"),
    "ssim": Row("lfsrkit.losses.structure:Ssim", "One less the structural similarity"),
    "tv": Row(
        "lfsrkit.losses.smoothness:TotalVariation",
        "Absolute differences of neighbours in the restored picture",
        ("regulariser",),
    ),
    "vgg": Row("lfsrkit.losses.features:Vgg", "Absolute error of the features of VGG-16"),
}

METRICS: dict[str, Row] = {
    "identity": Row(
        "lfsrkit.metrics.identity:IdentitySimilarity",
        "Cosine similarity of faces in a network that tells people apart",
        (HIGHER_IS_BETTER,),
    ),
    "lpips": Row("lfsrkit.metrics.perceptual:Lpips", "Learned perceptual distance, LPIPS v0.1"),
    "mean_luma": Row("lfsrkit.metrics.blind:MeanLuma", "Mean BT.601 luma, in 8-bit levels", (NO_REFERENCE,)),
    "noise": Row("lfsrkit.metrics.blind:NoiseLevel", "Noise of luma, in 8-bit levels", (NO_REFERENCE,)),
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
}
