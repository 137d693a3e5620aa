"""Training on an accelerator: number formats, compilation, batches made ahead, degradation there."""

from pathlib import Path

import pytest
import torch

from lfsrkit import training
from lfsrkit.pairs import PairSet
from lfsrkit.training.data import Batches
from tests.training_cases import HARD, final_files, plugged, stage

pytestmark = pytest.mark.gpu
CALM = ("model=calm", "log_every=1", 'loss=["face_mask"]')


@pytest.fixture(autouse=True)
def _plugs():
    with plugged():
        yield


def losses(out: Path, pairs: PairSet, *settings: str, device: str = "cuda") -> list[float]:
    return [record.loss for record in training.train(stage(*CALM, *settings), pairs, None, out, device=device)]


def test_an_accelerator_learns_what_a_cpu_learns(train_pairs: PairSet, tmp_path: Path) -> None:
    on_cpu = losses(tmp_path / "cpu", train_pairs, device="cpu")
    assert losses(tmp_path / "cuda", train_pairs) == pytest.approx(on_cpu, rel=1e-3)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_half_precision_learns_about_the_same(train_pairs: PairSet, tmp_path: Path, precision: str) -> None:
    full = losses(tmp_path / "full", train_pairs)
    half = losses(tmp_path / "half", train_pairs, f"precision={precision}")
    assert half != full
    assert half == pytest.approx(full, rel=0.05)


def test_a_resumed_run_ends_as_one_that_was_not_interrupted(train_pairs: PairSet, tmp_path: Path) -> None:
    whole = losses(tmp_path / "whole", train_pairs, *HARD)
    asked = iter([False] * 6 + [True])
    config = stage(*CALM, *HARD)
    first = list(training.train(config, train_pairs, None, tmp_path / "run", stop=lambda: next(asked), device="cuda"))
    assert first[-1].step == 7
    rest = training.train(config, train_pairs, None, tmp_path / "run", resume=True, device="cuda")
    assert [record.loss for record in [*first, *rest]] == pytest.approx(whole, rel=1e-4)
    assert final_files(tmp_path / "run") == final_files(tmp_path / "whole")


def test_the_scale_of_fp16_is_resumed(train_pairs: PairSet, tmp_path: Path) -> None:
    config = stage(*CALM, "precision=fp16")
    stopped = training.train(config, train_pairs, None, tmp_path / "run", stop=lambda: True, device="cuda")
    path = [record.checkpoint for record in stopped][-1]
    assert path is not None
    assert torch.load(path / "trainer.pt", weights_only=True)["scaler"]["scale"] >= 1
    rest = training.train(config, train_pairs, None, tmp_path / "run", resume=True, device="cuda")
    assert [record.step for record in rest][-1] == config.steps


@pytest.mark.parametrize("settings", [("workers=0",), ("workers=3",), ("cache=none",)])
def test_batches_made_ahead_are_the_same(train_pairs: PairSet, tmp_path: Path, settings: tuple[str, ...]) -> None:
    device = torch.device("cuda", 0)
    plain = Batches(train_pairs, stage("low=fresh"), with_regions=True, device=device).at(5)
    other = Batches(train_pairs, stage("low=fresh", *settings), with_regions=True, device=device).at(5)
    assert torch.equal(plain.low, other.low)
    assert losses(tmp_path / "a", train_pairs, *settings) == pytest.approx(
        losses(tmp_path / "b", train_pairs), rel=1e-3
    )


def test_pictures_degraded_there_equal_those_of_the_cpu_to_rounding(train_pairs: PairSet) -> None:
    def low(place: str) -> torch.Tensor:
        config = stage("low=fresh", f"degrade_on={place}", "batch_size=9")
        return Batches(train_pairs, config, with_regions=False, device=torch.device("cuda", 0)).at(0).low

    levels = (low("cpu") - low("device")).abs() * 255
    assert levels.max() <= 1.01
    assert (levels > 0.5).float().mean() < 0.01
