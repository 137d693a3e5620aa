"""A mask strategy of one's own against two that ship, on equal terms: same pictures, seeds and steps.

python examples/compare_masks.py --steps 300 --faces /path/to/faces
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import typer
from rich import print

from lfsrkit import MASKS, experiments, pairs
from lfsrkit.masks import MaskStrategy
from lfsrkit.masks.base import uniform
from lfsrkit.stages import EvaluateConfig, load_stage


@MASKS.register("band")
@dataclass(frozen=True)
class Band(MaskStrategy):
    """Select a horizontal band at a random height.

    Args:
        ratio: Share of the picture, 0 to 1.
    """

    ratio: float = 0.4
    needs = frozenset()

    def draw(self, height, width, generators, hints):
        high = round(self.ratio * height)
        top = (uniform(1, generators) * (height - high + 1)).floor()
        rows = torch.arange(height)
        inside = (rows >= top) & (rows < top + high)
        return inside[:, None, :, None].float().expand(-1, 1, height, width)


def main(
    faces: str = "synthetic:800", steps: int = 200, seeds: int = 2, out: Path = Path("runs/compare_masks")
) -> None:
    """Build pairs, train every row with every seed, write a table; run again to go on after an interruption."""
    shares = {"train": 0.875, "validation": 0.0625, "test": 0.0625}
    plan = pairs.make_plan(load_stage("pairs", recipes=["fast_x4"], values={"faces": faces, "splits": shares}))
    for _ in pairs.build(plan, out / "pairs"):
        pass
    train, validation = pairs.open(out / "pairs", "train"), pairs.open(out / "pairs", "validation")
    config = load_stage("train", recipes=["fast_x4"], values={"steps": steps})
    rows = experiments.mask_rows(config, ["none", "patch", "face_biased", "band"])
    trials = experiments.make_trials(rows, range(seeds), out)
    judges = experiments.Judges(train, None, validation, EvaluateConfig(metrics=["psnr", "ssim"], regions=True))
    for progress in experiments.run_trials(trials, judges):
        if progress.record is None:
            print(f"{progress.number} of {progress.total}: {progress.trial.row}, seed {progress.trial.seed}")
    scores = [experiments.read_scores(trial.folder, trial.row, trial.seed) for trial in trials]
    found = experiments.report(scores, "none", out, {"split": "validation", "n": len(validation), "steps": steps})
    for each in found.comparisons:
        print(f"{each.row} - none, {each.metric}: {each.difference:+.3f} ({each.low:+.3f} to {each.high:+.3f})")
    print(out / "table.md")


if __name__ == "__main__":
    typer.run(main)
