"""How commands end: with which code, with which words, and with nothing lost."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lfsrkit_cli.app import START
from lfsrkit_cli.signals import LAUNCHED, Terminated, stoppable
from tests.command_cases import LIMIT_SECONDS, command, environment, run, run_apart


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["list", "pach"], 2, "Error: no kind of plug is called 'pach'; kinds: degradations"),
        (["list", "degradatoins"], 2, "did you mean 'degradations'?"),
        (["show", "mask", "pach"], 2, "Error: no mask is called 'pach'; did you mean 'patch'?"),
        (["lst"], 2, "No such command 'lst'"),
        (["list", "--bogus"], 2, "No such option: --bogus"),
        (["train", "--out", "x"], 2, "Error: give either --pairs DIR or --faces SRC"),
        (["train", "--out", "x", "--pairs", "a", "--faces", "b"], 2, "Error: give either --pairs DIR or --faces SRC"),
        (["train", "--out", "x", "--pairs", "a", "-s", "pairs.seed=1"], 2, "this goes with --faces"),
        (
            ["evaluate", "bicubic"],
            2,
            "Error: give MODEL and --pairs DIR, or --restored DIR with or without --clean DIR",
        ),
        (["evaluate", "--restored", "a", "--clean", "b", "--split", "test"], 2, "--split goes with --pairs"),
        (["pairs", "verify", "nowhere"], 2, "Error: nowhere: no pairs there"),
        (["pairs", "build", "--faces", "nowhere", "--out", "x"], 2, "Error: no folder 'nowhere'"),
        (["pairs", "build", "--faces", "a", "--out", "x", "--shard", "3/2"], 2, "Error: --shard 3/2: write K/N"),
        (["config", "show", "trian"], 2, "Error: no stage is called 'trian'; did you mean 'train'?"),
        (["config", "show", "train", "-c", "fats_x4"], 2, "did you mean 'fast_x4'"),
        (["list", "--plugin", "nowhere.py"], 2, "Error: --plugin nowhere.py: no such Python file"),
        (["enhance", "bicubic", "nowhere", "--out", "x"], 2, "Error: no file, folder or match for 'nowhere'"),
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
    assert lines[0] == "Error: 2 faults in the configuration"
    assert sorted(lines[1:]) == [
        "  optim.lrr: no such key; did you mean 'lr'?",
        "  stesp: no such key; did you mean 'steps'?",
    ]


@pytest.mark.parametrize(
    ("cause", "code", "message"),
    [
        (ZeroDivisionError("by\nzero"), 1, "Error: ZeroDivisionError: by; run again with --debug to see where\n"),
        (KeyboardInterrupt(), 130, "Error: interrupted; the same command goes on where it can\n"),
        (Terminated(), 143, "Error: interrupted; the same command goes on where it can\n"),
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
def test_the_first_signal_asks_and_the_second_interrupts(
    number: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(LAUNCHED, raising=False)
    with stoppable() as stop:
        assert (stop(), stop.exit_code) == (False, 0)
        os.kill(os.getpid(), number)
        assert (stop(), stop.exit_code) == (True, code)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_what_a_launcher_repeats_interrupts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LAUNCHED, "none")
    with stoppable() as stop:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
        assert (stop(), stop.exit_code) == (True, 130)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_training_saves_before_it_stops(built: Path, tmp_path: Path, number: int, code: int) -> None:
    out = tmp_path / "run"
    words = command("train", "--pairs", built, "--out", out, "-s", "batch_size=2", "-s", "log_every=1", "--json")
    with subprocess.Popen(words, stdout=-1, stderr=-1, text=True, env=environment(), bufsize=1) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("train: "))
        process.send_signal(number)
        told, _ = process.communicate(timeout=LIMIT_SECONDS)
    facts = json.loads(told)
    assert (process.returncode, facts["stopped"]) == (code, True)
    assert 0 < facts["step"] < facts["steps"]
    assert (out / "model.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("words", [["list"], ["show", "mask", "patch"], ["config", "template", "train"]], ids=" ".join)
def test_a_reader_that_leaves_causes_no_noise(words: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        result = subprocess.run(
            command(*words),
            check=False,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            timeout=LIMIT_SECONDS,
        )
    assert (result.returncode, result.stderr) == (1, "")


def test_user_text_is_never_markup() -> None:
    assert "no folder '[red]x[/red]'" in run("pairs", "build", "--faces", "[red]x[/red]", "--out", "x").stderr


@pytest.mark.slow
def test_any_encoding_will_do(tmp_path: Path) -> None:
    result = run_apart(*command("preview", "fäce.png"), LC_ALL="C")
    assert (result.returncode, result.stderr.split(";")[0]) == (2, r"Error: no folder 'f\xe4ce.png'")


LFSRKIT = str(Path(sys.executable).with_name("lfsrkit"))


def test_the_first_answer_fits_a_narrow_terminal() -> None:
    assert max(map(len, START.splitlines())) < 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "lfsrkit {}", "COMP_CWORD": "{n}"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "lfsrkit {}"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "lfsrkit {}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
    ids=["bash", "zsh", "fish"],
)
def test_the_completion_of_a_shell_knows_commands_and_plugs(shell: str, variables: dict[str, str]) -> None:
    def asked(words: str, **more: str) -> str:
        filled = {key: value.format(words, n=len(words.split())) for key, value in variables.items()}
        return run_apart(LFSRKIT, **filled, _LFSRKIT_COMPLETE=f"complete_{shell}", **more).stdout

    assert "complete_" + shell in run_apart(LFSRKIT, _LFSRKIT_COMPLETE=f"source_{shell}").stdout
    commands, plugs = asked("pre"), asked("show masks fa")
    assert "preview" in commands
    assert "train" not in commands
    assert {"face_biased", "facial_region"} <= set(re.findall(r"\w+", plugs))
    assert "patch" not in plugs
