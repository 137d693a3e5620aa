"""How long a run is: steps as configured, or minutes turned into steps once, by timing this machine."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lfsrkit.files import read_record, write_json
from lfsrkit.stages import TrainConfig

PLAN_FILE = "plan.json"
WARMUP_STEPS, TIMED_STEPS, FIRST_STEPS = 3, 20, 2
"""Steps of warm-up, steps that are timed, and those that decide how many: two, one of each part of a cascade, after as
many of warm-up, for the first steps of a large network take longer."""
LONGEST_SECONDS = 60.0
"""Of the timing of a model, about."""


@dataclass(frozen=True)
class Plan:
    """The length of a run, as ``plan.json`` records it."""

    steps: int
    minutes: float | None
    """What was asked for, if it was not steps."""
    seconds_per_step: float | None
    """What was measured for it."""
    data: dict[str, str]
    """Identity of the pairs, by split."""


def plan_run(out: Path, config: TrainConfig, data: Mapping[str, str], measure: Callable[[], float]) -> Plan:
    """Decide the length of a run, or read what was decided when it began; nothing is written.

    Args:
        out: Folder of the run.
        config: Steps or minutes.
        data: Identity of the pairs, by split.
        measure: Gives the seconds of one step; called only when minutes have to be turned into steps.
    """
    return _decided(config, dict(data), read_plan(out), measure)


def write_plan(out: Path, plan: Plan) -> None:
    """Record the length of a run.

    Args:
        out: Folder of the run.
        plan: As decided.
    """
    write_json(out / PLAN_FILE, asdict(plan))


def read_plan(out: Path) -> Plan | None:
    """Read the length of a run, if it was decided.

    Args:
        out: Folder of the run.

    Raises:
        DamagedFile: If the record is damaged.
    """
    path = out / PLAN_FILE
    return read_record(path, Plan) if path.is_file() else None


def worth_timing(seconds: float, timed: int = TIMED_STEPS) -> int:
    """Say how many steps are worth their time once some were timed; none where those are exact enough for their length.

    Args:
        seconds: Of a step.
        timed: At most.

    Example:
        >>> [worth_timing(seconds) for seconds in (0.5, 6.0, 20.0)]
        [20, 10, 0]
    """
    fitting = int(LONGEST_SECONDS / max(seconds, 1e-9))
    return 0 if fitting < WARMUP_STEPS + FIRST_STEPS else min(timed, fitting)


def time_steps(step: Callable[[], object], timed: int = TIMED_STEPS, *, warmup: int = WARMUP_STEPS) -> float:
    """Measure the seconds of one step, as the mean of some after a warm-up.

    Args:
        step: Does one step and waits for its result.
        timed: How many are measured.
        warmup: How many come before.
    """
    for _ in range(warmup):
        step()
    start = time.perf_counter()
    for _ in range(timed):
        step()
    return (time.perf_counter() - start) / timed


def _decided(config: TrainConfig, data: dict[str, str], recorded: Plan | None, measure: Callable[[], float]) -> Plan:
    if config.minutes is None:
        return Plan(config.steps, None, None, data)
    if recorded is not None and recorded.minutes == config.minutes:
        return replace(recorded, data=data)
    seconds = measure()
    return Plan(max(1, round(config.minutes * 60 / seconds)), config.minutes, seconds, data)
