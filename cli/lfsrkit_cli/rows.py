"""Rows and columns that a user names: models, or folders of restored pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfsrkit_cli.options import model_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfsrkit.pairs import PairSet

Models = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL",
        autocompletion=model_names,
        show_default=False,
        help="Run folders, .safetensors files or names; NAME=MODEL sets the name that is shown.",
    ),
]
RestoredFolders = Annotated[
    list[Path],
    typer.Option(
        "--restored",
        metavar="DIR",
        default_factory=list,
        show_default=False,
        help="Instead of models: a folder of pictures that any tool restored. Repeatable.",
    ),
]
ForceSeen = Annotated[bool, typer.Option("--force", help="Go on although a model was trained on some of the pictures.")]


def named(models: list[str]) -> dict[str, str]:
    """Read ``NAME=MODEL``, or take the last part of a path as the name; what exists is a path, whatever signs it has.

    Args:
        models: As typed.

    Raises:
        UsageError: If two have the same name.

    Example:
        >>> named(["runs/first", "mine=runs/second", "bicubic(scale=4)"])
        {'first': 'runs/first', 'mine': 'runs/second', 'bicubic(scale=4)': 'bicubic(scale=4)'}
    """
    from lfsrkit.errors import UsageError
    from lfsrkit.files import is_there
    from lfsrkit.models.choose import name_of

    found: dict[str, str] = {}
    for text in models:
        name, sign, model = text.partition("=")
        if not sign or "(" in name or is_there(Path(text)):
            name, model = name_of(text), text
        if name in found:
            raise UsageError(f"two rows are called {name!r}; write NAME={model}")
        found[name] = model
    return found


def check_seen(models: "Mapping[str, str]", data: "PairSet", *, force: bool) -> dict[str, str]:
    """Refuse models that were trained on pictures of a split; who asks for the training split knows what it is worth.

    Args:
        models: By the name that is shown.
        data: The split.
        force: Go on all the same.

    Returns:
        How many each was trained on, such as ``0 of 50``.

    Raises:
        UsageError: If one was trained on some, and nothing forces it.
    """
    from lfsrkit.seen import refuse_seen, seen_in_training

    seen = {name: (seen_in_training(model, data), model) for name, model in models.items()}
    return {name: refuse_seen(*each, force=force, meant=data.split == "train") for name, each in seen.items()}


def check_rows(models: list[str], pairs: Path | None, restored: list[Path], clean: Path | None) -> None:
    """Refuse a mixture of models on pairs and of folders.

    Args:
        models: As typed.
        pairs: Their pairs.
        restored: Folders.
        clean: Their originals.

    Raises:
        UsageError: If it is neither the one nor the other, or two folders have the same name.
    """
    from lfsrkit.errors import UsageError

    of_models = pairs is not None and not restored and clean is None
    of_folders = bool(restored) and clean is not None and pairs is None and not models
    if not of_models and not of_folders:
        raise UsageError("give MODELs and --pairs DIR, or --restored DIRs and --clean DIR")
    names = [folder.resolve().name for folder in restored]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"two folders are called {twice!r}; rename one of them")
