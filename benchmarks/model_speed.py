"""Training steps of several models, side by side: images a second, and how many times those of the first.

    python benchmarks/model_speed.py [--models sparnet,lfsrnet_tiny,lfsrnet] [--scale 8] [--batch-size 8] [--turns 3]

The clean pictures have 128 pixels. The models take turns, so that what else the machine does falls on all of them.
"""

import argparse
import time
from statistics import median

import torch
from torch import nn

from lfsrkit import MODELS

CLEAN = 128


def step(model: nn.Module, optimiser: torch.optim.Optimizer, low: torch.Tensor, clean: torch.Tensor) -> float:
    start = time.perf_counter()
    loss = (model(low) - clean).abs().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="sparnet,lfsrnet_tiny,lfsrnet")
    parser.add_argument("--scale", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    names = options.models.split(",")
    torch.manual_seed(0)
    low = torch.rand(options.batch_size, 3, CLEAN // options.scale, CLEAN // options.scale)
    clean = torch.rand(options.batch_size, 3, CLEAN, CLEAN)
    models = {name: MODELS.create(name, scale=options.scale).train() for name in names}
    optimisers = {name: torch.optim.AdamW(model.parameters(), 1e-4, fused=True) for name, model in models.items()}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(options.turns + 1):
        for name in names:
            spent = step(models[name], optimisers[name], low, clean)
            if turn:  # the first step of each warms up
                seconds[name].append(spent)
    for name in names:
        ratios = [theirs / mine for mine, theirs in zip(seconds[name], seconds[names[0]], strict=True)]
        speed = options.batch_size / median(seconds[name])
        print(f"{name:16} {speed:8.2f} images/s   {median(ratios):6.2f} times {names[0]}")
    print(f"x{options.scale}, batch {options.batch_size}, {torch.get_num_threads()} threads, median of {options.turns}")


if __name__ == "__main__":
    main()
