"""``enhance``: dark small faces in, bright large faces out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfsrkit_cli.command import FAILED
from lfsrkit_cli.options import MODEL_HELP, AllowCode, Device, DryRun, Json, Out, Overrides, Recipes
from lfsrkit_cli.output import print_json, remark, say
from lfsrkit_cli.progress import counted

if TYPE_CHECKING:
    from lfsrkit.inference import Enhanced


def enhance(
    *,
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help=MODEL_HELP,
            show_default=False,
        ),
    ],
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT", help="Pictures, folders, or patterns such as 'night/*.jpg'.", show_default=False
        ),
    ],
    out: Out,
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    allow_code: AllowCode = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Enhance pictures of small dark faces; nothing is overwritten.

    Example: lfsrkit enhance runs/first night/ --out bright
    """
    from lfsrkit import inference
    from lfsrkit.stages import load_stage

    config = load_stage("enhance", recipes=recipes, overrides=overrides)
    targets = inference.targets(inputs, out)
    if dry_run:
        _tell_plan(targets, json)
        return
    done = inference.enhance(model, inputs, out, config, device=device, allow_code=allow_code)
    results = list(counted("enhance", done, len(targets)))
    _tell(results, out, json)
    if not any(result.output for result in results):
        raise typer.Exit(FAILED)


def _tell_plan(targets: list[tuple[Path, Path]], json: bool) -> None:
    if json:
        print_json([{"source": source, "output": target} for source, target in targets])
        return
    say(*(f"{source} -> {target}" for source, target in targets), "dry run: nothing is written")


def _tell(results: "list[Enhanced]", out: Path, json: bool) -> None:
    done = [result for result in results if result.output]
    if json:
        print_json(results)
        return
    for result in results:
        if result.output is None:
            remark(f"{result.source}: {result.reason}")
    seconds = sum(result.seconds for result in done)
    say(f"enhanced {len(done)} of {len(results)} pictures in {seconds:.1f} s", str(out))
