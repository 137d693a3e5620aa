"""The loop: batches in, records out, checkpoints on the way."""

import copy
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import final

import torch
from safetensors.torch import save as tensors_to

from lfsrkit.config import to_tables
from lfsrkit.devices import choose_device
from lfsrkit.files import write_whole
from lfsrkit.models.base import Restorer
from lfsrkit.models.weights import FILE_NAME, save
from lfsrkit.pairs.batch import PairData
from lfsrkit.pairs.manifest import versions
from lfsrkit.stages import TrainConfig
from lfsrkit.training.budget import TIMED_STEPS, WARMUP_STEPS, plan_run, time_steps
from lfsrkit.training.checkpoint import checkpoint_path, prune_checkpoints, read_checkpoint, write_checkpoint
from lfsrkit.training.data import Batches, Examples
from lfsrkit.training.folder import claim_run, data_identity
from lfsrkit.training.learner import LOSS, Learner, NonFiniteError
from lfsrkit.training.objective import Objective
from lfsrkit.training.record import Clock, TrainRecord, Window, append_record, cut_records
from lfsrkit.training.setup import NamedModel, initial_model
from lfsrkit.training.validation import Validation

BEST_METRIC = "psnr"


def train(
    config: TrainConfig,
    train_pairs: PairData,
    validation_pairs: PairData | None,
    out: Path,
    *,
    resume: bool = False,
    force: bool = False,
    device: str = "auto",
    stop: Callable[[], bool] | None = None,
) -> Iterator[TrainRecord]:
    """Train a model; on one machine's CPU an interrupted and resumed run gives the bits of an uninterrupted one.

    Nothing happens before the first record is asked for, and a caller may stop asking at any time.

    Args:
        config: The stage.
        train_pairs: What to train on.
        validation_pairs: What to validate on, if anything.
        out: Folder of the run.
        resume: Go on from the last checkpoint, or begin if there is none.
        force: Go on although configuration or data have changed.
        device: Where to compute; ``auto`` = an accelerator if there is one.
        stop: Asked after every step; when it says so, a checkpoint is saved and a last record given.

    Yields:
        A record every ``log_every`` steps, at every validation and checkpoint, and at the end.

    Raises:
        UsageError: If model and pairs do not fit, or the model needs no training.
        OutputRefused: If the folder is refused or cannot be written.
        DamagedFile: If the checkpoint to go on from is damaged.
        NonFiniteError: If the loss is no longer finite; the batch is saved in the folder of the run.
    """
    run = _Run(config, train_pairs, validation_pairs, out, choose_device(device))
    claim_run(out, config, run.data, resume=resume, force=force)
    run.begin()
    yield from run.records(stop)


@final
class _Run:
    """What the loop holds on to: the learner, its data, and what was measured since the last record."""

    def __init__(
        self,
        config: TrainConfig,
        train_pairs: PairData,
        validation_pairs: PairData | None,
        out: Path,
        device: torch.device,
    ) -> None:
        self.config, self.out, self.device = config, out, device
        self.train_pairs, self.validation_pairs = train_pairs, validation_pairs
        self.data = data_identity(train_pairs, validation_pairs)
        self.named: NamedModel = initial_model(config, train_pairs.scale)
        self.objective = Objective(config.loss, config.mask, seed=config.seed)
        self.window, self.clock = Window(), Clock()
        self.best = -math.inf

    def begin(self) -> None:
        """Read the pairs, decide the length, and restore the last checkpoint, if there is one."""
        checkpoint = read_checkpoint(self.out)
        needs_regions = self.objective.needs_regions
        self.batches = Batches(self.train_pairs, self.config, with_regions=needs_regions, device=self.device)
        self.validation: Validation | None = None
        if self.validation_pairs is not None and len(self.validation_pairs):
            size = self.config.batch_size
            self.validation = Validation(self.validation_pairs, batch_size=size, device=self.device)
        self.plan = plan_run(self.out, self.config, self.data, self._seconds_per_step)
        self.learner = self._learner(self.named.model, self.plan.steps)
        if checkpoint is not None:
            progress = self.learner.restore(checkpoint.path)
            self.best = progress["best"]
            self.clock = Clock(progress["seconds"])
            self.window = Window(progress["window_steps"], progress["window_sums"])
        cut_records(self.out, self.learner.step)

    def records(self, stop: Callable[[], bool] | None) -> Iterator[TrainRecord]:
        """Train up to the planned length.

        Args:
            stop: Asked after every step.
        """
        config = self.config
        periods = [config.log_every, config.checkpoint_every]
        if self.validation is not None:
            periods.append(config.validate_every)
        while self.learner.step < self.plan.steps:
            with self.clock.waiting():
                examples = self.batches.at(self.learner.images_seen)
            with self.clock.working():
                self.window.add(self._learn(examples))
            stopping = stop is not None and stop()
            if self._due(*periods):
                yield self._told(save=stopping)
            elif stopping:
                yield self._interrupted()
            if stopping:
                return

    def _learn(self, examples: Examples) -> dict[str, float]:
        try:
            return self.learner.learn(examples)
        except NonFiniteError as error:
            path = self.out / f"nonfinite-step-{error.step}.safetensors"
            tensors = {"low": examples.low.cpu(), "clean": examples.clean.cpu()}
            write_whole(path, tensors_to(tensors, metadata={"ids": json.dumps(examples.ids)}))
            raise NonFiniteError(error.step, error.what, error.ids, path) from None

    def _told(self, *, save: bool) -> TrainRecord:
        """Validate, write a line and a checkpoint as far as they are due, and begin a new window."""
        validation = self._validated() if self._due(self.config.validate_every) else None
        improved = validation is not None and validation[BEST_METRIC] > self.best
        if improved and validation is not None:
            self.best = validation[BEST_METRIC]
        save = save or improved or self._due(self.config.checkpoint_every)
        record = self._record(validation, saved=save)
        append_record(self.out, record)
        self.window, self.clock = Window(), Clock(self.clock.seconds)
        if save:
            self._save(best=improved)
        return record

    def _interrupted(self) -> TrainRecord:
        """Save between two lines of the log; the window is saved with it, so that the next line comes out the same."""
        self._save(best=False)
        return self._record(None, saved=True)

    def _record(self, validation: dict[str, float] | None, *, saved: bool) -> TrainRecord:
        learner, clock, means = self.learner, self.clock, self.window.means()
        pace = clock.steps_per_second
        return TrainRecord(
            step=learner.step,
            steps=self.plan.steps,
            epoch=learner.images_seen // len(self.train_pairs),
            loss=means.pop(LOSS),
            terms=means,
            lr=learner.lr,
            images_seen=learner.images_seen,
            images_per_second=pace * self.config.batch_size,
            steps_per_second=pace,
            data_wait=clock.share_waiting,
            seconds=clock.seconds,
            validation=validation,
            checkpoint=checkpoint_path(self.out, learner.step) if saved else None,
        )

    def _validated(self) -> dict[str, float] | None:
        if self.validation is None:
            return None
        model = self.learner.average.model
        self.validation.write_sheet(model, self.out / "sheets" / f"step-{self.learner.step:06d}.png")
        return self.validation.measure(model)

    def _save(self, *, best: bool) -> None:
        learner, named = self.learner, self.named
        progress = {
            "seconds": self.clock.seconds,
            "best": self.best,
            "window_steps": self.window.steps,
            "window_sums": self.window.sums,
        }
        about = {"name": named.name, "params": dict(named.params), "data": self.data, "versions": versions()}
        meta = {**about, "config": to_tables(self.config)}
        extra = {"step": str(learner.step), "data_sha256": self.data["train"]}
        save(learner.average.model, self.out / FILE_NAME, name=named.name, params=named.params, extra=extra)
        write_checkpoint(self.out, learner.step, learner.files(progress), meta, best=best)
        prune_checkpoints(self.out, self.config.keep)

    def _due(self, *periods: int) -> bool:
        step = self.learner.step
        return step == self.plan.steps or any(step % period == 0 for period in periods)

    def _learner(self, model: Restorer, steps: int) -> Learner:
        return Learner(model, self.objective, self.config, steps=steps, device=self.device)

    def _seconds_per_step(self) -> float:
        spare = self._learner(copy.deepcopy(self.named.model), WARMUP_STEPS + TIMED_STEPS)
        return time_steps(lambda: spare.learn(self.batches.at(spare.images_seen)))
