"""Measure `pairs build` against the codec floor: reading, decoding, framing and losslessly encoding the same pictures.

    OMP_NUM_THREADS=1 python benchmarks/pairs_speed.py [--faces FOLDER] [--degrade fsr_gamma]

Both take turns in one process with one thread, so that a busy machine slows both; the result is the median of the
ratios of the turns. The floor is a loop of Pillow calls with nothing around them. Then lossless codecs are compared on
the clean and the low pictures.
"""

import argparse
import io
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lfsrkit import pairs
from lfsrkit.faces.framing import crop_of
from lfsrkit.images import PNG_LEVEL, SMALL_SIDE, to_pixels
from lfsrkit.stages import load_stage

JPEG_QUALITY = 90
CODECS = {
    **{f"PNG level {level}": ("PNG", {"compress_level": level}) for level in (1, 3, 6, 9)},
    "PNG optimised": ("PNG", {"optimize": True}),
    **{f"WebP method {method}": ("WEBP", {"lossless": True, "method": method, "quality": 0}) for method in (0, 1, 2)},
    "WebP method 0, effort 50": ("WEBP", {"lossless": True, "method": 0, "quality": 50}),
}
WEBP, PNG = CODECS["WebP method 0"], ("PNG", {"compress_level": PNG_LEVEL})


def draw_faces(place, count):
    """Write drawn faces as JPEG files of the size of aligned CelebA pictures."""
    from lfsrkit.faces import open_source

    source = open_source(f"synthetic:{count}", size=218)
    for ref in source.find().refs:
        left = (218 - 178) // 2
        picture = Image.fromarray(source.read(ref).pixels[:, left : left + 178])
        picture.save(place / f"{ref.index:06d}.jpg", quality=JPEG_QUALITY)


def encode(pixels, form, options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()


def stored(pixels):
    return encode(pixels, *(PNG if min(pixels.shape[:2]) < SMALL_SIDE else WEBP))


def floor(files, low, size):
    """The work that no builder can leave out, without the degradation."""
    for path, dark in zip(files, low, strict=True):
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            face = picture.crop(crop_of(picture.height, picture.width, "auto"))
        clean = np.asarray(face.convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
        stored(clean)
        stored(dark)


def seconds_of(work):
    """Time on the clock, and time of the processor, which other programs of the machine disturb less."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def build(plan, options):
    with tempfile.TemporaryDirectory() as out:
        list(pairs.build(plan, Path(out), workers=0, batch_size=options.batch_size))


def compare_codecs(name, pictures):
    height, width, _ = pictures[0].shape
    print(f"{f'{name}, {width}x{height}':28} {'bytes':>8} {'encode ms':>10} {'decode ms':>10}")
    spent = {codec: ([], []) for codec in CODECS}
    sizes = {}
    for _ in range(3):
        for codec, (form, options) in CODECS.items():
            data = []
            encoding = seconds_of(lambda: data.extend(encode(p, form, options) for p in pictures))  # noqa: B023
            decoding = seconds_of(lambda: [np.asarray(Image.open(io.BytesIO(d))) for d in data])  # noqa: B023
            spent[codec][0].append(encoding[1])
            spent[codec][1].append(decoding[1])
            sizes[codec] = sum(map(len, data)) / len(data)
    for codec, times in spent.items():
        encoding, decoding = (1000 * statistics.median(t) / len(pictures) for t in times)
        print(f"  {codec:26} {sizes[codec]:8.0f} {encoding:10.3f} {decoding:10.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, help="folder of JPEG files; by default drawn faces")
    parser.add_argument("--degrade", default="fsr_gamma")
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--clean-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--turns", type=int, default=11)
    parser.add_argument("--codecs", action="store_true", help="compare the codecs as well")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        if options.faces is None:
            draw_faces(Path(place), options.count)
        faces = options.faces or Path(place)
        values = {"faces": str(faces), "clean_size": options.clean_size, "degrade": options.degrade}
        plan = pairs.make_plan(load_stage("pairs", values=values | {"splits": {"train": options.count}}))
        files = [faces / ref.source for task in plan.tasks for ref in task.refs]
        live = pairs.LivePairs(plan, "train").batch(range(len(files)))
        low, clean = to_pixels(live.low), to_pixels(live.clean)
        turns = []
        for turn in range(options.turns + 1):
            both = seconds_of(lambda: floor(files, low, options.clean_size)), seconds_of(lambda: build(plan, options))
            if turn:
                turns.append(both)
    print(f"{options.degrade}, {len(files)} faces, {clean[0].shape[0]} -> {low[0].shape[0]} pixels, one thread")
    for number, kind in enumerate(("clock", "processor")):
        rates = [len(files) / statistics.median(turn[which][number] for turn in turns) for which in (0, 1)]
        ratio = statistics.median(least[number] / whole[number] for least, whole in turns)
        print(f"  {kind:9}  floor {rates[0]:7.1f} images/s, build {rates[1]:7.1f} images/s, ratio {ratio:.2f}")
    if options.codecs:
        compare_codecs("clean", clean)
        compare_codecs("low", low)


if __name__ == "__main__":
    main()
