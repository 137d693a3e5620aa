"""Several processes: the same training as one, the same end, and one writer."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from lfsrkit import pairs, training
from lfsrkit.errors import UsageError
from lfsrkit.training.data import Batches
from tests.command_cases import LIMIT_SECONDS
from tests.training_cases import assert_same_run, last_checkpoint, measured, plugged, stage

ROOT = Path(__file__).parents[1]
CALM = ("model=calm", "low=fresh", 'loss=["face_mask"]', "ema=0.9", "optim.name=sgd", "optim.clip_norm=1e9")
"""With an optimiser that, unlike Adam, heeds the size of a gradient."""

pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="torch was built without processes")


def torchrun(*words: object, processes: int = 2) -> list[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes), "-m"]
    return [*launcher, *map(str, words)]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def trained(*words: object, processes: int = 2) -> "subprocess.CompletedProcess[str]":
    command = torchrun("tests.training_child", *words, processes=processes)
    return subprocess.run(
        command, cwd=ROOT, env=environment(), check=False, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )


def alone(folder: Path, out: Path, *settings: str) -> Path:
    with plugged():
        sets = pairs.open(folder, "train"), pairs.open(folder, "validation")
        for _ in training.train(stage(*settings), *sets, out, device="cpu"):
            pass
    return out


def assert_close(out: Path, other: Path) -> None:
    """Equal but for the order of sums: single precision rounds to 6e-8, and 23 steps carry that on."""
    for name in ("model.safetensors", "ema.safetensors"):
        mine, theirs = load_file(last_checkpoint(out) / name), load_file(last_checkpoint(other) / name)
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-6)
    for mine, theirs in zip(measured(out), measured(other), strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], abs=1e-6)
        assert {key: mine[key] for key in ("step", "lr", "images_seen", "epoch")} == {
            key: theirs[key] for key in ("step", "lr", "images_seen", "epoch")
        }
        assert (mine["validation"] or {}) == pytest.approx(theirs["validation"] or {}, abs=1e-3)


@pytest.mark.slow
def test_two_processes_train_as_one(toy_folder: Path, tmp_path: Path) -> None:
    one = alone(toy_folder, tmp_path / "one", *CALM)
    ended = trained(toy_folder, tmp_path / "two", *CALM, "accumulate=2")
    assert ended.returncode == 0, ended.stderr
    assert_close(tmp_path / "two", one)
    assert [int(line) for line in ended.stdout.split()] == [row["step"] for row in measured(one)]
    lines = (tmp_path / "two" / "metrics.jsonl").read_text().splitlines()
    assert len(lines) == len(measured(one)), "the second process has written, too"


@pytest.mark.slow
def test_two_processes_resume_bit_by_bit(toy_folder: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "run"

    def settings(call: int) -> tuple[str, ...]:
        return ("model=toy", "low=fresh", f'loss=["charbonnier", "spoilt(call={call}, rank=1)"]')

    assert trained(toy_folder, whole, *settings(1000)).returncode == 0
    assert trained(toy_folder, out, *settings(15)).returncode != 0
    assert 6 <= measured(out)[-1]["step"] < 15
    assert trained(toy_folder, out, *settings(15)).returncode == 0
    assert_same_run(out, whole)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_loss_that_is_not_finite_in_one_process_ends_both(toy_folder: Path, tmp_path: Path, rank: int) -> None:
    out = tmp_path / "run"
    settings = (*CALM[:2], f'loss=["charbonnier", "spoilt(call=13, rank={rank})"]', "accumulate=2", "batch_size=8")
    ended = trained(toy_folder, out, *settings)
    assert ended.returncode != 0
    told = re.findall(
        r"NonFiniteError: step 7: the loss term 'spoilt' is not finite for (\w+); .* in (\S+);", ended.stderr
    )
    assert len(told) == 2, ended.stderr
    assert len(set(told)) == 1
    name, path = told[0]
    with plugged():
        config = stage(*settings)
    whole = Batches(pairs.open(toy_folder, "train"), config, with_regions=False, device=torch.device("cpu")).at(48)
    assert name == whole.ids[4 * rank]
    with safe_open(path, framework="pt") as opened:
        assert json.loads(opened.metadata()["ids"]) == whole.ids
        assert torch.equal(opened.get_tensor("low"), whole.low)
    assert max(row["step"] for row in measured(out)) == 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "receiver"),
    [
        (signal.SIGTERM, 143, "one process"),
        (signal.SIGINT, 130, "one process"),
        (signal.SIGTERM, 143, "launcher"),
        (signal.SIGINT, 130, "all"),
    ],
)
def test_a_signal_saves_and_ends_both(toy_folder: Path, tmp_path: Path, number: int, code: int, receiver: str) -> None:
    """A terminal and Slurm send to all, and the launcher hands on what it gets: some processes hear of it twice."""
    out = tmp_path / "run"
    settings = ("model=lfsrnet_tiny", "steps=100000", "batch_size=2", "log_every=1", "validate_every=100000")
    words = [word for setting in settings for word in ("-s", setting)]
    command = torchrun("lfsrkit_cli", "train", *words, "--pairs", toy_folder, "--out", out, "--device", "cpu", "--json")
    how = {"cwd": ROOT, "env": environment(), "stdout": -1, "stderr": -1, "text": True, "start_new_session": True}
    with subprocess.Popen(command, **how) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("train: "))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        match receiver:
            case "one process":
                os.kill(int(children[-1]), number)
            case "launcher":
                process.send_signal(number)
            case _:
                os.killpg(process.pid, number)
        told, noise = process.communicate(timeout=LIMIT_SECONDS)
    facts = json.loads(told)
    assert facts["stopped"]
    assert 0 < facts["step"] < facts["steps"]
    if receiver == "one process":  # a launcher that was told itself does not list how its processes ended
        assert f"exitcode  : {code}" in noise
    assert last_checkpoint(out).name == f"step-{facts['step']:06d}"


def test_a_batch_that_cannot_be_divided_is_refused(toy_folder: Path) -> None:
    train_pairs = pairs.open(toy_folder, "train")
    with plugged(), pytest.raises(UsageError, match=r"batch_size=4 .* 3 processes .* accumulate=2; .* of 6, such as 6"):
        Batches(train_pairs, stage("accumulate=2"), with_regions=False, device=torch.device("cpu"), ranks=3)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_the_shares_of_all_processes_are_the_batch(toy_folder: Path, ranks: int) -> None:
    train_pairs = pairs.open(toy_folder, "train")
    with plugged():
        config = stage("low=fresh", "jitter=0.2", "rotate=true")
    whole, *shares = (
        Batches(train_pairs, config, with_regions=True, device=torch.device("cpu"), rank=rank, ranks=count).at(7)
        for rank, count in [(0, 1), *((rank, ranks) for rank in range(ranks))]
    )
    assert [name for share in shares for name in share.ids] == whole.ids
    torch.testing.assert_close(torch.cat([share.low for share in shares]), whole.low, rtol=0, atol=1e-6)
    torch.testing.assert_close(torch.cat([share.clean for share in shares]), whole.clean, rtol=0, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("parts", [2, 4])
def test_parts_add_up_to_the_batch(toy_folder: Path, tmp_path: Path, parts: int) -> None:
    one = alone(toy_folder, tmp_path / "one", *CALM)
    assert_close(alone(toy_folder, tmp_path / "parts", *CALM, f"accumulate={parts}"), one)
