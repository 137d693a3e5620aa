"""Which device does the work, and what it is called."""

import platform
from pathlib import Path

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
        torch.empty(1, device=device).tolist()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"device {name!r} cannot be used here: {reason}; try --device cpu") from None
    return device


def describe_device(device: torch.device) -> str:
    """Name the hardware behind a device, for a line under a table.

    Args:
        device: From `choose_device`.
    """
    if device.type == "cpu":
        return f"{_processor()}, {torch.get_num_threads()} threads"
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return device.type


def _processor() -> str:
    """Ask the system; Linux tells the name of its processor in a file only."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine() or "cpu"
