"""``benchmark``: several models on several protocols, on equal terms, and the table of what came out."""

from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any

import typer

from lfsrkit_cli.comparing import Force, JudgedOn, Seeds, TablesOnly, numbers, run_experiments, tell_plan
from lfsrkit_cli.options import Device, DryRun, Json, Out, Overrides, Recipes, given, of_stage


def benchmark(
    *,
    pairs: Annotated[
        Path,
        typer.Option(
            "--pairs",
            metavar="DIR",
            show_default=False,
            help="Folder that `lfsrkit pairs build` has made, or one with a build for each protocol, under its name.",
        ),
    ],
    out: Out,
    rows: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            show_default=False,
            help="Models and cascades to compare, such as lfsrnet,dln+edsr_baseline; by default those of the recipe.",
        ),
    ] = None,
    protocols: Annotated[
        str | None,
        typer.Option(metavar="LIST", show_default=False, help="Protocols, with commas; by default the recipe's."),
    ] = None,
    seeds: Seeds = None,
    rates: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            show_default=False,
            help="Learning rates that each row tries on the validation split, by default 2e-4,5e-4,1e-3; "
            "a single one is used as it is.",
        ),
    ] = None,
    split: JudgedOn = "test",
    tables_only: TablesOnly = False,
    force: Force = False,
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Train several models on equal terms and compare them.

    Run it again to go on after an interruption.

    Example: lfsrkit benchmark -c table2 --rows lfsrnet,edsr_baseline --pairs pairs --out bench
    """
    from lfsrkit.experiments import open_benchmark
    from lfsrkit.stages import load_stage

    chosen: dict[str, Any] = given(
        rows=None if rows is None else _names(rows),
        protocols=None if protocols is None else _names(protocols),
        seeds=None if seeds is None else numbers("--seeds", seeds),
        rates=None if rates is None else numbers("--rates", rates),
    )
    own, others = of_stage("benchmark", overrides)
    config = load_stage("benchmark", recipes=recipes, overrides=own, values=chosen)
    experiments = open_benchmark(config, pairs, out, recipes=recipes, overrides=others, split=split, force=force)
    if dry_run:
        tell_plan(experiments, device=device, json=json)
        return
    title = f"Benchmark {' '.join(recipes)}".strip()
    run_experiments(experiments, title, out, device=device, tables_only=tables_only, json=json)


def _names(text: str) -> list[str]:
    """Split at commas, but not within parentheses."""
    depths = accumulate(({"(": 1, ")": -1}.get(sign, 0) for sign in text), initial=0)
    signs = ("\n" if sign == "," and not depth else sign for sign, depth in zip(text, depths, strict=False))
    return [name for part in "".join(signs).split("\n") if (name := part.strip())]
