"""All commands under one name, and what is said when none is given."""

import os
import sys
from typing import Annotated

import typer

from lfsrkit_cli.ablate import app as ablate
from lfsrkit_cli.align import align
from lfsrkit_cli.bench import app as bench
from lfsrkit_cli.benchmark import benchmark
from lfsrkit_cli.command import command
from lfsrkit_cli.config import app as config
from lfsrkit_cli.demo import demo
from lfsrkit_cli.doctor import doctor
from lfsrkit_cli.enhance import enhance
from lfsrkit_cli.evaluate import evaluate
from lfsrkit_cli.export import export, push_pairs
from lfsrkit_cli.figures import app as figures
from lfsrkit_cli.fit import fit
from lfsrkit_cli.layout import Group
from lfsrkit_cli.pairs import app as pairs
from lfsrkit_cli.plugs import list_plugs, show_plug
from lfsrkit_cli.preview import preview
from lfsrkit_cli.regions import app as regions
from lfsrkit_cli.report import report
from lfsrkit_cli.spelling import HANDLER, register
from lfsrkit_cli.train import train
from lfsrkit_cli.web import web

START = """\
lfsrkit makes dark, small faces bright and large,
and trains the networks that do it.

Five commands to start with:

  lfsrkit demo
      the whole chain in a few minutes, and a report
  lfsrkit list
      everything that can be plugged in
  lfsrkit preview synthetic:4 --regions --out sheet.png
      what a degradation does to a few faces
  lfsrkit pairs build --faces FOLDER --out PAIRS
      a data set of dark small and clean large faces
  lfsrkit train --pairs PAIRS --out RUN
      a network that restores them

All commands: lfsrkit --help
One of them:  lfsrkit train --help
"""

# Plain help is laid out without rich, whose import would take as long as everything else together.
app = typer.Typer(
    name="lfsrkit",
    cls=Group,
    help="Make dark, small faces bright and large; build pairs, train, evaluate, enhance.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from lfsrkit import __version__

        typer.echo(f"lfsrkit {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Make dark, small faces bright and large; build pairs, train, evaluate, enhance."""
    if context.invoked_subcommand is None:
        typer.echo(START, nl=False)


command(app, "demo")(demo)
command(app, "list")(list_plugs)
command(app, "show")(show_plug)
command(app, "preview")(preview)
command(pairs, "fit")(fit)
command(pairs, "push")(push_pairs)
app.add_typer(regions, name="regions")
app.add_typer(pairs, name="pairs")
command(app, "train")(train)
command(app, "evaluate")(evaluate)
command(app, "report")(report)
command(app, "align")(align)
command(app, "benchmark")(benchmark)
app.add_typer(ablate, name="ablate")
command(app, "enhance")(enhance)
command(app, "export")(export)
command(app, "app")(web)
app.add_typer(figures, name="figures")
app.add_typer(bench, name="bench")
app.add_typer(config, name="config")
command(app, "doctor")(doctor)


def main() -> None:
    """Run the command line and leave with its exit code."""
    register()
    for stream in (sys.stdout, sys.stderr):
        plain = os.environ.get("LC_ALL") in ("C", "POSIX")
        stream.reconfigure(errors=HANDLER, **({"encoding": "ascii"} if plain else {}))  # pyright: ignore
    app()
