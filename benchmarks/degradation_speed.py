"""How fast whole degradations are beside a picture-by-picture pipeline of the same steps in OpenCV and NumPy.

    python benchmarks/degradation_speed.py [CASE ...] [--rounds 31] [--float32]

Decoded 8-bit pictures in, 8-bit low pictures out, drawing included, one thread each, in processor time. The two take
turns; the ratio is the median of the ratios within a turn, so that a busy machine slows both sides. With `--float32`
our sums are as short as theirs, which no build does: it tells what float64 costs. A further case is a row of `CASES`.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import opencv_pipelines
import torch

from lfsrkit.degradations import Chain, chain_from_text
from lfsrkit.faces import open_source
from lfsrkit.images import quantise, to_bytes, to_float
from lfsrkit.pairs.degrade import STAGE, degrade
from lfsrkit.seeding import generators


def opencv():
    try:
        import cv2
    except ImportError:
        sys.exit("this benchmark compares with OpenCV, which is not installed: pip install opencv-python-headless")
    cv2.setNumThreads(1)
    return cv2


CASES = {
    "gfpgan": ("gfpgan(scale=8)", opencv_pipelines.gfpgan, 2.0),
    "isp_physics": ("isp_physics(scale=8)", opencv_pipelines.isp_physics, 1.0),
    "fsr_gamma": ("fsr_gamma(scale=8)", opencv_pipelines.fsr_gamma, 1.0),
}
"""By name: a chain, a function (cv2, picture, NumPy generator) -> low picture, and the least ratio that is wanted."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], help="default: all")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--float32", action="store_true")
    options = parser.parse_args()
    cv2 = opencv()
    torch.set_num_threads(1)
    clean = pictures(options.batch, options.size)
    ours = in_float32 if options.float32 else as_builds_do
    fine = [measured(cv2, ours, name, clean, options.rounds) for name in options.cases or CASES]
    sys.exit(not all(fine))


def pictures(count, size):
    source = open_source(f"synthetic:{count}", size=size)
    return [source.read(ref).pixels for ref in source.find().refs]


def measured(cv2, ours, name, clean, rounds):
    text, reference, least = CASES[name]
    sides = {
        "lfsrkit": partial(ours, chain_from_text(text), to_bytes(clean)),
        "OpenCV": partial(theirs, cv2, reference, clean),
    }
    seconds = {side: [] for side in sides}
    for turn in range(rounds + 1):
        for side, run in sides.items():
            taken = timed(run, turn)
            if turn:  # the first turn imports what is needed
                seconds[side].append(taken)
    ratio = statistics.median(b / a for a, b in zip(*seconds.values(), strict=True))
    table = "  ".join(f"{side} {1000 * statistics.median(values):7.2f} ms" for side, values in seconds.items())
    print(f"{name:12} {len(clean)} pictures  {table}  ratio {ratio:.2f} (wanted {least})")
    return ratio >= least


def as_builds_do(chain: Chain, clean: torch.Tensor, turn: int):
    return degrade(chain, clean, names(clean), seed=0, epoch=turn)


def in_float32(chain: Chain, clean: torch.Tensor, turn: int):
    params = chain.sample(len(clean), generators(0, names(clean), turn, STAGE))
    with torch.no_grad():
        return quantise(chain.apply(to_float(clean), params))


def names(clean: torch.Tensor):
    return [str(number) for number in range(len(clean))]


def theirs(cv2, reference, clean, turn):
    rng = np.random.default_rng(turn)
    return np.stack([reference(cv2, picture, rng) for picture in clean])


def timed(run: Callable[[int], object], turn: int) -> float:
    start = time.process_time()
    run(turn)
    return time.process_time() - start


if __name__ == "__main__":
    main()
