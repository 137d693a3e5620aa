"""Ctrl-C and SIGTERM: an exception for most commands, a flag for those that save before they stop."""

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import final

Handler = Callable[[int, FrameType | None], None]

LAUNCHED = "TORCHELASTIC_RUN_ID"
"""Variable of torchrun and accelerate launch, which hand their processes the signals that those have got already."""


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived."""


@final
class Stop:
    """Whether a signal has asked to stop; call it to know."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """What a shell expects of a command that a signal has ended; 0 if none has."""
        return 0 if self.signal is None else 128 + self.signal


@contextmanager
def terminable() -> Generator[None]:
    """Turn SIGTERM into `Terminated` within the block, so that what Ctrl-C cleans up is cleaned up."""
    with _handling(_interrupt, signal.SIGTERM):
        yield


@contextmanager
def stoppable() -> Generator[Stop]:
    """Set a flag at the first Ctrl-C or SIGTERM within the block; a second one interrupts at once.

    Under a launcher it does not: it may be the first one, repeated, and the launcher itself loses patience in the end.
    """
    stop = Stop()

    def note(number: int, frame: FrameType | None) -> None:
        if stop() and LAUNCHED not in os.environ:
            _interrupt(number, frame)
        if not stop():
            stop.signal = number

    with _handling(note, signal.SIGINT, signal.SIGTERM):
        yield stop


@contextmanager
def _handling(handler: Handler, *numbers: signal.Signals) -> Generator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
