"""Noise of a video camera under stars: bands and patterns as well as grain."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lfsrkit.degradations.base import LinearDegradation, Params, per_image
from lfsrkit.degradations.draws import Draws, IntRange, Range, draw_seeds, integers, log_uniform, outside, require
from lfsrkit.degradations.sensor import add_shot_read, even_noise, seeds_of, standard_noise
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

_AMOUNTS = ("shot", "read", "uniform", "row", "steady_row", "periodic", "fixed")


@dataclass(frozen=True)
class Starlight(LinearDegradation):
    r"""Add the grain, bands and patterns of a sensor at the end of its gain.

    To the linear light L of a picture is added, and the sum is clipped to 0..1:

    - shot and read noise, normal with variance $s L + r$. The public code multiplies by the variance where its square
      root belongs; the root is taken here, so that s and r are variances as in ``shot_read_noise``;
    - uniform noise, U(-1/2, 1/2) times a width (centred here; from 0 up in the public code);
    - row noise, one normal number per row and colour, new in every picture;
    - steady row noise, the same in every picture of one camera (in every frame of a clip in the paper);
    - a periodic band along the rows, $a\,(z_0 + \sqrt2\,z_1 \cos(\pi i / 2) + \sqrt2\,z_2 \sin(\pi i / 2)) / \sqrt3$ in
      row i with normal z per colour: a constant and a wave four rows long, which is the quarter of all frequencies. The
      public code takes its absolute value and an amplitude that shrinks with the picture; neither is done here;
    - optionally a fixed pattern, one normal number per pixel and colour, the same in every picture of one camera. It
      stands for the measured mean dark frame of the paper (our reading).

    The paper trains all amounts for one camera; its public code starts from s = 2e-5 and r = 2e-6. The default ranges
    around them, and those of the other amounts, a tenth to a third of that read deviation, are our reading. Apply it
    after shrinking: a row is a row of the low picture (our reading).

    Args:
        shot: Range of the shot variance s at white, 0 to 1.
        read: Range of the read variance r, 0 to 1.
        uniform: Range of the width of the uniform noise, 0 to 1 = white.
        row: Range of the standard deviation of the row noise, 0 to 1 = white.
        steady_row: Range of the standard deviation of the steady row noise, 0 to 1 = white.
        periodic: Range of the standard deviation a of the periodic band, 0 to 1 = white.
        fixed: Range of the standard deviation of the fixed pattern, 0 to 1 = white.
        camera: Number of the camera, which decides its steady rows and its fixed pattern, or a range of cameras.

    Raises:
        BadParameters: If a range leaves its limits; amounts are drawn log-uniformly, so a range cannot begin at 0.

    References:
        Monakhova, Richter, Waller, Koltun, Dancing under the Stars: Video Denoising in Starlight, CVPR 2022.
        https://arxiv.org/abs/2204.04210

    Example:
        >>> drawn = Starlight(row=0.01).sample(2, torch.Generator().manual_seed(0))
        >>> drawn["row"], drawn["camera"]
        ([0.01, 0.01], [0, 0])
    """

    shot: Range = (2e-5, 2e-4)
    read: Range = (2e-7, 2e-6)
    uniform: Range = (1.5e-4, 5e-4)
    row: Range = (1.5e-4, 5e-4)
    steady_row: Range = (1.5e-4, 5e-4)
    periodic: Range = (1.5e-4, 5e-4)
    fixed: Range = 0.0
    camera: IntRange = 0

    def __post_init__(self) -> None:
        amounts = [outside(name, getattr(self, name), 0, 1, log=True) for name in _AMOUNTS]
        require("starlight", *amounts, outside("camera", self.camera, 0, 1_000_000))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw all amounts, the camera and the seed of what is new in the picture."""
        draws = Draws.of(n, generator)
        amounts: Params = {name: log_uniform(getattr(self, name), draws) for name in _AMOUNTS}
        return {**amounts, "camera": integers(self.camera, draws), "seed": draw_seeds(draws)}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Add every part of the noise."""
        grain = add_shot_read(light, {**params, "seed": seeds_of("grain", params["seed"])})
        return (grain + _added(light, params)).clamp(0, 1)

    def neutral(self, n: int) -> Params | None:
        """Nothing of anything."""
        return {**{name: [0.0] * n for name in _AMOUNTS}, "camera": [0] * n, "seed": [0] * n}


def _added(light: Images, params: Params) -> Tensor:
    """Everything that does not depend on the light."""
    column, seeds, cameras = light[..., :1], params["seed"], params["camera"]
    parts = {
        "uniform": even_noise(seeds_of("uniform", seeds), light),
        "row": standard_noise(seeds_of("row", seeds), column),
        "steady_row": standard_noise(seeds_of("steady_row", cameras), column),
        "periodic": _band(standard_noise(seeds_of("periodic", seeds), light.new_empty(len(light), 3, 3, 1)), column),
        "fixed": standard_noise(seeds_of("fixed", cameras), light),
    }
    return sum((per_image(params[name], light) * part for name, part in parts.items()), torch.zeros_like(light))


def _band(normals: Tensor, column: Tensor) -> Tensor:
    """A constant and a wave of four rows for each colour, of variance 1 together."""
    constant, cosine, sine = normals.split(1, dim=2)
    turns = column.new_tensor(range(column.shape[-2])).view(-1, 1) * (math.pi / 2)
    return (constant + math.sqrt(2) * (cosine * turns.cos() + sine * turns.sin())) / math.sqrt(3)
