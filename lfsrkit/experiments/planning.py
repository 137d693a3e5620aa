"""What an experiment would do: the rows, what they cost, and how long they take."""

from collections.abc import Iterator
from dataclasses import dataclass

from lfsrkit.experiments.entries import Entry, check_entries
from lfsrkit.experiments.grid import is_finished
from lfsrkit.experiments.protocols import Experiment
from lfsrkit.experiments.settling import check_row, read_rate
from lfsrkit.models.macs import count_macs, count_parameters
from lfsrkit.training import seconds_per_step
from lfsrkit.training.budget import read_plan

_TIMED = 2
"""Steps that are timed for an estimate."""


@dataclass(frozen=True)
class RowPlan:
    """What is left to do for a row."""

    row: str
    parameters: int
    macs: int
    """Multiplications with addition, of one picture."""
    steps: int | None
    """Of one run; None where minutes are still to be turned into steps."""
    rates: tuple[float, ...]
    """That are tried, or the one that is used."""
    runs: int
    finished: int
    minutes_left: float
    """Of training, trials included; a run that was begun counts whole."""


def plan_rows(experiment: Experiment, *, device: str = "auto") -> Iterator[RowPlan]:
    """Say what is left to do; where only steps are given, a few of them are timed.

    Args:
        experiment: Rows on a protocol.
        device: Where to compute.

    Raises:
        UsageError: If a row cannot be trained on these pictures.
        OutputRefused: If a row was begun with other settings.
    """
    side = experiment.data.judged.batch([0]).low.shape[-1]
    for entry in experiment.entries:
        check_row(entry, experiment.data)
        model = check_entries([entry], experiment.data)[entry.name]
        parameters, macs = count_parameters(model), count_macs(model.to("meta"), side, side)
        finished = sum(is_finished(entry, seed, experiment.data) for seed in experiment.seeds)
        plan, rate = read_plan(entry.folder), read_rate(entry.folder)
        rates = (rate.lr,) if rate is not None else entry.search.rates or (entry.config.optim.lr,)
        left = len(experiment.seeds) - finished + (entry.search.trial * len(rates) if len(rates) > 1 else 0)
        steps = plan.steps if plan is not None else None if entry.config.minutes is not None else entry.config.steps
        minutes = left * _minutes(entry, experiment, device) if left else 0.0
        yield RowPlan(entry.name, parameters, macs, steps, rates, len(experiment.seeds), finished, minutes)


def _minutes(entry: Entry, experiment: Experiment, device: str) -> float:
    if entry.config.minutes is not None:
        return entry.config.minutes
    return seconds_per_step(entry.config, experiment.data.train, device=device, timed=_TIMED) * entry.config.steps / 60
