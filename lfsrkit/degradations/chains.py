"""Whole chains under one name."""

from lfsrkit.calls import Call
from lfsrkit.degradations.chain import Chain, chain_from_calls


def fsr_gamma(scale: int = 8) -> Chain:
    """Shrink, darken with a power law, add sensor noise, round to 8 bits.

    ``downsample(kernel='bicubic', scale=8) | gamma_linear(alpha=(.9, 1), beta=(.5, 1), gamma=(1.5, 5)) |
    shot_read_noise(shot=(3e-5, 1e-3)) | quantise(bits=8)``: the plain protocol of face super-resolution, made dark with
    the power law that most low-light papers mean. The combination, and noise after shrinking, are our reading.

    Args:
        scale: How many times smaller the low picture is.

    References:
        Chen, Gong, Wang, Li, Wong, Learning Spatial Attention for Face Super-Resolution, IEEE TIP 2021 (shrinking).
        https://arxiv.org/abs/2012.01211

        Lv, Li, Lu, Attention Guided Low-Light Image Enhancement with a Large Scale Low-Light Simulation Dataset, IJCV
        2021 (darkening). https://arxiv.org/abs/1908.00682

        Brooks et al., Unprocessing Images for Learned Raw Denoising, CVPR 2019 (noise).
        https://arxiv.org/abs/1811.11127

    Example:
        >>> fsr_gamma(scale=4).out_size(128, 128)
        (32, 32)
    """
    return chain_from_calls(
        (
            Call("downsample", {"kernel": "bicubic", "scale": scale}),
            Call("gamma_linear", {"alpha": (0.9, 1.0), "beta": (0.5, 1.0), "gamma": (1.5, 5.0)}),
            Call("shot_read_noise", {"shot": (3e-5, 1e-3)}),
            Call("quantise", {"bits": 8}),
        )
    )
