"""The search: simulate with the last guess, compare with the dark pictures cause by cause, correct, again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from lfsrkit import seeding
from lfsrkit.colour import srgb_to_linear
from lfsrkit.degradations import Chain
from lfsrkit.images import Pixels, to_bytes, to_float
from lfsrkit.pairs.degrade import replay
from lfsrkit.realism.fit.cast import CastWeights, cast_weights, casts
from lfsrkit.realism.fit.cells import Cells, log_cells
from lfsrkit.realism.fit.exposure import LevelWeights, level_weights, light_level
from lfsrkit.realism.fit.grain import Grain, fit_grain
from lfsrkit.realism.fit.guess import Coding, Guess
from lfsrkit.realism.fit.spread import Others, Spread, corrected, spread_between
from lfsrkit.realism.fit.unevenness import Grids, Tilt, least_ramp, log_grid, next_ramp, tilts_apart
from lfsrkit.realism.noise import Edges, Numbers, Transfer, bin_edges, centre_of, flat_blocks, transfer_curve
from lfsrkit.types import Bytes, PerImage

ROUNDS = 2
"""Corrections of the light before noise is fitted; as many after it."""
SIMULATED = 64
"""Faces that are simulated, evenly taken from the normal ones."""
STREAM = "fit"
"""Name of the random streams that simulations draw from."""
BEGINNING = Grain(1e-4, 1e-8)
"""Noise with which light is fitted before noise is known."""
LARGEST = 256
"""Side in pixels of the middle of a picture in which noise is measured."""


@dataclass(frozen=True)
class Seen:
    """What is measured on pictures, real or simulated."""

    cells: Cells
    grids: Grids
    blocks: tuple[Numbers, Numbers]
    """Mean and variance of flat blocks of green light."""


def search(dark: Sequence[Pixels], clean: Bytes, coding: Coding | None, *, seed: int = 0) -> Guess:
    """Fit every cause by simulation.

    Args:
        dark: Dark pictures, each at its own size.
        clean: Normally lit pictures of other faces, which stand for what the dark ones would be in normal light.
        coding: JPEG qualities of the dark pictures.
        seed: Seed of the simulations.
    """
    seen, normal = _seen_all(dark), _seen(clean)
    edges = bin_edges(seen.blocks[0])
    chosen = torch.linspace(0, len(clean) - 1, min(SIMULATED, len(clean))).round().long()
    weights = level_weights(normal.cells), cast_weights(normal.cells)
    task = _Search(
        clean=clean[chosen],
        weights=weights,
        ahead=tuple(spread_between(light[chosen], light).middle for light in _lights(normal, weights)),
        seen=seen,
        uneven=Tilt.of(normal.grids).unevenness(seen.grids),
        tilts=tilts_apart(normal.grids, chosen.tolist()),
        curve=transfer_curve(*seen.blocks, edges),
        edges=edges,
        seed=seed,
    )
    guess = task.first(normal, coding)
    for _ in range(ROUNDS):
        guess = task.lit(guess)
    guess = task.grained(guess)
    for _ in range(ROUNDS):
        guess = task.lit(guess)
    return guess


def simulated(chain: Chain, clean: Bytes, seed: int) -> Bytes:
    """Degrade pictures, the same draws for the same seed.

    Args:
        chain: The degradation.
        clean: Normally lit pictures.
        seed: Seed of the draws.
    """
    ids = [str(number) for number in range(len(clean))]
    return replay(chain, clean, chain.sample(len(clean), seeding.generators(seed, ids, 0, STREAM)))


@dataclass(frozen=True)
class _Search:
    clean: Bytes
    """The faces that are simulated."""
    weights: tuple[LevelWeights, CastWeights]
    """For the level and for the casts."""
    ahead: tuple[float, ...]
    """By how much level, red and blue of the simulated faces lie above those of all normal faces."""
    seen: Seen
    uneven: Others
    """Of the dark pictures."""
    tilts: Sequence[Tilt]
    """For each of the faces that are simulated."""
    curve: Transfer
    """Of the dark pictures."""
    edges: Edges
    seed: int

    def first(self, normal: Seen, coding: Coding | None) -> Guess:
        """Compare with normal light, as if there were neither noise nor rounding."""
        lights = zip(_lights(self.seen, self.weights), _lights(normal, self.weights), strict=True)
        level, red, blue = (spread_between(dark, light) for dark, light in lights)
        return Guess(_darker(level), red, blue, ramp=0.0, least_ramp=0.0, grain=BEGINNING, coding=coding)

    def lit(self, guess: Guess) -> Guess:
        """Correct exposure, cast and unevenness."""
        now = self._simulated(guess)
        lights = zip(_lights(self.seen, self.weights), _lights(now, self.weights), self.ahead, strict=True)
        lacking = [(dark + more, light) for dark, light, more in lights]
        level = corrected(_darker(guess.stops), *lacking[0])
        red, blue = corrected(guess.red, *lacking[1]), corrected(guess.blue, *lacking[2])
        uneven = torch.cat([tilt.unevenness(grid) for tilt, grid in zip(self.tilts, now.grids.split(1), strict=True)])
        ramp = next_ramp(guess.ramp, self.uneven, uneven)
        least = guess.least_ramp if guess.ramp else least_ramp(len(self.uneven), uneven)
        return replace(guess, stops=_darker(level), red=red, blue=blue, ramp=ramp, least_ramp=least)

    def grained(self, guess: Guess) -> Guess:
        """Fit the noise in the light that is known."""

        def curve(grain: Grain) -> Transfer:
            return transfer_curve(*self._simulated(replace(guess, grain=grain)).blocks, self.edges)

        return replace(guess, grain=fit_grain(self.curve, curve))

    def _simulated(self, guess: Guess) -> Seen:
        return _seen(simulated(guess.chain(), self.clean, self.seed))


def _darker(levels: Spread) -> Spread:
    """Turn levels of light into stops of darkness, and back."""
    return replace(levels, middle=-levels.middle)


def _lights(seen: Seen, weights: tuple[LevelWeights, CastWeights]) -> tuple[PerImage, PerImage, PerImage]:
    """Level, red and blue of each picture."""
    return light_level(seen.cells, weights[0]), *casts(seen.cells, weights[1])


def _seen(pictures: Bytes) -> Seen:
    light = srgb_to_linear(to_float(pictures, torch.float64))
    return Seen(log_cells(light), log_grid(light), flat_blocks(light[:, 1]))


def _seen_all(pictures: Sequence[Pixels]) -> Seen:
    """Measure pictures of different sizes: light on the whole of each, noise in its middle."""
    whole = [_seen(to_bytes([picture])) for picture in pictures]
    middles = [_seen(centre_of(to_bytes([picture]), LARGEST)).blocks for picture in pictures]
    means, variances = (torch.cat(parts) for parts in zip(*middles, strict=True))
    return Seen(
        cells=torch.cat([one.cells for one in whole]),
        grids=torch.cat([one.grids for one in whole]),
        blocks=(means, variances),
    )
