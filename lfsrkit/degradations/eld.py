"""Noise of five cameras measured in extreme darkness, and of any camera between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from lfsrkit.degradations.base import LinearDegradation, Params, per_image
from lfsrkit.degradations.draws import (
    Draws,
    Range,
    draw_seeds,
    ends,
    log_uniform,
    normal,
    outside,
    require,
    uniform,
    unknown,
)
from lfsrkit.degradations.photons import counted_light
from lfsrkit.degradations.sensor import even_noise, seeds_of, standard_noise
from lfsrkit.seeding import Streams
from lfsrkit.types import Features, Images, Resized

CameraName = Literal["canon_5d4", "canon_700d", "canon_70d", "nikon_d850", "sony_a7s2", "virtual"]

LEVELS = 16383 - 800
"""Digital numbers between black and white of a 14-bit sensor, as the published code has it for all five cameras."""


@dataclass(frozen=True)
class Line:
    """How a noise scale s in digital numbers grows with the gain K: ln s = slope ln K + offset + N(0, spread)."""

    slope: Range
    offset: Range
    spread: Range


@dataclass(frozen=True)
class Camera:
    """What was measured of a camera: gain K in digital numbers a photon, read noise, row noise, bias of the colours."""

    gain: tuple[float, float]
    read: Line
    shape: tuple[float, float]
    row: Line
    bias: tuple[float, float]


CAMERAS = {
    "canon_5d4": Camera(
        (0.218, 13.96), Line(0.656, 1.093, 0.286), (0.014, 0.2), Line(0.471, -0.808, 0.244), (-0.4, 1.0)
    ),
    "canon_700d": Camera(
        (0.448, 28.65), Line(0.598, 1.537, 0.389), (-0.157, 0.129), Line(0.622, -0.776, 0.248), (-2.9, 3.4)
    ),
    "canon_70d": Camera(
        (0.407, 26.08), Line(0.487, 1.464, 0.382), (-0.171, 0.143), Line(0.729, -0.937, 0.250), (-1.4, 6.1)
    ),
    "nikon_d850": Camera(
        (0.415, 26.56), Line(0.477, -0.090, 0.239), (-0.243, -0.1), Line(0.448, -1.798, 0.232), (-2.8, 3.8)
    ),
    "sony_a7s2": Camera(
        (0.094, 6.01), Line(0.462, 0.566, 0.263), (-0.143, 0.129), Line(0.528, -0.592, 0.294), (-1.6, 4.3)
    ),
}
"""The calibrations published with the paper, rounded to three decimals."""


@dataclass(frozen=True)
class EldNoise(LinearDegradation):
    r"""Add the photon, read, row and rounding noise and the colour bias of a measured camera.

    With f = ratio / 15583, the light of one digital number, the linear light L of a picture becomes

    $y = K f\,\mathrm{Poisson}(L / (K f)) + f\,(R + \rho + Q + b)$,

    clipped to 0..1. Drawn once a picture: the system gain K, $\ln K \sim U$ over the range of the camera; the scales of
    read and row noise, $\ln s = a \ln K + c + N(0, \sigma)$; the shape λ of the read noise; the bias b of each colour.
    Drawn for every value: the read noise R, a Tukey lambda variable of scale $s_R$ with the quantile function
    $s_R\,(u^\lambda - (1-u)^\lambda) / \lambda$, at λ = 0 that of the logistic distribution; and the rounding noise Q,
    U(-1/2, 1/2). Drawn for every row of the picture, the same in all colours: $\rho \sim N(0, s_\rho^2)$. Apply it
    after shrinking: a row is a row of the low picture (our reading). The gradient is that of the mean
    (straight-through).

    λ and b, which were measured at some settings of each camera, are drawn evenly between their extremes, b for each
    colour on its own (our reading).

    Args:
        camera: A measured camera; ``"virtual"`` draws every coefficient evenly between the extremes of the five, that
            is a camera of its own for each picture.
        ratio: Range of the amplification after exposure, 1 to 300, drawn evenly: 1 leaves a picture that was darkened
            before as dark as it is; published is (100, 300) for pictures that are to look bright.

    Raises:
        BadParameters: If the camera is unknown or the range leaves its limits.

    References:
        Wei, Fu, Yang, Huang, A Physics-Based Noise Formation Model for Extreme Low-Light Raw Denoising, CVPR 2020
        (model and calibrations). https://arxiv.org/abs/2003.12751

        Jin, Xiao, Han, Guo, Zhang, Liu, Li, Lighting Every Darkness in Two Pairs: A Calibration-Free Pipeline for RAW
        Denoising, ICCV 2023 (virtual cameras). https://arxiv.org/abs/2308.03448

    Example:
        >>> drawn = EldNoise(camera="sony_a7s2").sample(1, torch.Generator().manual_seed(0))
        >>> list(drawn), 0.094 <= drawn["gain"][0] <= 6.01
        (['ratio', 'gain', 'read', 'shape', 'row', 'bias', 'step', 'seed'], True)
    """

    camera: CameraName = "virtual"
    ratio: Range = 1.0

    def __post_init__(self) -> None:
        fault = unknown("camera", self.camera, get_args(CameraName))
        require("eld_noise", fault, outside("ratio", self.ratio, 1, 300))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw a setting of the camera, scales in digital numbers, and the seed of the noise itself."""
        draws = Draws.of(n, generator)
        camera = virtual_camera() if self.camera == "virtual" else CAMERAS[self.camera]
        gain = log_uniform(camera.gain, draws)
        return {
            "ratio": uniform(self.ratio, draws),
            "gain": gain,
            "read": _scales(camera.read, gain, draws),
            "shape": uniform(camera.shape, draws),
            "row": _scales(camera.row, gain, draws),
            "bias": [list(colours) for colours in zip(*(uniform(camera.bias, draws) for _ in "rgb"), strict=True)],
            "step": [1.0] * n,
            "seed": draw_seeds(draws),
        }

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Count the photons and add what the electronics add."""
        number = per_image(params["ratio"], light) / LEVELS
        counted = counted_light(light, per_image(params["gain"], light) * number, params["seed"])
        return (counted + number * _electronics(light, params)).clamp(0, 1)

    def neutral(self, n: int) -> Params | None:
        """Endlessly many photons and perfect electronics."""
        nothing: Params = {name: [0.0] * n for name in ("gain", "read", "shape", "row", "step")}
        return {"ratio": [1.0] * n, **nothing, "bias": [[0.0] * 3] * n, "seed": [0] * n}


def virtual_camera() -> Camera:
    """Give the camera whose coefficients are ranges, from the least to the greatest of the five."""
    five = CAMERAS.values()
    return Camera(
        gain=_hull([camera.gain for camera in five]),
        read=_box([camera.read for camera in five]),
        shape=_hull([camera.shape for camera in five]),
        row=_box([camera.row for camera in five]),
        bias=_hull([camera.bias for camera in five]),
    )


def tukey_lambda_noise(shapes: Sequence[float], seeds: Sequence[int], like: Features) -> Tensor:
    """Draw Tukey lambda variables of scale 1 for every value of every picture; in the manner of `standard_noise`.

    Args:
        shapes: λ of every picture, above -1/2, where the variance is finite.
        seeds: One per picture, as recorded.
        like: The batch whose shape, dtype and device are wanted.
    """
    chances = 0.5 + even_noise(seeds, torch.empty(like.shape, dtype=torch.float64))
    chances = chances.clamp(2.0**-54, 1 - 2.0**-53)
    fields = [_quantile(chance, shape) for chance, shape in zip(chances, shapes, strict=True)]
    return torch.stack(fields).to(like)


def _quantile(chance: Tensor, shape: float) -> Tensor:
    """Written with expm1, for near shape 0 the two powers are nearly equal."""
    if shape == 0:
        return chance.logit()
    return ((shape * chance.log()).expm1() - (shape * (-chance).log1p()).expm1()) / shape


def _electronics(light: Images, params: Params) -> Tensor:
    """Everything but the photons, in digital numbers."""
    seeds = params["seed"]
    read = tukey_lambda_noise(params["shape"], seeds_of("read", seeds), light)
    row = standard_noise(seeds_of("row", seeds), light[:, :1, :, :1])
    rounding = even_noise(seeds_of("rounding", seeds), light)
    bias = light.new_tensor(params["bias"]).view(-1, 3, 1, 1)
    scale_read, scale_row, step = (per_image(params[name], light) for name in ("read", "row", "step"))
    return scale_read * read + scale_row * row + step * rounding + bias


def _scales(line: Line, gain: Sequence[float], draws: Draws) -> list[float]:
    slope, offset, spread = (uniform(span, draws) for span in (line.slope, line.offset, line.spread))
    parts = zip(gain, slope, offset, spread, normal(0.0, 1.0, draws), strict=True)
    return [math.exp(a * math.log(k) + c + s * z) for k, a, c, s, z in parts]


def _box(lines: Sequence[Line]) -> Line:
    return Line(
        _hull([line.slope for line in lines]), _hull([line.offset for line in lines]), _hull([x.spread for x in lines])
    )


def _hull(spans: Sequence[Range]) -> tuple[float, float]:
    return min(ends(span)[0] for span in spans), max(ends(span)[1] for span in spans)
