"""Options that several commands share, each declared once, and what completes them."""

from pathlib import Path
from typing import Annotated

import typer

WEIGHTS = "weights"
"""Listed and shown beside the plugs: trained models that ship."""


def _recipe_names(incomplete: str) -> list[str]:
    from lfsrkit.config import recipe_names

    return [name for name in recipe_names() if name.startswith(incomplete)]


def _kinds(incomplete: str) -> list[str]:
    from lfsrkit.registries import REGISTRIES

    return [kind for kind in (*REGISTRIES, WEIGHTS) if kind.startswith(incomplete)]


def _plug_names(context: typer.Context, incomplete: str) -> list[str]:
    from lfsrkit.registries import REGISTRIES
    from lfsrkit.shipped import shipped_names

    kind = str(context.params.get("kind"))
    chosen = [registry.names() for key, registry in REGISTRIES.items() if kind in (key, registry.kind)]
    names = shipped_names() if kind == WEIGHTS else [name for found in chosen for name in found]
    return [name for name in names if name.startswith(incomplete)]


def mask_names(incomplete: str) -> list[str]:
    """Complete the name of a mask strategy.

    Args:
        incomplete: What was typed.
    """
    from lfsrkit.registries import MASKS

    return [name for name in ("none", *MASKS.names()) if name.startswith(incomplete)]


def model_names(incomplete: str) -> list[str]:
    """Complete a model: weights that ship, the one without training, and what lies in the folder.

    Args:
        incomplete: What was typed.
    """
    from lfsrkit.shipped import shipped_names

    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    paths = [f"{path}/" for path in folder.glob("*/")] + [str(path) for path in folder.glob("*.safetensors")]
    names = [*shipped_names(), "bicubic", *sorted(paths)]
    return [name for name in names if name.startswith(incomplete)]


def _stage_names(incomplete: str) -> list[str]:
    from lfsrkit.stages import STAGES

    return [stage for stage in STAGES if stage.startswith(incomplete)]


KIND_HELP = "degradations, masks, backbones, models, losses, metrics, landmarkers, detectors or weights."

Kind = Annotated[str, typer.Argument(metavar="KIND", autocompletion=_kinds, help=KIND_HELP, show_default=False)]
AnyKind = Annotated[
    str | None, typer.Argument(metavar="KIND", autocompletion=_kinds, help=KIND_HELP, show_default=False)
]
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", autocompletion=_plug_names, help="As `lfsrkit list` has it.", show_default=False),
]
StageName = Annotated[
    str,
    typer.Argument(
        metavar="STAGE",
        autocompletion=_stage_names,
        help="pairs, train, evaluate, enhance or benchmark.",
        show_default=False,
    ),
]
Recipes = Annotated[
    list[str],
    typer.Option(
        "-c",
        "--recipe",
        metavar="RECIPE",
        default_factory=list,
        autocompletion=_recipe_names,
        show_default=False,
        help="Recipe: a shipped name or a .toml file. Repeatable; the later one wins.",
    ),
]
Overrides = Annotated[
    list[str],
    typer.Option(
        "-s",
        "--set",
        metavar="KEY=VALUE",
        default_factory=list,
        show_default=False,
        help="One setting, such as optim.lr=1e-4; stronger than recipes. Repeatable. "
        "`lfsrkit config template STAGE` lists them.",
    ),
]
Device = Annotated[
    str, typer.Option("--device", metavar="NAME", help="auto, or a device of torch such as cpu or cuda:0.")
]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", show_default=False, help="Seed of everything that is drawn.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON value.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", show_default=False, help="Folder for the results.")]
Pairs = Annotated[
    Path | None,
    typer.Option("--pairs", metavar="DIR", show_default=False, help="Folder that `lfsrkit pairs build` has made."),
]
AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code",
        help="Let names in data and weights import plug-ins and learned: functions; only if you trust them.",
    ),
]
MODEL = typer.Argument(
    metavar="MODEL",
    autocompletion=model_names,
    show_default=False,
    help="A run folder, a .safetensors file, weights that ship (`lfsrkit list weights`), or a name that needs no "
    "training, such as bicubic.",
)
FACES_HELP = "Where the faces come from: a folder, synthetic:N, or hub:NAME[:SPLIT][:COLUMN]."


def given(**values: object) -> dict[str, object]:
    """Keep the flags that were used.

    Args:
        values: None means that a flag was not used.
    """
    return {key: value for key, value in values.items() if value is not None}


def of_stage(stage: str, overrides: list[str]) -> tuple[list[str], list[str]]:
    """Tell the overrides of a further stage, whose keys follow its name and a dot, from those of the main one.

    Args:
        stage: Name of the further stage.
        overrides: ``stage.key=value`` for it, ``key=value`` for the main one.

    Example:
        >>> of_stage("pairs", ["pairs.seed=1", "steps=5"])
        (['seed=1'], ['steps=5'])
    """
    prefix = f"{stage}."
    theirs = [text.removeprefix(prefix) for text in overrides if text.startswith(prefix)]
    return theirs, [text for text in overrides if not text.startswith(prefix)]
