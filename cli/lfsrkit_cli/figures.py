"""``figures``: the figures of the paper, drawn from any faces."""

from pathlib import Path
from typing import Annotated

import typer

from lfsrkit_cli.command import command
from lfsrkit_cli.figures_masks import masks
from lfsrkit_cli.figures_visual import visual
from lfsrkit_cli.layout import group
from lfsrkit_cli.options import FACES_HELP, DryRun, Json
from lfsrkit_cli.output import print_json, print_table, say

app = group("Draw the figures of the paper from any faces.")

command(app, "masks")(masks)
command(app, "visual")(visual)

ONE = ["synthetic:1"]


@command(app, "lighting")
def lighting(
    *,
    faces: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FACE",
            show_default=False,
            help=f"Picture files, or sources; by default synthetic:1. {FACES_HELP}",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Picture to write; PNG or SVG.")] = Path(
        "lighting.png"
    ),
    stops: Annotated[
        str, typer.Option(metavar="LIST", help="Levels of light in stops below normal, with commas.")
    ] = "0,1,2,3,4,5",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Show faces in less and less light, with colour histograms and channel means (figure 2 of the paper).

    Example: lfsrkit figures lighting synthetic:100 --out lighting.svg
    """
    from lfsrkit.figures import check_name, lighting_figure, measure_lighting, read_faces
    from lfsrkit.files import check_place

    check_name(out)
    check_place(out, faces or ONE)
    levels = _levels(stops)
    pictures = read_faces(faces or ONE)
    found = measure_lighting(pictures, levels)
    if not dry_run:
        lighting_figure(found, len(pictures)).write(out)
    if json:
        means = [{"stops": level.stops, "means": level.means} for level in found]
        print_json({"out": None if dry_run else out, "faces": len(pictures), "levels": means})
        return
    rows = [(f"{level.stops:g}", *(f"{mean:.1f}" for mean in level.means)) for level in found]
    print_table(("stops less", "red", "green", "blue"), rows, numbers=True)
    say("", "dry run: no figure is written" if dry_run else str(out))


def _levels(text: str) -> list[float]:
    from lfsrkit.errors import UsageError

    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(0 <= level <= 16 for level in found):
        raise UsageError(f"--stops {text}: write numbers from 0 to 16 with commas, such as 0,1,2,3")
    return found
