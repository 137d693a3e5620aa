"""Show that building pairs takes the same memory for any number of faces: peak of a build of few and of many.

    OMP_NUM_THREADS=1 python benchmarks/pairs_memory.py [--counts 1000 20000] [--clean-size 64]

Each build runs in a process of its own, which also plans it. The plan names every face (a hash and a file name), so it
is the part that grows; it is measured on its own. The faces are a few hundred drawings, each stored many times with
other colours, so that no two files are alike.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from lfsrkit import pairs
from lfsrkit.faces import open_source
from lfsrkit.images import encode_png
from lfsrkit.stages import load_stage

DRAWINGS = 100


def write_faces(place, count, size):
    source = open_source(f"synthetic:{DRAWINGS}", size=size)
    drawings = [source.read(ref).pixels for ref in source.find().refs]
    for number in range(count):
        shift = np.array([number // DRAWINGS % 200, number // DRAWINGS // 200, 0], np.uint8)
        (place / f"{number:06d}.png").write_bytes(encode_png(drawings[number % DRAWINGS] + shift))


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def measure(faces, out, size, answer):
    torch.set_num_threads(1)
    values = {"faces": str(faces), "clean_size": size, "degrade": "fsr_gamma", "splits": {"train": 1.0}}
    plan = pairs.make_plan(load_stage("pairs", values=values))
    planned = peak_megabytes()
    *_, last = pairs.build(plan, out, workers=0)
    answer.put((sum(last.manifest.splits.values()), planned, peak_megabytes()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs=2, default=(1000, 20000))
    parser.add_argument("--clean-size", type=int, default=64)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    peaks, plans = [], []
    for count in options.counts:
        with tempfile.TemporaryDirectory() as place:
            faces = Path(place, "faces")
            faces.mkdir()
            write_faces(faces, count, options.clean_size)
            answer = context.Queue()
            worker = context.Process(target=measure, args=(faces, Path(place, "out"), options.clean_size, answer))
            worker.start()
            built, planned, peak = answer.get()
            worker.join()
        print(f"{built:7d} faces: peak {peak:7.1f} MB, after planning {planned:7.1f} MB", flush=True)
        peaks.append(peak)
        plans.append(planned)
    more = options.counts[1] - options.counts[0]
    print(f"ratio {peaks[1] / peaks[0]:.3f}; {1000 * (peaks[1] - peaks[0]) / more:.2f} kB a face,", end=" ")
    print(f"of which the plan {1000 * (plans[1] - plans[0]) / more:.2f} kB")


if __name__ == "__main__":
    main()
