"""Training data: what is done to a pair afterwards, where it is kept, and who makes it."""

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lfsrkit import training
from lfsrkit.colour import LUMA_WEIGHTS
from lfsrkit.pairs import PairSet
from lfsrkit.training.ahead import made_ahead
from lfsrkit.training.augment import (
    Examples,
    colour_matrices,
    coloured,
    corners,
    cropped,
    quarter_turns,
    turned,
)
from lfsrkit.training.data import Batches
from lfsrkit.training.pictures import reader
from tests.command_cases import LIMIT_SECONDS
from tests.training_cases import CLEAN_SIDE, SCALE, TRAIN, FourPairs, stage

pytestmark = pytest.mark.usefixtures("toy")
CPU = torch.device("cpu")
NAMES = [str(number) for number in range(2000)]
EPOCHS = [0] * len(NAMES)


def whole(pairs: PairSet) -> Examples:
    config = stage("flip=false", f"batch_size={TRAIN}")
    return Batches(pairs, config, with_regions=True, device=CPU).at(0)


def test_quarter_turns_go_together_and_back(train_pairs: PairSet) -> None:
    examples = whole(train_pairs)
    turns = torch.arange(TRAIN) % 4
    once = turned(examples, turns)
    for row, number in enumerate(turns.tolist()):
        assert torch.equal(once.low[row], examples.low[row].rot90(number, (-2, -1)))
        assert torch.equal(once.clean[row], examples.clean[row].rot90(number, (-2, -1)))
    back = turned(once, (4 - turns) % 4)
    for mine, theirs in ((back.low, examples.low), (back.clean, examples.clean), (back.regions, examples.regions)):
        assert mine is not None
        assert theirs is not None
        assert torch.equal(mine, theirs)


def test_each_quarter_turn_is_as_frequent() -> None:
    counts = torch.bincount(quarter_turns(0, NAMES, EPOCHS), minlength=4)
    assert (counts - len(NAMES) / 4).abs().max() < 5 * math.sqrt(len(NAMES) * 3 / 16)


def test_low_and_clean_get_the_same_colours(train_pairs: PairSet) -> None:
    examples = whole(train_pairs)
    matrices = colour_matrices(0, examples.ids, examples.epochs, 0.1)
    changed = coloured(examples, matrices)
    for before, after in ((examples.low, changed.low), (examples.clean, changed.clean)):
        wanted = torch.stack([torch.tensordot(m, p, 1) for m, p in zip(matrices, before, strict=True)]).clamp(0, 1)
        torch.testing.assert_close(after, wanted, rtol=0, atol=1e-6)
    assert not torch.equal(matrices[0], matrices[1])


def test_colours_change_no_more_than_asked() -> None:
    matrices = colour_matrices(3, NAMES, EPOCHS, 0.2)
    gains = matrices.sum(dim=2)  # grey stays grey but for the gains
    assert gains.min() >= 0.8 - 1e-6
    assert gains.max() <= 1.2 + 1e-6
    assert abs(float(gains.mean()) - 1) < 5 * 0.2 / math.sqrt(3 * gains.numel())
    saturation = (matrices[:, 0, 0] / gains[:, 0] - LUMA_WEIGHTS[0]) / (1 - LUMA_WEIGHTS[0])
    assert saturation.min() >= 0.8 - 1e-5
    assert saturation.max() <= 1.2 + 1e-5
    assert torch.equal(colour_matrices(3, NAMES[:2], EPOCHS[:2], 0.2), matrices[:2])


def test_a_crop_is_at_one_place_of_low_and_clean(train_pairs: PairSet) -> None:
    examples = whole(train_pairs)
    places = corners(0, examples.ids, examples.epochs, 3, 3)
    cut = cropped(examples, places, 5)
    assert cut.low.shape[-2:] == (5, 5)
    for row, (top, left) in enumerate(places.tolist()):
        assert torch.equal(cut.low[row], examples.low[row, :, top : top + 5, left : left + 5])
        high, wide = top * SCALE, left * SCALE
        assert torch.equal(cut.clean[row], examples.clean[row, :, high : high + 20, wide : wide + 20])
        assert cut.regions is not None
        assert examples.regions is not None
        assert torch.equal(cut.regions[row], examples.regions[row, :, high : high + 20, wide : wide + 20])


def test_every_corner_is_reached() -> None:
    places = corners(0, NAMES, EPOCHS, 3, 1)
    assert {tuple(pair) for pair in places.tolist()} == {(top, left) for top in range(4) for left in range(2)}


def test_crops_grow_as_training_goes_on(train_pairs: PairSet) -> None:
    config = stage("crops=[{side=4, until=0.5}, {side=6, until=0.75}, {side=999, until=0.8}]")
    batches = Batches(train_pairs, config, with_regions=False, device=CPU)
    sides = [batches.at(0, progress).low.shape[-1] for progress in (0.0, 0.49, 0.5, 0.76, 0.9)]
    assert sides == [4, 4, 6, CLEAN_SIDE // SCALE, CLEAN_SIDE // SCALE]


@pytest.mark.parametrize("key", ["rotate=true", "jitter=0.2", "crops=[{side=4, until=1.0}]"])
def test_what_is_done_to_pairs_reaches_training(train_pairs: PairSet, tmp_path: Path, key: str) -> None:
    def first_loss(name: str, *more: str) -> float:
        stream = training.train(stage(*more), train_pairs, None, tmp_path / name, device="cpu")
        return next(stream).loss

    assert first_loss("with", key) != first_loss("without")
    assert first_loss("again", key) == first_loss("with again", key)


@pytest.mark.parametrize(("cache", "again"), [("memory", 1), ("none", 2)])
def test_validation_keeps_what_training_may_keep(train_pairs: PairSet, tmp_path: Path, cache: str, again: int) -> None:
    asked: list[int] = []
    watched = FourPairs(train_pairs)
    watched.batch = lambda indices: asked.extend(indices) or train_pairs.batch(indices)
    counts = []
    for times in (1, 2):
        asked.clear()
        config = stage(f"steps={times}", "validate_every=1", f"cache={cache}")
        list(training.train(config, train_pairs, watched, tmp_path / str(times), device="cpu"))
        counts.append(len(asked))
    assert counts[1] == again * counts[0]


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["workers=0", "workers=3", "cache=none", "cache=memory", "degrade_on=device"])
def test_no_thread_and_no_cache_changes_a_bit(train_pairs: PairSet, tmp_path: Path, setting: str) -> None:
    def run(name: str, *more: str) -> list[float]:
        config = stage("low=fresh", 'loss=["face_mask"]', "log_every=1", *more)
        return [r.loss for r in training.train(config, train_pairs, None, tmp_path / name, device="cpu")]

    assert run("with", setting) == run("without")
    assert not threads()


def test_a_picture_is_decoded_once_or_each_time(train_pairs: PairSet) -> None:
    asked: list[int] = []

    four = FourPairs(train_pairs)
    four.batch = lambda indices: asked.extend(indices) or train_pairs.batch(indices)
    for cache, wanted in (("memory", 4), ("none", 5 * 4)):
        asked.clear()
        read = reader(four, with_regions=False, cache=cache)
        for _ in range(5):
            assert read(range(4)).ids == four.ids
        assert set(asked) == set(range(4))
        assert len(asked) in (wanted, wanted + 1)  # the first one tells the sizes


def threads() -> list[str]:
    """Names of the threads that make things ahead; a pool starts no more of them than it has use for."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ahead")]


def until(happened: Callable[[], bool]) -> None:
    limit = time.monotonic() + LIMIT_SECONDS
    while not happened():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_things_are_made_ahead_in_order() -> None:
    running: list[int] = []

    def slow(number: int) -> int:
        running.append(number)
        time.sleep(0.02 * (number % 3))
        return -number

    with made_ahead(slow, range(9), workers=2) as made:
        assert next(made) == 0
        until(lambda: len(running) == 4)
        time.sleep(0.1)
        assert len(running) == 4, "the one in use, and three ahead"
        assert list(made) == [-number for number in range(1, 9)]


def test_an_error_comes_where_its_result_would_come() -> None:
    def fail(number: int) -> int:
        if number == 2:
            raise OSError("the disk is gone")
        return number

    with made_ahead(fail, range(9), workers=2) as made:
        assert [next(made), next(made)] == [0, 1]
        with pytest.raises(OSError, match="the disk is gone"):
            next(made)


def test_threads_end_with_the_block() -> None:
    started = []
    with made_ahead(lambda number: started.append(number) or time.sleep(0.01), range(10_000), workers=3) as made:
        next(made)
        assert 1 <= len(threads()) <= 3
    assert not threads()
    assert len(started) < 20


def test_a_stopped_run_leaves_no_thread(train_pairs: PairSet, tmp_path: Path) -> None:
    stream = training.train(stage("workers=2"), train_pairs, None, tmp_path / "run", device="cpu")
    next(stream)
    assert 1 <= len(threads()) <= 2
    stream.close()
    assert not threads()
