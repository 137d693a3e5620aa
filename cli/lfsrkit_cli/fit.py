"""``pairs fit``: a degradation that resembles a user's own dark pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfsrkit_cli.options import FACES_HELP, DryRun, Json, Seed
from lfsrkit_cli.output import print_facts, print_json, print_table, remark, say

if TYPE_CHECKING:
    from lfsrkit.realism.fit import Fit


def fit(
    *,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Dark pictures of faces.", show_default=False)],
    clean: Annotated[
        str,
        typer.Option(metavar="SRC", show_default=False, help=f"Normally lit faces; w{FACES_HELP[1:]}"),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Recipe to write; TOML.")] = Path(
        "my_chain.toml"
    ),
    size: Annotated[int, typer.Option(metavar="N", min=64, help="Side of the clean pictures in pixels.")] = 128,
    scale: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many times smaller the low pictures of the recipe are.")
    ] = 8,
    seed: Seed = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Fit a degradation to dark pictures: exposure, light, cast, noise and JPEG.

    Example: lfsrkit pairs fit night/ --clean celeba/ --out night.toml
    """
    from lfsrkit.files import check_place, write_whole
    from lfsrkit.realism.fit import fit as fitted
    from lfsrkit.realism.fit import recipe_text, refuse_other

    if not dry_run:
        check_place(out)
        refuse_other(out)
    found = fitted(folder, clean, size=size, scale=scale, seed=seed or 0)
    for item in found.rejected:
        remark(f"{item.source}: {item.reason}")
    if (said := found.guess.remark()) is not None:
        remark(said)
    if not dry_run:
        write_whole(out, recipe_text(found).encode())
    _tell(found, None if dry_run else out, json)


def _tell(found: "Fit", out: Path | None, json: bool) -> None:
    if json:
        print_json(
            {
                "out": out,
                "chain": str(found.chain),
                "fitted": found.guess,
                "pictures": found.dark.count,
                "rejected": found.rejected,
                "distances": found.distances,
                "gain": found.gain,
            }
        )
        return
    print_facts({"pictures": f"{found.dark.count}, {len(found.rejected)} rejected", **found.guess.facts()})
    say("")
    rows = [
        (name, f"{item.wasserstein:.4f}", f"{item.jensen_shannon:.4f}", f"{item.luma:.1f}")
        for name, item in found.distances.items()
    ]
    heads = ("distance to the dark pictures", "Wasserstein", "Jensen-Shannon", "mean luma")
    print_table(heads, rows, numbers=True)
    say("", str(out) if out else "dry run: no recipe is written")
