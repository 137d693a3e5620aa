"""What training tells about itself: records while it runs, the same as lines of ``metrics.jsonl``."""

import json
import os
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, final

from lfsrkit.errors import OutputRefused
from lfsrkit.files import json_line, write_json_lines

METRICS_FILE = "metrics.jsonl"


@dataclass(frozen=True)
class TrainRecord:
    """How training goes, averaged over the steps since the last record."""

    step: int
    """Steps done."""
    steps: int
    """Steps in all."""
    epoch: int
    """Whole passes over the data."""
    loss: float
    terms: dict[str, float]
    """Terms of the loss by name, before their weights."""
    lr: float
    """Learning rate of the last step."""
    images_seen: int
    images_per_second: float
    steps_per_second: float
    data_wait: float
    """Share of the time that was spent on making batches, 0 to 1."""
    seconds: float
    """Seconds of training in all, over resumes, without validation and saving."""
    validation: dict[str, float] | None = None
    """Metrics of the averaged weights, by name, when they were validated."""
    checkpoint: Path | None = None
    """Where a checkpoint was saved, if one was."""


@final
@dataclass
class Window:
    """Sums over the steps since the last record; part of a checkpoint, so that resuming changes no mean."""

    steps: int = 0
    sums: dict[str, float] = field(default_factory=dict[str, float])

    def add(self, values: Mapping[str, float]) -> None:
        """Take in one step.

        Args:
            values: Mean over the batch, by name.
        """
        self.steps += 1
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value

    def means(self) -> dict[str, float]:
        """Average over the steps."""
        return {name: total / self.steps for name, total in self.sums.items()}


@final
@dataclass
class Clock:
    """Seconds spent on batches and on steps since the last record.

    Args:
        before: Seconds of training before that.
    """

    before: float = 0.0
    waited: float = 0.0
    worked: float = 0.0
    steps: int = 0

    @contextmanager
    def waiting(self) -> Generator[None, None, None]:
        """Count the time of the block as waiting for data."""
        start = time.perf_counter()
        yield
        self.waited += time.perf_counter() - start

    @contextmanager
    def working(self) -> Generator[None, None, None]:
        """Count the time of the block as a step."""
        start = time.perf_counter()
        yield
        self.worked += time.perf_counter() - start
        self.steps += 1

    @property
    def seconds(self) -> float:
        """Seconds of training in all."""
        return self.before + self.waited + self.worked

    @property
    def steps_per_second(self) -> float:
        """Steps per second of training since the last record."""
        return self.steps / max(self.waited + self.worked, 1e-9)

    @property
    def share_waiting(self) -> float:
        """Share of the seconds since the last record that went into batches."""
        return self.waited / max(self.waited + self.worked, 1e-9)


def append_record(out: Path, record: TrainRecord) -> None:
    """Add a record to ``metrics.jsonl``; one that comes with a checkpoint is flushed to the disk, with all before it.

    Args:
        out: Folder of the run.
        record: What to write; numbers that are not finite become null.

    Raises:
        OutputRefused: If the file cannot be written.
    """
    path = out / METRICS_FILE
    checkpoint = None if record.checkpoint is None else record.checkpoint.name
    values = {**asdict(record), "checkpoint": checkpoint}
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json_line({key: value for key, value in values.items() if value is not None}))
            if record.checkpoint is not None:
                stream.flush()
                os.fsync(stream.fileno())
    except OSError as error:
        raise OutputRefused(f"cannot write {path}: {error.strerror or error}") from error


def cut_records(out: Path, step: int) -> None:
    """Drop the lines after a step, and one that an interruption has torn.

    Args:
        out: Folder of the run.
        step: Last step to keep.
    """
    if (out / METRICS_FILE).is_file():
        write_json_lines(out / METRICS_FILE, [row for row in read_records(out) if row["step"] <= step])


def read_records(out: str | Path) -> list[dict[str, Any]]:
    """Read what a run has logged; lines that are no records are left out.

    Args:
        out: Folder of the run; none is there before the first record.
    """
    out = Path(out)
    path = out / METRICS_FILE
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return [row for line in lines if (row := _row(line)) is not None]


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and type(row.get("step")) is int else None
