"""Whole chains under one name."""

from lfsrkit.calls import Call
from lfsrkit.degradations.chain import Chain, chain_from_calls

_FIELD_CHANCE = 0.16
"""With four fields of light, half of the pictures get at least one: 1 - 0.84^4."""


def fsr_gamma(scale: int = 8) -> Chain:
    """Shrink, darken with a power law, add sensor noise, round to 8 bits.

    ``downsample(kernel='bicubic', scale=8) | gamma_linear(alpha=(.9, 1), beta=(.5, 1), gamma=(1.5, 5)) |
    shot_read_noise(shot=(3e-5, 1e-3)) | quantise(bits=8)``: the plain protocol of face super-resolution, made dark with
    the power law that most low-light papers mean. The combination, and noise after shrinking, are our reading.

    Use it to compare methods: it is simple, evenly lit and described by four numbers. Its pictures are more vivid and
    richer in contrast than real dark ones.

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


def isp_physics(scale: int = 8) -> Chain:
    """Follow the light: lamps, lens, pixels, a short exposure, a cast, noise, rounding, often JPEG.

    All in linear light up to the encoding: half of the pictures get an uneven field of light, three in ten a vignette,
    a fifth each are out of focus or shaken; photons are averaged by the pixels, ``exposure`` takes 3 to 5 stops
    away, a colour cast is partly corrected, shot and read noise and 10 to 14 bits follow (any whole number of them),
    then sRGB in 8 bits, every second time as JPEG. Order and ranges are our reading, calibrated to real dark
    photographs (LOL, DARK FACE, ExDark, LSRW): ``lfsrkit pairs stats`` prints how near a build comes. Fields keep the
    mean light, so that a picture with a lamp is not only darker; the cast that correction leaves is applied at once,
    before the noise.

    Use it to train networks for real photographs.

    Args:
        scale: How many times smaller the low picture is.

    References:
        Brooks et al., Unprocessing Images for Learned Raw Denoising, CVPR 2019 (noise).
        https://arxiv.org/abs/1811.11127

        Punnappurath, Abuolaim, Abdelhamed, Levinshtein, Brown, Day-to-Night Image Synthesis for Training Nighttime
        Neural ISPs, CVPR 2022 (local lights). https://arxiv.org/abs/2206.02715

    Example:
        >>> isp_physics(scale=4).out_size(128, 128)
        (32, 32)
    """
    fields = ("side_light", "spotlight", "plasma", "local_lights")
    return chain_from_calls(
        (
            *(_maybe(Call(name, {"normalise": "mean"}), _FIELD_CHANCE) for name in fields),
            _maybe(Call("vignette"), 0.3),
            _maybe(Call("defocus", {"radius": (0.5, 1.5)}), 0.2),
            _maybe(Call("motion_blur", {"length": (3.0, 11.0)}), 0.2),
            Call("downsample", {"kernel": "bicubic", "scale": scale, "light": "linear"}),
            Call("exposure", {"stops": (3.0, 5.0)}),
            Call("white_balance"),
            Call("shot_read_noise", {"shot": (3e-5, 1e-3)}),
            Call("quantise", {"bits": (10, 14), "light": "linear"}),
            Call("quantise", {"bits": 8}),
            _maybe(Call("jpeg", {"quality": (60, 100)}), 0.5),
        )
    )


def dark_isp(scale: int = 8) -> Chain:
    """Shrink, then darken and measure in the raw values of a camera, as MAET does, corrected.

    ``downsample | maet | quantise``; what is corrected stands in ``lfsrkit show degradations maet``. Shrinking first is
    our reading: noise added before would be averaged away.

    Use it to compare with detectors and enhancers that were trained on MAET's synthesis. Its noise is strong for dark
    pictures, and its darkness mild: faces come out brighter than in LOL.

    Args:
        scale: How many times smaller the low picture is.

    References:
        Cui, Qi, Gu, You, Zhang, Harada, Multitask AET with Orthogonal Tangent Regularity for Dark Object Detection,
        ICCV 2021. https://arxiv.org/abs/2205.03346
    """
    return chain_from_calls((Call("downsample", {"scale": scale}), Call("maet"), Call("quantise", {"bits": 8})))


def dln(scale: int = 8) -> Chain:
    """Shrink, fade colour and contrast, darken with a power law.

    ``downsample | gamma_linear(colour=(.7, 1), contrast=(.7, 1)) | quantise``: the training pictures of DLN. The fading
    makes up for the power law, which by itself makes dark pictures more vivid. Shrinking first is our reading; there is
    no noise.

    Use it to train enhancers as DLN was trained.

    Args:
        scale: How many times smaller the low picture is; 1 for an enhancer.

    References:
        Wang, Liu, Siu, Lun, Lightening Network for Low-Light Image Enhancement, IEEE TIP 2020.
        https://doi.org/10.1109/TIP.2020.3008396
    """
    faded = {"alpha": (0.9, 1.0), "beta": (0.5, 1.0), "gamma": (1.5, 5.0), "colour": (0.7, 1.0), "contrast": (0.7, 1.0)}
    return chain_from_calls(
        (Call("downsample", {"scale": scale}), Call("gamma_linear", faded), Call("quantise", {"bits": 8}))
    )


def llnet(scale: int = 8) -> Chain:
    """Shrink, darken with a power law, add normal noise of one strength.

    ``downsample | gamma_linear(gamma=(2, 5)) | gaussian_noise(sigma=(0, 25/255)) | quantise``: the first synthetic
    low-light pictures for a network. Shrinking first is our reading.

    Use it as the simplest noisy baseline.

    Args:
        scale: How many times smaller the low picture is.

    References:
        Lore, Akintayo, Sarkar, LLNet: A Deep Autoencoder Approach to Natural Low-light Image Enhancement, Pattern
        Recognition 2017. https://arxiv.org/abs/1511.03995
    """
    return chain_from_calls(
        (
            Call("downsample", {"scale": scale}),
            Call("gamma_linear", {"alpha": 1.0, "beta": 1.0, "gamma": (2.0, 5.0)}),
            Call("gaussian_noise", {"sigma": (0.0, 25 / 255)}),
            Call("quantise", {"bits": 8}),
        )
    )


def lednet_style(scale: int = 8) -> Chain:
    """Darken with a curve that keeps highlights, shake and defocus in linear light, shrink, add noise, compress.

    The order of LOL-Blur: a Zero-DCE curve to a drawn exposure, lamps staying bright; blur in linear light, where
    what is bright outweighs what is dark; noise; compression. A picture in 8 bits knows nothing brighter than white, so
    lamps streak less here than in a camera. One straight shake stands for its averaged video frames, a
    bisection for its learned curve, and shrinking is ours (our reading).

    Use it for pictures taken by hand at night.

    Args:
        scale: How many times smaller the low picture is.

    References:
        Zhou, Li, Loy, LEDNet: Joint Low-light Enhancement and Deblurring in the Dark, ECCV 2022.
        https://arxiv.org/abs/2202.03373

        Zamir et al., CycleISP: Real Image Restoration via Improved Data Synthesis, CVPR 2020 (noise).
        https://arxiv.org/abs/2003.07761
    """
    return chain_from_calls(
        (
            Call("zero_dce_curve", {"target": (0.05, 0.3)}),
            Call("motion_blur", {"length": (3.0, 11.0)}),
            _maybe(Call("defocus", {"radius": (0.5, 2.0)}), 0.5),
            Call("downsample", {"scale": scale, "light": "linear"}),
            Call("shot_read_noise", {"shot": (3e-5, 1e-3), "log_base": "10"}),
            Call("quantise", {"bits": 8}),
            Call("jpeg", {"quality": (60, 95)}),
        )
    )


def darkffhq_style(scale: int = 8) -> Chain:
    r"""Shrink, then darken with contrast, brightness and a power law.

    ``downsample | contrast_gamma | quantise``: $y = (\alpha x + \beta)^\gamma$ after bicubic shrinking, as
    DARKFFHQ-4000 is described. The authors' ranges were not found; ours are in ``contrast_gamma``. There is no noise.

    Use it to come near the only public set of low-light face super-resolution.

    Args:
        scale: How many times smaller the low picture is.

    References:
        Wang, Lu, Yao, Zhang, Xiong, Learning to Hallucinate Face in the Dark, IEEE TMM 2023.
        https://github.com/mdswyz/DARKFFHQ
    """
    return chain_from_calls(
        (Call("downsample", {"scale": scale}), Call("contrast_gamma"), Call("quantise", {"bits": 8}))
    )


def _maybe(of: Call, chance: float) -> Call:
    return Call("maybe", {"of": of, "chance": chance})
