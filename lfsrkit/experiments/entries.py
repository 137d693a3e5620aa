"""The rows of an experiment, and the pictures that they are compared on."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfsrkit.errors import UsageError
from lfsrkit.models.base import Restorer
from lfsrkit.pairs.batch import PairData
from lfsrkit.stages import EvaluateConfig, TrainConfig
from lfsrkit.training.data import check_batch
from lfsrkit.training.lessons import chain_between
from lfsrkit.training.setup import initial_model

RUNS = "runs"
"""Folder of the rows inside that of the experiment."""


@dataclass(frozen=True)
class Search:
    """How a row comes to its learning rate."""

    rates: tuple[float, ...] = ()
    """Rates to try on the validation split; one is used as it is, none leaves that of the configuration."""
    trial: float = 0.1
    """Length of a trial, as a share of the steps of the row."""


@dataclass(frozen=True)
class Entry:
    """A row of an experiment."""

    name: str
    """In the table."""
    config: TrainConfig
    """Of all its runs; seed, steps and rate are put in when they are known."""
    folder: Path
    search: Search = Search()

    def run(self, seed: int) -> Path:
        """Name the folder of a run.

        Args:
            seed: Its seed.
        """
        return self.folder / f"seed-{seed}"


@dataclass(frozen=True)
class Judges:
    """The pictures of an experiment: what it learns from, what it is watched on, what it is judged by."""

    train: PairData
    validation: PairData | None
    judged: PairData
    metrics: EvaluateConfig


def make_entries(rows: Mapping[str, TrainConfig], out: str | Path, search: Search = Search()) -> list[Entry]:
    """Give every row a folder.

    Args:
        rows: Configuration by name in the table.
        out: Folder of the experiment.
        search: How each row comes to its rate.

    Raises:
        UsageError: If two names would share a folder.
    """
    out = Path(out)
    entries = [Entry(row, config, out / RUNS / _folder_name(row), search) for row, config in rows.items()]
    first: dict[Path, str] = {}
    for entry in entries:
        if first.setdefault(entry.folder, entry.name) != entry.name:
            raise UsageError(f"{first[entry.folder]} and {entry.name} differ too little for a folder of their own")
    return entries


def check_entries(entries: Iterable[Entry], data: Judges) -> dict[str, Restorer]:
    """Make every model once, so that a row that cannot be trained is known before the first one is.

    Args:
        entries: The rows.
        data: Their pictures.

    Returns:
        The models by row, with their first weights.

    Raises:
        UsageError: If a row, the pictures and the search for its rate do not fit.
    """
    return {entry.name: _checked(entry, data) for entry in entries}


def _checked(entry: Entry, data: Judges) -> Restorer:
    try:
        if len(entry.search.rates) > 1 and not (data.validation is not None and len(data.validation)):
            raise UsageError("there is no validation split to choose a learning rate on; name a single rate")
        check_batch(data.train, entry.config, 1)
        model = initial_model(entry.config, data.train.scale).model
        chain_between(model, data.train.chain)
    except UsageError as error:
        raise UsageError(f"{entry.name}: {error}") from error
    return model


def reference_of(names: Sequence[str], wanted: str | None, usual: str = "lfsrnet") -> str | None:
    """Choose the row that the others are compared with.

    Args:
        names: Rows that take part, at least one.
        wanted: What was asked for.
        usual: What is taken where nothing was asked for; the first row where this one takes no part.

    Returns:
        A name, or None where the one that was asked for takes no part.
    """
    if wanted is not None:
        return wanted if wanted in names else None
    return usual if usual in names else names[0]


def _folder_name(row: str) -> str:
    return re.sub(r"[^0-9A-Za-z_.=+]+", "-", row).strip("-")
