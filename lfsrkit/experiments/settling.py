"""What a row settles before it trains: its length, by timing it once, and its learning rate, by short trials."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lfsrkit.config import difference, to_tables
from lfsrkit.errors import LfsrkitError, OutputRefused
from lfsrkit.experiments.entries import Entry, Judges
from lfsrkit.files import finite, read_object, read_record, write_json
from lfsrkit.stages import TrainConfig
from lfsrkit.training import NonFiniteError, TrainRecord, read_records, seconds_per_step, train
from lfsrkit.training.budget import plan_run, read_plan, write_plan
from lfsrkit.training.folder import data_identity

ROW_FILE, RATE_FILE = "row.json", "rate.json"
TRIALS = "trials"
METRIC = "psnr"
"""On the validation split: what a rate is chosen by."""

_SHOWN = 4


class RowFailed(LfsrkitError):  # noqa: N818 - reads better without the suffix
    """A row cannot be finished; the other rows can."""


@dataclass(frozen=True)
class Rate:
    """The learning rate of a row, as ``rate.json`` records it."""

    lr: float
    tried: dict[str, float | None]
    """Validation PSNR by rate; None where the loss did not stay finite. Empty where no rate was tried."""
    steps: int = 0
    """Of each trial."""
    seconds: float = 0.0
    """Of all trials together."""


def claim_row(entry: Entry, data: Judges) -> None:
    """Begin a row, or accept the one that was begun with the same settings; nothing of another one is ever mixed in.

    Args:
        entry: The row; its folder is held.
        data: Its pictures.

    Raises:
        OutputRefused: If its folder holds something else.
    """
    check_row(entry, data)
    write_json(entry.folder / ROW_FILE, _key(entry, data))


def check_row(entry: Entry, data: Judges) -> None:
    """Accept a row that was begun with the same settings, or not at all.

    Args:
        entry: The row.
        data: Its pictures.

    Raises:
        OutputRefused: If its folder holds something else.
    """
    path = entry.folder / ROW_FILE
    changed = difference(read_object(path), _key(entry, data)) if path.is_file() else []
    if changed:
        shown = "; ".join(changed[:_SHOWN]) + ("; ..." if len(changed) > _SHOWN else "")
        raise OutputRefused(
            f"{entry.folder} was begun otherwise: {shown}; give the same settings, name another --out, or remove that "
            "folder"
        )


def settled_config(entry: Entry, seed: int) -> TrainConfig | None:
    """Give the configuration of one run of a row; None until length and rate are settled.

    Args:
        entry: The row.
        seed: Seed of the run.
    """
    plan, rate = read_plan(entry.folder), read_rate(entry.folder)
    if plan is None or rate is None:
        return None
    return _with(entry.config, seed=seed, steps=plan.steps, lr=rate.lr)


def settle(
    entry: Entry, seed: int, data: Judges, *, device: str, stop: Callable[[], bool] | None
) -> Iterator[tuple[str, TrainRecord | None]]:
    """Decide length and rate of a row, or do nothing where both are recorded.

    Args:
        entry: The row, claimed.
        seed: Seed of the trials.
        data: Pictures.
        device: Where to compute.
        stop: Asked after every step; then the row may stay unsettled.

    Yields:
        What is being done, and records of the trials.

    Raises:
        RowFailed: If no rate keeps the loss finite.
    """
    if read_plan(entry.folder) is None:
        identity = data_identity(data.train, data.validation)
        yield "timing" if entry.config.minutes is not None else "planned", None
        measure = partial(seconds_per_step, entry.config, data.train, device=device)
        write_plan(entry.folder, plan_run(entry.folder, entry.config, identity, measure))
    if read_rate(entry.folder) is None:
        yield from _choose_rate(entry, seed, data, device, stop)


def read_rate(folder: str | Path) -> Rate | None:
    """Read which rate a row has.

    Args:
        folder: Folder of the row.

    Raises:
        DamagedFile: If the record is damaged.
    """
    folder = Path(folder)
    path = folder / RATE_FILE
    return read_record(path, Rate) if path.is_file() else None


def trial_config(config: TrainConfig, *, seed: int, steps: int, share: float, lr: float) -> TrainConfig:
    """Shorten a training: the same schedule over fewer steps, warm-up included, validated at its end.

    Args:
        config: Of the row.
        seed: Seed of the trial.
        steps: Of the row.
        share: Length of the trial as a share of them.
        lr: Rate to try.
    """
    short = max(1, round(steps * share))
    optim = config.optim.model_copy(update={"lr": lr, "warmup_steps": round(config.optim.warmup_steps * share)})
    periods = {"validate_every": short, "checkpoint_every": max(1, min(config.checkpoint_every, short))}
    return config.model_copy(update={"seed": seed, "steps": short, "minutes": None, "optim": optim, **periods})


def _choose_rate(
    entry: Entry, seed: int, data: Judges, device: str, stop: Callable[[], bool] | None
) -> Iterator[tuple[str, TrainRecord | None]]:
    rates, plan = entry.search.rates or (entry.config.optim.lr,), read_plan(entry.folder)
    if len(rates) == 1 or plan is None:
        write_json(entry.folder / RATE_FILE, asdict(Rate(rates[0], {})))
        return
    tried: dict[str, float | None] = {}
    seconds, steps = 0.0, 0
    for lr in rates:
        config = trial_config(entry.config, seed=seed, steps=plan.steps, share=entry.search.trial, lr=lr)
        folder, steps = entry.folder / TRIALS / f"{lr:g}", config.steps
        try:
            for record in train(config, data.train, data.validation, folder, resume=True, device=device, stop=stop):
                yield f"trial of rate {lr:g}", record
            if stop is not None and stop():
                return
            last = read_records(folder)[-1]
            tried[f"{lr:g}"] = last["validation"][METRIC]
        except NonFiniteError:
            last = next(reversed(read_records(folder)), dict[str, Any](seconds=0.0))
            tried[f"{lr:g}"] = None
        seconds += last["seconds"]
    best = max(rates, key=lambda lr: _rank(tried[f"{lr:g}"]))
    if tried[f"{best:g}"] is None:
        raise RowFailed(f"the loss stayed finite with none of the rates {', '.join(tried)}")
    write_json(entry.folder / RATE_FILE, asdict(Rate(best, tried, steps, seconds)))


def _key(entry: Entry, data: Judges) -> dict[str, Any]:
    settings = {key: value for key, value in to_tables(entry.config).items() if key != "seed"}
    identity = data_identity(data.train, data.validation)
    return finite({"train": settings, "search": asdict(entry.search), "data": identity})


def _rank(psnr: float | None) -> float:
    return float("-inf") if psnr is None else psnr


def _with(config: TrainConfig, *, seed: int, steps: int, lr: float) -> TrainConfig:
    optim = config.optim.model_copy(update={"lr": lr})
    return config.model_copy(update={"seed": seed, "steps": steps, "minutes": None, "optim": optim})
