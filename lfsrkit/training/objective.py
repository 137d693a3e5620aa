"""What training minimises: a weighted sum of losses, with the masks and regions that they ask for."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from lfsrkit.calls import Call
from lfsrkit.errors import UsageError
from lfsrkit.losses import Loss
from lfsrkit.masks.base import STREAM, MaskStrategy
from lfsrkit.registries import LOSSES, MASKS
from lfsrkit.stages import LossTerm
from lfsrkit.training.augment import Examples, epoch_streams
from lfsrkit.types import Images, Masks, PerImage

DEFAULT_MASK = Call("face_biased")
"""The strategy where a loss needs a mask and none is named."""


@final
class Objective:
    r"""The loss of a run, $\sum_k w_k L_k$, each term per picture.

    Args:
        terms: Losses and their weights.
        mask: Strategy for the losses that need a mask.
        seed: Seed of the masks.

    Raises:
        UsageError: If a loss or the strategy cannot be made.
    """

    def __init__(self, terms: Sequence[LossTerm], mask: Call | None, *, seed: int) -> None:
        names = _distinct([term.term.name for term in terms])
        self.weights = dict(zip(names, (term.weight for term in terms), strict=True))
        self._losses: dict[str, Loss] = dict(zip(names, (LOSSES.build(term.term) for term in terms), strict=True))
        if mask is not None and "mask" not in self._needs():
            raise UsageError(f"mask: no loss uses {mask}; add one that does, such as loss=face_mask, or leave it out")
        self._mask = MASKS.build(mask or DEFAULT_MASK) if "mask" in self._needs() else None
        self._seed = seed

    @property
    def needs_regions(self) -> bool:
        """Whether a loss or the mask strategy looks at facial regions."""
        return "regions" in self._needs() | (self._mask.needs if self._mask is not None else frozenset())

    def __call__(self, stages: Mapping[str, Tensor], examples: Examples, progress: float) -> dict[str, PerImage]:
        """Compute every term for every picture.

        Args:
            stages: What the parts of the model made; ``restored`` is the last.
            examples: The batch.
            progress: Share of the training that is done, 0 to 1.
        """
        restored = stages["restored"]
        given: dict[str, Any] = {"low": examples.low, "regions": examples.regions, "stages": stages}
        if self._mask is not None:
            given["mask"] = self._drawn(self._mask, restored, examples, progress)
        return {
            name: loss(restored, examples.clean, **{need: given[need] for need in loss.needs})
            for name, loss in self._losses.items()
        }

    def total(self, values: Mapping[str, PerImage]) -> Tensor:
        """Weigh the terms and average over the batch.

        Args:
            values: From a call.
        """
        return torch.stack([self.weights[name] * value for name, value in values.items()]).sum(dim=0).mean()

    def _needs(self) -> frozenset[str]:
        return frozenset[str]().union(*(loss.needs for loss in self._losses.values()))

    def _drawn(self, mask: MaskStrategy, restored: Images, examples: Examples, progress: float) -> Masks:
        height, width = restored.shape[-2:]
        hints: dict[str, Any] = {}
        if "regions" in mask.needs:
            hints["regions"] = examples.regions
        if "low" in mask.needs:
            hints["low"] = functional.interpolate(examples.low, (height, width), mode="bilinear", align_corners=False)
        if "error" in mask.needs:
            hints["error"] = (restored.detach() - examples.clean).abs().mean(dim=1, keepdim=True)
        if "progress" in mask.needs:
            hints["progress"] = progress
        sources = epoch_streams(self._seed, examples.ids, examples.epochs, STREAM)
        return mask.sample(len(restored), height, width, sources, **hints).to(restored.device)


def _distinct(names: Sequence[str]) -> list[str]:
    """Number the repetitions, so that two terms of one loss have two columns."""
    return [name if name not in names[:i] else f"{name}_{names[:i].count(name) + 1}" for i, name in enumerate(names)]
