"""Any feature extractor of timm as a backbone: enlarged to a size it accepts, its fine stages fused back."""

import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lfsrkit.errors import BadParameters, UnknownComponent, did_you_mean
from lfsrkit.models.layers import DAMPING, damped
from lfsrkit.types import Features

FINE_STRIDE = 8
"""Stages of a coarser stride see too little of a face of 16 pixels to be used."""

_SIZES = (16, 32, 48, 64, 96, 128, 192, 224, 256, 384)
_LEAST_CELLS = 4
_MULTIPLE = 32


def timm_backbone(name: str) -> Callable[..., nn.Module]:
    """Give the factory of a backbone that is a feature extractor of timm.

    Args:
        name: Name in ``timm.list_models()``.

    Raises:
        UnknownComponent: If timm has no such model.
    """
    import timm

    if not timm.is_model(name):
        near = did_you_mean(name.partition(".")[0], timm.list_models())
        raise UnknownComponent(f"timm has no model {name!r}{near}; `timm.list_models()` lists them")

    def factory(
        channels: int = 64, pretrained: bool = False, weights: str | None = None, size: int | None = None
    ) -> nn.Module:
        """Fuse the fine stages of a timm network back to the size of the input.

        Args:
            channels: Width of the feature maps.
            pretrained: Whether to begin with weights from the hub (a download on first use).
            weights: Local file with such weights instead.
            size: Side in pixels that features are enlarged to; by default the smallest that the network works at.
        """
        return TimmBackbone(name, channels, pretrained, weights, size)

    return factory


class TimmBackbone(nn.Module):
    r"""Fuse the fine stages of a timm network back to the size of the input.

    $y = x + \sum_i \mathrm{resize}(W_i f_i(\mathrm{enlarge}(x)))$ over the stages f of stride 8 and below (else the
    finest). Networks made for one size work at it, all others at any size that is large enough. Layers that
    the used stages do not need are left out, and what timm starts at zero starts small instead, so that every
    parameter learns from the first step.

    Args:
        name: Name in ``timm.list_models()``.
        channels: Width of the feature maps.
        pretrained: Whether to begin with weights from the hub.
        weights: Local file with such weights instead.
        size: Side in pixels that features are enlarged to; by default the smallest that the network works at.

    Raises:
        BadParameters: If the network gives no feature maps, or not at this size.

    References:
        Wightman, PyTorch Image Models, 2019. https://github.com/huggingface/pytorch-image-models
    """

    def __init__(
        self,
        name: str,
        channels: int = 64,
        pretrained: bool = False,
        weights: str | None = None,
        size: int | None = None,
    ) -> None:
        super().__init__()
        self.size, self.fixed = _working_size(name, channels, size)
        loading = {"pretrained": pretrained or weights is not None}
        source = {"pretrained_cfg_overlay": {"file": weights}} if weights is not None else {}
        self.net, _ = _extractor(name, channels, self.size, **loading, **source)
        _start_small(self.net)
        _leave_out_unused(self.net, torch.zeros(1, channels, self.size, self.size))
        self.fuse = nn.ModuleList(damped(nn.Conv2d(c, channels, 1)) for c in self.net.feature_info.channels())

    def forward(self, x: Features) -> Features:
        """Apply."""
        enlarged = functional.interpolate(x, self._sides(x), mode="bilinear", align_corners=False)
        maps = zip(self.fuse, _channels_first(self.net, self.net(enlarged)), strict=True)
        size = x.shape[-2:]
        return x + sum(functional.interpolate(c(f), size, mode="bilinear", align_corners=False) for c, f in maps)

    def _sides(self, x: Features) -> tuple[int, int]:
        if self.fixed:
            return self.size, self.size
        height, width = (max(self.size, -(-side // _MULTIPLE) * _MULTIPLE) for side in x.shape[-2:])
        return height, width


def _working_size(name: str, channels: int, asked: int | None) -> tuple[int, bool]:
    """Find the smallest size at which every used parameter learns, by trying; and whether it is the only one."""
    fault = ""
    for size in _SIZES if asked is None else (asked,):
        try:
            with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
                # What a network says of a size that it cannot work at is of no interest.
                warnings.simplefilter("ignore")
                net, fixed = _extractor(name, channels, size)
                fault = _fault(net, channels, size)
        except (RuntimeError, ValueError, AssertionError, TypeError, IndexError, ZeroDivisionError) as error:
            fault = str(error).strip().partition("\n")[0]
            continue
        if not fault:
            return size, fixed
    sizes = f"{_SIZES[0]} to {_SIZES[-1]}" if asked is None else str(asked)
    raise BadParameters(f"backbone 'timm:{name}'", [f"it gives no feature maps at {sizes} pixels a side ({fault})"])


def _extractor(name: str, channels: int, size: int, **options: Any) -> tuple[Any, bool]:
    """Make the network with its fine stages; the second value tells whether it is made for one size."""
    import timm

    asked: dict[str, Any] = {"features_only": True, "in_chans": channels, **options}
    try:
        stages = _fine(name, channels, img_size=size)
        asked |= {"img_size": size}
    except TypeError:
        stages = _fine(name, channels)
    return timm.create_model(name, out_indices=stages, **asked), "img_size" in asked


def _fine(name: str, channels: int, **options: Any) -> tuple[int, ...]:
    import timm

    with torch.device("meta"):
        net: Any = timm.create_model(name, features_only=True, in_chans=channels, **options)
    strides, indices = net.feature_info.reduction(), net.feature_info.out_indices
    fine = [index for index, stride in zip(indices, strides, strict=True) if stride <= FINE_STRIDE]
    finest = max(i for i, stride in zip(indices, strides, strict=True) if stride == min(strides))
    return tuple(fine) or (finest,)


@torch.enable_grad()
def _fault(net: Any, channels: int, size: int) -> str:
    """Say why a network cannot learn from one picture of this size; empty if it can."""
    _start_small(net)
    net.train()
    picture = torch.randn(1, channels, size, size, generator=torch.Generator().manual_seed(0))
    maps = _channels_first(net, net(picture))
    if max(min(f.shape[-2:]) for f in maps) < _LEAST_CELLS:
        return "the finest map has fewer than 4 x 4 cells"
    torch.stack([f.square().mean() for f in maps]).sum().backward()
    idle = [key for key, p in net.named_parameters() if p.grad is not None and not p.grad.any()]
    return f"{idle[0]} gets no gradient" if idle else ""


def _channels_first(net: Any, maps: list[Tensor]) -> list[Tensor]:
    widths = net.feature_info.channels()
    return [f if f.shape[1] == c else f.movedim(-1, 1) for f, c in zip(maps, widths, strict=True)]


def _start_small(net: nn.Module) -> None:
    """Gains that start at zero hide the layers before them in the first step."""
    with torch.no_grad():
        for key, parameter in net.named_parameters():
            gain = not key.endswith("bias") and parameter.numel() == max(parameter.shape, default=1)
            if gain and not parameter.any():
                parameter.fill_(DAMPING)


@torch.enable_grad()
def _leave_out_unused(net: Any, picture: Tensor) -> None:
    """Replace modules without influence on the maps by nothing, where the network still runs then; else freeze them."""
    probe = deepcopy(net).train()
    torch.stack([f.square().mean() for f in probe(picture)]).sum().backward()
    unused = {key for key, parameter in probe.named_parameters() if parameter.grad is None}
    for name in reversed(_largest_modules(net, unused)):
        trial = deepcopy(probe)
        trial.set_submodule(name, nn.Identity())
        if _runs_alike(trial, probe, picture):
            probe = trial
            net.set_submodule(name, nn.Identity())
    for key, parameter in net.named_parameters():
        parameter.requires_grad_(key not in unused)


def _largest_modules(net: nn.Module, unused: set[str]) -> list[str]:
    """Name the largest modules all of whose parameters are unused."""
    found: list[str] = []
    for name, module in net.named_modules():
        keys = [f"{name}.{key}" for key, _ in module.named_parameters()]
        inside = any(name.startswith(f"{outer}.") for outer in found)
        if name and keys and not inside and unused.issuperset(keys):
            found.append(name)
    return found


def _runs_alike(trial: nn.Module, net: nn.Module, picture: Tensor) -> bool:
    try:
        with torch.no_grad():
            pairs = zip(trial.eval()(picture), net.eval()(picture), strict=True)
            return all(torch.equal(new, old) for new, old in pairs)
    except (RuntimeError, TypeError, AttributeError):
        return False
