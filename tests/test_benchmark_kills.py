"""A benchmark that is killed or asked to stop goes on where it was, and ends with the same table."""

import csv
import io
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.command_cases import command, environment
from tests.experiment_cases import build, write_protocol

LIMIT_SECONDS = 600
TIMES = {"milliseconds", "minutes", "trial_minutes"}
"""Columns that another run has other values in."""


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    folder = tmp_path_factory.mktemp("pairs")
    recipe = write_protocol(folder)
    small = ("steps=40", "batch_size=4", "log_every=1", "checkpoint_every=3", "benchmark.trial=0.3", "low=fresh")
    settings = [word for text in small for word in ("-s", text)]
    rows = ["--rows", "edsr_baseline,lfsrnet_tiny", "--rates", "1e-3,1e-4", "--seeds", "0", "--device", "cpu"]
    return ["benchmark", "-c", recipe, *rows, *settings, "--pairs", build(recipe, folder)]


def start(words: list[object], out: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(*words, "--out", out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


def finish(words: list[object], out: Path) -> list[dict[str, str]]:
    with start(words, out) as process:
        _, errors = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, errors
    lines = csv.DictReader(io.StringIO((out / "table.csv").read_text()))
    return [{key: value for key, value in line.items() if key not in TIMES} for line in lines]


def logged(out: Path) -> int:
    return sum(len(path.read_text().splitlines()) for path in out.rglob("metrics.jsonl"))


def wait_for(process: "subprocess.Popen[str]", out: Path, lines: int) -> None:
    """Wait until a run has logged so many lines more."""
    wanted, end = logged(out) + lines, time.monotonic() + LIMIT_SECONDS
    while logged(out) < wanted and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)


@pytest.mark.slow
def test_a_killed_benchmark_ends_with_the_same_table(words: list[object], tmp_path: Path) -> None:
    whole = finish(words, tmp_path / "whole")
    out = tmp_path / "killed"
    codes: list[int] = []
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        with start(words, out) as process:
            wait_for(process, out, 14)
            process.send_signal(number)
            process.communicate(timeout=LIMIT_SECONDS)
            codes.append(process.returncode)
    assert codes == [-signal.SIGKILL, 143, -signal.SIGKILL]
    assert finish(words, out) == whole
    assert [line["row"] for line in whole] == ["bicubic", "oracle", "edsr_baseline", "lfsrnet_tiny"]


@pytest.mark.slow
def test_processes_with_rows_of_their_own_share_a_folder(words: list[object], tmp_path: Path) -> None:
    whole = finish(words, tmp_path / "whole")
    out = tmp_path / "shared"
    at = words.index("--rows") + 1
    started = [start([*words[:at], row, *words[at + 1 :]], out) for row in str(words[at]).split(",")]
    for process in started:
        with process:
            _, errors = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 0, errors
    before = logged(out)
    assert finish(words, out) == whole
    assert logged(out) == before
