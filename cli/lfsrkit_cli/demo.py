"""``demo``: the whole chain once, small."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.options import FACES_HELP, Device, DryRun, Json, given
from lfsrkit_cli.output import print_facts, print_json, print_table, remark, say, score
from lfsrkit_cli.progress import Step, building_step, reporter, training_step

if TYPE_CHECKING:
    from lfsrkit.demo import Event, Finished


def demo(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for everything.")] = Path("demo"),
    faces: Annotated[
        str | None, typer.Option(metavar="SRC", show_default=False, help=f"{FACES_HELP} By default drawn.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, show_default=False, help="Training steps; by default those of the recipe."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of everything that is drawn.")] = 0,
    device: Device = "auto",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Run the whole chain in a few minutes, up to a page to read.

    Faces, pairs, training, evaluation, enhancement. Run it again to go on after an interruption.
    """
    if dry_run:
        _tell_plan(out, given(faces=faces, seed=seed), steps, json)
        return
    from lfsrkit.demo import Finished, demo

    for event in _watched(demo(out, faces=faces, steps=steps, seed=seed, device=device)):
        if isinstance(event, Finished):
            _tell(event, json)


def _watched(events: "Iterator[Event]") -> "Iterator[Event]":
    """Pass events on, with a display for each stage."""
    from lfsrkit.demo import Finished, Stage

    with ExitStack() as stack:
        show: Callable[[Step], None] | None = None
        count = 0
        for event in events:
            if isinstance(event, Stage | Finished):
                stack.close()
            if isinstance(event, Stage):
                remark(f"{event.name}: {event.detail}")
                show, count = stack.enter_context(reporter(f"  {event.name}")), 0
            elif show is not None and not isinstance(event, Finished):
                count += 1
                show(_step(event, count))
            yield event


def _step(event: "Event", count: int) -> Step:
    from lfsrkit.pairs import Progress
    from lfsrkit.training import TrainRecord

    if isinstance(event, Progress):
        return building_step(event)
    return training_step(event) if isinstance(event, TrainRecord) else Step(count, None, "images")


def _tell_plan(out: Path, values: dict[str, Any], steps: int | None, json: bool) -> None:
    from lfsrkit.demo import RECIPE
    from lfsrkit.stages import load_stage

    pairs = load_stage("pairs", recipes=[RECIPE], values=values)
    train = load_stage("train", recipes=[RECIPE], values=given(steps=steps))
    chain, training = " | ".join(map(str, pairs.degrade)), f"{train.model}, {train.steps} steps"
    facts = {"faces": pairs.faces, "chain": chain, "train": training, "page": out / "report.html"}
    if json:
        print_json(facts)
        return
    print_facts(facts)
    say("dry run: nothing is written")


def _tell(end: "Finished", json: bool) -> None:
    if json:
        rows = [{"name": name, "values": values} for name, values in end.scores.items()]
        print_json({"report": end.report, "rows": rows, "notes": end.notes})
        return
    # Metrics go down, models across: there are few models, and a narrow terminal has room for them.
    metrics = next(iter(end.scores.values()))
    rows = [(name, *(score(name, values[name]) for values in end.scores.values())) for name in metrics]
    print_table(("metric", *end.scores), rows, numbers=True)
    for note in end.notes:
        remark(note)
    say("", str(end.report))
