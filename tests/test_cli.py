"""The command line: what it offers, what it prints where, and with which code it ends."""

import doctest
import importlib
import inspect
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import typer

from lfsrkit.registries import REGISTRIES
from lfsrkit_cli.output import complain, print_table
from lfsrkit_cli.progress import Step, counted, follow
from lfsrkit_cli.spelling import spelt
from tests.command_cases import COMMANDS, LIMIT_SECONDS, command, environment, run, run_apart

LOOK = ["--plugin", "--debug", "--help"]
SETTINGS = ["--recipe", "--set"]
COMPARING = ["--split", "--tables-only", "--force"]

OPTIONS = {
    "": ["--version", "--install-completion", "--show-completion", "--help"],
    "demo": ["--out", "--faces", "--steps", "--seed", "--device", "--dry-run", "--json"],
    "list": ["--json"],
    "show": ["--timing", "--json"],
    "preview": ["--out", "--degrade", "--mask", "--regions", "--count", "--seed", *SETTINGS, "--dry-run", "--json"],
    "pairs": [],
    "pairs build": [
        *["--faces", "--out", *SETTINGS, "--seed", "--workers", "--batch-size", "--device", "--shard"],
        *["--engine", "--ray-address", "--dry-run", "--json"],
    ],
    "pairs verify": ["--rows", "--allow-code", "--json"],
    "pairs stats": ["--split", "--against", "--out", "--allow-code", "--json"],
    "pairs export": ["--to", "--out", "--split", "--dry-run", "--json"],
    "pairs fit": ["--clean", "--out", "--size", "--scale", "--seed", "--dry-run", "--json"],
    "pairs push": ["--private", "--dry-run", "--json"],
    "train": [
        *SETTINGS,
        "--pairs",
        "--faces",
        "--out",
        "--resume",
        "--force",
        "--device",
        "--allow-code",
        "--dry-run",
        "--json",
    ],
    "evaluate": [
        *["--pairs", "--split", "--restored", "--clean", "--low", "--out", *SETTINGS, "--device"],
        *["--allow-code", "--force", "--dry-run", "--json"],
    ],
    "report": [
        *["--pairs", "--split", "--out", *SETTINGS, "--device", "--allow-code", "--force", "--dry-run", "--json"],
    ],
    "align": [
        *["--pairs", "--split", "--restored", "--clean", "--metric", "--out", *SETTINGS, "--device"],
        *["--force", "--allow-code", "--dry-run", "--json"],
    ],
    "enhance": ["--out", "--existing", *SETTINGS, "--device", "--allow-code", "--dry-run", "--json"],
    "export": [
        *["--to", "--out", "--size", "--push", "--private", "--allow-code", "--dry-run", "--json"],
    ],
    "app": [
        *["--host", "--port", "--upload-megabytes", "--megapixels", "--browser"],
        *["--device", "--allow-code", "--dry-run"],
    ],
    "ablate": [],
    "ablate masks": ["--pairs", "--out", "--seeds", *COMPARING, *SETTINGS, "--device", "--dry-run", "--json"],
    "benchmark": [
        *["--pairs", "--out", "--rows", "--protocols", "--seeds", "--rates", *COMPARING, *SETTINGS],
        *["--device", "--dry-run", "--json"],
    ],
    "figures": [],
    "figures lighting": ["--out", "--stops", "--dry-run", "--json"],
    "figures visual": [
        *["--pairs", "--split", "--restored", "--clean", "--low", "--count", "--face", "--out", "--device"],
        *["--allow-code", "--dry-run", "--json"],
    ],
    "figures masks": ["--out", "--mask", "--landmarks", "--seed", "--dry-run", "--json"],
    "regions": [],
    "regions build": ["--out", "--model", "--least-score", "--framing", "--dry-run", "--json"],
    "bench": [],
    "bench degradations": ["--size", "--batch-size", "--device", "--threads", "--seconds", "--json"],
    "bench masks": ["--size", "--batch-size", "--threads", "--seconds", "--json"],
    "config": [],
    "config show": [*SETTINGS, "--json"],
    "config template": [],
    "config schema": [],
    "config check": ["--json"],
    "doctor": ["--json"],
}
"""Every option. A setting of a stage never becomes one: that is what -s is for."""


def test_the_commands_are_those_of_the_list() -> None:
    assert sorted(COMMANDS) == sorted(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_no_option_comes_or_goes_unnoticed(name: str) -> None:
    context = typer.Context(COMMANDS[name], info_name=name)
    found = {max(item.opts, key=len) for item in COMMANDS[name].get_params(context)}
    found = {option for option in found if option.startswith("--")}
    leaf = not hasattr(COMMANDS[name], "commands")
    assert found == {*OPTIONS[name], "--help", *(LOOK if leaf else [])}


@pytest.mark.parametrize("name", [name for name in OPTIONS if name])
def test_help_says_what_a_command_does_and_what_each_option_means(name: str) -> None:
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: lfsrkit {name}")
    assert all(option in result.stdout for option in OPTIONS[name])
    assert all(item.help for item in COMMANDS[name].params)


def test_without_arguments_five_commands_are_shown() -> None:
    result = run()
    shown = [line.split()[1] for line in result.stdout.splitlines() if line.startswith("  lfsrkit ")]
    assert (result.exit_code, shown) == (0, ["demo", "list", "preview", "pairs", "train"])
    assert max(map(len, result.stdout.splitlines())) <= 64


def test_version() -> None:
    from lfsrkit import __version__

    assert run("--version").stdout == f"lfsrkit {__version__}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], {"torch", "pydantic", "rich", "lfsrkit"}),
        # From here on Typer imports pydantic itself, to read what was given.
        (["train", "--help"], {"torch", "rich", "lfsrkit"}),
        ([], {"torch", "rich", "lfsrkit"}),
        (["list"], {"torch", "kornia", "timm", "datasets", "numpy"}),
        (["config", "show", "train", "-s", "model=bicubic", "-s", "loss=l1"], {"kornia", "timm", "datasets", "rich"}),
    ],
    ids=["help", "help of a command", "nothing", "list", "config"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(arguments: list[str], unwanted: set[str]) -> None:
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        f"sys.argv = ['lfsrkit', *{arguments!r}]; from lfsrkit_cli import main; main()"
    )
    result = run_apart(sys.executable, "-c", code)
    assert result.returncode == 0
    assert "typer" in result.stderr.split()
    assert unwanted.isdisjoint(result.stderr.split())


def test_progress_in_a_file_is_a_first_and_a_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(follow("work", range(1, 101), lambda done: Step(done, 100, "images"))) == list(range(1, 101))
    captured = capsys.readouterr()
    first, last = captured.err.splitlines()
    assert captured.out == ""
    assert first == "work: 1/100"
    assert last.startswith("work: 100/100  ")
    assert last.endswith(" images/s")


@pytest.mark.parametrize("count", [3, 8, 11])
def test_what_comes_at_once_tells_no_speed(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    def batches() -> Iterator[int]:
        for number in range(count):
            time.sleep(0.1 if number % 8 == 0 else 0)
            yield number

    assert list(counted("work", batches(), count, together=8)) == list(range(count))
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"work: {count}/{count}")
    rate = re.search(r"([\d.]+) images/s", last)
    assert (rate is not None) == (count > 8)
    assert rate is None or float(rate[1]) <= 8 / 0.1


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
@pytest.mark.parametrize("colours", [True, False])
def test_a_narrow_terminal_is_enough(colours: bool) -> None:
    text = _on_terminal(60, *command("list", "losses"), **({} if colours else {"NO_COLOR": "1"}))
    plain = text.replace("\x1b[1m", "").replace("\x1b[36m", "").replace("\x1b[0m", "").replace("\x1b[1;36m", "")
    assert ("\x1b[36m" in text) == colours
    assert "charbonnier" in plain
    assert max(map(len, plain.splitlines())) <= 60
    failed = _on_terminal(60, *command("show", "loss", "charbonier"))
    assert max(len(line) for line in failed.replace("\x1b[1;31m", "").replace("\x1b[0m", "").splitlines()) <= 60


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
def test_signs_are_spelt_where_a_terminal_has_ascii_only() -> None:
    """What is spelt is longer than the sign: lines are broken after it, not before."""
    text = _on_terminal(60, *command("show", "degradation", "gfpgan"), LC_ALL="C", NO_COLOR="1")
    assert text.isascii()
    assert "standard deviation delta of" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 60


@pytest.mark.parametrize("kind", REGISTRIES)
def test_texts_of_plugs_can_be_spelt(kind: str) -> None:
    """Letters in the names of people are left with codes; every sign has to be readable."""
    for entry in REGISTRIES[kind]:
        text = "".join([inspect.getdoc(entry.factory) or "", *(item.meaning for item in entry.parameters())])
        signs = {sign for sign in text if not sign.isascii() and not sign.isalpha()}
        assert all(spelt(sign)[0] != "\\" for sign in signs), (entry.name, signs)


def test_a_table_that_does_not_fit_becomes_lists(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heads, rows = ("row", "parameters", "finished"), [("dln+edsr_baseline", "2,218,157", "0 of 3")]
    printed: list[str] = []
    for width in (None, 60, 30):
        monkeypatch.setattr("lfsrkit_cli.output.width_of", lambda stream, width=width: width)
        print_table(heads, rows, numbers=True)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[2].splitlines() == ["dln+edsr_baseline", "  parameters  2,218,157", "  finished    0 of 3"]


def test_a_command_in_an_error_can_be_copied(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lfsrkit_cli.output.width_of", lambda stream: 60)
    wanted = "lfsrkit pairs build -c celeba_x8 --faces SRC --out nowhere/celeba_x8"
    complain(f"nowhere/celeba_x8: no pairs there; make them by `{wanted}`", "and more of it")
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[-1] == "  and more of it"
    assert " ".join("\n".join(lines[1:-1]).replace("\\\n", "").split()) == wanted


def _on_terminal(width: int, *command: str, **variables: str) -> str:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(TERM="xterm", **variables)
    )
    os.close(theirs)
    text = io.BytesIO()
    while chunk := _read(ours):
        text.write(chunk)
    os.close(ours)
    assert process.wait(timeout=LIMIT_SECONDS) in (0, 2)
    return text.getvalue().decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # how Linux says that the other end is closed
        return b""


@pytest.mark.parametrize("name", ["layout", "output", "progress", "spelling"])
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"lfsrkit_cli.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
