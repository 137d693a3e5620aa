"""The published degradation of blind face restoration: blur, shrink, noise, JPEG, resize, change colours."""

import math
from dataclasses import dataclass
from typing import Any

import torch

from lfsrkit.colour import luma
from lfsrkit.degradations.base import Degradation, Params, settled, split, stack
from lfsrkit.degradations.draws import IntRange, Range, outside, require
from lfsrkit.degradations.kernels import filtered_apart, filtered_bilinear, gaussian, gaussian_profile
from lfsrkit.degradations.resample import resampled
from lfsrkit.degradations.srgb import gaussian_noise, jpeg, rounded
from lfsrkit.dice import Dice
from lfsrkit.seeding import Streams, streams
from lfsrkit.types import Images, Resized

JITTER = {"brightness": (0.5, 1.5), "contrast": (0.5, 1.5), "saturation": (0.0, 1.5), "hue": (-0.1, 0.1)}
"""Published ranges of the colour jitter: three factors, and a shift of the hue in turns."""
NO_JITTER = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}


@dataclass(frozen=True)
class Gfpgan(Degradation):
    r"""Blur, shrink to a random size, add noise, compress, and resize, as blind face restoration is trained.

    $y = \mathrm{resize}\bigl(\mathrm{JPEG}_q(\mathrm{shrink}_r(x * k_\sigma) + n_\delta)\bigr)$ on sRGB values, then
    changes of colour. k is a round Gaussian or one stretched at a random angle, cut to a square; shrinking is bilinear
    without antialiasing, from h to $\lfloor h/r \rfloor$ pixels. Every number is drawn per picture.

    The published chain enlarges its result to the size of the source again. Ours brings it to h / ``scale`` pixels
    directly, antialiased bicubic, and changes the colours there, by default not at all: that is left to degradations
    of light and colour before it; quality is a whole number (our reading). Lengths are in pixels of the source: the
    defaults were published for faces of 512 pixels. Published for CodeFormer: ``shrink`` (1, 12), ``noise`` (0, 15).

    Use it to compare with methods of blind face restoration on what they were trained on. It does not darken: for low
    light put a degradation of light before it, such as ``exposure(stops=(3, 5)) | gfpgan(scale=8)``.

    Args:
        scale: How many times smaller the low picture is, 1 to 64.
        sigma: Range of the widths of the blur in pixels, 0 to 100; a stretched one draws two.
        kernel_size: Odd side of the kernel in pixels, 1 to 255.
        round_chance: Probability, 0 to 1, that the blur is round.
        shrink: Range of the factor r of the first shrinking, 0.25 to 64; below 1 it enlarges.
        noise: Range of the standard deviation δ of the noise in levels of 255, 0 to 255.
        quality: Range of the JPEG quality, 1 to 100.
        shift: Greatest shift of each channel in levels of 255, 0 to 255.
        shift_chance: Probability, 0 to 1, that the channels are shifted; published: 0.3.
        grey_chance: Probability, 0 to 1, that the low picture loses its colour, the clean one not; published: 0.01.
        jitter_chance: Probability, 0 to 1, that brightness and contrast (0.5 to 1.5 times), saturation (0 to 1.5 times)
            and hue (within 0.1 turns) change, in random order; published: 0.3.

    Raises:
        BadParameters: If an argument leaves its limits.

    References:
        Wang, Li, Zhang, Shan, Towards Real-World Blind Face Restoration with Generative Facial Prior, CVPR 2021 (the
        ranges of its public configuration, version 1). https://arxiv.org/abs/2101.04061

        Zhou, Chan, Li, Loy, Towards Robust Blind Face Restoration with Codebook Lookup Transformer, NeurIPS 2022.
        https://arxiv.org/abs/2206.11253

    Example:
        >>> Gfpgan(scale=4).out_size(128, 128)
        (32, 32)
    """

    scale: int = 8
    sigma: Range = (0.1, 10.0)
    kernel_size: int = 41
    round_chance: float = 0.5
    shrink: Range = (0.8, 8.0)
    noise: Range = (0.0, 20.0)
    quality: IntRange = (60, 100)
    shift: float = 20.0
    shift_chance: float = 0.0
    grey_chance: float = 0.0
    jitter_chance: float = 0.0

    def __post_init__(self) -> None:
        even = None if self.kernel_size % 2 else f"kernel_size = {self.kernel_size}: give an odd number"
        chances = ("round_chance", "shift_chance", "grey_chance", "jitter_chance")
        require(
            "gfpgan",
            outside("scale", self.scale, 1, 64),
            outside("sigma", self.sigma, 0, 100),
            outside("kernel_size", self.kernel_size, 1, 255) or even,
            outside("shrink", self.shrink, 0.25, 64),
            outside("noise", self.noise, 0, 255),
            outside("quality", self.quality, 1, 100),
            outside("shift", self.shift, 0, 255),
            *(outside(name, getattr(self, name), 0, 1) for name in chances),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw every choice; a change that was not chosen is recorded as none."""
        return stack([self._draw(Dice(source)) for source in streams(n, generator)])

    def apply(self, images: Images, params: Params) -> Resized:
        """Degrade picture by picture, for each has sizes of its own on the way."""
        rows = split(params, len(images))
        return torch.cat([self._one(image, row) for image, row in zip(images.split(1), rows, strict=True)])

    def neutral(self, n: int) -> Params | None:
        """None: even quality 100 rounds."""
        return None

    def _draw(self, dice: Dice) -> Params:
        is_round, first, second = dice.chance(self.round_chance), dice.uniform(self.sigma), dice.uniform(self.sigma)
        angle = dice.uniform((-math.pi, math.pi))
        return {
            "sigma_x": first,
            "sigma_y": first if is_round else second,
            "angle": 0.0 if is_round else angle,
            "shrink": dice.uniform(self.shrink),
            "noise": dice.uniform(self.noise),
            "seed": dice.seed(),
            "quality": dice.integer(self.quality),
            **self._draw_colour(dice),
        }

    def _draw_colour(self, dice: Dice) -> Params:
        shifted, jittered = dice.chance(self.shift_chance), dice.chance(self.jitter_chance)
        shift = [dice.uniform((-self.shift, self.shift)) for _ in range(3)]
        jitter = {name: dice.uniform(span) for name, span in JITTER.items()}
        return {
            "shift": shift if shifted else [0.0, 0.0, 0.0],
            "grey": dice.chance(self.grey_chance),
            **(jitter if jittered else NO_JITTER),
            "order": dice.shuffled(list(JITTER)),
        }

    def _one(self, image: Images, row: dict[str, Any]) -> Resized:
        low_size = self.out_size(*image.shape[-2:])
        image = _shrunk(image, row, self.kernel_size)
        image = jpeg(gaussian_noise(image, row["noise"] / 255, row["seed"]), row["quality"])
        return rounded(_recoloured(resampled(image, "bicubic", low_size).clamp(0, 1), row))


def _shrunk(image: Images, row: dict[str, Any], kernel_size: int) -> Resized:
    height, width = image.shape[-2:]
    size = (max(int(height // row["shrink"]), 1), max(int(width // row["shrink"]), 1))
    if row["sigma_x"] == row["sigma_y"]:
        return filtered_apart(image, gaussian_profile(row["sigma_x"], kernel_size), size)
    kernel = gaussian([row["sigma_x"]], [row["sigma_y"]], [row["angle"]], kernel_size)
    return filtered_bilinear(image, kernel, size)


def _recoloured(image: Images, row: dict[str, Any]) -> Images:
    if any(row["shift"]):
        image = (image + image.new_tensor(row["shift"]).view(3, 1, 1) / 255).clamp(0, 1)
    if row["grey"]:
        image = luma(image).expand_as(image)
    for name in row["order"]:
        if row[name] != NO_JITTER[name]:
            image = _jittered(image, name, row[name])
    return image


def _jittered(image: Images, name: str, amount: float) -> Images:
    from torchvision.transforms import functional as adjust

    changes = {
        "brightness": adjust.adjust_brightness,
        "contrast": adjust.adjust_contrast,
        "saturation": adjust.adjust_saturation,
        "hue": adjust.adjust_hue,
    }
    return settled(changes[name](image, amount))
