"""Reframing: what is drawn, where a picture is read, and that low, clean and regions still belong together."""

import math
from pathlib import Path

import pytest
import torch

from lfsrkit import training
from lfsrkit.errors import ConfigError
from lfsrkit.pairs import PairSet
from lfsrkit.training.data import Batches
from lfsrkit.training.pictures import Pictures
from lfsrkit.training.reframe import frames, reframed
from tests.training_cases import stage

pytestmark = pytest.mark.usefixtures("toy")
CPU = torch.device("cpu")
NAMES = [f"face{number}" for number in range(400)]
STILL = torch.eye(2, 3)[None]


def pictures(side: int = 32) -> Pictures:
    stream = torch.Generator().manual_seed(0)
    clean = torch.randint(256, (1, 3, side, side), generator=stream).to(torch.uint8)
    maps = torch.randint(256, (1, 7, side, side), generator=stream).to(torch.uint8)
    return Pictures(["a"], clean[..., ::4, ::4], clean, maps, [{}])


def test_the_frame_of_a_face_as_it_is_changes_nothing() -> None:
    before = pictures()
    after = reframed(before, STILL)
    assert torch.equal(after.clean, before.clean)
    assert before.regions is not None
    assert after.regions is not None
    assert torch.equal(after.regions, before.regions)


def test_a_shift_reads_clean_and_regions_at_the_same_other_place() -> None:
    before, where = pictures(), STILL.clone()
    where[:, 0, 2] = 2 * 3 / 32
    after = reframed(before, where)
    assert torch.equal(after.clean[..., :-3], before.clean[..., 3:])
    assert torch.equal(after.clean[..., -3:], before.clean[..., -3:].flip(-1)), "mirrored beyond the border"
    assert before.regions is not None
    assert after.regions is not None
    assert torch.equal(after.regions[..., :-3], before.regions[..., 3:])
    assert torch.equal(after.low, before.low)


def test_zoom_angle_and_shift_fill_their_ranges() -> None:
    largest = 0.1
    drawn = frames(0, NAMES, [0] * len(NAMES), largest)
    zoom = torch.linalg.det(drawn[:, :, :2]).sqrt() - 1
    angle = torch.atan2(drawn[:, 1, 0], drawn[:, 0, 0])
    for values in (zoom, angle, drawn[:, 0, 2] / 2, drawn[:, 1, 2] / 2):
        assert values.abs().max() <= largest + 1e-6
        # Uniform: mean 0 and variance a^2 / 3, within five standard errors of 400 draws.
        assert abs(float(values.mean())) < 5 * largest / math.sqrt(3 * len(NAMES))
        variance = largest**2 / 3
        assert abs(float(values.var()) - variance) < 5 * variance * math.sqrt((9 / 5 - 1) / len(NAMES))


def test_a_face_is_framed_by_its_own_stream() -> None:
    together = frames(0, ["a", "b"], [3, 4], 0.1)
    assert torch.equal(together[1:], frames(0, ["b"], [4], 0.1))
    assert not torch.equal(together[1:], frames(0, ["b"], [5], 0.1))


def test_the_low_picture_is_made_of_the_reframed_face(train_pairs: PairSet) -> None:
    config = stage("low=fresh", "reframe=0.1", "flip=false")
    still = Batches(train_pairs, stage("low=fresh", "flip=false"), with_regions=False, device=CPU).at(0)
    moved = Batches(train_pairs, config, with_regions=False, device=CPU).at(0)
    assert moved.ids == still.ids
    assert not torch.equal(moved.clean, still.clean)
    assert not torch.equal(moved.low, still.low)
    again = Batches(train_pairs, config, with_regions=False, device=CPU).at(0)
    assert torch.equal(moved.low, again.low)
    assert torch.equal(moved.clean, again.clean)


def test_stored_low_pictures_cannot_be_reframed() -> None:
    with pytest.raises(ConfigError, match=r"reframe: a stored low picture .* add low = 'fresh'"):
        stage("low=stored", "reframe=0.1")


def test_reframing_reaches_training(train_pairs: PairSet, tmp_path: Path) -> None:
    def first_loss(name: str, *more: str) -> float:
        config = stage("low=fresh", *more)
        return next(training.train(config, train_pairs, None, tmp_path / name, device="cpu")).loss

    assert first_loss("with", "reframe=0.1") != first_loss("without")
