"""``report``: a page about one training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lfsrkit_cli.options import AllowCode, Device, DryRun, Json, Overrides, Pairs, Recipes, given
from lfsrkit_cli.output import print_json, say
from lfsrkit_cli.progress import counted
from lfsrkit_cli.rows import ForceSeen, check_seen

if TYPE_CHECKING:
    from lfsrkit.evaluation import ImageScores
    from lfsrkit.pairs import PairSet
    from lfsrkit.stages import EvaluateConfig

FLOOR = "bicubic"
PAGE = "report.html"


def report(
    *,
    run: Annotated[
        Path, typer.Argument(metavar="RUN", show_default=False, help="Folder that `lfsrkit train` has made.")
    ],
    pairs: Pairs = None,
    split: Annotated[
        Literal["train", "validation", "test"] | None,
        typer.Option(metavar="NAME", show_default=False, help="train, validation or test; by default test."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", show_default=False, help=f"Page to write; by default RUN/{PAGE}."),
    ] = None,
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    allow_code: AllowCode = False,
    force: ForceSeen = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write a page about a training: curves, settings, scores.

    With pairs, it is measured beside plain enlargement, and some faces are shown before and after. The page is one file
    and loads nothing from anywhere.

    Example: lfsrkit report runs/first --pairs pairs/celeba
    """
    from lfsrkit import pairs as stored
    from lfsrkit.errors import UsageError
    from lfsrkit.files import check_place
    from lfsrkit.report import write_page
    from lfsrkit.report.runs import run_contents
    from lfsrkit.stages import load_stage

    if pairs is None and split is not None:
        raise UsageError("--split goes with --pairs")
    page = out or run / PAGE
    config = load_stage("evaluate", recipes=recipes, overrides=overrides, values=given(split=split))
    contents = run_contents(run)
    if not dry_run:
        check_place(page)
        if pairs is not None:
            data = stored.open(pairs, config.split, allow_code=allow_code)
            check_seen({str(run): str(run)}, data, force=force)
            contents = run_contents(run, _judged(run, data, config, device, allow_code), data)
        write_page(page, contents)
    if json:
        print_json({"out": None if dry_run else page, "title": contents.title, "scores": contents.scores})
        return
    say(contents.title, "dry run: nothing is written" if dry_run else str(page))


def _judged(
    run: Path, data: "PairSet", config: "EvaluateConfig", device: str, allow_code: bool
) -> "dict[str, list[ImageScores]]":
    from lfsrkit import evaluation

    titles = {"bicubic (the floor)": FLOOR, run.resolve().name: run}
    return {
        title: list(
            counted(title, evaluation.evaluate(model, data, config, device=device, allow_code=allow_code), len(data))
        )
        for title, model in titles.items()
    }
