"""Number formats: in which the forward pass computes, and how small gradients survive in 16 bits."""

from typing import Any, final

import torch
from torch import Tensor, nn

from lfsrkit.errors import UsageError
from lfsrkit.stages import Precision

DTYPES: dict[Precision, torch.dtype | None] = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
"""Format of the forward pass; None = that of the weights."""

SMALLEST_SCALE = 1.0
"""A loss that overflows even at this factor is not a matter of the number format."""


@final
class Gradients:
    """Backward pass and clipping; with fp16 the loss is scaled up so that small gradients do not vanish.

    A gradient that overflows through the scaling makes the optimiser skip the step and halves the scale.

    Args:
        precision: Number format of the forward pass.
        device: Where it runs.

    Raises:
        UsageError: If fp16 is asked for without an accelerator.

    References:
        Micikevicius et al., Mixed Precision Training, ICLR 2018. https://arxiv.org/abs/1710.03740
    """

    def __init__(self, precision: Precision, device: torch.device) -> None:
        if precision == "fp16" and device.type == "cpu":
            raise UsageError("precision='fp16' needs an accelerator; on a CPU take bf16 or fp32")
        self._scaler = torch.amp.GradScaler(device.type, enabled=precision == "fp16")

    def backward(self, loss: Tensor) -> None:
        """Add the gradient of a loss.

        Args:
            loss: One number.
        """
        self._scaler.scale(loss).backward()

    def clip(self, module: nn.Module, optimiser: torch.optim.Optimizer, largest: float) -> Tensor:
        """Bound the norm of the gradient.

        Args:
            module: Whose gradient.
            optimiser: That of the module.
            largest: Largest norm.

        Returns:
            The norm before.
        """
        self._scaler.unscale_(optimiser)
        return nn.utils.clip_grad_norm_(module.parameters(), largest)

    def may_overflow(self) -> bool:
        """Tell whether a gradient that is not finite may be due to the scaling, so that a smaller scale can help."""
        return self._scaler.is_enabled() and self._scaler.get_scale() > SMALLEST_SCALE

    def step(self, optimiser: torch.optim.Optimizer) -> None:
        """Let the optimiser step, unless the gradient has overflowed.

        Args:
            optimiser: After `clip`.
        """
        self._scaler.step(optimiser)
        self._scaler.update()

    def state(self) -> dict[str, Any]:
        """Give the scale and its age; nothing without fp16."""
        return self._scaler.state_dict()

    def restore(self, state: dict[str, Any]) -> None:
        """Take the scale back.

        Args:
            state: From `state`.
        """
        if state and self._scaler.is_enabled():
            self._scaler.load_state_dict(state)
