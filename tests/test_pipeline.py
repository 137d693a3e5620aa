"""The whole chain through the command line, as a new user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def lfsrkit(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LFSRKIT_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "lfsrkit_cli", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == code, done.stderr
    return done


def test_the_demo_ends_with_a_page_and_goes_on_when_run_again(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    printed = lfsrkit("demo", "--out", out, "--faces", "synthetic:30", "--steps", 6)
    assert "report.html" in printed.stdout
    page = (out / "report.html").read_text()
    assert "bicubic" in page
    assert page.count('class="slider"') >= 1
    assert list((out / "enhanced").glob("face_*.png"))
    again = lfsrkit("demo", "--out", out, "--faces", "synthetic:30", "--steps", 6)
    assert "report.html" in again.stdout


def test_faces_to_pairs_to_training_to_evaluation_to_pictures(tmp_path: Path) -> None:
    pairs, run, bright = tmp_path / "pairs", tmp_path / "run", tmp_path / "bright"
    splits = "splits={train=16,validation=4,test=4}"
    lfsrkit("pairs", "build", "-c", "fast_x4", "--faces", "synthetic:24", "-s", splits, "--out", pairs)
    lfsrkit("pairs", "verify", pairs)
    train = [
        "train",
        "-c",
        "fast_x4",
        "-s",
        "steps=8",
        "-s",
        "validate_every=4",
        "-s",
        "batch_size=4",
        "--pairs",
        pairs,
    ]
    lfsrkit(*train, "--out", run)
    lfsrkit(*train, "--out", run, code=1)
    lfsrkit(*train, "--out", run, "--resume")
    found = json.loads(lfsrkit("evaluate", run, "--pairs", pairs, "--json", "--out", tmp_path / "e").stdout)
    assert "psnr" in json.dumps(found)
    low = tmp_path / "low"
    sheet = (tmp_path / "e" / "_first.png").rename(tmp_path / "sheet.png")
    lfsrkit("enhance", "bicubic(scale=2)", sheet, "--out", low, "-s", "mode=whole")
    lfsrkit("enhance", run, low / "sheet.png", "--out", bright, "-s", "mode=whole", code=0)
    assert (bright / "sheet.png").is_file()


def test_training_on_faces_equals_training_on_their_pairs(tmp_path: Path) -> None:
    splits = "splits={train=12,validation=4,test=4}"
    lfsrkit("pairs", "build", "-c", "fast_x4", "--faces", "synthetic:20", "-s", splits, "--out", tmp_path / "pairs")
    recipe = tmp_path / "r.toml"
    recipe.write_text("[pairs]\nsplits = {train=12,validation=4,test=4}\n")
    common = ["train", "-c", "fast_x4", "-c", recipe, "-s", "steps=3", "-s", "log_every=1", "-s", "batch_size=4"]
    lfsrkit(*common, "--pairs", tmp_path / "pairs", "--out", tmp_path / "a")
    lfsrkit(*common, "--faces", "synthetic:20", "--out", tmp_path / "b")
    losses = [
        [json.loads(line)["loss"] for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        for name in ("a", "b")
    ]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 3
