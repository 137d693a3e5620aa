"""``ablate``: variants of one training, alike in all else."""

from pathlib import Path
from typing import Annotated

import typer

from lfsrkit_cli.command import command
from lfsrkit_cli.comparing import Force, JudgedOn, Seeds, TablesOnly, numbers, run_experiments, tell_plan
from lfsrkit_cli.layout import group
from lfsrkit_cli.options import Device, DryRun, Json, Out, Overrides, Recipes, mask_names

app = group("Compare variants of one training.")


@command(app, "masks")
def masks(
    *,
    strategies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MASK",
            autocompletion=mask_names,
            show_default=False,
            help="Mask strategies such as 'patch(size=16)', and none; by default all that need no argument.",
        ),
    ] = None,
    pairs: Annotated[
        Path,
        typer.Option("--pairs", metavar="DIR", show_default=False, help="Folder that `lfsrkit pairs build` has made."),
    ],
    out: Out,
    seeds: Seeds = None,
    split: JudgedOn = "validation",
    tables_only: TablesOnly = False,
    force: Force = False,
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Train with every mask strategy, alike in all else, and compare.

    Example: lfsrkit ablate masks none patch face_biased -c fast_x4 -s steps=600 --pairs pairs/fast --out masks
    """
    from lfsrkit.experiments import NONE, mask_rows, open_ablation
    from lfsrkit.stages import load_stage

    rows = mask_rows(load_stage("train", recipes=recipes, overrides=overrides), strategies or ())
    chosen = numbers("--seeds", seeds) if seeds is not None else (0, 1, 2)
    experiment = open_ablation(
        rows, pairs, out, seeds=chosen, reference=NONE, recipes=recipes, split=split, force=force
    )
    if dry_run:
        tell_plan([experiment], device=device, json=json)
        return
    title = f"Mask strategies {' '.join(recipes)}".strip()
    run_experiments([experiment], title, out, device=device, tables_only=tables_only, json=json)
