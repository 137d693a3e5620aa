"""What was measured on one picture, and how batches are shared out to the processes that measure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappush, heappushpop
from typing import final

from lfsrkit.images import Pixels
from lfsrkit.ranks import Ranks

SHOWN = 8
"""Pictures of a contact sheet: the first ones, and the worst ones."""


@dataclass(frozen=True)
class ImageScores:
    """What was measured on one picture."""

    id: str
    source: str
    values: Mapping[str, float | None]
    """By name of the metric; None where there is no value."""
    badness: float = 0.0
    """How bad the picture is by the leading metric: more is worse."""
    leading: str = ""
    """The metric that tells it."""
    shown: Mapping[str, Pixels] = field(default_factory=dict[str, Pixels], repr=False)
    """The pictures by name, for those that a contact sheet may show."""
    notes: tuple[str, ...] = ()
    """Why a value is missing."""


def shared_out(
    count: int, size: int, measure: Callable[[range], list[ImageScores]], ranks: Ranks
) -> Iterator[ImageScores]:
    """Deal batches out to the processes in turn, and give all scores in order, in every process.

    Each picture is in the batch that it would be in with a single process, so the numbers are the same to the last bit.
    Pictures stay with the scores only as long as a sheet may show them.

    Args:
        count: How many pictures there are.
        size: Pictures of a batch.
        measure: Measures the pictures at the positions given.
        ranks: The processes.
    """
    starts = range(0, count, size)
    worst = Worst()
    for turn in range(0, len(starts), ranks.count):
        mine = starts[turn + ranks.index : turn + ranks.index + 1]
        rows = [row for start in mine for row in _measured(start, min(start + size, count), measure, worst)]
        for part in ranks.gathered(rows):
            yield from part


def _measured(
    start: int, end: int, measure: Callable[[range], list[ImageScores]], worst: "Worst"
) -> Iterator[ImageScores]:
    for place, row in enumerate(measure(range(start, end)), start):
        wanted = worst.add(row, place) or place < SHOWN
        yield row if wanted else replace(row, shown={})


@final
class Worst:
    """The pictures of the largest badness so far; of equal ones the first; none that could not be read."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, ImageScores]] = []

    def add(self, row: ImageScores, place: int) -> bool:
        """Take a picture in, and tell whether it is among the worst.

        Args:
            row: The picture.
            place: Its position; no two are equal.
        """
        if not row.shown:
            return False
        item = (row.badness, -place, row)
        if len(self._heap) < SHOWN:
            heappush(self._heap, item)
            return True
        return heappushpop(self._heap, item) is not item

    def rows(self) -> list[ImageScores]:
        """Give them, the worst first."""
        return [row for *_, row in sorted(self._heap, key=lambda item: item[:2], reverse=True)]
