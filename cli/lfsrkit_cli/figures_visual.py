"""``figures visual``: restored faces side by side, with eyes and mouth enlarged."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lfsrkit_cli.options import AllowCode, Device, DryRun, Json, Pairs
from lfsrkit_cli.output import print_json, remark, say
from lfsrkit_cli.rows import Models, RestoredFolders, check_rows, named

if TYPE_CHECKING:
    from lfsrkit.figures import Face
    from lfsrkit.pairs import PairSet


def visual(
    *,
    models: Models = None,
    pairs: Pairs = None,
    split: Annotated[
        Literal["train", "validation", "test"] | None,
        typer.Option(metavar="NAME", show_default=False, help="train, validation or test; by default test."),
    ] = None,
    restored: RestoredFolders,
    clean: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default=False, help="Their originals, under the same names.")
    ] = None,
    low: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default=False, help="What they were made from.")
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", min=1, max=20, help="How many faces, from the first on.")] = 3,
    chosen: Annotated[
        list[str],
        typer.Option(
            "--face",
            metavar="NAME",
            default_factory=list,
            show_default=False,
            help="A face instead of the first ones: its name, or the start of its identity. Repeatable.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Picture to write; PNG or SVG.")] = Path(
        "visual.png"
    ),
    device: Device = "auto",
    allow_code: AllowCode = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Show restored faces side by side, eyes and mouth enlarged.

    Columns: low, bicubic, each model, clean; or low, each folder, clean.

    Example: lfsrkit figures visual runs/first lsr=runs/lsr --pairs pairs/celeba --out visual.svg
    """
    from lfsrkit.errors import UsageError
    from lfsrkit.figures import check_name, visual_figure

    check_name(out)
    check_rows(models or [], pairs, restored, clean)
    if (low if pairs is not None else split) is not None:
        raise UsageError("--low goes with --restored, --split with --pairs")
    if pairs is not None:
        rows = named(models or [])
        faces = _of_pairs(rows, pairs, split or "test", count, chosen, device=device, allow_code=allow_code)
    else:
        faces = _of_folders(restored, Path(clean or ""), low, count, chosen)
    if not dry_run:
        visual_figure(faces).write(out)
    columns = list(faces[0].pictures)
    if json:
        names = [face.name for face in faces]
        print_json({"out": None if dry_run else out, "columns": columns, "faces": names})
        return
    say(f"columns: {', '.join(columns)}", f"faces: {', '.join(face.name for face in faces)}")
    say("", "dry run: no figure is written" if dry_run else str(out))


def _of_pairs(
    models: dict[str, str], folder: Path, split: str, count: int, chosen: list[str], **how: Any
) -> "list[Face]":
    from lfsrkit import pairs as stored
    from lfsrkit.figures import faces_of_pairs

    data = stored.open(folder, split, allow_code=how["allow_code"])
    places = [_place(data, wanted) for wanted in chosen] or list(range(min(count, len(data))))
    _warn_of_seen(models, data, places)
    return faces_of_pairs(models, data, places, landmarker=_landmarker(), **how)


def _warn_of_seen(models: dict[str, str], data: "PairSet", places: list[int]) -> None:
    from lfsrkit.seen import common, seen_in_training

    for name, model in models.items():
        seen = common(seen_in_training(model, data).ids or (), [data.ids[place] for place in places])
        if seen:
            remark(f"{name} was trained on {len(seen)} of the {len(places)} faces that are shown, which flatters it")


def _place(data: "PairSet", wanted: str) -> int:
    from lfsrkit.errors import UsageError

    named = [place for place, name in enumerate(data.sources()) if wanted in (name, PurePosixPath(name).name)]
    found = named or [place for place, name in enumerate(data.ids) if name.startswith(wanted)]
    if len(found) != 1:
        raise UsageError(
            f"--face {wanted}: {len(found)} faces of this split have that name or an identity that starts so; "
            "one is wanted"
        )
    return found[0]


def _of_folders(restored: list[Path], clean: Path, low: Path | None, count: int, chosen: list[str]) -> "list[Face]":
    from lfsrkit.figures import faces_of_folders

    folders = {folder.name: folder for folder in restored}
    return faces_of_folders(folders, clean, low=low, names=chosen, count=count, landmarker=_landmarker())


def _landmarker() -> Any:
    """Give the detector that ships, where it is installed."""
    from lfsrkit.errors import MissingWeights
    from lfsrkit.registries import LANDMARKERS

    try:
        return LANDMARKERS.create("face_mesh")
    except MissingWeights as error:
        remark(f"eyes and mouth are where an average face has them: {error}")
        return None
