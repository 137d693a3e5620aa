"""Pairs from a Parquet file of faces, read with `datasets` and a plain DataLoader: lfsrkit makes data for any trainer.

python examples/torch_loader.py --faces hub:nielsr/CelebA-faces

Without `--faces` the program draws some faces and puts them into a Parquet file, as a hub would give one.
"""

import tempfile
from pathlib import Path

import datasets
import torch
import typer
from rich import print
from torch.utils.data import DataLoader

from lfsrkit import LOSSES, MODELS, pairs
from lfsrkit.faces import open_source
from lfsrkit.images import encode_png
from lfsrkit.stages import load_stage


def parquet_of_drawn_faces(path: Path, count: int) -> str:
    """Stand in for a data set of the hub: one Parquet file with a column of pictures."""
    source = open_source(f"synthetic:{count}", size=64)
    rows = [{"bytes": encode_png(source.read(ref).pixels), "path": None} for ref in source.find().refs]
    table = datasets.Dataset.from_dict({"image": rows}).cast_column("image", datasets.Image())
    table.to_parquet(path)
    return f"hub:{path}:train:image"


def main(faces: str | None = None, count: int = 64, steps: int = 20, out: Path | None = None) -> None:
    """Build pairs of 16 and 64 pixels, then train a network with a loop of one's own."""
    folder = out or Path(tempfile.mkdtemp(prefix="torch_loader-"))
    folder.mkdir(parents=True, exist_ok=True)
    source = faces or parquet_of_drawn_faces(folder / "faces.parquet", count)
    values = {"faces": source, "splits": {"train": 0.8, "test": 0.2}, "clean_size": 64}
    plan = pairs.make_plan(load_stage("pairs", overrides=["degrade=isp_physics(scale=4)"], values=values))
    for _ in pairs.build(plan, folder / "pairs"):
        pass

    # From here on nothing is lfsrkit's but the network and the loss, and those may be yours.
    data = datasets.load_dataset(str(folder / "pairs"), split="train", cache_dir=str(folder / "cache"))
    loader = DataLoader(data.select_columns(["low", "clean"]).with_format("torch"), batch_size=8, shuffle=True)
    model, loss = MODELS.create("edsr_baseline", scale=4), LOSSES.create("charbonnier")
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-4)
    step = 0
    while step < steps:
        for batch in loader:
            value = loss(model(batch["low"] / 255), batch["clean"] / 255).mean()
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            step += 1
            if step % 10 == 0 or step == steps:
                print(f"step {step}, loss {value.item():.4f}")
            if step == steps:
                break
    print(data[0]["params"])


if __name__ == "__main__":
    typer.run(main)
