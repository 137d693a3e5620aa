"""The published second-order degradation of blind super-resolution: everything happens twice."""

import math
from dataclasses import dataclass
from typing import Any

import torch

from lfsrkit.degradations import kernels
from lfsrkit.degradations.base import Degradation, Params, settled, split, stack
from lfsrkit.degradations.draws import IntRange, Range, ends, outside, require
from lfsrkit.degradations.srgb import MODES, gaussian_noise, jpeg, poisson_noise, resized, rounded
from lfsrkit.dice import Dice
from lfsrkit.seeding import Streams, streams
from lfsrkit.types import Images, Resized

FAMILIES = {
    ("gaussian", True): 0.45,
    ("gaussian", False): 0.25,
    ("generalised", True): 0.12,
    ("generalised", False): 0.03,
    ("plateau", True): 0.12,
    ("plateau", False): 0.03,
}
"""Published probabilities of the kernels: shape, and whether round."""
SIZES = dict.fromkeys(range(7, 22, 2), 1 / 8)
SHAPES = {"gaussian": (1.0, 1.0), "generalised": (0.5, 4.0), "plateau": (1.0, 2.0)}
"""Published ranges of the exponent of each shape; half of the draws fall below 1 where the range begins there."""
WAYS = ({"up": 0.2, "down": 0.7, "keep": 0.1}, {"up": 0.3, "down": 0.4, "keep": 0.3})
"""Published probabilities of the direction of the resizing, first and second order."""


@dataclass(frozen=True)
class RealEsrgan(Degradation):
    r"""Blur, resize, add noise, compress, twice, with ringing at the end, as blind super-resolution is trained.

    $y = (\mathrm{JPEG} \circ \mathrm{noise} \circ \mathrm{resize} \circ \mathrm{blur})^2(x)$ on sRGB values, where the
    last JPEG comes before or after the final resizing to h / ``scale`` pixels and a sinc filter. Kernels are Gaussian,
    generalised Gaussian, plateau-shaped (round or stretched) or sinc, 7 to 21 pixels wide; resizing is by areas,
    bilinear or bicubic without antialiasing; noise is Gaussian or Poisson, grey or coloured. The first factor is
    relative to h, the second to h / ``scale``, as published; probabilities of shapes and directions are the published
    ones.

    Every choice is drawn per picture, where the published code draws the sizes once per batch; JPEG is libjpeg with a
    whole quality, not an approximation (our reading). The published code sharpens the source first; ours does not.

    Use it where the cause of bad pictures is unknown, as with pictures from the web that were resized and compressed
    many times. It does not darken: put a degradation of light before it for that.

    Args:
        scale: How many times smaller the low picture is, 1 to 64; published: 4.
        sigma_1: Range of the widths of the first blur in pixels, 0 to 100.
        sigma_2: Range of the widths of the second blur in pixels, 0 to 100.
        resize_1: Smallest and largest factor of the first resizing, around 1, 0.01 to 16.
        resize_2: Smallest and largest factor of the second resizing, around 1, 0.01 to 16.
        noise_1: Range of the standard deviation of Gaussian noise in levels of 255, first order, 0 to 255.
        noise_2: The same, second order.
        poisson_1: Range of the strength of Poisson noise, first order, 0 to 100.
        poisson_2: The same, second order.
        quality_1: Range of the first JPEG quality, 1 to 100.
        quality_2: Range of the second JPEG quality, 1 to 100.
        second_blur_chance: Probability of the second blur, 0 to 1.
        gaussian_chance: Probability, 0 to 1, that noise is Gaussian, not Poisson.
        grey_chance: Probability, 0 to 1, that noise is the same in all channels.
        sinc_chance: Probability, 0 to 1, that a blur is a sinc.
        final_sinc_chance: Probability of the final sinc, 0 to 1.

    Raises:
        BadParameters: If an argument leaves its limits.

    References:
        Wang, Xie, Dong, Shan, Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data, ICCVW
        2021 (ranges of its public configuration for x4). https://arxiv.org/abs/2107.10833

    Example:
        >>> RealEsrgan(scale=4).out_size(128, 128)
        (32, 32)
    """

    scale: int = 8
    sigma_1: Range = (0.2, 3.0)
    sigma_2: Range = (0.2, 1.5)
    resize_1: tuple[float, float] = (0.15, 1.5)
    resize_2: tuple[float, float] = (0.3, 1.2)
    noise_1: Range = (1.0, 30.0)
    noise_2: Range = (1.0, 25.0)
    poisson_1: Range = (0.05, 3.0)
    poisson_2: Range = (0.05, 2.5)
    quality_1: IntRange = (30, 95)
    quality_2: IntRange = (30, 95)
    second_blur_chance: float = 0.8
    gaussian_chance: float = 0.5
    grey_chance: float = 0.4
    sinc_chance: float = 0.1
    final_sinc_chance: float = 0.8

    def __post_init__(self) -> None:
        most = {"sigma": 100, "noise": 255, "poisson": 100}
        ranges = [(f"{name}_{order}", 0, top) for name, top in most.items() for order in (1, 2)]
        ranges += [(f"quality_{order}", 1, 100) for order in (1, 2)]
        ranges += [(f"{name}_chance", 0, 1) for name in ("second_blur", "gaussian", "grey", "sinc", "final_sinc")]
        require(
            "real_esrgan",
            outside("scale", self.scale, 1, 64),
            *(outside(name, getattr(self, name), least, top) for name, least, top in ranges),
            *(_not_around_one(name, getattr(self, name)) for name in ("resize_1", "resize_2")),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw every choice, those that are not used too; a blur that was not chosen is recorded as none."""
        return stack([self._draw(Dice(source)) for source in streams(n, generator)])

    def apply(self, images: Images, params: Params) -> Resized:
        """Degrade picture by picture, for each has sizes of its own on the way."""
        rows = split(params, len(images))
        return torch.cat([self._one(image, row) for image, row in zip(images.split(1), rows, strict=True)])

    def neutral(self, n: int) -> Params | None:
        """None: even quality 100 rounds."""
        return None

    def _draw(self, dice: Dice) -> Params:
        first, second = self._draw_order(dice, 1), self._draw_order(dice, 2)
        if not dice.chance(self.second_blur_chance):
            second["family_2"] = "none"
        final_size, cutoff = dice.weighted(SIZES), dice.uniform((math.pi / 3, math.pi))
        return {
            **first,
            **second,
            "family_3": "sinc" if dice.chance(self.final_sinc_chance) else "none",
            "size_3": final_size,
            "cutoff_3": cutoff,
            "mode_3": dice.weighted(dict.fromkeys(MODES, 1 / 3)),
            "jpeg_last": dice.chance(0.5),
        }

    def _draw_order(self, dice: Dice, order: int) -> Params:
        gaussian = dice.chance(self.gaussian_chance)
        deviation, strength = dice.uniform(self._of("noise", order)), dice.uniform(self._of("poisson", order))
        drawn = {
            **_draw_kernel(dice, self._of("sigma", order), self.sinc_chance),
            "factor": _draw_factor(dice, self._of("resize", order), WAYS[order - 1]),
            "mode": dice.weighted(dict.fromkeys(MODES, 1 / 3)),
            "noise": "gaussian" if gaussian else "poisson",
            "strength": deviation if gaussian else strength,
            "grey": dice.chance(self.grey_chance),
            "seed": dice.seed(),
            "quality": dice.integer(self._of("quality", order)),
        }
        return {f"{name}_{order}": value for name, value in drawn.items()}

    def _of(self, name: str, order: int) -> Any:
        return getattr(self, f"{name}_{order}")

    def _one(self, image: Images, row: dict[str, Any]) -> Resized:
        height, width = image.shape[-2:]
        low_height, low_width = low_size = self.out_size(height, width)
        first, second, last = (_order(row, order) for order in (1, 2, 3))
        image = _coarser(image, first, height, width)
        image = jpeg(image, first["quality"])
        image = _coarser(image, second, low_height, low_width)
        if not row["jpeg_last"]:
            image = jpeg(image, second["quality"])
        image = _blurred(resized(image, low_size, last["mode"]), last)
        return jpeg(image, second["quality"]) if row["jpeg_last"] else rounded(image)


def _not_around_one(name: str, span: tuple[float, float]) -> str | None:
    low, high = ends(span)
    fine = 0.01 <= low <= 1 <= high <= 16
    return None if fine else f"{name} = {span}: give (low, high) with 0.01 <= low <= 1 <= high <= 16"


def _draw_kernel(dice: Dice, sigma: Range, sinc_chance: float) -> Params:
    """Draw what makes a kernel; numbers of the families that were not chosen are drawn and recorded too."""
    is_sinc, (family, is_round), size = dice.chance(sinc_chance), dice.weighted(FAMILIES), dice.weighted(SIZES)
    first, second, angle = dice.uniform(sigma), dice.uniform(sigma), dice.uniform((-math.pi, math.pi))
    low, high = SHAPES[family]
    below, share = dice.chance(0.5), dice.unit()
    return {
        "family": "sinc" if is_sinc else family,
        "size": size,
        "sigma_x": first,
        "sigma_y": first if is_round else second,
        "angle": 0.0 if is_round else angle,
        "shape": low + (1 - low) * share if below else 1 + (high - 1) * share,
        "cutoff": dice.uniform((math.pi / 3 if size < 13 else math.pi / 5, math.pi)),
    }


def _draw_factor(dice: Dice, span: tuple[float, float], ways: dict[str, float]) -> float:
    way, smaller, larger = dice.weighted(ways), dice.uniform((span[0], 1.0)), dice.uniform((1.0, span[1]))
    return {"up": larger, "down": smaller, "keep": 1.0}[way]


def _order(row: dict[str, Any], order: int) -> dict[str, Any]:
    return {name.removesuffix(f"_{order}"): value for name, value in row.items() if name.endswith(f"_{order}")}


def _coarser(image: Images, order: dict[str, Any], height: int, width: int) -> Resized:
    """Blur, resize to a factor of the given size and add noise."""
    size = max(int(height * order["factor"]), 1), max(int(width * order["factor"]), 1)
    image = resized(_blurred(image, order), size, order["mode"])
    if order["noise"] == "poisson":
        return poisson_noise(image, order["strength"], order["seed"], grey=order["grey"])
    return gaussian_noise(image, order["strength"] / 255, order["seed"], grey=order["grey"])


def _blurred(image: Images, order: dict[str, Any]) -> Images:
    return image if order["family"] == "none" else settled(kernels.filtered(image, _kernel(order)))


def _kernel(order: dict[str, Any]) -> kernels.Kernels:
    if order["family"] == "sinc":
        return kernels.sinc([order["cutoff"]], order["size"])
    widths = [order["sigma_x"]], [order["sigma_y"]], [order["angle"]]
    if order["family"] == "gaussian":
        return kernels.gaussian(*widths, order["size"])
    bell = {"generalised": kernels.generalised_gaussian, "plateau": kernels.plateau}[order["family"]]
    return bell(*widths, [order["shape"]], order["size"])
