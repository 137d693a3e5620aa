"""``export``: a trained model in a form that other programs read; ``pairs push``: a data set to the hub."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.options import AllowCode, DryRun, Json, model_names
from lfsrkit_cli.output import print_facts, print_json, remark, say

if TYPE_CHECKING:
    from lfsrkit.export import Exported, Push

FORMS = {
    "onnx": "a file for ONNX Runtime, any size of picture",
    "hub": "a folder with a model card",
    "spandrel": "weights that chaiNNer and ComfyUI read",
    "weights": "a file in 16 bits",
}
"""What can be made of a model."""

Private = Annotated[
    bool, typer.Option("--private/--public", help="Whether a repository that is made can be seen by you alone.")
]


def export(
    *,
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            autocompletion=model_names,
            help="A run folder, a .safetensors file, or weights that ship.",
            show_default=False,
        ),
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
        typer.Option("--out", "-o", metavar="PATH", show_default=False, help="File or folder to make; never over one."),
    ],
    size: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, show_default=False, help="onnx: for pictures of N x N pixels alone."),
    ] = None,
    push: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", show_default=False, help="hub: send the folder to this repository."),
    ] = None,
    private: Private = True,
    allow_code: AllowCode = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write a model in the form of another program, and verify it.

    Example: lfsrkit export runs/first --to onnx --out first.onnx
    """
    _check(to, size, push)
    if dry_run:
        _tell_plan(model, to, out, push, json)
        return
    from lfsrkit import export as exporting

    done = _made(model, to, out, size, allow_code)
    sent = exporting.push(out, push, "model", private=private) if push else None
    _tell(done, sent, json)


def push_pairs(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A finished build of pairs.", show_default=False)],
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Repository on the hub.", show_default=False)],
    private: Private = True,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Send pairs to the Hugging Face hub with their card.

    Whose faces they are decides whether you may: CelebA, for one, must not be passed on.

    Example: lfsrkit pairs push pairs/mine me/dark-faces --dry-run
    """
    from lfsrkit import export as exporting

    if dry_run:
        _tell_push(exporting.plan_push(folder, repository, "dataset"), json)
        return
    _tell_push(exporting.push(folder, repository, "dataset", private=private), json)


def _check(to: str, size: int | None, push: str | None) -> None:
    from lfsrkit.errors import UsageError, did_you_mean

    if to not in FORMS:
        raise UsageError(f"--to {to}: no such form{did_you_mean(to, FORMS)}; forms: {', '.join(FORMS)}")
    if size is not None and to != "onnx":
        raise UsageError("--size goes with --to onnx")
    if push is not None and to != "hub":
        raise UsageError("--push goes with --to hub")


def _made(model: str, to: str, out: Path, size: int | None, allow_code: bool) -> "Exported":
    from lfsrkit import export as exporting
    from lfsrkit.models import restorer_for

    if to == "onnx":
        return exporting.export_onnx(restorer_for(model, allow_code=allow_code), out, side=size)
    forms = {"hub": exporting.export_hub, "spandrel": exporting.export_spandrel, "weights": exporting.export_weights}
    return forms[to](model, out, allow_code=allow_code)


def _tell_plan(model: str, to: str, out: Path, push: str | None, json: bool) -> None:
    from lfsrkit.models import read_header

    header = read_header(model)
    plan: dict[str, Any] = {"model": header.name, "params": dict(header.params), "form": to, "out": out}
    plan |= {} if push is None else {"push": push}
    if json:
        print_json(plan)
        return
    print_facts({**plan, "form": f"{to}: {FORMS[to]}"})
    say("dry run: nothing is written or sent")


def _tell(done: "Exported", sent: "Push | None", json: bool) -> None:
    if json:
        print_json({"path": done.path, "facts": done.facts, "notes": done.notes, "push": sent})
        return
    for note in done.notes:
        remark(note)
    print_facts({**done.facts, "written": done.path, **({} if sent is None else {"pushed": sent.url})})


def _tell_push(push: "Push", json: bool) -> None:
    if json:
        print_json(push)
        return
    size = f"{len(push.files)} files, {push.bytes / 1e6:.1f} MB"
    print_facts({push.kind: push.repository, "content": size, "pushed": push.url or "no: a dry run sends nothing"})
