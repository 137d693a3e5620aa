"""What is to be told of a model before it is used: its rules, what a picture costs, and of which layers it is made."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median

import torch
from torch import nn

from lfsrkit.calls import Call
from lfsrkit.devices import choose_device
from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.models.macs import count_macs, count_parameters
from lfsrkit.registries import MODELS

PROTOCOL_SIZES = ((16, 128), (32, 128), (16, 64))
"""Sides in pixels of the low and of the clean picture in the protocols."""

VALUES = "sRGB in [0, 1] in and out, not clamped"
"""What every model takes and gives, whatever its layers work with."""

_TYPICAL_CLEAN = 128
_SECONDS = 0.3
"""How long a model is timed at one size, at least."""


@dataclass(frozen=True)
class Layer:
    """A layer and the layers inside it."""

    name: str
    """Name of the attribute, such as ``body``; ``0-15`` for sixteen in a row that are alike."""
    kind: str
    """Name of the class."""
    parameters: int
    """Numbers to learn, of all that are alike together."""
    count: int = 1
    """How many are alike."""
    inner: tuple["Layer", ...] = ()
    """What one of them is made of."""


@dataclass(frozen=True)
class Cost:
    """What a picture of one size costs."""

    low: int
    """Side in pixels of the picture that goes in."""
    restored: int
    """Side in pixels of the picture that comes out."""
    parameters: int
    """Numbers to learn of the model that enlarges so."""
    macs: int
    """Multiplications with addition."""
    milliseconds: float | None
    """Time on this machine, where it was measured."""


@dataclass(frozen=True)
class Description:
    """What is to be told of a model."""

    info: ModelInfo
    """Its rules."""
    model_class: type[Restorer]
    """Class of the model."""
    scale: int
    """Scale of the model whose layers are listed."""
    parameters: int
    """Its numbers to learn."""
    costs: tuple[Cost, ...]
    """Costs at the sizes of the protocols that its scales allow."""
    layers: Layer
    """Its layers."""


def describe_model(call: Call, *, timing: bool = False, device: str = "auto") -> Description:
    """Make a model and describe it.

    Args:
        call: Name in MODELS and parameters; with a scale among them the costs are those at this scale alone.
        timing: Whether to measure milliseconds, a third of a second or more for each size.
        device: Where they are measured; ``auto`` = an accelerator if there is one.

    Raises:
        UsageError: If there is no such model, or it cannot be made from these parameters.

    Example:
        >>> describe_model(Call("bicubic")).info.scales
        (2, 4, 8, 16)
    """
    model = _made(call)
    sizes = protocol_sizes(model.info.scales if _takes_scale(call) else (model.scale,))
    layers, scale, info = layer_tree(model), model.scale, model.info
    costs: list[Cost] = []
    for clean_per_low, group in groupby(sizes, key=lambda size: size[1] // size[0]):
        sized = model if clean_per_low == scale else _made(Call(call.name, {**call.params, "scale": clean_per_low}))
        costs += _costs(sized, list(group), choose_device(device) if timing else None)
    return Description(info, type(model), scale, layers.parameters, tuple(costs), layers)


def protocol_sizes(scales: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Choose the sizes of the protocols that some scales allow, grouped by scale.

    A model that keeps the size serves at either end of a cascade; other scales get a clean picture of 128 pixels.

    Args:
        scales: Factors of enlargement.

    Example:
        >>> protocol_sizes([2, 4, 8]), protocol_sizes([16]), protocol_sizes([1])
        (((16, 128), (32, 128), (16, 64)), ((8, 128),), ((16, 16), (32, 32), (64, 64), (128, 128)))
    """
    found = tuple(size for size in PROTOCOL_SIZES if size[1] // size[0] in scales)
    if found:
        return found
    if 1 in scales:
        return tuple((side, side) for side in sorted({side for size in PROTOCOL_SIZES for side in size}))
    return tuple((_TYPICAL_CLEAN // scale, _TYPICAL_CLEAN // scale * scale) for scale in scales)


def layer_tree(module: nn.Module, depth: int = 3) -> Layer:
    """List the layers of a module, those that follow each other and are alike as one.

    Args:
        module: Any module.
        depth: How many levels to go down.

    Example:
        >>> tree = layer_tree(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)))
        >>> [(layer.name, layer.kind, layer.count, layer.parameters) for layer in tree.inner]
        [('0-1', 'Linear', 2, 12)]
    """
    return _layer("", module, depth)


def milliseconds_per_picture(model: nn.Module, side: int) -> float:
    """Measure the time of one picture at batch 1 in evaluation, the median of several runs after a warm-up.

    Args:
        model: Model on the device to be measured, in eval mode.
        side: Side in pixels of the picture that goes in.
    """
    reference = next(iter([*model.parameters(), *model.buffers()]), torch.empty(0))
    picture = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(reference.device)
    times: list[float] = []
    with torch.inference_mode():
        model(picture)
        end = time.perf_counter() + _SECONDS
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            # Reading a number waits for the device.
            model(picture)[0, 0, 0, 0].item()
            times.append(time.perf_counter() - start)
    return 1e3 * median(times)


def _made(call: Call) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        return MODELS.build(call).eval()


def _takes_scale(call: Call) -> bool:
    return "scale" not in call.params and any(one.name == "scale" for one in MODELS[call.name].parameters())


def _costs(model: Restorer, sizes: list[tuple[int, int]], device: torch.device | None) -> list[Cost]:
    """Measure, then count; the model ends on the meta device, where counting takes no time."""
    parameters = count_parameters(model)
    times: list[float | None] = [None] * len(sizes)
    if device is not None:
        model.to(device)
        times = [milliseconds_per_picture(model, low) for low, _ in sizes]
    model.to("meta")
    return [
        Cost(low, restored, parameters, count_macs(model, low, low), measured)
        for (low, restored), measured in zip(sizes, times, strict=True)
    ]


def _layer(name: str, module: nn.Module, depth: int) -> Layer:
    inner = [_layer(key, child, depth - 1) for key, child in module.named_children()] if depth else []
    return Layer(name, type(module).__name__, count_parameters(module), inner=tuple(_joined(inner)))


def _joined(layers: list[Layer]) -> Iterable[Layer]:
    """Join numbered neighbours that are alike."""
    for key, group in groupby(layers, key=lambda one: replace(one, name="") if one.name.isdecimal() else one.name):
        first, *others = group
        if isinstance(key, str) or not others:
            yield from (first, *others)
        else:
            count = 1 + len(others)
            name = f"{first.name}-{others[-1].name}"
            yield replace(first, name=name, count=count, parameters=count * first.parameters)
