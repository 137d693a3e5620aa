"""A degradation that happens to some pictures only."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from lfsrkit.degradations.base import Degradation, LinearDegradation, Params, split, stack
from lfsrkit.degradations.draws import Draws, chances, outside, require
from lfsrkit.errors import BadParameters
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

APPLIED = "applied"
"""Name of the recorded flag beside the parameters of the degradation itself."""


def maybe(of: Degradation, chance: float = 0.5) -> Degradation:
    r"""Apply another degradation to some pictures only.

    $y = d(x)$ with probability p, else $y = x$. The parameters of every picture are drawn and recorded whether they are
    used or not, so a change of p leaves the other draws as they were; the others cost no time.

    Args:
        of: The degradation d; it must keep the size of a picture.
        chance: Probability p, 0 to 1.

    Raises:
        BadParameters: If the probability is no probability, or d is a chain or shrinks pictures.

    Example:
        >>> from lfsrkit import DEGRADATIONS
        >>> shots = maybe(of=DEGRADATIONS.create("jpeg", quality=50), chance=1.0)
        >>> shots.sample(2, torch.Generator())
        {'applied': [True, True], 'quality': [50, 50]}
    """
    drawn = of.sample(1, torch.Generator().manual_seed(0))
    if any(isinstance(value, dict) for value in drawn.values()):
        raise BadParameters("degradation 'maybe'", ["of is a chain; put maybe(...) around its stages"])
    shrinks = f"of shrinks pictures {of.scale} times, and a batch has one size" if of.scale != 1 else None
    require("maybe", outside("chance", chance, 0, 1), shrinks)
    if APPLIED in drawn:
        raise BadParameters("degradation 'maybe'", ["of is a 'maybe' already; multiply the chances"])
    return _MaybeLight(of, chance) if isinstance(of, LinearDegradation) else _Maybe(of, chance)


@dataclass(frozen=True)
class _Maybe(Degradation):
    of: Degradation
    chance: float

    def sample(self, n: int, generator: Streams) -> Params:
        return _drawn(self.of, self.chance, n, generator)

    def apply(self, images: Images, params: Params) -> Resized:
        mixed = _applied(self.of.apply, images, params)
        return images.clone() if mixed is images else mixed

    def neutral(self, n: int) -> Params | None:
        return _off(self.of, n)


@dataclass(frozen=True)
class _MaybeLight(LinearDegradation):
    of: LinearDegradation
    chance: float

    def sample(self, n: int, generator: Streams) -> Params:
        return _drawn(self.of, self.chance, n, generator)

    def apply_light(self, light: Images, params: Params) -> Resized:
        return _applied(self.of.apply_light, light, params)

    def neutral(self, n: int) -> Params | None:
        return _off(self.of, n)


def _drawn(of: Degradation, chance: float, n: int, generator: Streams) -> Params:
    draws = Draws.of(n, generator)
    return {APPLIED: chances(chance, draws), **of.sample(n, draws)}


def _off(of: Degradation, n: int) -> Params:
    """Any parameters will do, for they are not used."""
    return {APPLIED: [False] * n, **of.sample(n, torch.Generator().manual_seed(0))}


def _applied(function: Callable[[Images, Params], Resized], images: Images, params: Params) -> Resized:
    """Apply a function to the pictures that are flagged; the batch itself comes back where none is."""
    chosen = [index for index, applied in enumerate(params[APPLIED]) if applied]
    if not chosen:
        return images
    inner = {key: value for key, value in params.items() if key != APPLIED}
    if len(chosen) == len(images):
        return function(images, inner)
    rows = split(inner, len(images))
    inner = stack([rows[index] for index in chosen])
    index = torch.tensor(chosen, device=images.device)
    return images.index_copy(0, index, function(images.index_select(0, index), inner))
