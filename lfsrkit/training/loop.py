"""The loop: batches in, records out, checkpoints on the way."""

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import final

from lfsrkit.config import to_tables
from lfsrkit.devices import choose_device
from lfsrkit.files import write_json
from lfsrkit.locks import held
from lfsrkit.models.base import Restorer
from lfsrkit.models.weights import CONFIG_FILE
from lfsrkit.pairs.batch import PairData
from lfsrkit.ranks import Ranks
from lfsrkit.seen import record_pictures
from lfsrkit.stages import TrainConfig
from lfsrkit.training.ahead import made_ahead
from lfsrkit.training.augment import Examples
from lfsrkit.training.budget import (
    FIRST_STEPS,
    TIMED_STEPS,
    WARMUP_STEPS,
    plan_run,
    time_steps,
    worth_timing,
    write_plan,
)
from lfsrkit.training.checkpoint import has_checkpoint
from lfsrkit.training.data import Batches, check_batch
from lfsrkit.training.folder import claim_run, data_identity, refuse_stranger
from lfsrkit.training.learner import Learner, NonFiniteError
from lfsrkit.training.ledger import Ledger
from lfsrkit.training.lessons import chain_between
from lfsrkit.training.objective import Objective
from lfsrkit.training.optimiser import make_optimiser
from lfsrkit.training.precision import Gradients
from lfsrkit.training.record import TrainRecord, cut_records
from lfsrkit.training.saving import Saver, checkpoint_to_resume, save_non_finite, share_of
from lfsrkit.training.setup import NamedModel, initial_model
from lfsrkit.training.state import Progress
from lfsrkit.training.trackers import Trackers, check_trackers
from lfsrkit.training.validation import Validation
from lfsrkit.training.warm_start import WarmStart, warm_start

INIT_FILE = "init.json"
"""What the weights of ``init`` gave to the model, key by key."""


def train(
    config: TrainConfig,
    train_pairs: PairData,
    validation_pairs: PairData | None,
    out: str | Path,
    *,
    resume: bool = False,
    force: bool = False,
    device: str = "auto",
    stop: Callable[[], bool] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Iterator[TrainRecord]:
    """Train a model; on one machine's CPU an interrupted and resumed run gives the bits of an uninterrupted one.

    Nothing happens before the first record is asked for, and a caller may stop asking at any time. Processes that
    ``torchrun`` or ``accelerate launch`` has started train together: each of them calls this function and gets the same
    records; the first one writes.

    Args:
        config: The stage.
        train_pairs: What to train on.
        validation_pairs: What to validate on, if anything.
        out: Folder of the run; several machines have to see the same one.
        resume: Go on from the last checkpoint, or begin if there is none.
        force: Go on although configuration or data have changed, or from the checkpoint before a damaged one.
        device: Where to compute; ``auto`` = an accelerator if there is one.
        stop: Asked after every step; when it says so in any process, a checkpoint is saved and a last record given.
        tell: Called with lines that are worth reading before the first record, such as what ``init`` has loaded.

    Yields:
        A record every ``log_every`` steps, at every validation and checkpoint, and at the end.

    Raises:
        UsageError: If model, pairs, settings and machine do not fit, or the model needs no training.
        OutputRefused: If the folder is refused, cannot be written, or another process trains in it.
        DamagedFile: If the checkpoint to go on from is damaged.
        NonFiniteError: If the loss is no longer finite; the batch is saved in the folder of the run.
    """
    out = Path(out)
    run = _Run(config, train_pairs, validation_pairs, out, Ranks(choose_device(device)))
    with ExitStack() as stack:
        run.ranks.by_first(lambda: refuse_stranger(out))
        run.ranks.by_first(lambda: stack.enter_context(held(out, CONFIG_FILE)))
        run.ranks.by_first(lambda: claim_run(out, config, run.data, resume=resume, force=force))
        lines = run.begin(force=force)
        stack.enter_context(closing(run.ledger))
        for line in lines:
            if tell is not None and run.ranks.first:
                tell(line)
        yield from run.records(stop)


def seconds_per_step(
    config: TrainConfig, train_pairs: PairData, *, device: str = "auto", timed: int = TIMED_STEPS
) -> float:
    """Time some steps of a training on this machine, which should have nothing else to do; nothing is written.

    Args:
        config: The stage.
        train_pairs: What to train on.
        device: Where to compute; ``auto`` = an accelerator if there is one.
        timed: How many steps are measured at most, after a warm-up; fewer where one takes seconds.

    Raises:
        UsageError: If model, pairs, settings and machine do not fit.
    """
    run = _Run(config.model_copy(update={"init": None}), train_pairs, None, Path(), Ranks(choose_device(device)))
    run.open_pairs()
    return run.seconds_per_step(timed)


@final
class _Run:
    """What the loop holds on to: the learner, its batches, and the ledger of what they have done."""

    def __init__(
        self,
        config: TrainConfig,
        train_pairs: PairData,
        validation_pairs: PairData | None,
        out: Path,
        ranks: Ranks,
    ) -> None:
        check_batch(train_pairs, config, ranks.count)
        check_trackers(config.trackers)
        self.config, self.out, self.ranks = config, out, ranks
        self.train_pairs, self.validation_pairs = train_pairs, validation_pairs
        self.data = data_identity(train_pairs, validation_pairs)
        self.named: NamedModel = initial_model(config, train_pairs.scale)
        self.objective = Objective(config.loss, config.mask, seed=config.seed)
        self._between = chain_between(self.named.model, train_pairs.chain)
        # Made once to tell what is impossible before anything is written.
        Gradients(config.precision, ranks.device)
        make_optimiser(config.optim, self.named.model.parameters())
        self.warm: WarmStart | None = None
        if config.init is not None and not has_checkpoint(out):
            self.warm = warm_start(self.named.model, config.init)

    def begin(self, *, force: bool) -> list[str]:
        """Read the pairs, decide the length, and restore the last checkpoint, if there is one.

        Args:
            force: Take the checkpoint before, if the last one is damaged.

        Returns:
            What is worth telling.
        """
        checkpoint, notes = self.ranks.by_first(lambda: checkpoint_to_resume(self.out, force=force))
        self.open_pairs()
        self.plan = plan_run(self.out, self.config, self.data, self.seconds_per_step)
        self.learner = self._learner(self.named.model, self.plan.steps)
        progress = None if checkpoint is None else self.learner.restore(checkpoint.path)
        self.ranks.by_first(self._open_folder)
        self.ledger = self._ledger(progress)
        return notes if self.warm is None else [*notes, str(self.warm)]

    def open_pairs(self) -> None:
        """Get ready to make batches."""
        self.batches = Batches(
            self.train_pairs,
            self.config,
            with_regions=self.objective.needs_regions,
            device=self.ranks.device,
            between=self._between,
            rank=self.ranks.index,
            ranks=self.ranks.count,
        )

    def seconds_per_step(self, timed: int = TIMED_STEPS) -> float:
        """Time some steps of a copy of the model, fewer where one takes long."""
        first = self._timed(FIRST_STEPS, warmup=FIRST_STEPS)
        more = worth_timing(first, timed)
        return self._timed(more, warmup=WARMUP_STEPS) if more else first

    def _timed(self, timed: int, warmup: int) -> float:
        steps = warmup + timed
        spare = self._learner(copy.deepcopy(self.named.model), steps)
        with self._batches(0, steps, 0) as batches:
            return self.ranks.shared(time_steps(lambda: spare.learn(next(batches)), timed, warmup=warmup))

    def records(self, stop: Callable[[], bool] | None) -> Iterator[TrainRecord]:
        """Train up to the planned length.

        Args:
            stop: Asked after every step.
        """
        learner, ledger = self.learner, self.ledger
        with self._batches(learner.step, self.plan.steps, learner.images_seen) as batches:
            while learner.step < self.plan.steps:
                with ledger.clock.waiting():
                    examples = next(batches)
                with ledger.clock.working():
                    ledger.window.add(self._learn(examples))
                stopping = self.ranks.any(stop is not None and stop())
                if ledger.due():
                    yield ledger.told(save=stopping)
                elif stopping:
                    yield ledger.interrupted()
                if stopping:
                    return

    def _open_folder(self) -> None:
        write_plan(self.out, self.plan)
        record_pictures(self.out, self.train_pairs.ids, self.config.init)
        cut_records(self.out, self.learner.step)
        if self.warm is not None:
            write_json(self.out / INIT_FILE, asdict(self.warm))

    def _batches(self, step: int, steps: int, images_seen: int) -> AbstractContextManager[Iterator[Examples]]:
        size = self.config.batch_size

        def made(number: int) -> Examples:
            return self.batches.at(images_seen + (number - step) * size, number / steps)

        return made_ahead(made, range(step, steps), self.config.workers)

    def _learn(self, examples: Examples) -> dict[str, float]:
        try:
            return self.learner.learn(examples)
        except NonFiniteError as error:
            shares, step = self.ranks.gathered(share_of(examples)), error.step
            path = self.ranks.by_first(lambda: save_non_finite(self.out, step, shares))
            raise NonFiniteError(step, error.what, error.ids, path) from None

    def _learner(self, model: Restorer, steps: int) -> Learner:
        return Learner(model, self.objective, self.config, steps=steps, ranks=self.ranks)

    def _ledger(self, progress: Progress | None) -> Ledger:
        config, ranks = self.config, self.ranks
        validation = None
        if self.validation_pairs is not None and len(self.validation_pairs):
            size = config.batch_size // ranks.count
            validation = Validation(self.validation_pairs, batch_size=size, ranks=ranks, cache=config.cache)
        return Ledger(
            self.out,
            config,
            self.learner,
            steps=self.plan.steps,
            pictures=len(self.train_pairs),
            saver=Saver(self.out, self.named, config, self.data),
            trackers=Trackers(config.trackers if ranks.first else (), self.out, to_tables(config), self.learner.step),
            validation=validation,
            ranks=ranks,
            progress=progress,
        )
