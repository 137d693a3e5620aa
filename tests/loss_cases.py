"""Pictures for the tests of losses, and feature networks with random weights, in files such as users have."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from lfsrkit import LOSSES
from lfsrkit.losses import Loss

DOUBLE = torch.float64
ALEX, VGG = "alexnet_features.safetensors", "vgg16_features.safetensors"

# Channels in and out, side of the kernel, by torchvision's number of the layer.
_ALEX = {0: (3, 64, 11), 3: (64, 192, 5), 6: (192, 384, 3), 8: (384, 256, 3), 10: (256, 256, 3)}
_VGG_PLACES = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
_VGG_WIDTHS = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
_VGG = {place: (*_VGG_WIDTHS[i : i + 2], 3) for i, place in enumerate(_VGG_PLACES)}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two batches that have nothing to do with each other."""
    both = torch.rand(2, 2, 3, height, width, generator=seeded(), dtype=DOUBLE)
    return both[0], both[1]


def natural(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth pictures with edges, and the same darker, shifted by a pixel and noisy, partly outside 0 to 1."""
    y, x = torch.meshgrid(torch.linspace(0, 3, height), torch.linspace(0, 2, width), indexing="ij")
    waves = torch.stack([torch.sin(k * x + y) + torch.cos(k * y) + (x > 1) for k in range(1, 7)])
    clean = (0.2 + 0.25 * waves).reshape(2, 3, height, width).double()
    return 0.8 * clean.roll(1, -1) + 0.05 * torch.randn(clean.shape, generator=seeded(), dtype=DOUBLE), clean


def trunk_files(folder: Path) -> Path:
    """Write weights of AlexNet and VGG-16 under which activations neither vanish nor grow."""
    for name, layers in ((ALEX, _ALEX), (VGG, _VGG)):
        stream = torch.Generator().manual_seed(0)
        state: dict[str, torch.Tensor] = {}
        for place, (into, out, side) in layers.items():
            spread = (2 / (into * side**2)) ** 0.5
            state[f"features.{place}.weight"] = spread * torch.randn(out, into, side, side, generator=stream)
            state[f"features.{place}.bias"] = 0.1 * torch.randn(out, generator=stream)
        save_file(state, folder / name)
    return folder


def makers(folder: Path) -> Callable[[str], Loss]:
    """Make a loss once by its name; what needs a network gets one with random weights."""
    weights = trunk_files(folder)
    needed: dict[str, dict[str, Any]] = {
        "lpips": {"weights": weights},
        "vgg": {"weights": weights, "layers": ("relu1_2", "relu2_2")},
        "identity": {"network": lambda shown: functional.adaptive_avg_pool2d(shown, 4).flatten(1)},
    }
    return cache(lambda name: LOSSES.create(name, **needed.get(name, {})))


def vgg_features(folder: Path, pictures: torch.Tensor, wanted: Sequence[str]) -> dict[str, torch.Tensor]:
    """Run VGG-16 written out: blocks of 2, 2, 3, 3, 3 convolutions, each block but the first after halving."""
    state = load_file(folder / VGG)
    kernels = iter([(state[f"features.{place}.weight"], state[f"features.{place}.bias"]) for place in _VGG])
    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    maps = (pictures - mean[:, None, None]) / spread[:, None, None]
    found: dict[str, torch.Tensor] = {}
    for block, count in enumerate((2, 2, 3, 3, 3), start=1):
        maps = maps if block == 1 else functional.max_pool2d(maps, 2)
        for layer in range(1, count + 1):
            maps = functional.conv2d(maps, *next(kernels), padding=1).relu()
            found[f"relu{block}_{layer}"] = maps
    return {name: found[name] for name in wanted}
