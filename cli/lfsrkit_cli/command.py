"""What every command has in common: ``--plugin``, ``--debug``, and one way from an error to a line and an exit code."""

import inspect
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from lfsrkit_cli.layout import Page
from lfsrkit_cli.signals import Terminated, terminable

F = TypeVar("F", bound=Callable[..., None])

Plugins = Annotated[
    list[Path],
    typer.Option(
        "--plugin",
        metavar="FILE",
        default_factory=list,
        show_default=False,
        help="Python file that registers plugs of its own; it is run, so name only files you trust. Repeatable.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")]

FAILED, WRONG_USAGE, INTERRUPTED, TERMINATED = 1, 2, 130, 143


def command(app: typer.Typer, name: str) -> Callable[[F], F]:
    """Register a function as a command with the options and the error messages that all commands have.

    Args:
        app: Where to.
        name: What the user types.
    """

    def register(function: F) -> F:
        @wraps(function)
        def run(*, plugins: list[Path], debug: bool = False, **given: Any) -> None:
            try:
                with terminable():
                    _load(plugins)
                    function(**given)
            except typer.Exit:
                raise
            except BrokenPipeError:
                _be_quiet()
                raise typer.Exit(FAILED) from None
            except (Exception, KeyboardInterrupt) as error:
                raise typer.Exit(report(error, debug=debug)) from None

        own = inspect.signature(function)
        common = inspect.signature(run, follow_wrapped=False).parameters
        shared = [common["plugins"].replace(annotation=Plugins), common["debug"].replace(annotation=Debug)]
        run.__signature__ = own.replace(parameters=[*own.parameters.values(), *shared])  # pyright: ignore
        app.command(name, cls=Page)(run)
        return function

    return register


def report(error: BaseException, *, debug: bool = False) -> int:
    """Print an error as one clear line on standard error.

    Args:
        error: What ended a command.
        debug: Print the traceback as well.

    Returns:
        The exit code.
    """
    if debug:
        import traceback

        traceback.print_exception(error)
    lines, code = _explained(error)
    from lfsrkit_cli.output import complain

    complain(*lines)
    return code


def _explained(error: BaseException) -> tuple[list[str], int]:
    from lfsrkit.errors import ConfigError, LfsrkitError, UsageError

    if isinstance(error, KeyboardInterrupt):
        return ["interrupted; the same command goes on where it can"], exit_code_of(error)
    if isinstance(error, ConfigError) and len(error.faults) > 1:
        return [f"{len(error.faults)} faults in the configuration", *error.faults], WRONG_USAGE
    if isinstance(error, LfsrkitError):
        return [str(error)], WRONG_USAGE if isinstance(error, UsageError) else FAILED
    reason = str(error).strip().partition("\n")[0]
    return [f"{type(error).__name__}: {reason}; run again with --debug to see where"], FAILED


def exit_code_of(interrupt: KeyboardInterrupt) -> int:
    """Give the exit code of an interruption.

    Args:
        interrupt: From Ctrl-C or from SIGTERM.
    """
    return TERMINATED if isinstance(interrupt, Terminated) else INTERRUPTED


def _load(plugins: list[Path]) -> None:
    if plugins:
        from lfsrkit.registry import load_plugin

        for path in plugins:
            load_plugin(path)


def _be_quiet() -> None:
    """Send what standard output still holds nowhere, as Python's documentation of ``signal`` advises for SIGPIPE."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
