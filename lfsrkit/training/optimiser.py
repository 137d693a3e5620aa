"""The optimiser by its name: those of torch and of timm."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.stages import OptimConfig

FUSED = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}
"""Made by torch itself, with all parameters updated in one pass."""

_FOREIGN_ERRORS = (ValueError, TypeError, ImportError, AssertionError, RuntimeError)


def make_optimiser(config: OptimConfig, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Make an optimiser; weight decay is the same for all parameters.

    Args:
        config: Name, rate, decay, moments, and options of the optimiser's own.
        parameters: What it changes.

    Raises:
        UsageError: If there is no such optimiser, or it cannot be made from this configuration.
    """
    given = [parameter for parameter in parameters if parameter.requires_grad]
    common = {"lr": config.lr, "weight_decay": config.weight_decay}
    try:
        if config.name in FUSED:
            return FUSED[config.name](given, betas=config.betas, fused=True, **common, **config.options)
        return _of_timm(config, given, common)
    except _FOREIGN_ERRORS as error:
        reason = (str(error) or type(error).__name__).strip().partition("\n")[0]
        raise UsageError(f"optim.name={config.name!r} cannot be used: {reason}") from error


def _of_timm(config: OptimConfig, parameters: list[nn.Parameter], common: dict[str, Any]) -> Optimizer:
    timm: Any = import_module("timm.optim")
    known: list[str] = timm.list_optimizers()
    if config.name not in known:
        raise UsageError(
            f"no optimiser is called {config.name!r}{did_you_mean(config.name, known)}; "
            "timm.optim.list_optimizers() lists all of them"
        )
    about = timm.get_optimizer_info(config.name)
    if about.second_order:
        raise UsageError(f"optim.name={config.name!r} needs second derivatives, which the loop does not compute")
    moments = {"betas": config.betas} if about.has_betas and about.num_betas == len(config.betas) else {}
    return timm.create_optimizer_v2(parameters, opt=config.name, **{**common, **moments, **config.options})
