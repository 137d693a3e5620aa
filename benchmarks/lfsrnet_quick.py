"""Train models for a few minutes on `fast_x4`-like pairs and compare their validation PSNR.

    python benchmarks/lfsrnet_quick.py FACES "lfsrnet_tiny(scale=4)" "edsr_baseline(scale=4)" --steps 600 --rate 1e-3

FACES holds aligned pictures of 178 x 218. Pairs are made on the fly: beta (alpha x)^gamma on sRGB values, noise of
variance 0.002 y + 2e-5, 8 bits. Ranks follow the hash of the file: 700 to train on, the next 50 to validate, each
darkened four times.
"""

import argparse
import hashlib
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lfsrkit.calls import parse_call
from lfsrkit.models.macs import count_macs, count_parameters
from lfsrkit.registries import MODELS

TRAIN, VALIDATION, DARKENINGS = 700, 50, 4


def read_faces(folder, clean_size):
    files = sorted(folder.glob("*.jpg"), key=lambda file: hashlib.sha256(file.read_bytes()).hexdigest())
    crops = (Image.open(file).convert("RGB").crop((0, 20, 178, 198)) for file in files[: TRAIN + VALIDATION])
    resized = [np.asarray(crop.resize((clean_size, clean_size), Image.Resampling.BICUBIC)) for crop in crops]
    return torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2).float() / 255


def darken(clean, scale, generator):
    small = functional.interpolate(clean, scale_factor=1 / scale, mode="bicubic", antialias=True).clamp(0, 1)
    draws = torch.rand(3, len(clean), 1, 1, 1, generator=generator)
    beta, alpha, gamma = 0.5 + 0.5 * draws[0], 0.9 + 0.1 * draws[1], 1.5 + 3.5 * draws[2]
    dark = beta * (alpha * small) ** gamma
    noise = torch.randn(dark.shape, generator=generator) * (0.002 * dark + 2e-5).sqrt()
    return ((dark + noise).clamp(0, 1) * 255).round() / 255


def psnr(restored, clean):
    rounded = (restored.clamp(0, 1) * 255).round() / 255
    return -10 * (rounded - clean).square().mean(dim=(1, 2, 3)).log10()


@torch.no_grad()
def validate(model, low, clean):
    model.eval()
    restored = torch.cat([model(batch) for batch in low.split(50)])
    model.train()
    ratio = clean.mean(dim=(1, 2, 3), keepdim=True) / restored.clamp(0, 1).mean(dim=(1, 2, 3), keepdim=True)
    return psnr(restored, clean).mean().item(), psnr(restored * ratio, clean).mean().item()


def batches(clean, scale, size, generator):
    while True:
        for chosen in torch.randperm(len(clean), generator=generator).split(size):
            batch = clean[chosen]
            flips = torch.rand(len(batch), 1, 1, 1, generator=generator) < 0.5
            batch = torch.where(flips, batch.flip(-1), batch)
            yield darken(batch, scale, generator), batch


def share_of_rate(done):
    return min(1.0, done / 0.08) * 0.5 * (1 + math.cos(math.pi * done))


def learn(model, optimiser, low, target, bf16):
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        loss = functional.l1_loss(model(low), target)
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimiser.step()


def train(model, clean, held_out, options):
    """Train by steps or minutes and print a line at each quarter."""
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.99))
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate)
    stream = batches(clean, model.scale, options.batch, torch.Generator().manual_seed(options.seed))
    spent, step, shown = 0.0, 0, 0
    while (done := spent / (60 * options.minutes) if options.minutes else step / options.steps) < 1:
        if done >= (shown + 1) / 4:
            shown += 1
            report(model, held_out, step, spent)
        before = time.perf_counter()
        for group in optimiser.param_groups:
            group["lr"] = options.rate * share_of_rate(max(done, 1e-3))
        learn(model, optimiser, *next(stream), options.bf16)
        average.update_parameters(model)
        spent, step = spent + time.perf_counter() - before, step + 1
    report(model, held_out, step, spent)
    report(average.module, held_out, step, spent, "EMA ")


def report(model, held_out, step, spent, label=""):
    plain, true_mean = validate(model, *held_out)
    pace = 1000 * spent / step
    print(
        f"  step {step:5d} {spent:5.0f} s ({pace:.0f} ms a step)  {label}PSNR {plain:.2f} (true mean {true_mean:.2f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path)
    parser.add_argument("models", nargs="+", help="name(key=value, ...)")
    parser.add_argument("--clean-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--minutes", type=float, default=0.0, help="instead of steps")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    faces = read_faces(options.faces, options.clean_size)
    clean, held_out = faces[:TRAIN], faces[TRAIN:].repeat(DARKENINGS, 1, 1, 1)
    for text in options.models:
        torch.manual_seed(options.seed)
        model = MODELS.build(parse_call(text))
        side = options.clean_size // model.scale
        print(f"{text}: {count_parameters(model):,} parameters, {count_macs(model, side, side) / 1e6:.0f} MMACs")
        low = darken(held_out, model.scale, torch.Generator().manual_seed(1))
        train(model, clean, (low, held_out), options)


if __name__ == "__main__":
    sys.exit(main())
