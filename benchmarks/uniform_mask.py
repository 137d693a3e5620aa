"""Show that a uniform random mask changes nothing on average: masked L1 against plain L1.

    python benchmarks/uniform_mask.py [--faces synthetic:16] [--framing celeba] [--size 128] [--trials 200]

Each face is shrunk 8 times and enlarged again, so the error is that of an enlargement: large at edges, small on skin.
`shift` is the masked error relative to the plain one, with five standard errors over masks and faces beside it, and
`spread` is how much the masked error of one picture varies from mask to mask: the noise that a mask adds to training.
`face_biased`, the preset of the kit, is there for contrast: it is not uniform, so its shift is real.
"""

import argparse
import math

import torch
from torch.nn import functional

from lfsrkit.calls import parse_call
from lfsrkit.faces import frame, open_source
from lfsrkit.images import to_bytes, to_float
from lfsrkit.losses import absolute_error, mean_within
from lfsrkit.regions import template_regions
from lfsrkit.registries import MASKS
from lfsrkit.seeding import generators

UNIFORM = ("patch(ratio=.75, size=16)", "patch(ratio=.5, size=8)", "random(ratio=.5)")
BIASED = "face_biased(ratio=.5, size=8)"


def faces(spec, framing, size):
    source = open_source(spec, size=size)
    framed = [frame(source.read(ref), framing=framing, size=size, min_side=1) for ref in source.find().refs]
    template = template_regions(size)
    regions = [template if each.regions is None else torch.from_numpy(each.regions).float() / 255 for each in framed]
    return to_float(to_bytes([each.clean for each in framed]), torch.float64), torch.stack(regions)


def enlarged(clean, scale=8):
    height, width = clean.shape[-2:]
    low = functional.interpolate(clean, (height // scale, width // scale), mode="bicubic", antialias=True)
    return functional.interpolate(low, (height, width), mode="bicubic", antialias=True)


def masked_errors(call, error, regions, trials):
    """One row per trial, one column per face."""
    strategy, names = MASKS.build(parse_call(call)), [str(face) for face in range(len(error))]
    given = {"regions": regions} if "regions" in strategy.needs else {}
    rows = []
    for trial in range(trials):
        mask = strategy.sample(len(error), *error.shape[-2:], generators(0, names, trial, "mask"), **given)
        rows.append(mean_within(error, mask.to(error)))
    return torch.stack(rows)


def report(call, masked, plain):
    ratios = masked / plain
    standard_error = float(ratios.std(dim=0).square().sum().sqrt()) / ratios.shape[1] / math.sqrt(len(ratios))
    shift, spread = float(ratios.mean() - 1), float(ratios.std(dim=0).mean())
    print(f"{call:28} {float(masked.mean()):10.5f} {shift:+9.2%} +- {5 * standard_error:6.2%} {spread:9.1%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", default="synthetic:16")
    parser.add_argument("--framing", default="celeba")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--trials", type=int, default=200)
    options = parser.parse_args()
    clean, regions = faces(options.faces, options.framing, options.size)
    restored = enlarged(clean)
    error, plain = (restored - clean).abs().mean(dim=1, keepdim=True), absolute_error(restored, clean)
    print(f"{len(clean)} faces of {options.size} pixels, {options.trials} masks each\n")
    print(f"{'mask':28} {'masked L1':>10} {'shift':>9}    {'5 s.e.':>6} {'spread':>9}")
    print(f"{'none: plain L1':28} {float(plain.mean()):10.5f}")
    for call in (*UNIFORM, BIASED):
        report(call, masked_errors(call, error, regions, options.trials), plain)


if __name__ == "__main__":
    main()
