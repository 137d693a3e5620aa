"""What an experiment has so far: scores and facts of the finished runs, and what is still missing and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfsrkit.experiments.costs import Costs, read_costs
from lfsrkit.experiments.entries import Entry, Judges
from lfsrkit.experiments.floors import Floor
from lfsrkit.experiments.grid import is_finished
from lfsrkit.experiments.scores import RESULTS, Scores, read_failure, read_scores
from lfsrkit.experiments.settling import Rate, check_row, read_rate
from lfsrkit.files import read_json
from lfsrkit.registries import MODELS
from lfsrkit.registry import JOINED
from lfsrkit.training import read_records

LEAST_PASSES = 5
"""Over the training pictures; with fewer a row is undertrained, and no claim rests on it."""
LEAST_SEEDS = 3
"""For a claim about a row that is not heavy."""


@dataclass(frozen=True)
class Facts:
    """What a row is and has had, beside its scores."""

    costs: Costs | None = None
    rate: Rate | None = None
    steps: int | None = None
    images_seen: int | None = None
    """In one run; the smallest of its runs."""
    passes: float | None = None
    """Over the training pictures, in one run."""
    seconds: float | None = None
    """Of training, mean over its runs."""
    trained: bool = False
    heavy: bool = False

    @property
    def undertrained(self) -> bool:
        """Whether it has seen the training pictures too few times for a claim."""
        return self.passes is not None and self.passes < LEAST_PASSES


@dataclass(frozen=True)
class Gathered:
    """What an experiment has so far."""

    scores: list[Scores]
    """Of the finished runs, in the order of the rows."""
    facts: dict[str, Facts]
    """By row."""
    unfinished: dict[str, str]
    """What is missing of a row, by row."""
    notes: list[str]
    """Why a metric is missing, for example."""


def gather(entries: Sequence[Entry], seeds: Sequence[int], data: Judges, floors: Sequence[Floor]) -> Gathered:
    """Read everything that is finished.

    Args:
        entries: The rows.
        seeds: Their seeds.
        data: Pictures and metrics.
        floors: Rows without training.

    Raises:
        OutputRefused: If a row was begun with other settings, which would then be printed under its scores.
    """
    for entry in entries:
        check_row(entry, data)
    finished = {entry.name: [seed for seed in seeds if is_finished(entry, seed, data)] for entry in entries}
    scores = [read_scores(floor.folder, floor.name, 0) for floor in floors if not floor.missing]
    scores += [read_scores(entry.run(seed), entry.name, seed) for entry in entries for seed in finished[entry.name]]
    facts = {floor.name: Facts(read_costs(floor.folder)) for floor in floors if not floor.missing}
    facts |= {entry.name: _facts(entry, finished[entry.name], data) for entry in entries if finished[entry.name]}
    folders = [floor.folder for floor in floors if not floor.missing]
    folders += [entry.run(seed) for entry in entries for seed in finished[entry.name]]
    return Gathered(
        scores,
        facts,
        {entry.name: what for entry in entries if (what := _missing(entry, seeds, finished[entry.name]))},
        [f"no row {floor.name}: {floor.missing}" for floor in floors if floor.missing] + _notes(folders),
    )


def _facts(entry: Entry, seeds: Sequence[int], data: Judges) -> Facts:
    last = [read_records(entry.run(seed))[-1] for seed in seeds]
    seen = min(record["images_seen"] for record in last)
    return Facts(
        costs=read_costs(entry.folder),
        rate=read_rate(entry.folder),
        steps=min(record["step"] for record in last),
        images_seen=seen,
        passes=seen / len(data.train),
        seconds=sum(record["seconds"] for record in last) / len(last),
        trained=True,
        heavy=any("heavy" in MODELS[part].all_tags for part in entry.config.model.name.split(JOINED)),
    )


def _missing(entry: Entry, seeds: Sequence[int], finished: Sequence[int]) -> str:
    left = [seed for seed in seeds if seed not in finished]
    if not left:
        return ""
    reasons = dict.fromkeys(reason for seed in left if (reason := read_failure(entry.run(seed))))
    which = "all seeds" if len(left) == len(seeds) else f"seed{'s' * (len(left) > 1)} {', '.join(map(str, left))}"
    return which + (f" (failed: {'; '.join(reasons)})" if reasons else "")


def _notes(folders: Sequence[Path]) -> list[str]:
    found = (note for folder in folders for note in read_json(folder / RESULTS / "results.json")["notes"])
    return list(dict.fromkeys(found))
