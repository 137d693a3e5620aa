"""Small experiments for the tests of tables: pairs of drawn faces, rows that train in a moment, scores by hand."""

from collections.abc import Iterable
from pathlib import Path

from lfsrkit import pairs
from lfsrkit.experiments import Judges, Scores
from lfsrkit.pairs import PairSet
from lfsrkit.stages import EvaluateConfig, load_stage

SIDE = 32
PROTOCOL = f"""
about = "Drawn faces of {SIDE} pixels"

[pairs]
framing = "auto"
clean_size = {SIDE}
min_side = 16
degrade = "fsr_gamma(scale=4)"
splits = {{ train = 8, validation = 3, test = 4 }}

[train]
low = "fresh"

[evaluate]
metrics = ["psnr", "ssim"]
"""
QUICK = ("steps=6", "batch_size=4", "log_every=1", "checkpoint_every=2", "validate_every=3", "optim.warmup_steps=1")
"""A training that takes a moment."""


def write_protocol(folder: Path, name: str = "drawn", **changed: str) -> Path:
    """Write the recipe of a small protocol."""
    text = PROTOCOL
    for key, value in changed.items():
        text = "\n".join(f"{key} = {value}" if line.startswith(f"{key} =") else line for line in text.splitlines())
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def build(recipe: Path, folder: Path, faces: str = "synthetic:15", *overrides: str) -> Path:
    """Build the pairs of a protocol, in a folder of its name."""
    config = load_stage("pairs", recipes=[recipe], overrides=overrides, values={"faces": faces})
    for _ in pairs.build(pairs.make_plan(config), folder / recipe.stem, workers=0):
        pass
    return folder / recipe.stem


def quick() -> list[str]:
    """Give the overrides of a quick training for the command line."""
    return [word for text in QUICK for word in ("-s", text)]


def judges(train_pairs: PairSet, validation_pairs: PairSet, judged: PairSet | None = None) -> Judges:
    metrics = EvaluateConfig.model_validate({"metrics": ["psnr"], "regions": True})
    return Judges(train_pairs, validation_pairs, judged or validation_pairs, metrics)


def scores(row: str, seed: int, values: Iterable[float | None], metric: str = "psnr") -> Scores:
    values = tuple(values)
    return Scores(row, seed, tuple(map(str, range(len(values)))), {metric: values})
