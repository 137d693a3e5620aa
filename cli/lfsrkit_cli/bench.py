"""``bench``: how fast the plugs are here."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from lfsrkit_cli.command import command
from lfsrkit_cli.layout import group
from lfsrkit_cli.options import Device, Json
from lfsrkit_cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from lfsrkit.timings import Timing

app = group("Time plugs on this machine.")

Calls = Annotated[
    list[str] | None,
    typer.Argument(metavar="CALL", show_default=False, help="What to time; by default all that need no argument."),
]
Size = Annotated[int, typer.Option(metavar="PIXELS", min=16, help="Side of the pictures.")]
BatchSize = Annotated[int, typer.Option("--batch-size", metavar="N", min=1, help="Pictures of a batch.")]
Threads = Annotated[int, typer.Option(metavar="N", min=1, help="CPU threads.")]
Seconds = Annotated[float, typer.Option(metavar="S", min=0.01, help="Time spent on each measurement.")]


@command(app, "degradations")
def degradations(
    *,
    calls: Calls = None,
    size: Size = 128,
    batch_size: BatchSize = 64,
    device: Device = "auto",
    threads: Threads = 1,
    seconds: Seconds = 0.5,
    json: Json = False,
) -> None:
    """Time degradations from 8-bit clean to 8-bit low pictures, as a build applies them.

    Example: lfsrkit bench degradations fsr_gamma "jpeg(quality=80)" --device cuda
    """
    from lfsrkit.timings import time_degradations

    options = {"size": size, "batch_size": batch_size, "threads": threads}
    _tell(time_degradations(calls or (), device=device, seconds=seconds, **options), options, json)


@command(app, "masks")
def masks(
    *,
    calls: Calls = None,
    size: Size = 128,
    batch_size: BatchSize = 64,
    threads: Threads = 1,
    seconds: Seconds = 0.5,
    json: Json = False,
) -> None:
    """Time mask strategies.

    Example: lfsrkit bench masks "patch(size=16)" strokes
    """
    from lfsrkit.timings import time_masks

    options = {"size": size, "batch_size": batch_size, "threads": threads}
    _tell(time_masks(calls or (), seconds=seconds, **options), options, json)


def _tell(timings: "Iterable[Timing]", options: dict[str, int], json: bool) -> None:
    from lfsrkit.versions import versions

    rows = list(timings)
    if json:
        print_json({**options, "versions": versions(), "timings": [vars(row) for row in rows]})
        return
    cells = [(r.name, f"{r.draw_ms:.2f}", f"{r.apply_ms:.2f}", f"{r.pictures_per_second:.0f}") for r in rows]
    print_table(("plug", "draw ms", "apply ms", "pictures/s"), cells, numbers=True)
    size = options["size"]
    say(f"batches of {options['batch_size']} pictures of {size}x{size} pixels, {options['threads']} CPU thread(s)")
