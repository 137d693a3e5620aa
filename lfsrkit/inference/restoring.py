"""One model on one device: in half precision where asked, in full precision where that fails."""

from typing import final

import torch

from lfsrkit.errors import BadPicture
from lfsrkit.models import Restorer
from lfsrkit.stages import Precision
from lfsrkit.types import Images, Resized

_HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}

NOTE = "not finite in half precision; restored again in fp32"


@final
class Restoring:
    """Restore pictures, clamped, on the CPU; what is not finite in half precision is restored again in fp32.

    Args:
        model: Any; put on the device and into eval mode.
        place: Device.
        precision: ``fp32``, ``bf16`` or ``fp16``.
    """

    def __init__(self, model: Restorer, place: torch.device, precision: Precision = "fp32") -> None:
        self.model = model.to(place).eval()
        self.scale = model.scale
        self._place, self._half = place, _HALF.get(precision)
        self.retried = False
        """Whether half precision has failed since this was last set to False."""

    def __call__(self, low: Images) -> Resized:
        """Restore a batch.

        Args:
            low: Float pictures from 0 to 1.

        Raises:
            BadPicture: If the model gives numbers that are not finite in fp32.
        """
        given = low.to(self._place)
        with torch.inference_mode():
            restored = self._in_half(given)
            if restored is None:
                restored = self.model(given).float()
        if not restored.isfinite().all():
            raise BadPicture("the model gives numbers that are not finite")
        return restored.clamp(0, 1).cpu()

    def _in_half(self, given: Images) -> Resized | None:
        if self._half is None:
            return None
        with torch.autocast(self._place.type, self._half):
            restored = self.model(given).float()
        if restored.isfinite().all():
            return restored
        self.retried = True
        return None
