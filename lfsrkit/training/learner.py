"""A model, its average and its optimiser: one step of training, and all of its state as files."""

import io
import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import torch
from safetensors.torch import load as tensors_from
from safetensors.torch import save as tensors_to
from torch import Tensor, nn

from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.models.base import Restorer
from lfsrkit.seeding import key_seed
from lfsrkit.stages import TrainConfig
from lfsrkit.training.data import Examples
from lfsrkit.training.ema import Average
from lfsrkit.training.objective import Objective
from lfsrkit.training.schedule import learning_rate
from lfsrkit.types import Images, PerImage

LOSS = "loss"
"""Name of the weighted sum among the means of a step."""

_WEIGHTS, _AVERAGE, _TRAINER = "model.safetensors", "ema.safetensors", "trainer.pt"


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
        device: Where to compute.
    """

    def __init__(
        self, model: Restorer, objective: Objective, config: TrainConfig, *, steps: int, device: torch.device
    ) -> None:
        from accelerate import Accelerator

        # Accelerate keeps device and precision for the whole process, which may hold several runs: both are set here.
        self._accelerator = Accelerator(mixed_precision="no", device_placement=False)
        self.model = model.to(device).train()
        self.average = Average(self.model, config.ema)
        self.images_seen = 0
        self.step = 0
        self.lr = 0.0
        self._config, self._objective, self._steps, self._device = config, objective, steps, device
        optim = config.optim
        optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=optim.lr, betas=optim.betas, weight_decay=optim.weight_decay, fused=True
        )
        staged = _Staged(self.model, bf16=config.precision == "bf16")
        self._staged, self._optimiser = self._accelerator.prepare(staged, optimiser)

    def learn(self, examples: Examples) -> dict[str, float]:
        """Do one step.

        Args:
            examples: The batch.

        Returns:
            The loss as ``"loss"`` and its terms by name, means over the batch.

        Raises:
            NonFiniteError: If the loss or the gradient is not finite; the weights stay as they were.
        """
        # The stream of the step is for layers that draw, such as dropout; it leaves the global one as it was.
        with _seeded(key_seed(self._config.seed, self.step, "layers"), self._device):
            terms = self._objective(self._staged(examples.low), examples, self.step / self._steps)
            loss = self._objective.total(terms)
            self._optimiser.zero_grad()
            self._accelerator.backward(loss)
        norm = self._accelerator.clip_grad_norm_(self._staged.parameters(), self._config.optim.clip_norm)
        means = self._means(examples, loss, terms, norm)
        self._update(len(examples.ids))
        return means

    def files(self, progress: Mapping[str, Any]) -> dict[str, bytes]:
        """Write the whole state.

        Args:
            progress: Plain values of the caller that belong to it.

        Returns:
            Contents by name of the file.
        """
        buffer = io.BytesIO()
        own = {"step": self.step, "images_seen": self.images_seen, "optimiser": self._optimiser.state_dict()}
        torch.save({**own, "progress": dict(progress)}, buffer)
        return {
            _WEIGHTS: tensors_to(_plain_state(self.model)),
            _AVERAGE: tensors_to(_plain_state(self.average.model)),
            _TRAINER: buffer.getvalue(),
        }

    def restore(self, folder: Path) -> dict[str, Any]:
        """Read the whole state back.

        Args:
            folder: Folder with the files, which were verified before.

        Returns:
            The plain values of the caller.

        Raises:
            UsageError: If the weights are those of another model.
        """
        state = torch.load(folder / _TRAINER, map_location="cpu", weights_only=True)
        try:
            self.model.load_state_dict(tensors_from((folder / _WEIGHTS).read_bytes()))
            self.average.model.load_state_dict(tensors_from((folder / _AVERAGE).read_bytes()))
            self._optimiser.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise UsageError(f"{folder} holds the weights of another model than that of the run: {reason}") from error
        self.step, self.images_seen = state["step"], state["images_seen"]
        return state["progress"]

    def _means(
        self, examples: Examples, loss: Tensor, terms: Mapping[str, PerImage], norm: Tensor | float | None
    ) -> dict[str, float]:
        gradient = torch.as_tensor(norm, device=loss.device)
        # One transfer from the device for all numbers of a step.
        numbers = torch.stack([loss.detach(), gradient, *(term.detach().mean() for term in terms.values())]).tolist()
        if not all(math.isfinite(number) for number in numbers):
            raise self._explained(examples, terms)
        return {LOSS: numbers[0], **dict(zip(terms, numbers[2:], strict=True))}

    def _explained(self, examples: Examples, terms: Mapping[str, PerImage]) -> NonFiniteError:
        for name, values in terms.items():
            bad = (~values.isfinite()).nonzero().flatten().tolist()
            if bad:
                return NonFiniteError(self.step + 1, f"the loss term {name!r}", [examples.ids[row] for row in bad])
        return NonFiniteError(self.step + 1, "the gradient", [])

    def _update(self, images: int) -> None:
        optim = self._config.optim
        self.lr = learning_rate(self.step, self._steps, peak=optim.lr, warmup_steps=optim.warmup_steps)
        for group in self._optimiser.param_groups:
            group["lr"] = self.lr
        self._optimiser.step()
        self.step += 1
        self.images_seen += images
        self.average.update(self.model, self.step)


@final
class _Staged(nn.Module):
    """Make the forward pass give every stage, so that wrappers of a module such as DDP pass them on."""

    def __init__(self, model: Restorer, *, bf16: bool) -> None:
        super().__init__()
        self.model = model
        self._bf16 = bf16

    def forward(self, low: Images) -> dict[str, Tensor]:
        with torch.autocast(low.device.type, torch.bfloat16, enabled=self._bf16):
            stages = self.model.stages(low)
        return {name: stage.float() for name, stage in stages.items()}


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


def _plain_state(model: Restorer) -> dict[str, Tensor]:
    return {key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()}
