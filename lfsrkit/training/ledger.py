"""The ledger of a run: what was measured since its last line, and what is written and saved when it is due."""

import math
from pathlib import Path
from typing import final

from lfsrkit.ranks import Ranks
from lfsrkit.stages import TrainConfig
from lfsrkit.training.checkpoint import checkpoint_path
from lfsrkit.training.learner import LOSS, Learner
from lfsrkit.training.record import Clock, TrainRecord, Window, append_record
from lfsrkit.training.saving import Saver
from lfsrkit.training.state import Progress
from lfsrkit.training.trackers import Trackers
from lfsrkit.training.validation import Validation

BEST_METRIC = "psnr"


@final
class Ledger:
    """Keep the books of a run; all processes do, and the first one writes.

    Args:
        out: Folder of the run.
        config: How often what is due.
        learner: What learns.
        steps: Of the whole run.
        pictures: To train on, a pass over which is an epoch.
        saver: Writes checkpoints.
        trackers: Told every record; closed with the ledger.
        validation: What to validate on, if anything.
        ranks: The processes that train together.
        progress: What was counted before, if the run goes on.
    """

    def __init__(
        self,
        out: Path,
        config: TrainConfig,
        learner: Learner,
        *,
        steps: int,
        pictures: int,
        saver: Saver,
        trackers: Trackers,
        validation: Validation | None,
        ranks: Ranks,
        progress: Progress | None,
    ) -> None:
        counted = progress or Progress(0.0, -math.inf, 0, {})
        self.clock = Clock(counted.seconds)
        self.window = Window(counted.window_steps, counted.window_sums)
        self._best = counted.best
        self._out, self._config, self._learner, self._ranks = out, config, learner, ranks
        self._steps, self._pictures = steps, pictures
        self._saver, self._trackers, self._validation = saver, trackers, validation

    def due(self) -> bool:
        """Tell whether a record is, after the step that was just done."""
        config = self._config
        validating = [] if self._validation is None else [config.validate_every]
        return self._falls_on(config.log_every, config.checkpoint_every, *validating)

    def told(self, *, save: bool) -> TrainRecord:
        """Validate, write a line and a checkpoint as far as they are due, and begin a new window.

        Args:
            save: Write a checkpoint even if none is due.
        """
        validation = self._validated() if self._falls_on(self._config.validate_every) else None
        improved = validation is not None and validation[BEST_METRIC] > self._best
        if improved and validation is not None:
            self._best = validation[BEST_METRIC]
        save = save or improved or self._falls_on(self._config.checkpoint_every)
        record = self._record(validation, saved=save)
        self.window, self.clock = Window(), Clock(self.clock.seconds)
        self._ranks.by_first(lambda: self._write(record, save=save, best=improved))
        return record

    def interrupted(self) -> TrainRecord:
        """Save between two lines of the log; the window is saved with it, so that the next line comes out the same."""
        self._ranks.by_first(lambda: self._saver.save(self._learner, self._progress(), best=False))
        return self._record(None, saved=True)

    def close(self) -> None:
        """Finish what the trackers write."""
        self._trackers.close()

    def _write(self, record: TrainRecord, *, save: bool, best: bool) -> None:
        append_record(self._out, record)
        self._trackers.tell(record)
        if save:
            self._saver.save(self._learner, self._progress(), best=best)

    def _record(self, validation: dict[str, float] | None, *, saved: bool) -> TrainRecord:
        learner, clock, means = self._learner, self.clock, self.window.means()
        pace = clock.steps_per_second
        return TrainRecord(
            step=learner.step,
            steps=self._steps,
            epoch=learner.images_seen // self._pictures,
            loss=means.pop(LOSS),
            terms=means,
            lr=learner.lr,
            images_seen=learner.images_seen,
            images_per_second=pace * self._config.batch_size,
            steps_per_second=pace,
            data_wait=clock.share_waiting,
            seconds=clock.seconds,
            validation=validation,
            checkpoint=checkpoint_path(self._out, learner.step) if saved else None,
        )

    def _validated(self) -> dict[str, float] | None:
        if self._validation is None:
            return None
        model, path = self._learner.average.model, self._out / "sheets" / f"step-{self._learner.step:06d}.png"
        # Running statistics are those of the first process, whose weights are saved.
        self._ranks.align(model.buffers())
        validation = self._validation
        self._ranks.by_first(lambda: validation.write_sheet(model, path))
        return validation.measure(model)

    def _progress(self) -> Progress:
        return Progress(self.clock.seconds, self._best, self.window.steps, self.window.sums)

    def _falls_on(self, *periods: int) -> bool:
        step = self._learner.step
        return step == self._steps or any(step % period == 0 for period in periods)
