"""Rows times seeds: every trial in a folder of its own, finished ones skipped, interrupted ones resumed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfsrkit.config import to_tables
from lfsrkit.evaluation import evaluate, write_results
from lfsrkit.experiments.scores import RESULTS, read_key
from lfsrkit.files import write_json
from lfsrkit.pairs.batch import PairData
from lfsrkit.stages import EvaluateConfig, TrainConfig
from lfsrkit.training import TrainRecord, train


@dataclass(frozen=True)
class Trial:
    """One training run of an experiment."""

    row: str
    """Name in the table."""
    seed: int
    config: TrainConfig
    """With the seed of the trial."""
    folder: Path


@dataclass(frozen=True)
class Judges:
    """The pictures of an experiment: what it learns from, what it is watched on, what it is judged by."""

    train: PairData
    validation: PairData | None
    judged: PairData
    metrics: EvaluateConfig


@dataclass(frozen=True)
class GridProgress:
    """How far an experiment is."""

    trial: Trial
    number: int
    """Of the trial, from 1."""
    total: int
    record: TrainRecord | None = None
    """None when the trial was finished before, or has just been judged."""


def make_trials(rows: Mapping[str, TrainConfig], seeds: Sequence[int], out: Path) -> list[Trial]:
    """Plan an experiment: all rows of one seed before the next seed, so that a part of it is a fair comparison too.

    Args:
        rows: Configuration by name in the table.
        seeds: Seeds of initial weights, order, flips and masks.
        out: Folder of the experiment.
    """
    return [
        Trial(row, seed, config.model_copy(update={"seed": seed}), out / "runs" / f"{_folder_name(row)}-seed{seed}")
        for seed in seeds
        for row, config in rows.items()
    ]


def run_trials(
    trials: Sequence[Trial], data: Judges, *, device: str = "auto", stop: Callable[[], bool] | None = None
) -> Iterator[GridProgress]:
    """Train and judge what is not finished; run again after an interruption to go on.

    Args:
        trials: From `make_trials`.
        data: Pictures and metrics.
        device: Where to compute.
        stop: Asked after every step; when it says so, a checkpoint is saved and nothing more is done.

    Yields:
        The records of every training, and one progress without a record per finished trial.
    """
    for number, trial in enumerate(trials, start=1):
        key = _key(trial, data)
        if read_key(trial.folder) != key:
            for record in train(
                trial.config, data.train, data.validation, trial.folder, resume=True, device=device, stop=stop
            ):
                yield GridProgress(trial, number, len(trials), record)
                if stop is not None and stop():
                    return
            write_results(trial.folder / RESULTS, evaluate(trial.folder, data.judged, data.metrics, device=device))
            write_json(trial.folder / RESULTS / "of.json", key)
        yield GridProgress(trial, number, len(trials))


def _key(trial: Trial, data: Judges) -> dict[str, Any]:
    """Say what scores belong to; scores of anything else are measured again."""
    settings = {"train": to_tables(trial.config), "evaluate": to_tables(data.metrics)}
    return {**settings, "data": {"train": data.train.sha256, "judged": data.judged.sha256, "n": len(data.judged)}}


def _folder_name(row: str) -> str:
    return re.sub(r"[^0-9A-Za-z_.=]+", "-", row).strip("-")
