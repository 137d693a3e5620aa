"""``ablate`` and ``benchmark``: the same training for several rows and seeds, and a table of what came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lfsrkit_cli.command import command
from lfsrkit_cli.options import Device, DryRun, Json, Out, Overrides, Recipes
from lfsrkit_cli.output import print_facts, print_json, print_table, say
from lfsrkit_cli.progress import Step, follow
from lfsrkit_cli.signals import stoppable

if TYPE_CHECKING:
    from lfsrkit.experiments import GridProgress, Trial
    from lfsrkit.stages import TrainConfig

ablate = typer.Typer(help="Compare variants of one training.", rich_markup_mode=None, no_args_is_help=True)

Built = Annotated[
    Path, typer.Option("--pairs", metavar="DIR", show_default=False, help="Folder that `lfsrkit pairs build` has made.")
]
Seeds = Annotated[str, typer.Option(metavar="LIST", help="Seeds, with commas.")]
JudgedOn = Annotated[
    Literal["validation", "test"],
    typer.Option("--split", metavar="NAME", help="What rows are judged by: validation to search, test to report."),
]


@command(ablate, "masks")
def masks(
    *,
    strategies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MASK]...",
            show_default=False,
            help="Mask strategies such as 'patch(size=16)', and none; by default all that need no argument.",
        ),
    ] = None,
    pairs: Built,
    out: Out,
    seeds: Seeds = "0,1,2",
    split: JudgedOn = "validation",
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Train with every mask strategy, alike in all else, and compare.

    Example: lfsrkit ablate masks none patch face_biased -c fast_x4 -s steps=600 --pairs pairs/fast --out masks
    """
    from lfsrkit.experiments import mask_rows
    from lfsrkit.stages import load_stage

    config = load_stage("train", recipes=recipes, overrides=overrides)
    rows = mask_rows(config, strategies or ())
    how = _How(pairs, out, _numbers(seeds), split, device, dry_run, json, regions=True)
    _experiment(rows, "none" if "none" in rows else next(iter(rows)), how)


def benchmark(
    *,
    rows: Annotated[
        str, typer.Option(metavar="LIST", show_default=False, help="Models to compare, such as lfsrnet,edsr_baseline.")
    ],
    pairs: Built,
    out: Out,
    seeds: Seeds = "0,1,2",
    split: JudgedOn = "test",
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Train several models alike and compare them.

    Example: lfsrkit benchmark --rows lfsrnet,edsr_baseline -c fast_x4 -s steps=600 --pairs pairs/fast --out bench
    """
    from lfsrkit.stages import load_stage

    names = [name.strip() for name in rows.split(",")]
    configs = {name: load_stage("train", recipes=recipes, overrides=[*overrides, f"model={name}"]) for name in names}
    _experiment(configs, names[0], _How(pairs, out, _numbers(seeds), split, device, dry_run, json, regions=False))


@dataclass(frozen=True)
class _How:
    """What both commands are asked for."""

    pairs: Path
    out: Path
    seeds: list[int]
    split: Literal["validation", "test"]
    device: str
    dry_run: bool
    json: bool
    regions: bool


def _experiment(rows: "Mapping[str, TrainConfig]", reference: str, how: _How) -> None:
    from lfsrkit import pairs
    from lfsrkit.experiments import Judges, make_trials, run_trials
    from lfsrkit.stages import EvaluateConfig

    trials = make_trials(rows, how.seeds, how.out)
    if how.dry_run:
        _tell_plan(trials, how.json)
        return
    splits = pairs.read_manifest(how.pairs).splits
    watched = pairs.open(how.pairs, "validation") if splits.get("validation") else None
    metrics = EvaluateConfig(split=how.split, regions=how.regions)
    data = Judges(pairs.open(how.pairs, "train"), watched, pairs.open(how.pairs, how.split), metrics)
    with stoppable() as stop:
        for _ in follow("trials", run_trials(trials, data, device=how.device, stop=stop), _step):
            pass
    if stop():
        raise typer.Exit(stop.exit_code)
    protocol = {"split": how.split, "n": len(data.judged), "data": data.judged.sha256}
    _tell(trials, reference, how.out, protocol, how.json)


def _step(progress: "GridProgress") -> Step:
    record, trial = progress.record, progress.trial
    inside = f"step {record.step} of {record.steps}, loss {record.loss:.4f}" if record is not None else "judged"
    return Step(progress.number, progress.total, "trials", note=f"{trial.row} seed {trial.seed}: {inside}")


def _tell_plan(trials: "list[Trial]", json: bool) -> None:
    if json:
        print_json([{"row": t.row, "seed": t.seed, "steps": t.config.steps, "folder": t.folder} for t in trials])
        return
    say(*(f"{trial.row}  seed {trial.seed}  {trial.config.steps} steps  {trial.folder}" for trial in trials))
    say("dry run: nothing is trained")


def _tell(trials: "list[Trial]", reference: str, out: Path, protocol: dict[str, Any], json: bool) -> None:
    from lfsrkit.experiments import read_scores, report

    scores = [read_scores(trial.folder, trial.row, trial.seed) for trial in trials]
    found = report(scores, reference, out, protocol)
    if json:
        print_json({"rows": found.rows, "comparisons": found.comparisons, "protocol": protocol, "out": out})
        return
    shown = ("psnr", "ssim", "lpips")
    cells = [(row.name, str(row.seeds), *(f"{row.mean[name]:.4g}" for name in shown)) for row in found.rows]
    print_table(("row", "seeds", *shown), cells, numbers=True)
    say("")
    print_facts({**protocol, "tables": out})


def _numbers(text: str) -> list[int]:
    from lfsrkit.errors import UsageError

    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) != len(parts):
        raise UsageError(f"--seeds {text}: write different whole numbers with commas, such as 0,1,2")
    return [int(part) for part in parts]
