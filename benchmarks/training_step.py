"""Measure what the training loop costs beside a bare loop of forward, backward and step.

    python benchmarks/training_step.py --models lfsrnet_tiny edsr_baseline --clean-size 128 --scale 8 --batch 16

For each model: seconds of a step with stored and with fresh pictures against the bare loop, both on the same batch size
with the data in memory. The loops take turns of a few steps, and the figure is the median of the ratios of a turn, so
that a busy machine slows both sides. Then the share of time that the loop waits for pairs that one thread decodes from
Parquet for every batch, and, in processes of their own, peak memory of the loop against the bare one and the seconds
from the start of the command to the first record. Once for all: the seconds that degrading a batch takes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import torch

from lfsrkit import pairs, training
from lfsrkit.devices import choose_device
from lfsrkit.pairs.degrade import degrade
from lfsrkit.registries import MODELS
from lfsrkit.stages import PairsConfig, load_stage
from lfsrkit.training.pictures import reader

FACES = 64
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
"""With one thread (OMP_NUM_THREADS=1), seconds of the CPU compare loops even where other programs run."""
SKIPPED = 3
"""Steps of a turn that do not count: they use what was made ahead while another loop had its turn."""


def bare_steps(options, model_name, data):
    """Yield the seconds of each step of the shortest loop that learns anything."""
    device = choose_device(options.device)
    model = MODELS.create(model_name, scale=options.scale).to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    chosen = reader(data, with_regions=False)(range(options.batch))
    low, clean = (tensor.to(device).float() / 255 for tensor in (chosen.low, chosen.clean))
    while True:
        start = CLOCKS[options.clock]()
        loss = ((model(low) - clean).square() + 1e-6).sqrt().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()
        yield CLOCKS[options.clock]() - start


def records(options, model_name, data, *more):
    """Yield a record of every step of `training.train`; no validation, no checkpoint."""
    often = [f"model={model_name}", f"batch_size={options.batch}", "log_every=1", "steps=100000"]
    config = load_stage("train", overrides=[*often, "checkpoint_every=100000", *more])
    with tempfile.TemporaryDirectory() as folder:
        yield from training.train(config, data, None, Path(folder) / "run", device=options.device)


def loop_steps(options, model_name, data, *more):
    """Yield the seconds of each step of `training.train`, its record included."""
    stream = records(options, model_name, data, *more)
    while True:
        start = CLOCKS[options.clock]()
        next(stream)
        yield CLOCKS[options.clock]() - start


def compare_steps(options, model_name, data):
    loops = {
        "bare": bare_steps(options, model_name, data),
        "stored": loop_steps(options, model_name, data, "low=stored"),
        "fresh": loop_steps(options, model_name, data, "low=fresh"),
    }
    seconds = {name: [] for name in loops}
    for _ in range(options.turns):
        for name, loop in loops.items():
            spent = [next(loop) for _ in range(SKIPPED + options.steps)]
            seconds[name].append(statistics.median(spent[SKIPPED:]))
    for loop in loops.values():
        loop.close()
    for name, values in seconds.items():
        ratios = [value / bare for value, bare in zip(values, seconds["bare"], strict=True)]
        middle, spread = statistics.median(ratios), f"{min(ratios):.3f} to {max(ratios):.3f}"
        print(
            f"  {name:7s}{1000 * statistics.median(values):9.2f} ms a step, {middle:.3f} x bare ({spread})", flush=True
        )


def tell_waiting(options, model_name, built, low):
    shares = []
    stream = records(options, model_name, built, "cache=none", "workers=1", f"low={low}")
    for _, record in zip(range(SKIPPED + options.turns * options.steps), stream, strict=False):
        shares.append(record.data_wait)
    stream.close()
    kept = shares[SKIPPED:]
    print(f"  waits for Parquet, one thread, {low}: {statistics.mean(kept):.1%} on average, at most {max(kept):.1%}")


def tell_degrading(options, data):
    chosen = reader(data, with_regions=False)(range(options.batch))
    spent = []
    for epoch in range(30):
        start = time.perf_counter()
        degrade(data.chain, chosen.clean, chosen.ids, seed=0, epoch=epoch)
        spent.append(time.perf_counter() - start)
    print(f"degrading a batch of {options.batch}: {1000 * statistics.median(spent):.2f} ms")


def peak_mebibytes(options, model_name, which, built):
    """Measure a loop in a process of its own."""
    words = [str(word) for key in ("scale", "batch", "device") for word in (f"--{key}", getattr(options, key))]
    command = [sys.executable, __file__, *words, "--models", model_name, "--peak", which, "--built", str(built)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_for_peak(options):
    data = pairs.open(options.built, "train")
    loop = bare_steps if options.peak == "bare" else loop_steps
    steps = loop(options, options.models[0], data)
    if options.peak == "bare":
        import accelerate  # noqa: F401 - the libraries are loaded on both sides; what counts is what the loop holds
        import pyarrow.parquet  # noqa: F401
    for _ in range(10):
        next(steps)
    steps.close()
    print(peak_of_this_process())


def peak_of_this_process():
    """Read what Linux counts from the start of the program; the count of `resource` goes on from the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def seconds_to_first_record(options, model_name, built):
    settings = [f"model={model_name}", f"batch_size={options.batch}", "log_every=1", "steps=1000000"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        words = [word for setting in settings for word in ("-s", setting)]
        command = [sys.executable, "-m", "lfsrkit_cli", "train", *words, "--pairs", str(built), "--out", str(out)]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while not first_record(out / "metrics.jsonl") and process.poll() is None:
                time.sleep(0.01)
            spent = time.perf_counter() - start
            process.kill()
    return spent


def first_record(path):
    with suppress(OSError, ValueError):
        return json.loads(path.read_text().splitlines()[0]) if path.stat().st_size else None
    return None


def build(options, folder):
    sides = {"clean_size": options.clean_size, "degrade": f"fsr_gamma(scale={options.scale})"}
    config = PairsConfig.model_validate({"faces": f"synthetic:{FACES}", "splits": {"train": FACES}, **sides})
    for _ in pairs.build(pairs.make_plan(config), folder, workers=0):
        pass
    return folder


def report(options, built):
    data = pairs.open(built, "train")
    threads = f"{torch.get_num_threads()} threads of {os.cpu_count()} cores"
    turns = f"{options.turns} turns of {options.steps} steps"
    print(f"clean {options.clean_size}, x{options.scale}, batch {options.batch}, {threads}, {turns}", flush=True)
    tell_degrading(options, data)
    for name in options.models:
        print(name)
        compare_steps(options, name, data)
        for low in ("stored", "fresh"):
            tell_waiting(options, name, data, low)
        bare, loop = (peak_mebibytes(options, name, which, built) for which in ("bare", "loop"))
        print(f"  peak memory {loop:.0f} MiB, bare {bare:.0f} MiB, {loop / bare:.3f} x")
        print(f"  start of the command to the first record: {seconds_to_first_record(options, name, built):.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["lfsrnet_tiny", "edsr_baseline"])
    parser.add_argument("--clean-size", type=int, default=128)
    parser.add_argument("--scale", type=int, default=8)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--steps", type=int, default=4, help="steps of a turn that count")
    parser.add_argument("--clock", choices=[*CLOCKS], default="wall", help="which seconds a step is measured in")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--peak", choices=["bare", "loop"], help=argparse.SUPPRESS)
    parser.add_argument("--built", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        run_for_peak(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        report(options, build(options, Path(folder) / "pairs"))


if __name__ == "__main__":
    main()
