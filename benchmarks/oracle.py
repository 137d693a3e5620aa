"""Measure what keeps the oracle from the clean picture: size alone, or noise and rounding as well.

    python benchmarks/oracle.py PAIRS [--count 200]

For every split of a build: the floor (`bicubic`), the oracle (the low picture, its recorded darkening undone,
enlarged), and the clean picture made small and enlarged again, which never was dark. PSNR of 8-bit RGB, means over the
pictures.
"""

import argparse
from pathlib import Path
from statistics import fmean

import torch
from torch.nn import functional

from lfsrkit import pairs
from lfsrkit.experiments.floors import oracle
from lfsrkit.images import quantise, to_float
from lfsrkit.models import restorer_for
from lfsrkit.registries import METRICS

BATCH = 50


def resized(images, size):
    return functional.interpolate(images, size, mode="bicubic", antialias=True, align_corners=False)


def rows_of(split):
    floor = restorer_for("bicubic", scale=split.scale, target_mean=split.clean_mean)
    return {
        "bicubic": lambda batch, _clean: floor(to_float(batch.low)),
        "oracle": lambda batch, _clean: oracle(batch, split),
        "never dark": lambda batch, clean: resized(resized(clean, batch.low.shape[-2:]), clean.shape[-2:]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, help="a build of pairs")
    parser.add_argument("--count", type=int, default=200, help="pictures of a split, at most")
    options, psnr = parser.parse_args(), METRICS.create("psnr")
    for name in pairs.read_manifest(options.pairs).splits:
        split = pairs.open(options.pairs, name)
        count = min(len(split), options.count)
        rows = rows_of(split)
        found = {row: [] for row in rows}
        for start in range(0, count, BATCH):
            batch = split.batch(range(start, min(start + BATCH, count)))
            clean = to_float(batch.clean)
            for row, restore in rows.items():
                with torch.no_grad():
                    restored = to_float(quantise(restore(batch, clean).float()))
                found[row] += psnr(restored, clean).tolist()
        means = "  ".join(f"{row} {fmean(values):.2f} dB" for row, values in found.items())
        print(f"{name:10} n = {count:3}  {means}")


if __name__ == "__main__":
    main()
