"""What is known of the pictures so far, as a chain of degradations."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lfsrkit.calls import Call
from lfsrkit.degradations import Chain, chain_from_calls
from lfsrkit.realism.fit.grain import Grain
from lfsrkit.realism.fit.spread import Spread

FEW = 0.05
"""Share of coded pictures up to which coding is left out."""
DARKEST = 16.0
"""Stops that `exposure` takes at the most."""
_STRONGEST = math.log2(100)
"""Binary logarithm of the greatest gain that `white_balance` takes."""


@dataclass(frozen=True)
class Coding:
    """JPEG qualities of a set of pictures."""

    low: int
    high: int
    share: float
    """Share of the pictures that were coded at all, above 0."""


@dataclass(frozen=True)
class Guess:
    """Every fitted parameter, cause by cause; exposure and cast are cut to what the chain can do."""

    stops: Spread
    """Loss of light."""
    red: Spread
    """Binary logarithm of the gain of red over green."""
    blue: Spread
    """Likewise of blue."""
    ramp: float
    """Stops between the lit and the dark side; 0 for even light."""
    least_ramp: float
    """Stops from which on it would probably have been told from even light."""
    grain: Grain
    coding: Coding | None

    def __post_init__(self) -> None:
        """Cut."""
        object.__setattr__(self, "stops", self.stops.within(0.0, DARKEST))
        for name in ("red", "blue"):
            object.__setattr__(self, name, getattr(self, name).within(-_STRONGEST, _STRONGEST))

    def remark(self) -> str | None:
        """Say what makes the fit worth little, or None."""
        if self.stops.ends()[1] == 0:
            return "these pictures are no darker than the normal faces, so no loss of light was found"
        if self.stops.ends()[0] == DARKEST:
            return "these pictures are black, or nearly: there is no light to fit a degradation to"
        return None

    def facts(self) -> dict[str, str]:
        """Say cause by cause what the chain does."""
        low, high = self.stops.ends()
        return {
            "exposure": f"{self.stops.middle:.2f} stops below normal light, {low:.2f} to {high:.2f}",
            "cast": f"red x{2**self.red.middle:.3g}, blue x{2**self.blue.middle:.3g}, of green",
            "light": self._light(),
            "noise": f"variance {self.grain.shot:.3g} x light + {self.grain.read:.3g}",
            "JPEG": f"quality {self.coding.low} to {self.coding.high}" if self.coding else "none",
        }

    def chain(self, scale: int = 1) -> Chain:
        """Write the chain: light, lens, exposure, colour, sensor, file.

        Args:
            scale: How many times the low picture is smaller.
        """
        return chain_from_calls(self._calls(scale))

    def _light(self) -> str:
        if self.ramp:
            return f"{self.ramp:.2f} stops from side to side"
        return f"even, as far as can be seen: {self.least_ramp:g} stops from side to side would show"

    def _calls(self, scale: int) -> Iterator[Call]:
        if self.ramp:
            ambient = (_digits(2 ** (-1.5 * self.ramp)), _digits(2 ** (-0.5 * self.ramp)))
            yield Call("linear_gradient", {"angle": (0.0, 360.0), "ambient": ambient, "normalise": "mean"})
        if scale > 1:
            yield Call("downsample", {"kernel": "bicubic", "scale": scale, "light": "linear"})
        low, high = self.stops.ends()
        yield Call("exposure", {"stops": (_digits(low), _digits(high))})
        red, blue = (tuple(_digits(2**end) for end in spread.ends()) for spread in (self.red, self.blue))
        yield Call("white_balance", {"red": red, "blue": blue, "correction": 0.0})
        yield Call("shot_read_noise", {"shot": _digits(self.grain.shot), "read": _digits(self.grain.read)})
        yield Call("quantise", {"bits": 8})
        if self.coding is not None:
            jpeg = Call("jpeg", {"quality": (self.coding.low, self.coding.high)})
            all_coded = self.coding.share == 1
            yield jpeg if all_coded else Call("maybe", {"of": jpeg, "chance": round(self.coding.share, 3)})


def coding_of(qualities: Sequence[int | None]) -> Coding | None:
    """Sum the qualities of pictures up, without the outer 5 % on both sides; None if few were coded.

    Args:
        qualities: One a picture; None where it was not coded.

    Example:
        >>> coding_of([70, 80, 90]), coding_of([None] * 30)
        (Coding(low=70, high=90, share=1.0), None)
    """
    found = sorted(quality for quality in qualities if quality is not None)
    if len(found) <= FEW * len(qualities):
        return None
    cut = len(found) // 20
    return Coding(found[cut], found[-1 - cut], len(found) / len(qualities))


def _digits(value: float) -> float:
    """Four significant digits say all that dozens of pictures can."""
    return float(f"{value:.4g}")
