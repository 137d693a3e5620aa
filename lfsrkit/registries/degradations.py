"""Degradations that ship."""

from lfsrkit.registry import Row

DEGRADATIONS: dict[str, Row] = {
    "bayer": Row(
        "lfsrkit.degradations.bayer:Bayer",
        "Sample one colour a pixel as a Bayer sensor does, and bin squares of four pixels",
        ("resample", "sensor", "differentiable"),
    ),
    "contrast_gamma": Row(
        "lfsrkit.degradations.exposure:ContrastGamma",
        "Darken with a linear change of contrast and brightness, then a power law",
        (
            "exposure",
            "differentiable",
        ),
    ),
    "dark_isp": Row(
        "lfsrkit.degradations.chains:dark_isp",
        "Shrink, then darken and measure in the raw values of a camera, as MAET does, corrected",
        (
            "resample",
            "exposure",
            "colour",
            "sensor",
            "differentiable",
        ),
    ),
    "darkffhq_style": Row(
        "lfsrkit.degradations.chains:darkffhq_style",
        "Shrink, then darken with contrast, brightness and a power law",
        (
            "resample",
            "exposure",
            "sensor",
            "differentiable",
        ),
    ),
    "defocus": Row(
        "lfsrkit.degradations.optics:Defocus",
        "Blur as a lens does that is out of focus, with an even disk",
        ("optics", "differentiable"),
    ),
    "dln": Row(
        "lfsrkit.degradations.chains:dln",
        "Shrink, fade colour and contrast, darken with a power law",
        (
            "resample",
            "exposure",
            "sensor",
            "differentiable",
        ),
    ),
    "downsample": Row(
        "lfsrkit.degradations.resample:downsample",
        "Shrink by a whole factor with one named, antialiased kernel",
        ("resample", "differentiable"),
    ),
    "eld_noise": Row(
        "lfsrkit.degradations.eld:EldNoise",
        "Add the photon, read, row and rounding noise and the colour bias of a measured camera",
        ("sensor", "differentiable"),
    ),
    "exposure": Row(
        "lfsrkit.degradations.exposure:Exposure",
        "Divide linear light by a power of two, as a shorter exposure does",
        ("exposure", "differentiable"),
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
    "gaussian_blur": Row(
        "lfsrkit.degradations.optics:GaussianBlur",
        "Blur with a Gaussian, round or stretched in one direction",
        ("optics", "differentiable"),
    ),
    "gaussian_noise": Row(
        "lfsrkit.degradations.sensor:GaussianNoise",
        "Add normal noise of one strength to encoded values",
        (
            "sensor",
            "differentiable",
        ),
    ),
    "gfpgan": Row(
        "lfsrkit.degradations.face_restoration:Gfpgan",
        "Blur, shrink to a random size, add noise, compress, and resize, as blind face restoration is trained",
        ("colour", "optics", "resample", "sensor", "coding", "cpu_only"),
    ),
    "h264": Row(
        "lfsrkit.degradations.video:H264",
        "Compress as H.264 video and take the last frame",
        ("coding", "cpu_only"),
    ),
    "isp_physics": Row(
        "lfsrkit.degradations.chains:isp_physics",
        "Follow the light: lamps, lens, pixels, a short exposure, a cast, noise, rounding, often JPEG",
        (
            "light",
            "optics",
            "resample",
            "exposure",
            "colour",
            "sensor",
            "coding",
            "cpu_only",
        ),
    ),
    "jpeg": Row("lfsrkit.degradations.coding:Jpeg", "Compress as JPEG and decode again", ("coding", "cpu_only")),
    "lednet_style": Row(
        "lfsrkit.degradations.chains:lednet_style",
        "Darken with a curve that keeps highlights, shake and defocus in linear light, shrink, add noise, compress",
        (
            "exposure",
            "optics",
            "resample",
            "sensor",
            "coding",
            "cpu_only",
        ),
    ),
    "linear_gradient": Row(
        "lfsrkit.degradations.shading:LinearGradient",
        "Let light fall off evenly from one side of the picture to the other",
        ("light", "differentiable"),
    ),
    "llnet": Row(
        "lfsrkit.degradations.chains:llnet",
        "Shrink, darken with a power law, add normal noise of one strength",
        (
            "resample",
            "exposure",
            "sensor",
            "differentiable",
        ),
    ),
    "local_lights": Row(
        "lfsrkit.degradations.light:LocalLights",
        "Light the picture with a few coloured lamps and little else",
        ("light", "differentiable"),
    ),
    "maet": Row(
        "lfsrkit.degradations.maet:Maet",
        "Darken and measure a picture in the raw values of a camera",
        ("exposure", "colour", "sensor", "differentiable"),
    ),
    "maybe": Row(
        "lfsrkit.degradations.maybe:maybe", "Apply another degradation to some pictures only", ("differentiable",)
    ),
    "motion_blur": Row(
        "lfsrkit.degradations.optics:MotionBlur",
        "Blur along a straight line, as a hand that moves evenly during the exposure",
        ("optics", "differentiable"),
    ),
    "planckian": Row(
        "lfsrkit.degradations.cast:Planckian",
        "Tint light as a glowing body of another temperature does",
        ("colour", "differentiable"),
    ),
    "plasma": Row(
        "lfsrkit.degradations.plasma:Plasma",
        "Shade with a smooth random field, coarse and fine at once",
        ("light", "differentiable"),
    ),
    "poisson_gaussian": Row(
        "lfsrkit.degradations.photons:PoissonGaussian",
        "Count photons and add normal read noise in linear light",
        ("sensor", "differentiable"),
    ),
    "process": Row(
        "lfsrkit.degradations.isp:Process",
        "Turn the raw values of a camera into sRGB",
        ("colour", "differentiable"),
    ),
    "quantise": Row(
        "lfsrkit.degradations.rounding:quantise", "Round to a number of bits", ("sensor", "differentiable")
    ),
    "real_esrgan": Row(
        "lfsrkit.degradations.real_esrgan:RealEsrgan",
        "Blur, resize, add noise, compress, twice, with ringing at the end, as blind super-resolution is trained",
        ("optics", "resample", "sensor", "coding", "cpu_only"),
    ),
    "shot_read_noise": Row(
        "lfsrkit.degradations.sensor:ShotReadNoise",
        "Add signal-dependent shot noise and constant read noise in linear light",
        ("sensor", "differentiable"),
    ),
    "side_light": Row(
        "lfsrkit.degradations.shading:SideLight",
        "Light one side of the picture and leave the other in shadow",
        ("light", "differentiable"),
    ),
    "spotlight": Row(
        "lfsrkit.degradations.light:Spotlight",
        "Light a round spot more than the rest of the picture",
        ("light", "differentiable"),
    ),
    "starlight": Row(
        "lfsrkit.degradations.starlight:Starlight",
        "Add the grain, bands and patterns of a sensor at the end of its gain",
        ("sensor", "differentiable"),
    ),
    "tone_curve": Row(
        "lfsrkit.degradations.tone:ToneCurve",
        "Render with the response curve of a camera, or undo it",
        ("colour", "differentiable"),
    ),
    "unprocess": Row(
        "lfsrkit.degradations.isp:Unprocess",
        "Turn sRGB back into the raw values of a camera",
        ("colour", "differentiable"),
    ),
    "vignette": Row(
        "lfsrkit.degradations.shading:Vignette",
        "Darken towards the corners as a simple lens does, by the fourth power of a cosine",
        ("light", "differentiable"),
    ),
    "webp": Row("lfsrkit.degradations.coding:Webp", "Compress as lossy WebP and decode again", ("coding", "cpu_only")),
    "white_balance": Row(
        "lfsrkit.degradations.cast:WhiteBalance",
        "Tint light by gains of red and blue that were corrected in part only",
        ("colour", "differentiable"),
    ),
    "zero_dce_curve": Row(
        "lfsrkit.degradations.tone:ZeroDceCurve",
        "Darken with the curve of Zero-DCE until the mean brightness reaches a target",
        ("exposure", "differentiable"),
    ),
}

ADAPTED_DEGRADATIONS: dict[str, Row] = {
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
}
