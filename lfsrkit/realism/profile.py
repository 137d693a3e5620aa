"""What a set of pictures looks like, in numbers that can be held against those of another set."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from lfsrkit.colour import luma
from lfsrkit.degradations.base import stack
from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.images import Pixels, to_bytes, to_float
from lfsrkit.pairs.batch import PairData
from lfsrkit.realism.grain import KnownNoise, Noise, PhotoNoise
from lfsrkit.realism.luminance import jensen_shannon, luminance_histogram, wasserstein
from lfsrkit.realism.noise import SMALLEST
from lfsrkit.realism.quiet import Quiet
from lfsrkit.types import Images

BATCH = 64
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Profile:
    """Distributions over the pictures of a set; levels are 8-bit, 0 to 255."""

    count: int
    luminance: tuple[float, ...]
    """Shares of pixels in 64 bins of the square root of luma, every picture counting the same."""
    luma: tuple[float, ...]
    """Mean luma, one a picture."""
    red_to_green: tuple[float, ...]
    """Ratio of the channel means in sRGB, one a picture."""
    blue_to_green: tuple[float, ...]
    """Likewise."""
    highlight: tuple[float, ...]
    """99th percentile of luma by its median, one a picture."""
    black: tuple[float, ...]
    """Share of values at 0, one a picture."""
    white: tuple[float, ...]
    """Share of values at 255, one a picture."""
    noise: Noise | None
    """None where it is not known."""
    noise_unknown: str | None = None
    """Why the noise is not known; None where it is."""
    clean_luma: tuple[float, ...] = field(default=(), repr=False)
    """Mean luma of the clean pictures, one a pair; empty for pictures that are no pairs."""


@dataclass(frozen=True)
class Distances:
    """How far two profiles are apart; 0 for equal ones."""

    jensen_shannon: float
    """Of the luminance histograms, 0 to ln 2."""
    wasserstein: float
    """Of the luminance histograms, as a share of the axis."""
    luma: float
    """1-D Wasserstein distance of the picture means, in levels."""
    red_to_green: float
    """1-D Wasserstein distance."""
    blue_to_green: float
    """Likewise."""


def profile_pictures(pictures: Iterable[Pixels]) -> Profile:
    """Measure pictures of any sizes; their noise if each is at least 64 pixels high and wide.

    Args:
        pictures: 8-bit pictures, one at a time.

    Raises:
        LfsrkitError: If there is none.
    """
    tally, noise = _Tally(), PhotoNoise()
    for picture in pictures:
        image = to_float(to_bytes([picture]), torch.float64)
        tally.add(image)
        noise.add(image)
    return tally.profile(noise.result() or f"noise can be told from texture from {SMALLEST} pixels")


def profile_pairs(pairs: PairData) -> Profile:
    """Measure the low pictures of a split; noise is what sensor and coding have added to what the chain does otherwise.

    Args:
        pairs: A split of a build, or of live faces.

    Raises:
        UsageError: If it has no pairs.
    """
    if not len(pairs):
        raise UsageError("there are no pairs to measure")
    tally, noise, quiet = _Tally(), KnownNoise(), Quiet.of(pairs.chain)
    clean_luma: list[float] = []
    for start in range(0, len(pairs), BATCH):
        batch = pairs.batch(range(start, min(start + BATCH, len(pairs))))
        low = to_float(batch.low, torch.float64)
        tally.add(low)
        clean_luma += (luma(to_float(batch.clean)).flatten(1).mean(1) * 255).tolist()
        if quiet.unknown is None:
            noise.add(low, quiet.apply(to_float(batch.clean, torch.float64), stack(batch.params)))
    return replace(tally.profile(quiet.unknown or noise.result()), clean_luma=tuple(clean_luma))


def distances(first: Profile, second: Profile) -> Distances:
    """Compare two sets.

    Args:
        first: From `profile_pictures` or `profile_pairs`.
        second: Likewise.
    """
    shares = torch.tensor([first.luminance, second.luminance], dtype=torch.float64).unbind(0)
    return Distances(
        jensen_shannon=jensen_shannon(*shares),
        wasserstein=wasserstein(*shares),
        luma=sample_distance(first.luma, second.luma),
        red_to_green=sample_distance(first.red_to_green, second.red_to_green),
        blue_to_green=sample_distance(first.blue_to_green, second.blue_to_green),
    )


def sample_distance(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    r"""Measure the 1-D Wasserstein distance of two samples: $\int \lvert F^{-1}(u) - G^{-1}(u) \rvert\,du$.

    Args:
        first: Numbers.
        second: Numbers; the counts may differ.

    Example:
        >>> round(sample_distance((1.0, 2.0, 3.0), (2.0, 3.0, 4.0)), 6)
        1.0
    """
    steps = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    one, other = (torch.tensor(values, dtype=torch.float64).sort().values for values in (first, second))
    return float((one[(steps * len(one)).long()] - other[(steps * len(other)).long()]).abs().mean())


def quantiles(values: tuple[float, ...]) -> tuple[float, ...]:
    """Give the 5 %, median and 95 % of numbers.

    Args:
        values: At least one.

    Example:
        >>> quantiles((1.0, 2.0, 3.0))
        (1.1, 2.0, 2.9)
    """
    at = torch.tensor(QUANTILES, dtype=torch.float64)
    return tuple(torch.quantile(torch.tensor(values, dtype=torch.float64), at).tolist())


class _Tally:
    """Adds up what a profile needs, batch by batch, in constant memory for a picture."""

    def __init__(self) -> None:
        self._columns: list[Tensor] = []
        self._luminance: Tensor | None = None

    def add(self, images: Images) -> None:
        shares = luminance_histogram(images).sum(0)
        self._luminance = shares if self._luminance is None else self._luminance + shares
        self._columns.append(torch.stack(list(_per_picture(images)), 1))

    def profile(self, noise: Noise | str) -> Profile:
        """Close the sums; text says why the noise is not known."""
        if self._luminance is None:
            raise LfsrkitError("there is no picture to measure")
        rows = torch.cat(self._columns)
        mean, red, blue, highlight, black, white = (tuple(column) for column in rows.T.tolist())
        return Profile(
            count=len(rows),
            luminance=tuple((self._luminance / len(rows)).tolist()),
            luma=mean,
            red_to_green=red,
            blue_to_green=blue,
            highlight=highlight,
            black=black,
            white=white,
            noise=None if isinstance(noise, str) else noise,
            noise_unknown=noise if isinstance(noise, str) else None,
        )


def _per_picture(images: Images) -> Iterator[Tensor]:
    """Mean luma, R/G, B/G, highlight ratio and clipped shares; half a level stands for luma or a channel of 0."""
    bright = luma(images).flatten(1)
    yield bright.mean(1) * 255
    red, green, blue = images.mean((2, 3)).clamp_min(0.5 / 255).unbind(1)
    yield red / green
    yield blue / green
    ranks = (max(1, round(share * bright.shape[1])) for share in (0.5, 0.99))
    middle, peak = (bright.kthvalue(rank).values.clamp_min(0.5 / 255) for rank in ranks)
    yield peak / middle
    for end in (0, 1):
        yield (images == end).flatten(1).double().mean(1)
