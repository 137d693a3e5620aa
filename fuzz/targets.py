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
from PIL import Image as Pillow

from lfsrkit.calls import parse_chain
from lfsrkit.errors import LfsrkitError
from lfsrkit.images import decode
from lfsrkit.models import load, restorer_for, save
from lfsrkit.registries import MODELS
from lfsrkit.stages import load_stage


@dataclass(frozen=True)
class Target:
    """A reader and what it reads."""

    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]


def refuses_or_reads(target: Target, data: bytes) -> None:
    """Give damaged data to a target; only an error of the kit may come back."""
    with suppress(LfsrkitError):
        target.read(data)


def _pictures() -> list[bytes]:
    picture = Pillow.fromarray(np.arange(48 * 3, dtype=np.uint8).reshape(6, 8, 3))
    found: list[bytes] = []
    for kind in ("PNG", "JPEG", "WEBP", "BMP", "TIFF"):
        for mode in ("RGB", "L"):
            buffer = io.BytesIO()
            picture.convert(mode).save(buffer, kind)
            found.append(buffer.getvalue())
    return found


def _in_file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    def through_file(data: bytes) -> object:
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            return read(path)

    return through_file


def _weights() -> list[bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save(MODELS.create("bicubic", scale=2), path, name="bicubic", params={"scale": 2})
        return [path.read_bytes()]


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
NAMES = ("bicubic(scale=4)", "lfsrnet_tiny_x8", "dln+sparnet", "spandrel:SwinIR(scale=2)", "../../etc/passwd", "a\0b")

TARGETS = {
    "images": Target(decode, _pictures),
    "chains": Target(_text(parse_chain), lambda: [text.encode() for text in CHAINS]),
    "degradations": Target(
        _text(lambda text: load_stage("pairs", values={"degrade": text})), lambda: [text.encode() for text in CHAINS]
    ),
    "recipes": Target(
        _in_file(lambda path: [load_stage(stage, recipes=[path]) for stage in ("pairs", "train")], "recipe.toml"),
        lambda: [text.encode() for text in RECIPES],
    ),
    "overrides": Target(
        _text(lambda text: load_stage("train", overrides=[text])),
        lambda: [b"optim.lr=1e-4", b"mask=patch(ratio=.5)", json.dumps({"a": 1}).encode(), b"loss=[]"],
    ),
    "weights": Target(_in_file(load, "model.safetensors"), _weights),
    "names": Target(_text(restorer_for), lambda: [text.encode() for text in NAMES]),
}
