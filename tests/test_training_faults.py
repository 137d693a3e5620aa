"""What can go wrong around a run: kills, full disks, closed folders, files that mean harm."""

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lfsrkit import models, pairs, training
from lfsrkit.errors import DamagedFile, LfsrkitError, UsageError
from lfsrkit.pairs import PairSet
from lfsrkit.stages import load_stage
from tests.command_cases import LIMIT_SECONDS
from tests.training_cases import HARD, assert_same_run, plugged, stage

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _plugs():
    with plugged():
        yield


def child(*words: object) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    command = [sys.executable, "-m", "tests.training_child", *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )


@pytest.mark.slow
def test_ten_kills_at_random_moments_change_no_bit(toy_folder: Path, tmp_path: Path) -> None:
    settings = (*HARD, "steps=150")
    whole, out = tmp_path / "whole", tmp_path / "run"
    sets = pairs.open(toy_folder, "train"), pairs.open(toy_folder, "validation")
    start = time.perf_counter()
    for _ in training.train(stage(*settings), *sets, whole, device="cpu"):
        pass
    # Ten kills after a twelfth of the run at most, so that few trainers have to wait for theirs.
    ended = child("--kill", 10, (time.perf_counter() - start) / 12, toy_folder, out, *settings)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("killed") == 10
    assert_same_run(out, whole)


@pytest.mark.slow
@pytest.mark.parametrize(("then", "reason"), [("full", "File too large"), ("closed", "Permission denied")])
def test_a_run_that_cannot_save_ends_and_keeps_what_it_has(
    toy_folder: Path, tmp_path: Path, then: str, reason: str
) -> None:
    out = tmp_path / "run"
    settings = (*HARD, "validate_every=1000", "log_every=1000")
    ended = child("--then", then, toy_folder, out, *settings)
    assert ended.returncode == 1
    assert f"OutputRefused: cannot write {out}" in ended.stderr
    assert reason in ended.stderr
    for folder in out.rglob("*/"):
        folder.chmod(0o755)
    out.chmod(0o755)
    last = training.read_checkpoint(out)
    assert last is not None
    assert last.step == 5
    assert not list(out.rglob("*unfinished*"))
    sets = pairs.open(toy_folder, "train"), pairs.open(toy_folder, "validation")
    rest = list(training.train(stage(*settings), *sets, out, resume=True, device="cpu"))
    assert rest[-1].step == 23


class Harmful:
    """Runs code when it is unpickled."""

    def __init__(self, proof: Path) -> None:
        self._proof = proof

    def __reduce__(self):
        return os.system, (f"touch {self._proof}",)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".ckpt", ".bin"])
def test_a_pickle_that_would_run_code_is_refused_unharmed(train_pairs: PairSet, tmp_path: Path, suffix: str) -> None:
    path, proof = tmp_path / f"weights{suffix}", tmp_path / "proof"
    torch.save({"params": {"head.weight": torch.zeros(1)}, "more": Harmful(proof)}, path)
    with pytest.raises(DamagedFile, match="more than tensors"):
        next(training.train(stage("model=toy", f"init={path}"), train_pairs, None, tmp_path / "run", device="cpu"))
    path.write_bytes(pickle.dumps(Harmful(proof), protocol=2))
    with pytest.raises(DamagedFile, match=path.name):
        next(training.train(stage("model=toy", f"init={path}"), train_pairs, None, tmp_path / "run", device="cpu"))
    assert not proof.exists()
    assert not (tmp_path / "run").exists()
    pickle.loads(path.read_bytes())
    assert proof.exists(), "the pickle is harmless, so the test shows nothing"


def test_a_harmful_state_of_the_optimiser_is_refused_unharmed(train_pairs: PairSet, tmp_path: Path) -> None:
    """Even with its hash made to fit, a checkpoint runs no code."""
    from lfsrkit.files import read_json, sha256_of, write_json

    out, proof = tmp_path / "run", tmp_path / "proof"
    list(training.train(stage("steps=5"), train_pairs, None, out, device="cpu"))
    folder = out / "checkpoints" / "step-000005"
    torch.save({"step": Harmful(proof)}, folder / "trainer.pt")
    meta = read_json(folder / "meta.json")
    meta["files"]["trainer.pt"] = sha256_of(folder / "trainer.pt")
    write_json(folder / "meta.json", meta)
    with pytest.raises(LfsrkitError, match=r"trainer\.pt holds more than tensors"):
        list(training.train(stage("steps=9"), train_pairs, None, out, resume=True, force=True, device="cpu"))
    assert not proof.exists()


@pytest.mark.parametrize("name", ["learned:os:system", "learned:os.path:exists"])
def test_names_in_files_import_nothing(train_pairs: PairSet, tmp_path: Path, name: str) -> None:
    proof = tmp_path / "proof"
    recipe, weights = tmp_path / "recipe.toml", tmp_path / "weights.safetensors"
    recipe.write_text(f'[train]\nmodel = {{ name = "{name}", command = "touch {proof}" }}\n')
    with pytest.raises(UsageError):
        load_stage("train", recipes=[recipe])
    header = f'{{"format": 1, "name": "{name}", "params": {{"command": "touch {proof}"}}}}'
    save_file({"head.weight": torch.zeros(1)}, weights, metadata={"lfsrkit": header})
    with pytest.raises(UsageError, match="code that is imported"):
        models.load(weights)
    with pytest.raises(UsageError, match=r"nothing in .* fits"):
        next(training.train(stage(f"init={weights}"), train_pairs, None, tmp_path / "run", device="cpu"))
    assert not proof.exists()
