"""``figures masks``: every mask strategy over one face."""

from pathlib import Path
from typing import Annotated

import typer

from lfsrkit_cli.options import FACES_HELP, DryRun, Json, Seed
from lfsrkit_cli.output import print_json, print_table, say


def masks(
    *,
    face: Annotated[
        str, typer.Argument(metavar="FACE", help=f"Picture file, or the first face of a source. {FACES_HELP}")
    ] = "synthetic:1",
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Picture to write; PNG or SVG.")] = Path(
        "masks.png"
    ),
    chosen: Annotated[
        list[str],
        typer.Option(
            "--mask",
            metavar="CALL",
            default_factory=list,
            show_default=False,
            help="Strategy to show, such as 'patch(ratio=.5)'; by default all. Repeatable.",
        ),
    ],
    landmarks: Annotated[
        Path | None,
        typer.Option(metavar="TABLE", show_default=False, help="Landmarks, such as those of `lfsrkit regions build`."),
    ] = None,
    seed: Seed = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Show every mask strategy over one face (figure 5 of the paper).

    Example: lfsrkit figures masks synthetic:1 --out masks.svg
    """
    from lfsrkit.calls import parse_call
    from lfsrkit.figures import check_name, mask_panels, masks_figure, show_face
    from lfsrkit.files import check_place

    check_name(out)
    check_place(out, [face])
    calls = [parse_call(text) for text in chosen] or None
    panels = mask_panels(show_face(face, landmarks=landmarks, seed=seed or 0), calls, seed=seed or 0)
    if not dry_run:
        masks_figure(panels).write(out)
    shares = [(panel.title, panel.share) for panel in panels if panel.share is not None]
    if json:
        rows = [{"mask": title, "share": share} for title, share in shares]
        print_json({"out": None if dry_run else out, "masks": rows})
        return
    print_table(("mask", "selected"), [(title, f"{share:.1%}") for title, share in shares])
    say("", "dry run: no figure is written" if dry_run else str(out))
