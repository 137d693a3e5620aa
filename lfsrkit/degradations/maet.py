"""A dark picture as a camera makes it: unprocessed, dimmed, measured, processed again."""

from dataclasses import dataclass
from typing import Literal, get_args

from lfsrkit.degradations import isp
from lfsrkit.degradations.base import Degradation, Params, per_image
from lfsrkit.degradations.draws import (
    Draws,
    IntRange,
    Range,
    draw_seeds,
    integers,
    log_uniform,
    outside,
    require,
    truncated_normal,
    uniform,
    unknown,
)
from lfsrkit.degradations.rounding import rounded
from lfsrkit.degradations.sensor import add_shot_read, read_variances
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

Distribution = Literal["uniform", "normal"]


@dataclass(frozen=True)
class Maet(Degradation):
    r"""Darken and measure a picture in the raw values of a camera.

    $y = P\bigl(q_b(k\,U(x) + n)\bigr)$, where U takes sRGB to raw values (power γ, colour matrix of one of four
    cameras, inverse gains), k is the darkness, n shot and read noise with variance $s L + r$ where the raw value is L,
    $q_b$ clips to 0..1 and rounds to b bits, and P undoes U with the same parameters. Unlike ``unprocess | process``
    there is no tone curve, and no guard of highlights: a sensor that gets less light does not saturate.

    The two published versions disagree; ours has the ranges of the first, and corrects it: rows of the colour matrix,
    not columns, are divided by their sums, so white stays white; the level of white is undone; rounding is to b bits
    (there to multiples of 4, 6 or 8 of 255). Noise has the published range, which suits normally exposed raw values
    and is strong in the dark; ``shot=(3e-5, 1e-3)`` is nearer to real dark pictures. The range of b, of which every
    whole number is drawn, is our reading.

    Args:
        darkness: Range of k, 0 to 1.
        draw: ``"uniform"`` as the first version; ``"normal"`` draws k from the part of N(0.1, 0.08) between the ends of
            ``darkness``, as the second does with (0.01, 1).
        gamma: Range of the power γ, 1 to 5.
        red: Range of the white-balance gain of red, 1 to 8.
        blue: Range of the white-balance gain of blue, 1 to 8.
        level: Range of the raw value of white in green, 0.1 to 2; None draws it from N(0.8, 0.1).
        shot: Range of the shot variance s at white, 0 to 1, drawn log-uniformly.
        read: Range of the read variance r, 0 to 1, drawn log-uniformly; None takes r from s as ``shot_read_noise``.
        bits: Number b of bits, or a range of it, 1 to 16.

    Raises:
        BadParameters: If a range leaves its limits, or the way to draw k is unknown.

    References:
        Cui, Qi, Gu, You, Zhang, Harada, Multitask AET with Orthogonal Tangent Regularity for Dark Object Detection,
        ICCV 2021. https://arxiv.org/abs/2205.03346

        Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, Unprocessing Images for Learned Raw Denoising, CVPR 2019.
        https://arxiv.org/abs/1811.11127

    Example:
        >>> import torch
        >>> white, noiseless = torch.ones(1, 3, 1, 1), Maet(darkness=0.25, gamma=2.0, shot=0.0, bits=16)
        >>> noiseless.apply(white, noiseless.sample(1, torch.Generator())).flatten()
        tensor([0.5000, 0.5000, 0.5000])
    """

    darkness: Range = (0.01, 0.4)
    draw: Distribution = "uniform"
    gamma: Range = (2.0, 3.5)
    red: Range = (1.9, 2.4)
    blue: Range = (1.5, 1.9)
    level: Range | None = None
    shot: Range = (1e-4, 0.012)
    read: Range | None = None
    bits: IntRange = (10, 14)

    def __post_init__(self) -> None:
        require(
            "maet",
            outside("darkness", self.darkness, 0, 1),
            unknown("draw", self.draw, get_args(Distribution)),
            outside("gamma", self.gamma, 1, 5),
            *isp.gain_faults(self.red, self.blue, self.level),
            outside("shot", self.shot, 0, 1, log=True),
            None if self.read is None else outside("read", self.read, 0, 1, log=True),
            outside("bits", self.bits, 1, 16),
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw a camera, the darkness and the seed of the noise, once for the way there and back."""
        draws = Draws.of(n, generator)
        shot = log_uniform(self.shot, draws)
        return {
            "darkness": self._darkness(draws),
            "gamma": uniform(self.gamma, draws),
            "camera": _picked(draws),
            **isp.draw_gains(self.red, self.blue, self.level, draws),
            "shot": shot,
            "read": read_variances(self.read, shot, draws),
            "bits": integers(self.bits, draws),
            "seed": draw_seeds(draws),
        }

    def apply(self, images: Images, params: Params) -> Resized:
        """Go to raw, dim, measure, come back."""
        gamma = per_image(params["gamma"], images)
        light = images.clamp_min(isp.BLACK).pow(gamma)
        camera = isp.mixed(light, isp.camera_matrices(params["camera"], light))
        dim = (camera * isp.gains(params, light) * per_image(params["darkness"], light)).clamp_min(0)
        measured = rounded(add_shot_read(dim, params).clamp(0, 1), params)
        return isp.rendered(measured, params).pow(1 / gamma)

    def neutral(self, n: int) -> Params | None:
        """None: rounding is never the identity on floats."""
        return None

    def _darkness(self, draws: Draws) -> list[float]:
        if self.draw == "normal":
            return truncated_normal(0.1, 0.08, self.darkness, draws)
        return uniform(self.darkness, draws)


def _picked(draws: Draws) -> list[list[float]]:
    """All the weight on one camera."""
    return [[float(k == one) for k in range(isp.CAMERAS)] for one in integers((0, isp.CAMERAS - 1), draws)]
