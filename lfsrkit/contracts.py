"""What plugs give back, checked where it enters the kit: a fault names the plug, not what stumbles over it later."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lfsrkit.errors import UsageError


def of_shape(result: object, shape: Sequence[int | torch.SymInt], plug: object, method: str) -> Tensor:
    """Give a tensor back if it has the shape that it has to have.

    Nothing is looked at while a network is compiled or exported, where sizes may be symbols.

    Args:
        result: What the plug gave.
        shape: What it has to have.
        plug: Who gave it.
        method: Which of its methods did.

    Raises:
        UsageError: If it is something else.

    Example:
        >>> of_shape(torch.zeros(2), [2], torch.nn.Identity(), "forward")
        tensor([0., 0.])
        >>> of_shape(0.5, [2], torch.nn.Identity(), "forward")
        Traceback (most recent call last):
        lfsrkit.errors.UsageError: Identity.forward gave a float; it has to give a tensor of shape (2,)
    """
    if isinstance(result, Tensor) and (torch.compiler.is_compiling() or result.shape == tuple(shape)):
        return result
    given = f"a tensor of shape {tuple(result.shape)}" if isinstance(result, Tensor) else f"a {type(result).__name__}"
    raise UsageError(f"{type(plug).__name__}.{method} gave {given}; it has to give a tensor of shape {tuple(shape)}")
