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
from lfsrkit.stages import load_stage


@MASKS.register("band")
@dataclass(frozen=True)
class Band(MaskStrategy):
    """Select a horizontal band at a random height.

    Args:
        ratio: Share of the picture, 0 to 1.
    """

    ratio: float = 0.4

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
    config = load_stage("train", recipes=["fast_x4"], values={"steps": steps})
    rows = experiments.mask_rows(config, ["none", "patch", "face_biased", "band"])
    experiment = experiments.open_ablation(rows, out / "pairs", out, seeds=range(seeds), reference="none")
    for progress in experiments.run_entries(experiment.entries, experiment.seeds, experiment.data):
        if progress.doing == "judged":
            print(f"{progress.number} of {progress.total}: {progress.entry.name}, seed {progress.seed}")
    section = experiments.section_of(experiment)
    experiments.write_report(out, "A band against masks that ship", [section])
    for each in section.comparisons:
        print(f"{each.row} - none, {each.metric}: {each.difference:+.3f} ({each.low:+.3f} to {each.high:+.3f})")
    print(out / "table.md")


if __name__ == "__main__":
    typer.run(main)
