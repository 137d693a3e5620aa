"""Measure what the training loop costs beside a bare loop of forward, backward and step, and what fresh pictures cost.

    python benchmarks/training_step.py --model lfsrnet_tiny --clean-size 64 --scale 4

The loops take turns step by step; the overhead is the median ratio to the bare step of the same turn, so that a busy
machine slows both sides.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch

from lfsrkit import pairs, training
from lfsrkit.devices import choose_device
from lfsrkit.pairs.degrade import degrade
from lfsrkit.registries import MODELS
from lfsrkit.stages import PairsConfig, load_stage
from lfsrkit.training.data import reader

FACES = 64


def bare_steps(options, live):
    """Yield the seconds of each step of the shortest loop that learns anything."""
    device = choose_device(options.device)
    model = MODELS.create(options.model, scale=options.scale).to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    chosen = reader(live, with_regions=False)(range(options.batch))
    low, clean = (tensor.to(device).float() / 255 for tensor in (chosen.low, chosen.clean))
    while True:
        start = time.perf_counter()
        loss = ((model(low) - clean).square() + 1e-6).sqrt().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()
        yield time.perf_counter() - start


def full_steps(options, live, low):
    """Yield the seconds of each step of `training.train`, records included, checkpoints and validation not."""
    often = [f"model={options.model}", f"batch_size={options.batch}", f"low={low}", "log_every=1", "steps=100000"]
    config = load_stage("train", overrides=[*often, "checkpoint_every=100000"])
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        for _ in training.train(config, live, None, Path(folder) / "run", device=options.device):
            yield time.perf_counter() - start
            start = time.perf_counter()


def fresh_milliseconds(options, live):
    chosen = reader(live, with_regions=False)(range(options.batch))
    start = time.perf_counter()
    for epoch in range(50):
        degrade(live.chain, chosen.clean, chosen.ids, seed=0, epoch=epoch)
    return (time.perf_counter() - start) / 50 * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="lfsrnet_tiny")
    parser.add_argument("--clean-size", type=int, default=64)
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    settings = {"faces": f"synthetic:{FACES}", "clean_size": options.clean_size, "splits": {"train": FACES}}
    live = pairs.live(PairsConfig.model_validate({**settings, "degrade": f"fsr_gamma(scale={options.scale})"}))
    loops = {
        "bare": bare_steps(options, live),
        "stored": full_steps(options, live, "stored"),
        "fresh": full_steps(options, live, "fresh"),
    }
    seconds = {name: [] for name in loops}
    for step in range(options.steps + 3):
        for name, loop in loops.items():
            spent = next(loop)
            if step >= 3:
                seconds[name].append(spent)
    for loop in loops.values():
        loop.close()
    print(f"{options.model}, clean {options.clean_size}, batch {options.batch}, {torch.get_num_threads()} threads")
    for name, values in seconds.items():
        ratios = [value / bare for value, bare in zip(values, seconds["bare"], strict=True)]
        overhead = statistics.median(ratios) - 1
        print(f"  {name:7s} {1000 * statistics.median(values):8.2f} ms a step  {overhead:+6.1%}")
    print(f"  fresh pictures of one batch: {fresh_milliseconds(options, live):.2f} ms")


if __name__ == "__main__":
    main()
