"""``export``: a trained model in a form that other programs read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfsrkit_cli.options import AllowCode, DryRun, Json
from lfsrkit_cli.output import print_facts, print_json, remark, say

if TYPE_CHECKING:
    from lfsrkit.export import Exported

FORMS = {"weights": "a .safetensors file in 16 bits"}
"""What can be made of a model."""


def export(
    *,
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="A run folder, a .safetensors file, or weights that ship."),
    ],
    to: Annotated[
        str,
        typer.Option(
            metavar="FORM",
            show_default=False,
            autocompletion=lambda: list(FORMS),
            help=f"{'; '.join(f'{name}: {what}' for name, what in FORMS.items())}.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="PATH", show_default=False, help="What to write; never over a file."),
    ],
    allow_code: AllowCode = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write a model in the form of another program, and verify it.

    Example: lfsrkit export runs/first --to weights --out first_x8.safetensors
    """
    from lfsrkit.errors import UsageError, did_you_mean

    if to not in FORMS:
        raise UsageError(f"--to {to}: no such form{did_you_mean(to, FORMS)}; forms: {', '.join(FORMS)}")
    if dry_run:
        _tell_plan(model, to, out, json)
        return
    from lfsrkit import export as exporting

    _tell(exporting.export_weights(model, out, allow_code=allow_code), json)


def _tell_plan(model: str, to: str, out: Path, json: bool) -> None:
    from lfsrkit.models import read_header

    header = read_header(model)
    plan = {"model": header.name, "params": dict(header.params), "form": to, "out": out}
    if json:
        print_json(plan)
        return
    print_facts({**plan, "form": f"{to}: {FORMS[to]}"})
    say("dry run: nothing is written")


def _tell(done: "Exported", json: bool) -> None:
    if json:
        print_json(done)
        return
    for note in done.notes:
        remark(note)
    print_facts({**done.facts, "written": done.path})
