"""How many faces a second the program draws: one process with one thread, then two.

OMP_NUM_THREADS=1 python benchmarks/synthetic_faces.py [--count 300] [--size 128]
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import torch

from lfsrkit import seeding
from lfsrkit.faces.synthetic import draw_face, sample_face


def draw(size, index):
    generator = seeding.generators(0, [str(index)], 0, "synthetic")[0]
    return int(draw_face(sample_face(generator), size).image[0, 0, 0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--size", type=int, default=128)
    given = parser.parse_args()
    torch.set_num_threads(1)
    one = partial(draw, given.size)
    one(0)
    clock, cpu = time.perf_counter(), time.process_time()
    for index in range(given.count):
        one(index)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    per_face = 1000 * cpu / given.count
    print(f"one process:   {given.count / clock:6.0f} faces/s at {given.size} px ({per_face:.1f} ms of CPU a face)")
    with ProcessPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(one, range(16)))
        clock = time.perf_counter()
        list(pool.map(one, range(given.count), chunksize=10))
        print(f"two processes: {given.count / (time.perf_counter() - clock):6.0f} faces/s at {given.size} px")


if __name__ == "__main__":
    main()
