"""Enhance a folder of small dark faces from Python, and say how much brighter each became.

python examples/enhance_folder.py dark/ --model runs/tiny --out bright

Without a folder the program darkens a few drawn faces; without a model it enlarges and brightens without one.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich import print

from lfsrkit import inference
from lfsrkit.images import decode, write_png
from lfsrkit.preview import Preview, preview
from lfsrkit.stages import PairsConfig, load_stage


def drawn_dark_faces(folder: Path, count: int) -> Path:
    """Write small dark faces that belong to nobody."""
    config = PairsConfig(faces="synthetic:1", degrade="fsr_gamma(scale=8)")
    for number, shown in enumerate(preview([f"synthetic:{count}"], config, count=count)):
        if isinstance(shown, Preview):
            write_png(folder / f"face_{number}.png", shown.low)
    return folder


def main(
    pictures: Annotated[Path | None, typer.Argument()] = None,
    model: str = "bicubic",
    count: int = 4,
    out: Path = Path("bright"),
) -> None:
    """Enhance, and print the mean brightness before and after."""
    source = pictures or drawn_dark_faces(Path(tempfile.mkdtemp(prefix="dark-")), count)
    for done in inference.enhance(model, [source], out, load_stage("enhance")):
        if done.output is None:
            print(f"{done.source.name}: {done.reason}")
            continue
        before, after = (decode(path.read_bytes()) for path in (done.source, done.output))
        sizes = " -> ".join(f"{picture.shape[1]}x{picture.shape[0]}" for picture in (before, after))
        print(f"{done.source.name}: {sizes}, mean {before.mean():.0f} -> {after.mean():.0f}")


if __name__ == "__main__":
    typer.run(main)
