"""Results to standard output, everything else to standard error; text from users is never read as markup."""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Any, TextIO

from lfsrkit_cli.spelling import shown

if TYPE_CHECKING:
    from rich.console import Console

    from lfsrkit.report.grids import Grid

WIDE = 1000
"""Width in characters of what goes into a file or a pipe, where breaking lines would only get in the way of grep."""


_ERROR = "Error:"
_GAP = 2
"""Spaces between columns."""
_COMMAND = re.compile(r"`(lfsrkit [^`]+)`")
"""A command within a sentence."""


def console(*, error: bool = False) -> "Console":
    """Make a console that prints text as it is.

    Args:
        error: Print to standard error.
    """
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDE
    return Console(stderr=error, markup=False, highlight=False, emoji=False, width=width)


def width_of(stream: TextIO) -> int | None:
    """Give the width of a terminal in characters, or None where lines end nowhere.

    Args:
        stream: Standard output or standard error.
    """
    return get_terminal_size().columns if stream.isatty() else None


def say(*lines: str, error: bool = False, indent: int | None = None, lead: tuple[str, str] = ("", "")) -> None:
    """Print lines as they are; a terminal gets them broken between words, so that a path stays in one piece.

    Args:
        lines: Without line feeds, or with some.
        error: Print to standard error.
        indent: Of what is carried over to the next line, in characters; by default as the line itself.
        lead: What the first line starts with, and the ANSI code of the colour that it has on a terminal.
    """
    stream = sys.stderr if error else sys.stdout
    width = width_of(stream)
    given = shown("\n".join(lines), stream.encoding).split("\n") if lines else []
    text = "".join((line if width is None else _broken(line, width, indent)) + "\n" for line in given)
    word, code = lead
    if word and stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        text = f"\x1b[{code}m{word}\x1b[0m{text.removeprefix(word)}"
    stream.write(text)
    stream.flush()


def remark(line: str) -> None:
    """Print a line that belongs to no result, on standard error.

    Args:
        line: Such as a warning.
    """
    say(line, error=True)


def complain(first: str, *others: str) -> None:
    """Print an error on standard error.

    Args:
        first: What is wrong.
        others: More of it, each on a line of its own.
    """
    say(f"{_ERROR} {first}", *(f"  {line}" for line in others), error=True, lead=(_ERROR, "1;31"))


def print_facts(facts: Mapping[str, object]) -> None:
    """Print what is known, one fact a line.

    Args:
        facts: Values by name.
    """
    width = max(len(name) for name in facts) + 2
    for name, value in facts.items():
        say(f"{name:{width}}{value}", indent=width)


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: bool = False,
    title: str | None = None,
    least: int = 0,
) -> None:
    """Print a table, or, on a terminal where words would have to be broken, a short list a row.

    Args:
        columns: Heads; the first column names the rows.
        rows: Cells.
        numbers: Align all columns but the first to the right.
        title: A line above.
        least: Width of a terminal in characters below which it is lists in any case.
    """
    if title is not None:
        say(title)
    width = width_of(sys.stdout)
    if width is not None and width < max(least, _least_width(columns, rows)):
        _print_lists(columns, rows)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    table.add_column(columns[0], style="cyan", overflow="fold")
    for head in columns[1:]:
        table.add_column(head, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(shown(cell, sys.stdout.encoding) for cell in row))
    console().print(table)


def print_grid(grid: "Grid", *, title: str | None = None) -> None:
    """Print a table of a report as its files have it, spreads beside the numbers.

    Args:
        grid: The table.
        title: A line above; that of the table by default.
    """
    from lfsrkit.report.grids import cells

    rows = [
        (line.name, *(f"{cell.text} ± {cell.spread}" if cell.spread else cell.text for cell in row))
        for line, row in zip(grid.lines, cells(grid), strict=True)
    ]
    heads = (grid.first, *(column.pointed for column in grid.columns))
    print_table(heads, rows, numbers=True, title=grid.title if title is None else title)


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Give the width in which no word of a table is broken."""
    words = [[word for cell in column for word in cell.split()] for column in zip(columns, *rows, strict=True)]
    return sum(max(map(len, column), default=0) + _GAP for column in words) - _GAP


def _print_lists(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    indent = max(map(len, columns[1:])) + 2 * _GAP
    for name, *cells in rows:
        say(name)
        for head, cell in zip(columns[1:], cells, strict=True):
            say(f"  {head:{indent - _GAP}}{cell}", indent=indent)


def print_json(value: Any) -> None:
    """Print a value as JSON, the only thing on standard output.

    Args:
        value: Data classes, paths, calls and tuples are written plainly; what is not finite becomes null.
    """
    from lfsrkit.files import finite

    sys.stdout.write(json.dumps(finite(plain(value)), indent=2, allow_nan=False) + "\n")
    sys.stdout.flush()


def plain(value: Any) -> Any:
    """Turn a value into what JSON knows.

    Args:
        value: Anything; what is of no plain type is written as text.

    Example:
        >>> plain({"psnr": 24.5, "sizes": (1, 2)})
        {'psnr': 24.5, 'sizes': [1, 2]}
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type) and type(value).__str__ is object.__str__:
        return {item.name: plain(getattr(value, item.name)) for item in fields(value) if item.repr}
    return str(value)


def score(metric: str, value: float | None) -> str:
    """Write a score with as many digits as it is usually given.

    Args:
        metric: Name.
        value: None where it could not be measured.

    Example:
        >>> score("psnr", 24.49541), score("lpips", None)
        ('24.50', '-')
    """
    from lfsrkit.metrics.columns import score_column

    return score_column(metric).text(value)


def _broken(line: str, width: int, indent: int | None) -> str:
    # fill() drops the spaces in front of an empty line and would squeeze those within one; only long lines need it.
    if len(line) <= width:
        return line
    hanging = " " * (len(line) - len(line.lstrip()) if indent is None else indent)
    filled = fill(line, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    for command in _COMMAND.findall(line):
        if command not in filled:
            return "\n".join(_around(command, line, width, indent))
    return filled


def _around(command: str, line: str, width: int, indent: int | None) -> Iterator[str]:
    """Put a command that would be broken on lines of its own, as a shell reads it on."""
    from lfsrkit_cli.layout import broken

    before, _, after = line.partition(f"`{command}`")
    yield _broken(before.rstrip(), width, indent)
    start = " " * (len(line) - len(line.lstrip()) + 2)
    yield from (f"{start}{part}" for part in broken(command, width - len(start)))
    if rest := after.lstrip(";,. "):
        yield _broken(rest, width, indent)
