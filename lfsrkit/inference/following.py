"""Faces over the frames of a video: their places are steadied, and one that is missed for a moment is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from lfsrkit.inference.alignment import Placement

Follow = Callable[[list[Placement]], list[Placement]]

_SHARE = 0.3
"""Share of the new place in that of a face which stays where it is."""
_FREE = 0.1
"""Way of a face, in shares of its side, from which on it is followed without delay."""
_NEAR = 0.5
"""Largest way from one frame to the next, in shares of a side."""
_ALIKE = 1.5
"""Largest ratio of the sides of one face in two frames."""
_HELD = 3
"""Frames for which a face that is not found is kept where it was."""


@dataclass(frozen=True, eq=False)
class _Known:
    place: Placement
    missed: int = 0


@final
class Following:
    r"""Steady the places of faces: $p \leftarrow p + a (p' - p)$ for the place $p'$ that was found.

    $a$ is 0.3 for a face that stays where it is, and grows to 1 with the way that it goes, so that trembling is
    smoothed and walking is not delayed (the idea of Casiez et al.; the numbers are ours). A face is cut out and pasted
    back at one and the same place, so what lags behind is framed a little differently and never lands beside itself.

    References:
        Casiez, Roussel, Vogel, 1 euro filter, CHI 2012. https://doi.org/10.1145/2207676.2208639
    """

    def __init__(self) -> None:
        self._known: list[_Known] = []

    def __call__(self, found: list[Placement]) -> list[Placement]:
        """Give the places of the faces in the next frame.

        Args:
            found: By the detector, in this frame.
        """
        left, now = list(self._known), list[_Known]()
        for new in found:
            candidates = [one for one in left if _may_be(one.place, new)]
            before = min(candidates, key=lambda one: _way(one.place, new), default=None)
            if before is not None:
                left.remove(before)
            now.append(_Known(new if before is None else _between(before.place, new)))
        held = [_Known(one.place, one.missed + 1) for one in left if one.missed < _HELD]
        self._known = now + held
        return [one.place for one in self._known]

    def forget(self) -> None:
        """Begin anew, as at a cut."""
        self._known = []


def _between(old: Placement, new: Placement) -> Placement:
    share = float(np.clip(_way(old, new) / _FREE, _SHARE, 1))
    return Placement(old.origin + share * (new.origin - old.origin), old.turn + share * (new.turn - old.turn))


def _may_be(old: Placement, new: Placement) -> bool:
    return _way(old, new) < _NEAR and 1 / _ALIKE < old.side / new.side < _ALIKE


def _way(old: Placement, new: Placement) -> float:
    """Measure how far the middle of a face has gone, in shares of its side."""
    return float(np.hypot(*(_middle(new) - _middle(old)))) / max(old.side, new.side)


def _middle(place: Placement) -> NDArray[np.float64]:
    return place.corners().mean(axis=0)
