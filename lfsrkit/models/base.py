"""What every model is: facts about itself, and a forward pass that takes any size and names its stages."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from lfsrkit.contracts import of_shape
from lfsrkit.errors import UsageError
from lfsrkit.models.layers import padded
from lfsrkit.types import Images

Purpose = Literal["enhance", "super_resolve", "joint"]


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model without running it.

    Args:
        purpose: ``"enhance"`` brightens at one size, ``"super_resolve"`` enlarges, ``"joint"`` does both.
        scales: Factors of enlargement that it can be made for.
        min_size: Smallest side that its layers take, in pixels; smaller pictures are padded.
        multiple: Sides that its layers take are multiples of this; other pictures are padded.
        licence: SPDX name of the licence of the code.
        paper: Authors, title, year, link.
    """

    purpose: Purpose
    scales: tuple[int, ...]
    min_size: int = 1
    multiple: int = 1
    licence: str = "Apache-2.0"
    paper: str = ""


class Restorer(nn.Module, ABC):
    """Turn dark or small pictures into restored ones.

    Pictures are sRGB in [0, 1]; nothing is clamped here. Subclasses give `_stages`; padding and cropping are done once,
    in `stages`.

    Args:
        info: Facts about the model.
        scale: Factor of enlargement, one of ``info.scales``.

    Raises:
        UsageError: If the model cannot be made for this scale.
    """

    def __init__(self, info: ModelInfo, scale: int) -> None:
        super().__init__()
        check_scale(info, scale)
        self.info = info
        self.scale = scale

    def forward(self, low: Tensor) -> Tensor:
        """Restore a batch.

        Args:
            low: Pictures, (n, 3, h, w) with any h and w from 1, in [0, 1].

        Returns:
            Restored pictures, (n, 3, scale * h, scale * w), not clamped.

        Raises:
            UsageError: If `low` is not a batch of RGB pictures.
        """
        return self.stages(low)["restored"]

    def stages(self, low: Tensor) -> dict[str, Tensor]:
        """Restore a batch and keep what the parts of the model made on the way.

        Sides are padded at the bottom and at the right by repeating the border, up to ``info.min_size`` and the next
        multiple of ``info.multiple``; every stage is cropped by its own factor of enlargement.

        Args:
            low: As in `forward`.

        Returns:
            Pictures by name of the stage, in order; the last one is ``"restored"``.

        Raises:
            UsageError: If `low` is not a batch of RGB pictures, or `_stages` makes no such pictures of it.
        """
        _check_batch(low)
        whole = padded(low, self.info.min_size, self.info.multiple)
        # Channels last takes a quarter off a training step of every convolutional network here, on a CPU.
        stages = self._stages(whole.contiguous(memory_format=torch.channels_last))
        # Not len(): an exporter would take the number of pictures for a constant.
        count, _, *sides = whole.shape
        of_shape(stages.get("restored"), (count, 3, *(self.scale * side for side in sides)), self, "_stages 'restored'")
        return {name: _cropped(stage, whole, low) for name, stage in stages.items()}

    @abstractmethod
    def _stages(self, low: Images) -> Mapping[str, Tensor]:
        """Restore a batch whose sides suit the layers; the mapping ends with ``"restored"``."""


def check_scale(info: ModelInfo, scale: int) -> None:
    """Refuse a scale that a model cannot be made for; here for what is to be refused before a network is built.

    Args:
        info: Facts about the model.
        scale: Factor of enlargement.

    Raises:
        UsageError: If it is none of ``info.scales``.
    """
    if scale not in info.scales:
        raise UsageError(f"scale {scale} is not possible; this model has {', '.join(map(str, info.scales))}")


def _cropped(stage: Tensor, whole: Tensor, low: Tensor) -> Tensor:
    factor = stage.shape[-1] // whole.shape[-1]
    return stage[..., : factor * low.shape[-2], : factor * low.shape[-1]].contiguous()


def _check_batch(low: Tensor) -> None:
    if low.ndim != 4 or low.shape[1] != 3 or 0 in low.shape:
        raise UsageError(f"a model takes pictures of shape (n, 3, h, w), sides from 1; this is {tuple(low.shape)}")
    if not low.is_floating_point():
        raise UsageError(f"a model takes floating-point pictures in [0, 1]; these are {low.dtype}")
