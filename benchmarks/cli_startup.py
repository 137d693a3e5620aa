"""How long `lfsrkit --help` takes beside a bare Typer app with the same commands; run in turn, medians of both.

python benchmarks/cli_startup.py [ROUNDS]
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import typer

from lfsrkit_cli.app import app

LIMIT = 1.5
"""Most that our help may take, as a multiple of the bare app."""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bare_app.py").write_text("\n".join(bare_app()))
        programs = {
            "bare Typer app": "import sys; sys.argv[0] = 'bare'; from bare_app import main; main()",
            "lfsrkit": "import sys; sys.argv[0] = 'lfsrkit'; from lfsrkit_cli import main; main()",
        }
        seconds: dict[str, list[float]] = {name: [] for name in programs}
        for number in range(rounds + 1):
            for name, code in programs.items():
                taken = measured(code, folder)
                if number:  # the first round writes the bytecode
                    seconds[name].append(taken)
    for name, values in seconds.items():
        print(f"{name:15} --help  {median(values) * 1000:6.1f} ms  (fastest {min(values) * 1000:.1f})")
    ratio = median(seconds["lfsrkit"]) / median(seconds["bare Typer app"])
    print(f"ratio {ratio:.2f} (limit {LIMIT})")
    sys.exit(ratio > LIMIT)


def bare_app() -> list[str]:
    """Write an app with the same commands and options as ours that does nothing."""
    lines = ["import typer", "app = typer.Typer(rich_markup_mode=None)"]
    for name, command in typer.main.get_command(app).commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            lines += bare_command("app", name, command)
            continue
        lines += [f"{name} = typer.Typer(rich_markup_mode=None)", f"app.add_typer({name}, name={name!r})"]
        for key, leaf in inner.items():
            lines += bare_command(name, key, leaf)
    return [*lines, "def main(): app()"]


def bare_command(owner: str, name: str, command: Any) -> list[str]:
    options = (f"{item.name}: str = typer.Option('', help={item.help!r})" for item in command.params)
    return [f"@{owner}.command({name!r})", f"def run_{owner}_{name}({', '.join(options)}):", f"    {command.help!r}"]


def measured(code: str, folder: str) -> float:
    kept = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *filter(None, sys.path)])}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, "--help"], check=True, stdout=subprocess.DEVNULL, env=kept)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
