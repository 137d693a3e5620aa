"""Rows times seeds: each run in a folder of its own, finished ones skipped, interrupted ones resumed, one at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lfsrkit.config import to_tables
from lfsrkit.errors import DamagedFile
from lfsrkit.evaluation import evaluate, write_results
from lfsrkit.experiments.costs import measure_costs
from lfsrkit.experiments.entries import Entry, Judges
from lfsrkit.experiments.scores import FAILED, RESULTS, is_scored, sign_scores
from lfsrkit.experiments.settling import ROW_FILE, RowFailed, claim_row, settle, settled_config
from lfsrkit.files import finite, write_json
from lfsrkit.locks import held
from lfsrkit.models.weights import load
from lfsrkit.stages import TrainConfig
from lfsrkit.training import NonFiniteError, TrainRecord, train

FAILURES = (NonFiniteError, RowFailed, DamagedFile, MemoryError, torch.OutOfMemoryError)
"""What ends a run without ending the experiment."""


@dataclass(frozen=True)
class GridProgress:
    """How far an experiment is."""

    entry: Entry
    seed: int
    number: int
    """Of the run, from 1."""
    total: int
    doing: str
    """``training``, ``judged``, ``finished before`` or ``failed``, for example."""
    record: TrainRecord | None = None
    reason: str = ""
    """Why it failed."""


def run_entries(
    entries: Sequence[Entry],
    seeds: Sequence[int],
    data: Judges,
    *,
    device: str = "auto",
    stop: Callable[[], bool] | None = None,
) -> Iterator[GridProgress]:
    """Train and judge what is not finished; run again after an interruption to go on.

    All rows of one seed come before the next seed, so that a part of it is a fair comparison too. A run whose loss is
    no longer finite, or that needs more memory than there is, fails alone: its reason is recorded, the rest goes on.

    Args:
        entries: From `make_entries`.
        seeds: Seeds of initial weights, order, flips and masks.
        data: Pictures and metrics.
        device: Where to compute.
        stop: Asked after every step; when it says so, a checkpoint is saved and nothing more is done.

    Yields:
        The records of every training, and one progress per run that is judged or has failed.

    Raises:
        UsageError: If a row cannot be trained on these pictures; `check_entries` tells it beforehand.
        OutputRefused: If the folder of a row was begun with other settings, or another process trains in it; before any
            is trained.
    """
    with ExitStack() as stack:
        for entry in entries:
            stack.enter_context(held(entry.folder, ROW_FILE))
            claim_row(entry, data)
        yield from _run_all(entries, seeds, data, device, stop)


def _run_all(
    entries: Sequence[Entry], seeds: Sequence[int], data: Judges, device: str, stop: Callable[[], bool] | None
) -> Iterator[GridProgress]:
    runs = [(entry, seed) for seed in seeds for entry in entries]
    for number, (entry, seed) in enumerate(runs, start=1):
        try:
            for doing, record in _run(entry, seed, data, device, stop):
                yield GridProgress(entry, seed, number, len(runs), doing, record)
        except FAILURES as error:
            reason = str(error).partition("\n")[0] or type(error).__name__
            write_json(entry.run(seed) / FAILED, {"reason": reason})
            yield GridProgress(entry, seed, number, len(runs), "failed", reason=reason)
        # Asked between runs only: within one the training asks, and saves before it ends.
        if stop is not None and stop():
            return


def judge(folder: Path, entry: Entry, key: dict[str, Any], data: Judges, device: str) -> None:
    """Measure a finished run, and what its model costs.

    Args:
        folder: Folder of the run.
        entry: Its row.
        key: What the scores belong to.
        data: Pictures and metrics.
        device: Where to compute.
    """
    write_results(folder / RESULTS, evaluate(folder, data.judged, data.metrics, device=device))
    measure_costs(entry.folder, load(folder), data.judged, device)
    (folder / FAILED).unlink(missing_ok=True)
    sign_scores(folder, key, data.metrics)


def is_finished(entry: Entry, seed: int, data: Judges, *, wholly: bool = False) -> bool:
    """Tell whether a run was trained as it shall be and judged by these pictures.

    Args:
        entry: The row.
        seed: Seed of the run.
        data: Pictures and metrics.
        wholly: Whether every metric has to be there that could now be measured.
    """
    config = settled_config(entry, seed)
    wanted = data.metrics if wholly else None
    return config is not None and is_scored(entry.run(seed), key_of(config, data), wanted)


def key_of(config: TrainConfig, data: Judges) -> dict[str, Any]:
    """Say what scores belong to; scores of anything else are measured again.

    Args:
        config: Of the run.
        data: Pictures and metrics.
    """
    settings = {"train": to_tables(config), "evaluate": to_tables(data.metrics)}
    pictures = {"train": data.train.sha256, "judged": data.judged.sha256, "n": len(data.judged)}
    return finite({**settings, "data": pictures})


def _run(
    entry: Entry, seed: int, data: Judges, device: str, stop: Callable[[], bool] | None
) -> Iterator[tuple[str, TrainRecord | None]]:
    if is_finished(entry, seed, data, wholly=True):
        yield "finished before", None
    else:
        yield from settle(entry, seed, data, device=device, stop=stop)
        config = settled_config(entry, seed)
        if config is None:
            return
        folder = entry.run(seed)
        for record in train(config, data.train, data.validation, folder, resume=True, device=device, stop=stop):
            yield "training", record
        if stop is None or not stop():
            judge(folder, entry, key_of(config, data), data, device)
            yield "judged", None
