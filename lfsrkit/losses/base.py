"""What every loss is: what it may look at, and what is checked before it computes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lfsrkit.contracts import of_shape
from lfsrkit.errors import UsageError
from lfsrkit.types import Images, Masks, PerImage, Regions, Resized

_HOW_TO_GIVE = {
    "low": "pass the low pictures, of shape (n, 3, h, w)",
    "mask": "pass masks of shape (n, 1, h, w), drawn by one of lfsrkit.MASKS",
    "regions": "pass regions of shape (n, 7, h, w): those of the pairs, or lfsrkit.regions.template_regions(size)",
    "stages": "pass what model.stages(low) returned",
}

Pyramid = list[Float[Tensor, "n c _ _"]]
"""Feature maps of several sizes."""


@dataclass(frozen=True)
class Extras:
    """What a loss may look at beside the two pictures; it names what it uses in `Loss.needs`.

    Args:
        low: Low pictures.
        mask: Masks, 1 = selected.
        regions: Facial regions.
        stages: What the parts of a model made, by name.
    """

    low: Resized | None = None
    mask: Masks | None = None
    regions: Regions | None = None
    stages: Mapping[str, Tensor] | None = None


class Loss(ABC):
    """Compare restored pictures with clean ones; 0 or more, less is better.

    A subclass says in `needs` what else it looks at, if anything, and computes in `compare`. It gets numbers of 32 bits
    or more and computes outside of autocast: differences of nearly equal pictures vanish in 16 bits.
    """

    @property
    def needs(self) -> frozenset[str]:
        """What a call has to be given: some of ``"low"``, ``"mask"``, ``"regions"``, ``"stages"``; by default none."""
        return frozenset()

    @abstractmethod
    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture.

        Args:
            restored: Output of a model, not clamped.
            clean: What it should be.
            extras: What `needs` names is there.
        """

    def __call__(
        self,
        restored: Images,
        clean: Images,
        *,
        low: Resized | None = None,
        mask: Masks | None = None,
        regions: Regions | None = None,
        stages: Mapping[str, Tensor] | None = None,
    ) -> PerImage:
        """Compute the loss of each picture.

        Args:
            restored: Output of a model, not clamped.
            clean: What it should be, in [0, 1].
            low: Input of the model.
            mask: Masks, 1 = selected.
            regions: Facial regions.
            stages: What the parts of the model made, by name.

        Raises:
            UsageError: If something that the loss needs is missing, two shapes differ, or it gives anything else.
        """
        extras = Extras(low, mask, regions, stages)
        for name in sorted(self.needs):
            if getattr(extras, name) is None:
                raise UsageError(f"this loss needs {name}, which was not given; {_HOW_TO_GIVE[name]}")
        _check_shapes(restored, clean, extras)
        with torch.autocast(restored.device.type, enabled=False):
            compared = self.compare(_widened(restored), _widened(clean), _widened_extras(extras))
        return of_shape(compared, clean.shape[:1], self, "compare")


def _check_shapes(restored: Tensor, clean: Tensor, extras: Extras) -> None:
    """Refuse what torch would broadcast without a word."""
    if restored.shape != clean.shape:
        raise UsageError(
            f"restored is {tuple(restored.shape)} and clean is {tuple(clean.shape)}; they have to be equal"
        )
    for name, maps in (("mask", extras.mask), ("regions", extras.regions)):
        if maps is not None and (len(maps), maps.shape[-2:]) != (len(clean), clean.shape[-2:]):
            raise UsageError(
                f"{name} is {tuple(maps.shape)}; it has to have the batch and size of {tuple(clean.shape)}"
            )


def _widened(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


def _widened_extras(extras: Extras) -> Extras:
    low, mask, regions = (
        None if each is None else _widened(each) for each in (extras.low, extras.mask, extras.regions)
    )
    stages = None if extras.stages is None else {name: _widened(stage) for name, stage in extras.stages.items()}
    return Extras(low, mask, regions, stages)
