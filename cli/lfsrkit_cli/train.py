"""``train``: from pairs, or from faces that are degraded on the fly, to the folder of a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.options import FACES_HELP, AllowCode, Device, DryRun, Json, Out, Overrides, Pairs, Recipes, of_stage
from lfsrkit_cli.output import print_facts, print_json, remark, say, score
from lfsrkit_cli.progress import follow, training_step
from lfsrkit_cli.signals import stoppable

if TYPE_CHECKING:
    from lfsrkit.stages import TrainConfig
    from lfsrkit.training import TrainRecord


def train(
    *,
    recipes: Recipes,
    overrides: Overrides,
    pairs: Pairs = None,
    faces: Annotated[
        str | None,
        typer.Option(
            metavar="SRC",
            show_default=False,
            help=f"Instead of pairs: faces to degrade on the fly, set by -s pairs.KEY=VALUE. {FACES_HELP}",
        ),
    ] = None,
    out: Out,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on from the last checkpoint, with the settings of the run if none are named."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Resume although settings have changed, or from before a damaged checkpoint."),
    ] = False,
    device: Device = "auto",
    allow_code: AllowCode = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Train a model; Ctrl-C finishes the step and saves.

    Example: lfsrkit train -c fast_x4 -s steps=500 --pairs pairs/celeba --out runs/first
    """
    from lfsrkit.errors import UsageError
    from lfsrkit.models.weights import CONFIG_FILE
    from lfsrkit.stages import load_stage

    if (pairs is None) == (faces is None):
        raise UsageError("give either --pairs DIR or --faces SRC")
    theirs, own = of_stage("pairs", overrides)
    if theirs and faces is None:
        raise UsageError(f"-s pairs.{theirs[0]}: the pairs of --pairs are built already; this goes with --faces")
    begun = [str(out / CONFIG_FILE)] if resume and (out / CONFIG_FILE).is_file() else []
    config = load_stage("train", recipes=[*begun, *recipes], overrides=own)
    data = _built(pairs, allow_code) if pairs is not None else _live(str(faces), recipes, theirs)
    if dry_run:
        _tell_plan(config, data, json)
        return
    _run(config, data, out, json, resume=resume, force=force, device=device)


def _built(folder: Path, allow_code: bool) -> tuple[Any, Any]:
    from lfsrkit import pairs

    splits = pairs.read_manifest(folder).splits
    watched = pairs.open(folder, "validation", allow_code=allow_code) if splits.get("validation") else None
    return pairs.open(folder, "train", allow_code=allow_code), watched


def _live(faces: str, recipes: list[str], overrides: list[str]) -> tuple[Any, Any]:
    from lfsrkit import pairs
    from lfsrkit.stages import load_stage

    config = load_stage("pairs", recipes=recipes, overrides=overrides, values={"faces": faces})
    plan = pairs.make_plan(config)
    watched = any(task.split == "validation" for task in plan.tasks)
    return pairs.LivePairs(plan, "train"), pairs.LivePairs(plan, "validation") if watched else None


def _run(config: "TrainConfig", data: tuple[Any, Any], out: Path, json: bool, **how: Any) -> None:
    from lfsrkit import training

    last: TrainRecord | None = None
    scores: dict[str, float] | None = None
    first = training.is_first_process()
    with stoppable() as stop:
        records = training.train(config, *data, out, stop=stop, tell=remark, **how)
        for record in follow("train", records, training_step) if first else records:
            last, scores = record, record.validation or scores
        exit_code = training.agreed_exit_code(stop.exit_code)
        if first:
            _tell_end(last, scores, out, json, stopped=exit_code != 0)
        training.leave_processes()
    if exit_code:
        raise typer.Exit(exit_code)


def _tell_plan(config: "TrainConfig", data: tuple[Any, Any], json: bool) -> None:
    from lfsrkit.config import to_tables
    from lfsrkit.toml import to_toml

    train, validation = data
    # Minutes become steps by timing, which a dry run leaves alone.
    passes = None if config.minutes is not None else round(config.steps * config.batch_size / len(train), 2)
    facts = {"train": len(train), "validation": len(validation or ()), "scale": train.scale, "passes": passes}
    if json:
        print_json({**facts, "settings": to_tables(config)})
        return
    say(to_toml({"train": to_tables(config)}).strip(), "")
    long = f"{config.minutes:g} minutes" if passes is None else f"{passes:.1f} passes"
    say(f"{len(train)} pairs to train on, {facts['validation']} to validate on, x{train.scale}, {long}")
    say("dry run: nothing is written")


def _tell_end(
    last: "TrainRecord | None", scores: dict[str, float] | None, out: Path, json: bool, *, stopped: bool
) -> None:
    step, steps = (last.step, last.steps) if last is not None else (0, 0)
    if json:
        facts = {"loss": last.loss, "seconds": last.seconds} if last is not None else {}
        print_json({"out": out, "step": step, "steps": steps, **facts, "validation": scores, "stopped": stopped})
        return
    if stopped:
        remark(f"stopped at step {step} of {steps} and saved; go on with --resume")
    if last is None:
        remark("nothing was left to do")
    measured = "  ".join(f"{name} {score(name, value)}" for name, value in (scores or {}).items())
    print_facts({**({"validation": measured} if measured else {}), "run": out})
