"""From scores to a summary and to files, a picture at a time: memory does not grow with their number."""

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import final

from lfsrkit.errors import UsageError
from lfsrkit.evaluation.scores import SHOWN, ImageScores, Worst
from lfsrkit.files import growing_text, write_json
from lfsrkit.images import write_png
from lfsrkit.ranks import is_first_process
from lfsrkit.sheets import FIRST, WORST, contact_sheet

CELL_SIDE = 256
"""Largest side of a picture on a contact sheet, in pixels."""


@dataclass(frozen=True)
class Summary:
    """Means over the pictures."""

    count: int
    mean: dict[str, float | None]
    spread: dict[str, float | None]
    """Standard deviation over the pictures."""
    known: dict[str, int]
    """Pictures that have a value: over them is averaged."""
    notes: list[str]


def summarise(rows: Iterable[ImageScores]) -> Summary:
    """Average over the pictures.

    Args:
        rows: From any of the ways to measure.

    Raises:
        UsageError: If there is none.
    """
    tally = _Tally()
    for row in rows:
        tally.add(row)
    return tally.summary()


def write_results(out: str | Path, rows: Iterable[ImageScores]) -> Summary:
    """Average over the pictures, and write what was measured while it comes in.

    ``per_image.csv`` has a line a picture, ``results.json`` the means, ``_first.png`` the first pictures,
    ``_worst.png`` the worst ones with their values. Of several processes the first one writes.

    Args:
        out: Folder.
        rows: From any of the ways to measure.

    Raises:
        UsageError: If there is none.
    """
    out = Path(out)
    if not is_first_process():
        return summarise(rows)
    first: list[ImageScores] = []
    worst = Worst()
    with growing_text(out / "per_image.csv") as stream:
        writer = csv.writer(stream, lineterminator="\n")

        def passing() -> Iterator[ImageScores]:
            for place, row in enumerate(rows):
                if place == 0:
                    writer.writerow(["id", "source", *row.values])
                writer.writerow([row.id, row.source, *map(_written, row.values.values())])
                worst.add(row, place)
                first.extend([row] if place < SHOWN else [])
                yield row

        summary = summarise(passing())
    write_json(out / "results.json", vars(summary))
    _write_sheet(out / FIRST, first)
    _write_sheet(out / WORST, worst.rows())
    return summary


def _write_sheet(path: Path, rows: list[ImageScores]) -> None:
    shown = [row for row in rows if row.shown]
    if not shown:
        return
    titles = list(shown[0].shown)
    captions = [f"{row.source}: {_caption(row)}" for row in shown]
    largest = max(max(picture.shape[:2]) for row in shown for picture in row.shown.values())
    pictures = [list(row.shown.values()) for row in shown]
    write_png(path, contact_sheet(pictures, titles, captions=captions, side=min(largest, CELL_SIDE)))


def _caption(row: ImageScores) -> str:
    """Write the value by which pictures are sorted, and one more."""
    known = {name: f"{name} {value:.4g}" for name, value in row.values.items() if value is not None}
    if not known:
        return "; ".join(row.notes) or "no value"
    first = [known.pop(row.leading, f"no {row.leading}")] if row.leading else []
    return ", ".join([*first, *known.values()][:2])


@final
class _Tally:
    """Adds up exactly, so that neither order nor number of processes changes a digit."""

    def __init__(self) -> None:
        self._count = 0
        self._columns: dict[str, _Column] = {}
        self._notes: set[str] = set()

    def add(self, row: ImageScores) -> None:
        self._count += 1
        self._notes.update(row.notes)
        for name, value in row.values.items():
            self._columns.setdefault(name, _Column()).add(value)

    def summary(self) -> Summary:
        if not self._count:
            raise UsageError("nothing was measured: there is no picture")
        return Summary(
            count=self._count,
            mean={name: column.mean() for name, column in self._columns.items()},
            spread={name: column.spread() for name, column in self._columns.items()},
            known={name: column.known for name, column in self._columns.items()},
            notes=sorted(self._notes),
        )


@final
class _Column:
    """The sums of one metric; infinite values make the mean infinite and are left out of the spread."""

    def __init__(self) -> None:
        self.known = 0
        self._finite = 0
        self._sum = self._squares = Fraction()
        self._beyond = 0.0

    def add(self, value: float | None) -> None:
        if value is None:
            return
        self.known += 1
        if not math.isfinite(value):
            self._beyond += value
            return
        exact = Fraction(value)
        self._finite += 1
        self._sum += exact
        self._squares += exact * exact

    def mean(self) -> float | None:
        if not self.known:
            return None
        return float(self._sum / self._finite) if self._beyond == 0 else self._beyond

    def spread(self) -> float | None:
        n = self._finite
        return math.sqrt((self._squares - self._sum**2 / n) / (n - 1)) if n > 1 else None


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
