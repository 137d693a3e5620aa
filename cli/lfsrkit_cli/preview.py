"""``preview``: a few faces, degraded, on one sheet."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.options import FACES_HELP, DryRun, Json, Overrides, Recipes, Seed, given
from lfsrkit_cli.output import print_json, remark, say

if TYPE_CHECKING:
    from lfsrkit.preview import Preview


def preview(
    *,
    faces: Annotated[
        list[str],
        typer.Argument(
            metavar="FACE", help=f"Picture files; or {FACES_HELP[0].lower()}{FACES_HELP[1:]}", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Picture to write; PNG.")] = Path(
        "sheet.png"
    ),
    degrade: Annotated[
        str | None,
        typer.Option(metavar='"a | b"', show_default=False, help="Degradation; by default that of the recipe."),
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option(metavar="CALL", show_default=False, help="Mask strategy to show, such as 'patch(ratio=.5)'."),
    ] = None,
    regions: Annotated[bool, typer.Option("--regions", help="Show the facial regions.")] = False,
    count: Annotated[int, typer.Option(metavar="N", min=1, help="Most faces that are shown.")] = 8,
    seed: Seed = None,
    recipes: Recipes,
    overrides: Overrides,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Show what a degradation does to a few faces.

    Example: lfsrkit preview synthetic:4 --degrade "downsample(scale=4) | gamma_linear" --regions
    """
    from lfsrkit.calls import parse_call
    from lfsrkit.errors import LfsrkitError
    from lfsrkit.files import check_place
    from lfsrkit.images import write_png
    from lfsrkit.preview import Preview, preview, preview_sheet
    from lfsrkit.stages import load_stage

    check_place(out, faces)
    config = load_stage("pairs", recipes=recipes, overrides=overrides, values=given(degrade=degrade, seed=seed))
    found = list(preview(faces, config, mask=parse_call(mask) if mask else None, regions=regions, count=count))
    shown = [item for item in found if isinstance(item, Preview)]
    for item in found:
        if not isinstance(item, Preview):
            remark(f"{item.source}: {item.reason}")
    if not shown:
        raise LfsrkitError(f"none of {len(found)} pictures can be used")
    if not dry_run:
        write_png(out, preview_sheet(shown))
    _tell(shown, None if dry_run else out, json)


def _tell(shown: "list[Preview]", sheet: Path | None, json: bool) -> None:
    if json:
        faces = [{"source": item.source, "params": item.params} for item in shown]
        print_json({"sheet": sheet, "faces": faces})
        return
    for item in shown:
        say(item.source, *(f"  {stage}  {_numbers(drawn)}" for stage, drawn in item.params.items()))
    say(str(sheet) if sheet else "dry run: no sheet is written")


def _numbers(drawn: dict[str, Any]) -> str:
    return "  ".join(
        f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}" for key, value in drawn.items()
    )
