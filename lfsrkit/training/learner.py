"""A model, its average and its optimiser: one step of training, and all of its state as files."""

import io
import math
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import final

import torch
from torch import Tensor, nn

from lfsrkit.errors import LfsrkitError
from lfsrkit.models.base import Restorer
from lfsrkit.models.weights import AVERAGE_FILE, FILE_NAME
from lfsrkit.ranks import Ranks
from lfsrkit.seeding import key_seed
from lfsrkit.stages import TrainConfig
from lfsrkit.training.augment import Examples
from lfsrkit.training.ema import Average
from lfsrkit.training.lessons import Part, part_in_turn, taught
from lfsrkit.training.objective import Objective
from lfsrkit.training.optimiser import make_optimiser
from lfsrkit.training.precision import DTYPES, Gradients
from lfsrkit.training.schedule import learning_rate
from lfsrkit.training.state import TRAINER_FILE, Progress, read_trainer_state, restore_optimiser, restore_weights
from lfsrkit.types import Images, PerImage

LOSS = "loss"
"""Name of the weighted sum among the means of a step."""


class NonFiniteError(LfsrkitError):
    """A loss or a gradient became infinite or not a number; the optimiser did not take the step.

    Args:
        step: Number of the step, from 1.
        what: Name of the term, or ``"the gradient"``.
        ids: Identities of the pictures whose loss it was; none if it was that of none alone.
        batch: Where the batch was saved, if it was.
    """

    def __init__(self, step: int, what: str, ids: list[str], batch: Path | None = None) -> None:
        pictures = f" for {', '.join(ids)}" if ids else ""
        saved = f"; the batch is in {batch}" if batch is not None else ""
        super().__init__(f"step {step}: {what} is not finite{pictures}{saved}; a lower optim.lr may help")
        self.step, self.what, self.ids, self.batch = step, what, ids, batch


@final
class Learner:
    """What a training run changes.

    Args:
        model: Model to train; moved to the device and changed in place.
        objective: What is minimised.
        config: Optimiser, averaging, precision and seed.
        steps: Steps of the whole run.
        ranks: The processes that train together, and the device of this one.

    Raises:
        UsageError: If the optimiser or the precision cannot be used here.
    """

    def __init__(self, model: Restorer, objective: Objective, config: TrainConfig, *, steps: int, ranks: Ranks) -> None:
        self._gradients = Gradients(config.precision, ranks.device)
        self.model = model.to(ranks.device).train()
        if config.channels_last:
            self.model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - torch types it not
        self.average = Average(self.model, config.ema)
        self.images_seen = 0
        self.step = 0
        self.lr = 0.0
        self._config, self._objective, self._steps, self._ranks = config, objective, steps, ranks
        self._optimiser = make_optimiser(config.optim, self.model.parameters())
        staged = _Staged(self.model, DTYPES[config.precision])
        if config.compile:
            staged.compile()
        # In each step of a cascade one part learns, and the other gets no gradient.
        self._staged = ranks.joined(staged, some_unused=part_in_turn(model, 0) is not None)

    def learn(self, examples: Examples) -> dict[str, float]:
        """Do one step.

        Args:
            examples: The share of this process in the batch.

        Returns:
            The loss as ``"loss"`` and its terms by name, means over the whole batch.

        Raises:
            NonFiniteError: In all processes, if the loss or the gradient is not finite in one; the weights stay.
        """
        turn = part_in_turn(self.model, self.step)
        parts = [taught(part, turn) for part in examples.split(self._config.accumulate)]
        self._optimiser.zero_grad()
        done = [self._differentiate(part, number, len(parts), turn) for number, part in enumerate(parts)]
        losses, terms = zip(*done, strict=True)
        norm = self._gradients.clip(self.model, self._optimiser, self._config.optim.clip_norm)
        means = self._means(parts, torch.stack(losses).mean(), terms, norm)
        self._update()
        return means

    def files(self, progress: Progress, pack: Callable[[Restorer], bytes]) -> dict[str, bytes]:
        """Write the whole state.

        Args:
            progress: What the caller has counted.
            pack: Writes the weights of a model, and what they belong to.

        Returns:
            Contents by name of the file.
        """
        buffer = io.BytesIO()
        own = {"step": self.step, "images_seen": self.images_seen, "scaler": self._gradients.state()}
        torch.save({**own, "optimiser": self._optimiser.state_dict(), "progress": asdict(progress)}, buffer)
        return {
            FILE_NAME: pack(self.model),
            AVERAGE_FILE: pack(self.average.model),
            TRAINER_FILE: buffer.getvalue(),
        }

    def restore(self, folder: Path) -> Progress:
        """Read the whole state back.

        Args:
            folder: Folder with the files, which were verified before.

        Returns:
            What the caller had counted.

        Raises:
            UsageError: If the state is that of another model or optimiser.
            DamagedFile: If it cannot be read, or is more than tensors and plain values.
        """
        state = read_trainer_state(folder)
        restore_weights(self.model, folder / FILE_NAME)
        restore_weights(self.average.model, folder / AVERAGE_FILE)
        restore_optimiser(self._optimiser, state.optimiser, folder / TRAINER_FILE)
        self._gradients.restore(state.scaler)
        self.step, self.images_seen = state.step, state.images_seen
        return state.progress

    def _differentiate(
        self, part: Examples, number: int, parts: int, turn: Part | None
    ) -> tuple[Tensor, dict[str, PerImage]]:
        """Add the gradient of one part of the batch; that of the last waits for the other processes."""
        place = self._ranks.index * parts + number
        last = number == parts - 1
        with nullcontext() if last else self._ranks.apart(self._staged):
            # The stream of the part is for layers that draw, such as dropout; it leaves the global one as it was.
            with _seeded(key_seed(self._config.seed, self.step, "layers", place), self._ranks.device):
                terms = self._objective(self._staged(part.low, turn), part, self.step / self._steps)
                loss = self._objective.total(terms)
            self._gradients.backward(loss / parts)
        return loss.detach(), {name: values.detach() for name, values in terms.items()}

    def _means(
        self, parts: Sequence[Examples], loss: Tensor, terms: Sequence[Mapping[str, PerImage]], norm: Tensor
    ) -> dict[str, float]:
        names = list(terms[0])
        per_term = [torch.stack([part[name].mean() for part in terms]).mean() for name in names]
        # One transfer from the device, and one message between processes, for all numbers of a step.
        numbers: list[float] = self._ranks.mean(torch.stack([norm, loss, *per_term])).tolist()
        overflowed = not math.isfinite(numbers[0]) and not self._gradients.may_overflow()
        if overflowed or not all(math.isfinite(number) for number in numbers[1:]):
            raise self._explained(parts, terms)
        return {LOSS: numbers[1], **dict(zip(names, numbers[2:], strict=True))}

    def _explained(self, parts: Sequence[Examples], terms: Sequence[Mapping[str, PerImage]]) -> NonFiniteError:
        """Name the first term that is not finite, and its pictures in all processes."""
        mine = {name: _culprits(name, parts, terms) for name in terms[0]}
        for name in terms[0]:
            ids = [each for theirs in self._ranks.gathered(mine[name]) for each in theirs]
            if ids:
                return NonFiniteError(self.step + 1, f"the loss term {name!r}", ids)
        return NonFiniteError(self.step + 1, "the gradient", [])

    def _update(self) -> None:
        optim = self._config.optim
        self.lr = learning_rate(
            self.step,
            self._steps,
            peak=optim.lr,
            warmup_steps=optim.warmup_steps,
            schedule=optim.schedule,
            milestones=optim.milestones,
            gamma=optim.gamma,
        )
        for group in self._optimiser.param_groups:
            group["lr"] = self.lr
        self._gradients.step(self._optimiser)
        self.step += 1
        self.images_seen += self._config.batch_size
        self.average.update(self.model, self.step)


@final
class _Staged(nn.Module):
    """Make the forward pass give every stage, so that wrappers of a module such as DDP pass them on."""

    def __init__(self, model: Restorer, dtype: torch.dtype | None) -> None:
        super().__init__()
        self.model = model
        self._dtype = dtype

    def forward(self, low: Images, part: Part | None = None) -> dict[str, Tensor]:
        model: Restorer = self.model if part is None else getattr(self.model, part)
        with torch.autocast(low.device.type, self._dtype, enabled=self._dtype is not None):
            stages = model.stages(low)
        return {name: stage.float() for name, stage in stages.items()}


def _culprits(name: str, parts: Sequence[Examples], terms: Sequence[Mapping[str, PerImage]]) -> list[str]:
    found: list[str] = []
    for part, values in zip(parts, terms, strict=True):
        bad = (~values[name].isfinite()).nonzero().flatten().tolist()
        found += [part.ids[row] for row in bad]
    return found


@contextmanager
def _seeded(seed: int, device: torch.device) -> Generator[None, None, None]:
    """Seed the global generators inside the block and put them back after it."""
    on_cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_cuda else []):
        torch.default_generator.manual_seed(seed)
        if on_cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield
