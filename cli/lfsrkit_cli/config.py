"""``config``: what can be set at each stage, what a recipe comes to, and what is wrong with one."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.command import WRONG_USAGE, command
from lfsrkit_cli.layout import group
from lfsrkit_cli.options import Json, Overrides, Recipes, StageName
from lfsrkit_cli.output import complain, print_json, say

if TYPE_CHECKING:
    from lfsrkit.config import Config

app = group("What can be set at each stage, and what a recipe comes to.")


@command(app, "show")
def show(*, stage: StageName, recipes: Recipes, overrides: Overrides, json: Json = False) -> None:
    """Print the settings of a stage with recipes and overrides applied.

    Example: lfsrkit config show train -c fast_x4 -s optim.lr=5e-4
    """
    from lfsrkit.config import to_tables
    from lfsrkit.toml import to_toml

    _class_of(stage)
    from lfsrkit.stages import load_stage

    tables = to_tables(load_stage(stage, recipes=recipes, overrides=overrides))
    if json:
        print_json({stage: tables})
        return
    typer.echo(to_toml({stage: tables}).strip())


@command(app, "template")
def template(*, stage: StageName) -> None:
    """Print a recipe with every setting of a stage at its default, explained.

    Example: lfsrkit config template train > mine.toml
    """
    from lfsrkit.config import template as written

    typer.echo(written(_class_of(stage), stage).strip())


@command(app, "schema")
def schema(*, stage: StageName) -> None:
    """Print the JSON Schema of a stage, for editors."""
    from lfsrkit.config import schema as schema_of

    print_json(schema_of(_class_of(stage)))


@command(app, "check")
def check(
    *,
    recipes: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Recipes: files or shipped names.", show_default=False)
    ],
    json: Json = False,
) -> None:
    """Check all stages of recipes and name every fault."""
    faults = {name: _faults(name) for name in recipes}
    if json:
        print_json([{"recipe": name, "faults": found} for name, found in faults.items()])
    else:
        for name, found in faults.items():
            _tell(name, found)
    if any(faults.values()):
        raise typer.Exit(WRONG_USAGE)


def _tell(name: str, faults: list[str]) -> None:
    if faults:
        complain(f"{name}: {'1 fault' if len(faults) == 1 else f'{len(faults)} faults'}", *faults)
    else:
        say(f"{name}: all is well")


def _faults(recipe: str) -> list[str]:
    """Load every stage of a recipe; what is said of each of them is said once."""
    from lfsrkit.config import read_recipe
    from lfsrkit.errors import ConfigError, UsageError
    from lfsrkit.stages import STAGES, load_stage

    found: list[str] = []
    try:
        tables = read_recipe(recipe)
    except UsageError as error:
        return [str(error)]
    for stage in STAGES:
        try:
            load_stage(stage, recipes=[recipe])
        except ConfigError as error:
            found += [_placed(fault, stage, recipe, tables) for fault in error.faults]
    return list(dict.fromkeys(found))


def _placed(fault: str, stage: str, recipe: str, tables: dict[str, Any]) -> str:
    of_all_stages = fault.startswith(f"{recipe}: ")
    return fault.removeprefix(f"{recipe}: ") if of_all_stages or stage not in tables else f"{stage}.{fault}"


def _class_of(stage: str) -> "type[Config]":
    from lfsrkit.errors import UsageError, did_you_mean
    from lfsrkit.stages import STAGES

    if stage not in STAGES:
        raise UsageError(f"no stage is called {stage!r}{did_you_mean(stage, STAGES)}; stages: {', '.join(STAGES)}")
    return STAGES[stage]
