"""How far a command is: a bar on a terminal, a plain line every few seconds elsewhere; always on standard error."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, final

from lfsrkit_cli.output import console, remark

T = TypeVar("T")
PATIENCE_SECONDS = 5.0
"""Time between two plain lines."""
ROOM_FOR_A_BAR = 80
"""Columns of a terminal below which the words come without a bar."""


@dataclass(frozen=True)
class Step:
    """What is known at one moment."""

    done: int
    total: int | None
    unit: str
    waiting: float | None = None
    """Share of the time that was spent waiting for data."""
    note: str = ""


class _Display(ABC):
    @abstractmethod
    def show(self, step: Step, text: str) -> None:
        """Show the state; called for every step."""

    @abstractmethod
    def close(self) -> None:
        """Leave the last state in view."""


def follow(title: str, events: Iterable[T], read: Callable[[T], Step]) -> Iterator[T]:
    """Pass events on and show how far they are.

    Args:
        title: What is being done.
        events: From the library.
        read: Reads the state from an event.
    """
    with reporter(title) as show:
        for event in events:
            show(read(event))
            yield event


def counted(
    title: str, events: Iterable[T], total: int | None, unit: str = "images", *, together: int = 1
) -> Iterator[T]:
    """Pass events on, each of which is one piece of work.

    Those that come together are counted when the last of them is there: between them no time goes by, and a speed that
    was taken there would be none.

    Args:
        title: What is being done.
        events: From the library.
        total: How many there will be, if it is known.
        unit: What is counted.
        together: How many come at once, such as the pictures of a batch.
    """
    with reporter(title) as show:
        number = 0
        for number, event in enumerate(events, 1):
            if number % together == 0:
                show(Step(number, total, unit))
            yield event
        if number % together:
            show(Step(number, total, unit))


@contextmanager
def reporter(title: str) -> Generator[Callable[[Step], None]]:
    """Open a display for one piece of work.

    Args:
        title: What is being done.

    Yields:
        A function that shows a step.
    """
    target = console(error=True)
    display = _Bar(title, target) if target.is_terminal and not target.is_dumb_terminal else _Lines(title)
    clock = _Clock()
    try:
        yield lambda step: display.show(step, described(step, clock.rate(step)))
    finally:
        display.close()


def training_step(record: Any) -> Step:
    """Read a record of the training.

    Args:
        record: A `lfsrkit.training.TrainRecord`.
    """
    terms = ", ".join(f"{name} {value:.4f}" for name, value in record.terms.items()) if len(record.terms) > 1 else ""
    loss = f"loss {record.loss:.4f}" + (f" ({terms})" if terms else "")
    return Step(record.step, record.steps, "it", record.data_wait, f"{record.images_per_second:.0f} images/s  {loss}")


def building_step(progress: Any) -> Step:
    """Read the progress of a build.

    Args:
        progress: A `lfsrkit.pairs.Progress`.
    """
    note = f"{progress.faces_skipped} were there" if progress.faces_skipped else ""
    return Step(progress.faces_done, progress.faces_total, "images", note=note)


def described(step: Step, rate: float | None) -> str:
    """Write a step as a line.

    Args:
        step: The state.
        rate: Units in a second, if it is known yet.

    Example:
        >>> described(Step(20, 100, "it", 0.03, "loss 0.0512"), 2.0)
        '20/100  2.0 it/s  0:00:40 left  wait 3%  loss 0.0512'
    """
    parts = [f"{step.done}" if step.total is None else f"{step.done}/{step.total}"]
    if rate:
        parts.append(f"{rate:.1f} {step.unit}/s" if rate >= 1 else f"{1 / rate:.1f} s/{step.unit.removesuffix('s')}")
        if step.total is not None and step.done < step.total:
            parts.append(f"{timedelta(seconds=round((step.total - step.done) / rate))} left")
    if step.waiting is not None:
        parts.append(f"wait {step.waiting:.0%}")
    return "  ".join([*parts, *([step.note] if step.note else [])])


@final
class _Clock:
    """Speed since the first step, so that work which was done before does not count."""

    def __init__(self) -> None:
        self._start: tuple[float, int] | None = None

    def rate(self, step: Step) -> float | None:
        now = time.perf_counter()
        if self._start is None:
            self._start = (now, step.done)
        start, done = self._start
        return (step.done - done) / (now - start) if now > start and step.done > done else None


@final
class _Bar(_Display):
    def __init__(self, title: str, target: Any) -> None:
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        # Three dots in place of an ellipsis would make a line too long for a terminal without that character.
        line = Column(no_wrap=True, overflow="crop" if target.options.ascii_only else "ellipsis")
        name, text = (
            TextColumn(f"{{task.{what}}}", markup=False, table_column=line) for what in ("description", "fields[text]")
        )
        self._progress = Progress(
            *((name, BarColumn(16), text) if target.width >= ROOM_FOR_A_BAR else (name, text)), console=target
        )
        self._task = self._progress.add_task(title, total=None, text="")
        self._progress.start()

    def show(self, step: Step, text: str) -> None:
        self._progress.update(self._task, completed=step.done, total=step.total, text=text)

    def close(self) -> None:
        self._progress.stop()


@final
class _Lines(_Display):
    def __init__(self, title: str) -> None:
        self._title = title
        self._next = 0.0
        self._last = ""
        self._printed = ""

    def show(self, step: Step, text: str) -> None:
        self._last = text
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PATIENCE_SECONDS
            self._print()

    def close(self) -> None:
        if self._last != self._printed:
            self._print()

    def _print(self) -> None:
        self._printed = self._last
        remark(f"{self._title}: {self._last}")
