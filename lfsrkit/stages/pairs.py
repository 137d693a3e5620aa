"""What can be set about faces and pairs."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lfsrkit.calls import Call
from lfsrkit.config import Config
from lfsrkit.stages.components import Degrade, Positive, Split


def _default_splits() -> dict[Split, int | float]:
    return {"train": 0.9, "validation": 0.05, "test": 0.05}


class PairsConfig(Config):
    """Stage 1 and 2: which faces, how they are framed, how they are degraded, how they are split."""

    faces: str = "synthetic:1000"
    """Where the faces come from: a folder, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``."""
    framing: Literal["auto", "celeba", "centre", "whole"] = "auto"
    """Which square is used: ``celeba`` = rows 20 to 197 of aligned 178x218 pictures, ``centre`` = the largest centred
    square, ``whole`` = squares only; ``auto`` = celeba for 178x218 pictures, else centre."""
    clean_size: Annotated[int, Field(ge=16, le=2048)] = 128
    """Side of the clean picture in pixels."""
    min_side: Positive | None = None
    """Smallest crop that is accepted, in source pixels; by default the clean size, so that nothing is enlarged."""
    degrade: Degrade = (Call("fsr_gamma", {"scale": 8}),)
    """The degradation: ``name(key=value) | name | ...`` or a list of tables."""
    splits: dict[Split, int | float] = Field(default_factory=_default_splits)
    """Sizes of the splits: all whole numbers (counts) or all fractions."""
    identities: Path | None = None
    """Text file with a file name and a person's number a line; a person then stays in one split."""
    landmarks: Path | None = None
    """Table of landmarks for faces without regions: JSON, Parquet (`lfsrkit regions build`) or CelebA's text file."""
    parsing: Path | None = None
    """Folder of face-parsing maps named as the pictures, for faces without regions; asked before the landmarks."""
    parsing_labels: Literal["celebamask_hq", "bisenet"] | None = None
    """Which of the two numberings of 19 classes the parsing maps have."""
    seed: int = 0
    """Seed of every draw of the degradation."""
    shard_size: Positive = 256
    """Pairs in one Parquet file: the unit of work and of resuming."""

    @model_validator(mode="after")
    def _labels_are_named(self) -> "PairsConfig":
        if (self.parsing is None) != (self.parsing_labels is None):
            known = "celebamask_hq or bisenet"
            raise ValueError(f"parsing and parsing_labels: give both; two numberings are in use, so say which: {known}")
        return self

    @model_validator(mode="after")
    def _splits_agree(self) -> "PairsConfig":
        sizes = list(self.splits.values())
        counts = all(isinstance(size, int) for size in sizes)
        fractions = all(isinstance(size, float) and 0 <= size <= 1 for size in sizes) and sum(sizes) <= 1 + 1e-9
        if not (counts or fractions) or min(sizes, default=0) < 0 or sum(sizes) <= 0:
            raise ValueError("splits: give counts such as 700, or fractions between 0 and 1 that sum to at most 1")
        return self
