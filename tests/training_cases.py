"""What the tests of training share with the child process that one of them kills: a small model, pairs, a stage."""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lfsrkit import pairs
from lfsrkit.images import Pixels, resize, write_png
from lfsrkit.losses import L1, Extras
from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.registries import LOSSES, MODELS
from lfsrkit.stages import PairsConfig, TrainConfig, load_stage
from lfsrkit.types import Images

CLEAN_SIDE, SCALE = 32, 4
TRAIN, VALIDATION = 9, 3
HARD = ("low=fresh", 'loss=["face_mask"]', "optim.weight_decay=0.01")
"""Everything random at once: fresh pictures, flips, masks; dropout is in the model."""


class Toy(Restorer):
    """Everything that makes resuming hard: running statistics, dropout, a buffer of whole numbers.

    Args:
        scale: Factor of enlargement.
        width: Channels.
    """

    def __init__(self, scale: int = SCALE, width: int = 8) -> None:
        super().__init__(ModelInfo("joint", (2, 4, 8)), scale)
        self.body = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(0.2))
        self.head = nn.Conv2d(width, 3 * scale**2, 3, padding=1)
        self.table = nn.Buffer(torch.arange(7))

    def _stages(self, low: Images) -> dict[str, Tensor]:
        return {"restored": nn.functional.pixel_shuffle(self.head(self.body(low)), self.scale)}


class Calm(Restorer):
    """Nothing that depends on how a batch is divided: no statistics of a batch, no dropout.

    Args:
        scale: Factor of enlargement.
        width: Channels.
    """

    def __init__(self, scale: int = SCALE, width: int = 8) -> None:
        super().__init__(ModelInfo("joint", (2, 4, 8)), scale)
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(4))
        self.head = nn.Conv2d(width, 3 * scale**2, 3, padding=1)

    def _stages(self, low: Images) -> dict[str, Tensor]:
        features = self.first(low)
        for block in self.blocks:
            features = features + block(features).tanh()
        return {"restored": nn.functional.pixel_shuffle(self.head(features), self.scale)}


class Spoilt(L1):
    """L1 that is infinite once, for the first picture that one process is given.

    Args:
        call: How often the loss was called then, from 1.
        rank: Number of the process.
    """

    def __init__(self, call: int, rank: int = 0) -> None:
        super().__init__()
        self._left = call if os.environ.get("RANK", "0") == str(rank) else -1

    def compare(self, restored: Tensor, clean: Tensor, extras: Extras) -> Tensor:
        self._left -= 1
        values = super().compare(restored, clean, extras)
        return torch.where(torch.arange(len(values)) == 0, torch.inf, values) if self._left == 0 else values


@contextmanager
def plugged() -> Generator[None]:
    """Register what the tests train with."""
    with (
        MODELS.temporary("toy", Toy),
        MODELS.temporary("calm", Calm),
        LOSSES.temporary("spoilt", Spoilt),
    ):
        yield


def stage(*overrides: str) -> TrainConfig:
    """Make a short training stage; `Toy` has to be registered as ``toy``."""
    short = ("model=toy", "batch_size=4", "log_every=4", "validate_every=6", "checkpoint_every=5")
    length = [] if any(each.startswith("minutes=") for each in overrides) else ["steps=23"]
    return load_stage("train", overrides=[*short, *length, "optim.warmup_steps=3", *overrides])


def build_pairs(folder: Path) -> Path:
    """Build pairs of smooth random pictures."""
    stream = np.random.default_rng(0)
    for number in range(TRAIN + VALIDATION):
        write_png(folder / "faces" / f"{number}.png", picture(stream))
    config = PairsConfig.model_validate(
        {
            "faces": str(folder / "faces"),
            "framing": "whole",
            "clean_size": CLEAN_SIDE,
            "degrade": f"fsr_gamma(scale={SCALE})",
            "splits": {"train": TRAIN, "validation": VALIDATION},
            "seed": 3,
        }
    )
    for _ in pairs.build(pairs.make_plan(config), folder / "pairs", workers=0):
        pass
    return folder / "pairs"


def picture(stream: np.random.Generator) -> Pixels:
    """Draw a smooth random picture."""
    return resize(stream.integers(0, 256, (6, 6, 3), dtype=np.uint8), CLEAN_SIDE, CLEAN_SIDE)


class FourPairs:
    """The first four pairs of a split."""

    def __init__(self, whole: pairs.PairSet) -> None:
        self.ids, self.scale, self.chain = whole.ids[:4], whole.scale, whole.chain
        self.settings, self.sha256, self.clean_mean = whole.settings, whole.sha256, whole.clean_mean
        self.batch = whole.batch

    def __len__(self) -> int:
        return 4


def final_files(out: Path) -> dict[str, bytes]:
    """Read all weights at the end of a run."""
    names = ("model.safetensors", "ema.safetensors")
    inner = {name: (last_checkpoint(out) / name).read_bytes() for name in names}
    return {**inner, "for use": (out / "model.safetensors").read_bytes()}


def measured(out: Path) -> list[dict[str, object]]:
    """Read what a run has logged, but for the times."""
    kept = ("step", "loss", "terms", "lr", "validation", "images_seen", "epoch")
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{key: row.get(key) for key in kept} for row in rows]


def last_checkpoint(out: Path) -> Path:
    """Find the folder of the last checkpoint."""
    return out / "checkpoints" / (out / "checkpoints" / "last").read_text().strip()


def optimiser(out: Path) -> dict[str, object]:
    """Read the state of the optimiser at the end of a run."""
    return torch.load(last_checkpoint(out) / "trainer.pt", weights_only=True)["optimiser"]


def assert_same_run(out: Path, whole: Path) -> None:
    """Compare two runs bit by bit: weights, averages, optimiser and log."""
    assert final_files(out) == final_files(whole)
    assert measured(out) == measured(whole)
    mine, theirs = optimiser(out), optimiser(whole)
    torch.testing.assert_close(mine, theirs, rtol=0, atol=0)
