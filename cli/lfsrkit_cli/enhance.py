"""``enhance``: dark faces, photographs and videos in, bright and larger ones out."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lfsrkit_cli.command import FAILED
from lfsrkit_cli.options import MODEL, AllowCode, Device, DryRun, Json, Out, Overrides, Recipes
from lfsrkit_cli.output import print_json, remark, say
from lfsrkit_cli.progress import counted

if TYPE_CHECKING:
    from lfsrkit.inference import Enhanced, Target

EXISTING: dict[str, Literal["skip", "refuse"]] = {"skip": "skip", "refuse": "refuse"}


def enhance(
    *,
    model: Annotated[str, MODEL],
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT",
            help="Pictures, videos, folders, patterns such as 'night/*.jpg', or - for a list on standard input.",
            show_default=False,
        ),
    ],
    out: Out,
    existing: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="Where an output is there already: skip that input, or refuse to begin. Nothing is overwritten.",
        ),
    ] = "skip",
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    allow_code: AllowCode = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Enhance dark pictures: faces, photographs, videos.

    A small picture is taken as one face; in a larger one the faces are found. -s mode=face|faces|whole chooses. An
    input that fails is told and left out; the rest goes on, and the command ends with 1.

    Example: lfsrkit enhance runs/first night/ --out bright
    """
    from lfsrkit import inference
    from lfsrkit.errors import UsageError
    from lfsrkit.stages import load_stage

    config = load_stage("enhance", recipes=recipes, overrides=overrides)
    if existing not in EXISTING:
        raise UsageError(f"--existing {existing}: it is one of {', '.join(EXISTING)}")
    given = list(_listed(inputs))
    targets = inference.targets(given, out)
    if dry_run:
        _tell_plan(targets, json)
        return
    done = inference.enhance(
        model, given, out, config, device=device, existing=EXISTING[existing], allow_code=allow_code
    )
    results = list(counted("enhance", done, len(targets)))
    _tell(results, "inputs" if any(target.is_video for target in targets) else "pictures", out, json)
    if not all(result.output or result.skipped for result in results):
        raise typer.Exit(FAILED)


def _listed(inputs: list[Path]) -> Iterator[Path]:
    """Exchange ``-`` for the lines of standard input."""
    for given in inputs:
        if str(given) == "-":
            yield from (Path(line.rstrip("\r\n")) for line in sys.stdin if line.strip())
        else:
            yield given


def _tell_plan(targets: "list[Target]", json: bool) -> None:
    if json:
        print_json(targets)
        return
    say(*(f"{target.source} -> {target.output}" for target in targets), "dry run: nothing is written")


def _tell(results: "list[Enhanced]", what: str, out: Path, json: bool) -> None:
    done = [result for result in results if result.output]
    if json:
        print_json(results)
        return
    for result in results:
        for line in [result.reason] if result.reason else result.notes:
            remark(f"{result.source}: {line}")
    seconds = sum(result.seconds for result in done)
    counts = [result.faces for result in done if result.faces is not None]
    found = f", {sum(counts)} {'face' if sum(counts) == 1 else 'faces'} in them" if counts else ""
    say(f"enhanced {len(done)} of {len(results)} {what}{found} in {seconds:.1f} s", str(out))
