"""Attention in shifted windows for pictures of any size, where a network keeps what holds for one size only."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

_Side = int | torch.SymInt
"""Pixels; the latter while a network is traced, where a side may be any."""
_SWINIR = "spandrel.architectures.SwinIR.__arch.SwinIR"


@contextmanager
def windows_of_any_size(model: nn.Module) -> Generator[None]:
    """Let the windows of SwinIR follow the picture, for as long as it is traced; every value stays what it was.

    Spandrel's SwinIR writes the mask of its shifted windows slice by slice, has it ready for one size, and counts
    pictures in a floating-point division: each of these is traced as a constant.

    Args:
        model: Anything; one without SwinIR in it is left alone.
    """
    blocks = [module for module in model.modules() if _is_block(module)]
    if not blocks:
        yield
        return
    written: Any = import_module(_SWINIR)

    changed: list[tuple[Any, str, Any]] = [
        (written, "window_reverse", _window_reverse),
        (written.SwinTransformerBlock, "calculate_mask", _shift_mask),
        *((block, "input_resolution", None) for block in blocks),
    ]
    before = [getattr(place, name) for place, name, _ in changed]
    try:
        for place, name, value in changed:
            setattr(place, name, value)
        yield
    finally:
        for (place, name, _), value in zip(changed, before, strict=True):
            setattr(place, name, value)


def _is_block(module: nn.Module) -> bool:
    return (type(module).__module__, type(module).__name__) == (_SWINIR, "SwinTransformerBlock")


def _window_reverse(windows: Tensor, window_size: int, height: _Side, width: _Side) -> Tensor:
    """Put windows (n windows, side, side, channels) together to pictures (n, height, width, channels)."""
    rows, columns = height // window_size, width // window_size
    grid = windows.view(-1, rows, columns, window_size, window_size, windows.shape[-1])
    return grid.permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, windows.shape[-1])


def _shift_mask(block: Any, sides: tuple[_Side, _Side]) -> Tensor:
    """Give -100 where two positions of a shifted window were not neighbours before the shift, 0 where they were."""
    rows, columns = (_strips(side, block.window_size, block.shift_size) for side in sides)
    region = (3 * rows[:, None] + columns)[None, :, :, None]
    inside = import_module(_SWINIR).window_partition(region, block.window_size).flatten(1)
    return torch.where(inside[:, None] != inside[:, :, None], -100.0, 0.0)


def _strips(side: _Side, window: int, shift: int) -> Tensor:
    """Number the strips of an axis that a shift keeps whole: before the last window, in it, and what comes round."""
    position = torch.arange(side)
    return (position >= side - window).float() + (position >= side - shift).float()
