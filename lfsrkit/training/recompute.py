"""Memory for time: blocks of a deep network forget their activations and compute them again in the backward pass."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint

from lfsrkit.errors import UsageError

FEWEST = 4
"""A list of fewer blocks is no trunk: recomputing it whole would save nothing."""


def recompute_blocks(model: nn.Module) -> int:
    """Recompute the blocks of the longest list of blocks in a model; its weights keep their names.

    Args:
        model: Changed in place.

    Returns:
        How many blocks are recomputed.

    Raises:
        UsageError: If the model has no such list, or a block has running statistics, which would be counted twice.

    References:
        Chen, Xu, Zhang, Guestrin, Training Deep Nets with Sublinear Memory Cost, 2016. https://arxiv.org/abs/1604.06174
    """
    trunks = [part for part in model.modules() if isinstance(part, nn.ModuleList | nn.Sequential)]
    blocks = list(max(trunks, key=len)) if trunks else []
    if len(blocks) < FEWEST:
        raise UsageError("recompute=true: this model has no list of blocks to recompute; leave it at false")
    if any(isinstance(part, nn.modules.batchnorm._BatchNorm) for block in blocks for part in block.modules()):  # pyright: ignore[reportPrivateUsage]
        raise UsageError("recompute=true: the blocks of this model count batch statistics; leave it at false")
    for block in blocks:
        block.forward = partial(_recomputed, block.forward)
    return len(blocks)


def _recomputed(forward: Callable[..., Any], *given: Any, **named: Any) -> Any:
    return checkpoint(forward, *given, use_reentrant=False, **named)
