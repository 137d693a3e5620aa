"""Which device does the work."""

import torch

from lfsrkit.errors import UsageError


def choose_device(name: str = "auto") -> torch.device:
    """Turn a name into a device that exists.

    Args:
        name: ``auto`` takes an accelerator if there is one; else a name of torch, such as ``cpu`` or ``cuda:1``.

    Raises:
        UsageError: If there is no such device here.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    if name == "auto":
        return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"device {name!r} cannot be used here: {reason}; try --device cpu") from None
    return device
