"""What reads bytes or text from outside, each with whole examples that are then damaged.

A target may refuse what it is given, by an error of the kit; every other exception is a finding.
"""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image as Pillow

from fuzz import builds, runs
from fuzz.runs import in_file
from lfsrkit.calls import parse_chain
from lfsrkit.errors import LfsrkitError
from lfsrkit.experiments.published import published_sets
from lfsrkit.faces.splits import read_identities
from lfsrkit.inference.photograph import Photograph, read_photograph, write_photograph
from lfsrkit.models import load, restorer_for
from lfsrkit.regions import read_landmarks
from lfsrkit.stages import STAGES, load_stage


@dataclass(frozen=True)
class Target:
    """A reader and what it reads."""

    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]


def refuses_or_reads(target: Target, data: bytes) -> None:
    """Give damaged data to a target; only an error of the kit may come back."""
    with suppress(LfsrkitError):
        target.read(data)


def _through(data: bytes) -> None:
    """Do with a photograph what `enhance` does, but for the restoring."""
    photograph = read_photograph(data)
    with TemporaryDirectory(prefix="lfsrkit-fuzz-") as place:
        for bits in (8, 16):
            write_photograph(Path(place) / f"{bits}.png", photograph.values, photograph, bits=bits)


def _pictures() -> list[bytes]:
    picture = Pillow.fromarray(np.arange(48 * 3, dtype=np.uint8).reshape(6, 8, 3))
    found: list[bytes] = []
    for kind in ("PNG", "JPEG", "WEBP", "BMP", "TIFF"):
        for mode in ("RGB", "L"):
            buffer = io.BytesIO()
            picture.convert(mode).save(buffer, kind)
            found.append(buffer.getvalue())
    return [*found, *map(_claims_to_be_huge, found[:1]), _deep_grey(), _deep_rgb()]


def _claims_to_be_huge(png: bytes) -> bytes:
    """Write another size into the header of a PNG: 2^31 - 1 pixels each way."""
    return png[:16] + b"\x7f\xff\xff\xff" * 2 + png[24:]


def _deep_grey() -> bytes:
    """16 bits, with EXIF."""
    buffer = io.BytesIO()
    Pillow.fromarray(np.arange(48, dtype=np.uint16).reshape(6, 8) * 1000).save(buffer, "PNG", exif=_turned())
    return buffer.getvalue()


def _deep_rgb() -> bytes:
    """16 bits a channel, with EXIF."""
    values = torch.arange(144.0).reshape(1, 3, 6, 8) / 144
    with TemporaryDirectory(prefix="lfsrkit-fuzz-") as place:
        path = Path(place) / "deep.png"
        write_photograph(path, values, Photograph(values, _turned().tobytes()), bits=16)
        return path.read_bytes()


def _turned() -> Pillow.Exif:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return exif


def _landmarks(points: int) -> list[list[float]]:
    return [[float(number), 2.0 * number] for number in range(points)]


def _landmark_parquet() -> list[bytes]:
    from pyarrow import Table
    from pyarrow.parquet import write_table

    buffer = io.BytesIO()
    rows = [{"source": f"{number}.png", "landmarks": _landmarks(5), "accepted": True} for number in range(3)]
    write_table(Table.from_pylist(rows), buffer)
    return [buffer.getvalue()]


def _texts(*texts: str) -> Callable[[], list[bytes]]:
    return lambda: [text.encode() for text in texts]


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", errors="replace"))


CHAINS = (
    "downsample(scale=4) | gamma_linear(gamma=(1.5, 5.0)) | quantise",
    "maybe(of=jpeg(quality=[60, 90]), chance=.5)",
    "union(a=patch(ratio=.25), b=facial_region(parts=['mouth']))",
    "kornia:RandomHue(hue=0.1) | learned:os:system(x='1')",
)
RECIPES = (
    'about = "x"\n[pairs]\nclean_size = 64\ndegrade = "fsr_gamma(scale=4)"\nsplits = { train = 4, test = 1 }\n',
    '[train]\nmodel = "edsr"\nloss = [{ name = "l1", weight = 2.0 }]\n[train.optim]\nlr = 1e-3\nbetas = [0.9, 0.99]\n',
)
BENCHMARK = """
[benchmark]
protocols = ["celeba_x8"]
rows = ["edsr_baseline", "dln+edsr_baseline"]
rates = [1e-4, 2e-4]
published = { celeba_x8 = "table2/set 1" }
[train]
minutes = 10
"""
PUBLISHED = """
about = "x"
protocol = "unknown"
metrics = ["psnr", "ssim"]
[rows."edsr_baseline"]
method = "EDSR"
"set 1" = [23.6738, 0.7398]
"""
CELEBA = "1\nlefteye_x lefteye_y\n000001.jpg 69 109 106 113 77 142 73 152 108 154\n"
NAMES = ("bicubic(scale=4)", "lfsrnet_tiny_x8", "dln+sparnet", "spandrel:SwinIR(scale=2)", "../../etc/passwd", "a\0b")


def _file_of(folder: Callable[[], Path], name: Path, read: Callable[[Path], object]) -> Target:
    return Target(builds.with_part(folder, name, read), builds.part(folder, name))


TARGETS = {
    "images": Target(_through, _pictures),
    "chains": Target(_text(parse_chain), _texts(*CHAINS)),
    "degradations": Target(_text(lambda text: load_stage("pairs", values={"degrade": text})), _texts(*CHAINS)),
    "recipes": Target(
        in_file(lambda path: [load_stage(stage, recipes=[path]) for stage in STAGES], "recipe.toml"),
        _texts(*RECIPES, BENCHMARK),
    ),
    "overrides": Target(
        _text(lambda text: load_stage("train", overrides=[text])),
        _texts("optim.lr=1e-4", "mask=patch(ratio=.5)", json.dumps({"a": 1}), "loss=[]"),
    ),
    "published": Target(_text(published_sets), _texts(PUBLISHED)),
    "weights": Target(in_file(load, "model.safetensors"), runs.weights),
    "records_of_weights": Target(runs.read_record, _texts(*runs.RECORDS)),
    "onnx": Target(runs.read_as_onnx, runs.weights),
    "names": Target(_text(restorer_for), _texts(*NAMES)),
    "landmarks_json": Target(
        in_file(read_landmarks, "marks.json"),
        _texts(
            json.dumps({"1.png": _landmarks(5), "2.png": _landmarks(68)}),
            json.dumps([{"id": "00", "landmarks": _landmarks(5), "accepted": True}]),
        ),
    ),
    "landmarks_parquet": Target(in_file(read_landmarks, "marks.parquet"), _landmark_parquet),
    "landmarks_celeba": Target(in_file(read_landmarks, "marks.txt"), _texts(CELEBA)),
    "identities": Target(in_file(read_identities, "people.txt"), _texts("000001.jpg 2880\n000002.jpg 2937\n")),
    "shards": _file_of(builds.whole, builds.SHARD, builds.read_shard),
    "rows": Target(builds.read_rows, builds.rows_as_text),
    "stored_pictures": Target(builds.read_pictures, builds.pictures_as_bytes),
    "manifests": _file_of(builds.whole, builds.MANIFEST, builds.read_all),
    "sidecars": _file_of(builds.whole, builds.SIDECAR, builds.read_sidecar),
    "plans": _file_of(builds.whole, builds.PLAN, builds.read_plan),
    "checkpoints": Target(runs.read_states, runs.states),
    **{
        f"run_{name}": _file_of(runs.run, path, read)
        for name, path, read in (
            ("meta", runs.CHECKPOINT / "meta.json", runs.read_records),
            ("pointer", runs.LAST, runs.read_records),
            ("config", Path("config.toml"), runs.resume),
            ("plan", Path("plan.json"), runs.resume),
            ("log", Path("metrics.jsonl"), runs.resume),
            ("pictures", Path("pictures.txt"), runs.resume),
        )
    },
}
"""Everything that reads what others have written, by name."""
