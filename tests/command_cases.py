"""Running the command line in tests: in this process, or in one of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.testing import CliRunner

from lfsrkit_cli.app import app


def _commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    yield name, command
    for key, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, f"{name} {key}".strip())


COMMANDS = dict(_commands(typer.main.get_command(app)))
"""Every command and group by the words that a user types after ``lfsrkit``."""

LIMIT_SECONDS = 1200
"""For processes that hang; it says nothing about speed, and machines that test are busy."""


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_apart(*command: str, stdout: Any = subprocess.PIPE, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run in a process of its own."""
    errors = subprocess.PIPE
    kept = environment(**variables)
    return subprocess.run(
        command, check=False, stdout=stdout, stderr=errors, text=True, env=kept, timeout=LIMIT_SECONDS
    )


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "lfsrkit_cli", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR", "LC_ALL")}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "OMP_NUM_THREADS": "1"} | more
