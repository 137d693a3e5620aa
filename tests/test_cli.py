"""The command line: what it offers, what it prints where, and with which code it ends."""

import doctest
import importlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from lfsrkit_cli.app import app
from lfsrkit_cli.progress import Step, follow
from lfsrkit_cli.signals import Terminated, stoppable

LOOK = ["--plugin", "--debug", "--help"]
SETTINGS = ["--recipe", "--set"]

OPTIONS = {
    "": ["--version", "--install-completion", "--show-completion", "--help"],
    "demo": ["--out", "--faces", "--steps", "--seed", "--device", "--dry-run", "--json"],
    "list": ["--json"],
    "show": ["--json"],
    "preview": ["--out", "--degrade", "--mask", "--regions", "--count", "--seed", *SETTINGS, "--dry-run", "--json"],
    "pairs": [],
    "pairs build": [
        *["--faces", "--out", *SETTINGS, "--seed", "--workers", "--batch-size", "--device", "--shard"],
        *["--dry-run", "--json"],
    ],
    "pairs verify": ["--rows", "--json"],
    "pairs stats": ["--split", "--json"],
    "train": [*SETTINGS, "--pairs", "--faces", "--out", "--resume", "--force", "--device", "--dry-run", "--json"],
    "evaluate": [
        *["--pairs", "--split", "--restored", "--clean", "--out", *SETTINGS, "--device"],
        *["--dry-run", "--json"],
    ],
    "enhance": ["--out", *SETTINGS, "--device", "--dry-run", "--json"],
    "config": [],
    "config show": [*SETTINGS, "--json"],
    "config template": [],
    "config schema": [],
    "config check": ["--json"],
    "doctor": ["--json"],
}
"""Every option. A setting of a stage never becomes one: that is what -s is for."""


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_apart(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        **({"env": _environment()} | options),
    )


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "lfsrkit_cli", *map(str, arguments)]


def _environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR", "LC_ALL")}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "OMP_NUM_THREADS": "1"} | more


def _commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    yield name, command
    for key, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, f"{name} {key}".strip())


COMMANDS = dict(_commands(typer.main.get_command(app)))


# What is offered.


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
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_help_lists_every_command_with_a_whole_sentence() -> None:
    lines = run("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert {line.split()[0] for line in lines} == {name for name in OPTIONS if name and " " not in name}
    assert all(line.endswith(".") and not line.endswith("...") for line in lines)


def test_without_arguments_five_commands_are_shown() -> None:
    result = run()
    shown = [line.split()[1] for line in result.stdout.splitlines() if line.startswith("  lfsrkit ")]
    assert (result.exit_code, shown) == (0, ["demo", "list", "preview", "pairs", "train"])
    assert max(map(len, result.stdout.splitlines())) <= 64


def test_version() -> None:
    from lfsrkit import __version__

    assert run("--version").stdout == f"lfsrkit {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], {"torch", "pydantic", "rich", "lfsrkit"}),
        (["train", "--help"], {"torch", "pydantic", "rich", "lfsrkit"}),
        ([], {"torch", "pydantic", "rich", "lfsrkit"}),
        (["list"], {"torch", "kornia", "timm", "datasets", "pydantic", "numpy"}),
        (["config", "show", "train", "-s", "model=bicubic", "-s", "loss=[]"], {"kornia", "timm", "datasets", "rich"}),
    ],
    ids=["help", "help of a command", "nothing", "list", "config"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(arguments: list[str], unwanted: set[str]) -> None:
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        f"sys.argv = ['lfsrkit', *{arguments!r}]; from lfsrkit_cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=_environment(), timeout=60
    )
    assert result.returncode == 0
    assert "typer" in result.stderr.split()
    assert unwanted.isdisjoint(result.stderr.split())


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("show mas", "masks"), ("show masks pa", "patch"), ("train -c fas", "fast_x4"), ("tra", "train")],
)
def test_names_are_completed(words: str, wanted: str) -> None:
    count = str(len(words.split()))
    asked = _environment(_LFSRKIT_COMPLETE="complete_bash", COMP_WORDS=f"lfsrkit {words}", COMP_CWORD=count)
    code = "import sys; sys.argv = ['lfsrkit']; from lfsrkit_cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=asked, timeout=60
    )
    assert wanted in result.stdout.split()


# How errors end.


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["list", "pach"], 2, "error: no kind of plug is called 'pach'; kinds: degradations"),
        (["list", "degradatoins"], 2, "did you mean 'degradations'?"),
        (["show", "mask", "pach"], 2, "error: no mask is called 'pach'; did you mean 'patch'?"),
        (["lst"], 2, "No such command 'lst'"),
        (["list", "--bogus"], 2, "No such option: --bogus"),
        (["train", "--out", "x"], 2, "error: give either --pairs DIR or --faces SRC"),
        (["train", "--out", "x", "--pairs", "a", "--faces", "b"], 2, "error: give either --pairs DIR or --faces SRC"),
        (["train", "--out", "x", "--pairs", "a", "-s", "pairs.seed=1"], 2, "this goes with --faces"),
        (["evaluate", "bicubic"], 2, "error: give MODEL and --pairs DIR, or --restored DIR and --clean DIR"),
        (["evaluate", "--restored", "a", "--clean", "b", "--split", "test"], 2, "--split goes with --pairs"),
        (["pairs", "verify", "nowhere"], 2, "error: nowhere: no pairs there"),
        (["pairs", "build", "--faces", "nowhere", "--out", "x"], 2, "error: no folder 'nowhere'"),
        (["pairs", "build", "--faces", "a", "--out", "x", "--shard", "3/2"], 2, "error: --shard 3/2: write K/N"),
        (["config", "show", "trian"], 2, "error: no stage is called 'trian'; did you mean 'train'?"),
        (["config", "show", "train", "-c", "fats_x4"], 2, "did you mean 'fast_x4'"),
        (["list", "--plugin", "nowhere.py"], 2, "error: --plugin nowhere.py: no such Python file"),
        (["enhance", "bicubic", "nowhere", "--out", "x"], 2, "error: no file, folder or match for 'nowhere'"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(
    arguments: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_fault_of_a_configuration_has_a_line() -> None:
    result = run("config", "show", "train", "-s", "optim.lrr=1", "-s", "stesp=2")
    lines = result.stderr.splitlines()
    assert result.exit_code == 2
    assert lines[0] == "error: 2 faults in the configuration"
    assert sorted(lines[1:]) == [
        "  optim.lrr: no such key; did you mean 'lr'?",
        "  stesp: no such key; did you mean 'steps'?",
    ]


@pytest.mark.parametrize(
    ("cause", "code", "message"),
    [
        (ZeroDivisionError("by\nzero"), 1, "error: ZeroDivisionError: by; run again with --debug to see where\n"),
        (KeyboardInterrupt(), 130, "error: interrupted; run the same command again to go on\n"),
        (Terminated(), 143, "error: interrupted; run the same command again to go on\n"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_ours_is_one_line_too(
    cause: BaseException, code: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise cause

    monkeypatch.setattr("lfsrkit.pairs.read_manifest", fail)
    result = run("pairs", "stats", "anything")
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", message)
    told = run("pairs", "stats", "anything", "--debug")
    assert told.exit_code == code
    assert told.stderr.startswith("Traceback")
    assert told.stderr.endswith(message)


def test_a_signal_of_the_system_ends_a_command_with_143(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lfsrkit.pairs.read_manifest", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    assert run("pairs", "stats", "anything").exit_code == 143
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_asks_and_the_second_interrupts(number: signal.Signals, code: int) -> None:
    with stoppable() as stop:
        assert (stop(), stop.exit_code) == (False, 0)
        os.kill(os.getpid(), number)
        assert (stop(), stop.exit_code) == (True, code)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_training_saves_before_it_stops(built: Path, tmp_path: Path, number: int, code: int) -> None:
    out = tmp_path / "run"
    command = _command("train", "--pairs", built, "--out", out, "-s", "batch_size=2", "-s", "log_every=1", "--json")
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, env=_environment(), bufsize=1) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("train: "))
        process.send_signal(number)
        told, _ = process.communicate(timeout=60)
    facts = json.loads(told)
    assert (process.returncode, facts["stopped"]) == (code, True)
    assert 0 < facts["step"] < facts["steps"]
    assert (out / "model.safetensors").is_file()


def test_a_reader_that_leaves_causes_no_noise() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        result = subprocess.run(
            _command("list"),
            check=False,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
            timeout=60,
        )
    assert (result.returncode, result.stderr) == (1, "")


def test_user_text_is_never_markup() -> None:
    assert "no folder '[red]x[/red]'" in run("pairs", "build", "--faces", "[red]x[/red]", "--out", "x").stderr


def test_any_encoding_will_do(tmp_path: Path) -> None:
    result = run_apart("preview", "fäce.png", env=_environment(LC_ALL="C"))
    assert (result.returncode, result.stderr.split(";")[0]) == (2, r"error: no folder 'f\xe4ce.png'")


# Progress.


def test_progress_in_a_file_is_a_first_and_a_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(follow("work", range(1, 101), lambda done: Step(done, 100, "images"))) == list(range(1, 101))
    captured = capsys.readouterr()
    first, last = captured.err.splitlines()
    assert captured.out == ""
    assert first == "work: 1/100"
    assert last.startswith("work: 100/100  ")
    assert last.endswith(" images/s")


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
@pytest.mark.parametrize("colours", [True, False])
def test_a_narrow_terminal_is_enough(colours: bool) -> None:
    text = _on_terminal(60, *_command("list", "losses"), **({} if colours else {"NO_COLOR": "1"}))
    plain = text.replace("\x1b[1m", "").replace("\x1b[36m", "").replace("\x1b[0m", "").replace("\x1b[1;36m", "")
    assert ("\x1b[36m" in text) == colours
    assert "charbonnier" in plain
    assert max(map(len, plain.splitlines())) <= 60
    failed = _on_terminal(60, *_command("show", "loss", "charbonier"))
    assert max(len(line) for line in failed.replace("\x1b[1;31m", "").replace("\x1b[0m", "").splitlines()) <= 60


def _on_terminal(width: int, *command: str, **variables: str) -> str:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=_environment(TERM="xterm", **variables)
    )
    os.close(theirs)
    text = io.BytesIO()
    while chunk := _read(ours):
        text.write(chunk)
    os.close(ours)
    assert process.wait(timeout=60) in (0, 2)
    return text.getvalue().decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # how Linux says that the other end is closed
        return b""


@pytest.mark.parametrize("name", ["output", "progress"])
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"lfsrkit_cli.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
