"""A table before it is text: columns that know how their numbers are written, and which cell is best and second."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lfsrkit.metrics.columns import ABSENT, Better, score_column

Mark = Literal["best", "second"]
Value = int | float | str | None

_ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}


@dataclass(frozen=True)
class Column:
    """A column."""

    key: str
    head: str
    write: Callable[[Any], str] = str
    better: Better | None = None
    """Which end of its numbers is marked, if one is."""

    @property
    def pointed(self) -> str:
        """The head, with an arrow to the better end."""
        return self.head + _ARROWS[self.better]


@dataclass(frozen=True)
class Line:
    """A line of a table."""

    name: str
    values: Mapping[str, Value]
    """By key of the column: a number, a text, or None where there is no value."""
    spreads: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    ranked: bool = True
    """Whether its numbers can be the best ones."""


@dataclass(frozen=True)
class Grid:
    """A table."""

    title: str
    first: str
    """Head of the column of names."""
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Cell:
    """What stands in a cell."""

    text: str
    spread: str = ""
    mark: Mark | None = None


def cells(grid: Grid) -> list[list[Cell]]:
    """Write every cell; numbers that look alike after rounding are marked alike.

    Args:
        grid: The table.

    Returns:
        The cells line by line, without the names.
    """
    columns = [_column(column, grid.lines) for column in grid.columns]
    return [list(line) for line in zip(*columns, strict=True)] if columns else [[] for _ in grid.lines]


def metric_column(metric: str) -> Column:
    """Describe the column of a metric.

    Args:
        metric: As `lfsrkit.metrics.columns.score_column` takes it.

    Example:
        >>> metric_column("psnr_eyes").pointed, metric_column("lpips").pointed
        ('PSNR eyes (dB) ↑', 'LPIPS ↓')
    """
    known = score_column(metric)
    return Column(metric, known.head, number(known.digits), known.better)


def number(digits: int) -> Callable[[int | float], str]:
    """Give what writes a number with some digits after the point, and commas between thousands.

    Args:
        digits: How many.

    Example:
        >>> number(0)(67088), number(2)(0.5)
        ('67,088', '0.50')
    """
    return lambda value: f"{value:,.{digits}f}"


def _column(column: Column, lines: Sequence[Line]) -> list[Cell]:
    marks = _marks(column, [line.values.get(column.key) for line in lines if line.ranked])
    return [_cell(column, line, marks) for line in lines]


def _marks(column: Column, values: Sequence[Value]) -> dict[str, Mark]:
    known = {column.write(value): value for value in values if isinstance(value, int | float) and math.isfinite(value)}
    if column.better is None or len(known) < 2:
        return {}
    ordered = sorted(known, key=lambda text: known[text], reverse=column.better == "higher")
    return {ordered[0]: "best", ordered[1]: "second"}


def _cell(column: Column, line: Line, marks: Mapping[str, Mark]) -> Cell:
    value, spread = line.values.get(column.key), line.spreads.get(column.key)
    if value is None:
        return Cell(ABSENT)
    text = value if isinstance(value, str) else column.write(value)
    told = "" if spread is None or math.isnan(spread) else column.write(spread)
    return Cell(text, told, marks.get(text) if line.ranked else None)
