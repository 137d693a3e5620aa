"""Completion of the shell: installed by the command itself, and it offers commands, names and recipes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_cases import LIMIT_SECONDS

SCRIPT = f"#!{sys.executable}\nfrom lfsrkit_cli import main\nmain()\n"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An empty home folder, and ``lfsrkit`` on the path."""
    place = tmp_path / "bin" / "lfsrkit"
    place.parent.mkdir()
    place.write_text(SCRIPT)
    place.chmod(0o755)
    path = os.pathsep.join([str(place.parent), os.environ["PATH"]])
    return {"HOME": str(tmp_path), "PATH": path, "PYTHONPATH": os.pathsep.join(item for item in sys.path if item)}


def answer(command: list[str], variables: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env=variables,
        timeout=LIMIT_SECONDS,
        cwd=variables["HOME"],
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_what_was_installed(home: dict[str, str]) -> None:
    lines = [
        "lfsrkit --install-completion",
        "source ~/.bashrc",
        "complete -p lfsrkit",
        "COMP_WORDS=(lfsrkit tra) COMP_CWORD=1",
        "_lfsrkit_completion lfsrkit",
        'echo "offered: ${COMPREPLY[*]}"',
    ]
    told = answer(["bash", "--norc", "--noprofile", "-c", "\n".join(lines)], home)
    assert "-F _lfsrkit_completion lfsrkit" in told
    assert told.splitlines()[-1] == "offered: train"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("show mas", "masks"),
        ("show masks pa", "patch"),
        ("train -c fas", "fast_x4"),
        ("tra", "train"),
        ("enhance lfs", "lfsrnet_tiny_x8"),
        ("show weights l", "lfsrnet_tiny_x4"),
        ("ablate masks fa", "face_biased"),
    ],
)
def test_names_are_completed(shell: str, words: str, wanted: str, home: dict[str, str]) -> None:
    asked = {
        "bash": {"COMP_WORDS": f"lfsrkit {words}", "COMP_CWORD": str(len(words.split()))},
        "zsh": {"_TYPER_COMPLETE_ARGS": f"lfsrkit {words}"},
        "fish": {"_TYPER_COMPLETE_ARGS": f"lfsrkit {words}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    told = answer(["lfsrkit"], {**home, **asked, "_LFSRKIT_COMPLETE": f"complete_{shell}"})
    assert wanted in told.replace('"', " ").split()
