"""Fog in the light itself."""

import math
from dataclasses import dataclass
from typing import ClassVar

from lfsrkit.degradations import LinearDegradation, Params
from lfsrkit.degradations.base import per_image
from lfsrkit.degradations.draws import Draws, Range, outside, require, uniform
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized


@dataclass(frozen=True)
class Fog(LinearDegradation):
    r"""Veil linear light with fog of even depth.

    $y = t L + (1 - t) A$ with $t = e^{-d}$: fog of optical depth d lets the share t of the light L through and adds
    light A of its own. The default ranges are a choice of this package.

    Args:
        depth: Range of the optical depth d, 0 to 8; 0 is clear air.
        airlight: Range of the light A of dense fog, 0 to 1, linear; white is 1.

    Raises:
        BadParameters: If a range leaves its limits.

    References:
        Narasimhan, Nayar, Vision and the Atmosphere, International Journal of Computer Vision, 2002.
        https://doi.org/10.1023/A:1016328200723

    Example:
        >>> import math
        >>> import torch
        >>> Fog().apply_light(torch.ones(1, 3, 1, 1), {"depth": [math.log(2)], "airlight": [0.5]}).flatten()
        tensor([0.7500, 0.7500, 0.7500])
    """

    TAGS: ClassVar = ("light", "differentiable")

    depth: Range = (0.3, 1.5)
    airlight: Range = (0.02, 0.2)

    def __post_init__(self) -> None:
        require("fog", outside("depth", self.depth, 0, 8), outside("airlight", self.airlight, 0, 1))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw both evenly, each on its own."""
        draws = Draws.of(n, generator)
        return {"depth": uniform(self.depth, draws), "airlight": uniform(self.airlight, draws)}

    def apply_light(self, light: Images, params: Params) -> Resized:
        """Weaken the light, then add that of the fog."""
        through = per_image([math.exp(-depth) for depth in params["depth"]], light)
        airlight = per_image(params["airlight"], light)
        return through * light + (1 - through) * airlight

    def neutral(self, n: int) -> Params | None:
        """Clear air, whose airlight cannot be seen."""
        return {"depth": [0.0] * n, "airlight": [0.0] * n}
