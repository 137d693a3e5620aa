"""What a trial scored, read back from its folder, and what these scores belong to."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfsrkit.errors import DamagedFile
from lfsrkit.evaluation.meter import missing_metrics
from lfsrkit.files import read_object, write_json
from lfsrkit.stages import EvaluateConfig

RESULTS = "results"
"""Folder of the scores inside that of the run."""

_KEY = "of.json"
_LACKING = "lacking"
"""In that file: the metrics whose weights were not there."""

FAILED = "failed.json"
"""Why a run has no scores, inside its folder."""


@dataclass(frozen=True)
class Scores:
    """One run, picture by picture."""

    row: str
    seed: int
    ids: tuple[str, ...]
    values: dict[str, tuple[float | None, ...]]
    """By metric, in the order of the pictures; None where there is no value, such as that of a part that a face does
    not show, and NaN where the restored picture holds no number."""


def read_scores(folder: str | Path, row: str, seed: int) -> Scores:
    """Read what `run_entries` has written.

    Args:
        folder: Folder of the run.
        row: Its name in the table.
        seed: Its seed.

    Raises:
        DamagedFile: If the table of scores is missing or no table.
    """
    folder = Path(folder)
    path = folder / RESULTS / "per_image.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        names = [name for name in lines[0] if name not in ("id", "source")]
        columns = {name: tuple(_number(line[name]) for line in lines) for name in names}
        return Scores(row, seed, tuple(line["id"] for line in lines), columns)
    except (OSError, IndexError, KeyError, ValueError) as error:
        raise DamagedFile(f"{path} holds no scores ({error}); remove the folder and run again") from error


def is_scored(folder: Path, key: dict[str, Any], metrics: EvaluateConfig | None = None) -> bool:
    """Tell whether a folder has the scores of something.

    Args:
        folder: Folder of the run.
        key: What they have to belong to.
        metrics: If given, scores do not count that lack a metric which could now be measured.
    """
    path = folder / RESULTS / _KEY
    held = read_object(path) if path.is_file() else {}
    lacking = held.pop(_LACKING, [])
    return held == key and (metrics is None or not lacking or set(lacking) <= set(missing_metrics(metrics)))


def sign_scores(folder: Path, key: dict[str, Any], metrics: EvaluateConfig) -> None:
    """Write what the scores of a folder belong to, when all of them are there.

    Args:
        folder: Folder of the run.
        key: For `is_scored`.
        metrics: What was measured, if it could be.
    """
    write_json(folder / RESULTS / _KEY, {**key, _LACKING: missing_metrics(metrics)})


def read_failure(folder: Path) -> str | None:
    """Read why a run has failed, if it has.

    Args:
        folder: Folder of the run.
    """
    path = folder / FAILED
    return str(read_object(path).get("reason", "")) if path.is_file() else None


def pictures_of(scores: Sequence[Scores]) -> tuple[str, ...]:
    """Give the pictures that all runs were judged by.

    Args:
        scores: At least one.

    Raises:
        DamagedFile: If they were judged by different pictures.
    """
    first = scores[0]
    odd = next((each for each in scores if each.ids != first.ids), None)
    if odd is not None:
        raise DamagedFile(f"{odd.row} (seed {odd.seed}) and {first.row} were judged by different pictures")
    return first.ids


def _number(text: str) -> float | None:
    return float(text) if text else None
