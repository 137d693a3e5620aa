"""How much a model costs: multiplications with addition (MACs) of one picture, and numbers to learn."""

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_macs(model: nn.Module, height: int, width: int) -> int:
    """Count the multiply-accumulate operations of one picture.

    Half of what torch's `FlopCounterMode` counts at batch 1, with attention computed by plain matrix products, since it
    counts nothing for the fused kernels on a CPU. Convolutions and matrix products count; element-wise work does not.

    Args:
        model: Any module that takes (1, 3, height, width); its mode is kept.
        height: Height of the picture that goes in, in pixels.
        width: Width of the picture that goes in, in pixels.

    Example:
        >>> count_macs(nn.Conv2d(3, 8, 3, padding=1), 10, 10)
        21600
    """
    reference = next(iter([*model.parameters(), *model.buffers()]), torch.empty(0))
    picture = torch.zeros(1, 3, height, width, device=reference.device)
    training = model.training
    counter = FlopCounterMode(display=False)
    try:
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
            model.eval()(picture)
    finally:
        model.train(training)
    return counter.get_total_flops() // 2


def count_parameters(model: nn.Module) -> int:
    """Count the numbers that training changes.

    Args:
        model: Any module.

    Example:
        >>> count_parameters(nn.Conv2d(3, 8, 3))
        224
    """
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
