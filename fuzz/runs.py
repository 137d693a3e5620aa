"""Weights and runs of training whose files are damaged; hashes are put right, as one who damages on purpose would."""

import json
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from safetensors.torch import load as tensors_of
from safetensors.torch import save as bytes_of

from fuzz.builds import SPLIT, whole, with_part
from lfsrkit import pairs, training
from lfsrkit.errors import DamagedFile, LfsrkitError
from lfsrkit.models import load, restorer_for, save
from lfsrkit.registries import MODELS
from lfsrkit.stages import TrainConfig, load_stage
from lfsrkit.training.checkpoint import newest_whole, read_checkpoint

STEPS = 2
CHECKPOINT = Path("checkpoints") / "step-000001"
LAST = Path("checkpoints") / "last"
FILES = ("model.safetensors", "ema.safetensors", "trainer.pt")


def config() -> TrainConfig:
    """Train the smallest network for a step or two."""
    short = ("optim.warmup_steps=1", "batch_size=2", "checkpoint_every=1", "workers=0", "log_every=1")
    small = "model=spandrel:Compact(num_feat=4, num_conv=1)"
    return load_stage("train", overrides=[small, f"steps={STEPS}", *short])


@lru_cache
def run() -> Path:
    """Train once a process, and stop after the first step."""
    place = Path(mkdtemp(prefix="lfsrkit-fuzz-")) / "run"
    for _ in training.train(config(), pairs.open(whole(), SPLIT), None, place, stop=lambda: True):
        pass
    return place


def states() -> list[bytes]:
    """Give the files of the checkpoint."""
    return [(run() / CHECKPOINT / name).read_bytes() for name in FILES]


def resume(folder: Path) -> object:
    """Go on with a run to its end."""
    return [*training.train(config(), pairs.open(whole(), SPLIT), None, folder, resume=True)]


def read_records(folder: Path) -> object:
    """Find the checkpoint to go on from, and set aside what is damaged."""
    try:
        return read_checkpoint(folder)
    except DamagedFile:
        return newest_whole(folder)


def read_states(data: bytes) -> None:
    """Go on with runs in which one file of the checkpoint is another and its hash is right, each in turn."""
    refused: list[LfsrkitError] = []
    for name in FILES:
        try:
            with_part(run, CHECKPOINT / name, lambda folder, name=name: _resume_trusting(folder, name))(data)
        except LfsrkitError as error:
            refused.append(error)
    if len(refused) == len(FILES):
        raise refused[0]


def _resume_trusting(folder: Path, name: str) -> object:
    path = folder / CHECKPOINT / "meta.json"
    meta = json.loads(path.read_bytes())
    meta["files"][name] = sha256((folder / CHECKPOINT / name).read_bytes()).hexdigest()
    path.write_text(json.dumps(meta))
    load(folder / CHECKPOINT)
    return resume(folder)


@lru_cache
def weights() -> list[bytes]:
    """Write a model without weights, and one with some."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save(MODELS.create("bicubic", scale=2), path, name="bicubic", params={"scale": 2})
        return [path.read_bytes(), (run() / "model.safetensors").read_bytes()]


RECORDS = (
    '{"format": 1, "name": "spandrel:Compact", "params": {"scale": 4, "num_feat": 4, "num_conv": 1}, "version": "1"}',
    '{"format": 1, "name": "lfsrnet_tiny", "params": {"scale": 4, "backbone": "timm:vit_giant"}, "step": "3"}',
    '{"format": 1, "name": "dln+edsr_baseline", "params": {"scale": 2}, "version": "1"}',
)
"""What weights may say of themselves; the first is true of those of the run."""


def read_record(text: bytes) -> object:
    """Load weights that are whole and say that they belong to something else."""
    tensors = tensors_of(weights()[1])
    try:
        data = bytes_of(tensors, metadata={"lfsrkit": text.decode("utf-8")})
    except UnicodeDecodeError:
        raise DamagedFile("no safetensors file can say so") from None
    return in_file(load, "model.safetensors")(data)


def read_as_onnx(data: bytes) -> object:
    """Name a file of another program as a model; no command reads ONNX."""
    return in_file(restorer_for, "model.onnx")(data)


def in_file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    """Read what lies in a file of this name."""

    def through_file(data: bytes) -> object:
        with TemporaryDirectory(prefix="lfsrkit-fuzz-") as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            return read(path)

    return through_file
