"""What the tests of training share with the child process that one of them kills: a small model, pairs, a stage."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lfsrkit import pairs
from lfsrkit.images import Pixels, resize, write_png
from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.stages import PairsConfig, TrainConfig, load_stage
from lfsrkit.types import Images

CLEAN_SIDE, SCALE = 32, 4
TRAIN, VALIDATION = 9, 3


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


def stage(*overrides: str) -> TrainConfig:
    """Make a short training stage; `Toy` has to be registered as ``toy``."""
    short = ("model=toy", "steps=23", "batch_size=4", "log_every=4", "validate_every=6", "checkpoint_every=5")
    return load_stage("train", overrides=[*short, "optim.warmup_steps=3", *overrides])


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
