"""What training is made of: its data, its masks and terms, the average and the rate."""

import itertools
import math
import random

import pytest
import torch

from lfsrkit.masks.base import Hints, MaskStrategy
from lfsrkit.pairs import PairSet
from lfsrkit.regions import flip_regions, template_regions
from lfsrkit.registries import MASKS
from lfsrkit.seeding import generators
from lfsrkit.training.augment import Examples, mirrored
from lfsrkit.training.data import Batches, order
from lfsrkit.training.ema import Average
from lfsrkit.training.objective import Objective
from lfsrkit.training.pictures import reader
from lfsrkit.training.schedule import learning_rate
from tests.training_cases import CLEAN_SIDE, TRAIN, FourPairs, Toy, stage

pytestmark = pytest.mark.usefixtures("toy")
CPU = torch.device("cpu")


def test_fresh_pictures_of_epoch_0_are_the_stored_ones(train_pairs: PairSet) -> None:
    def lows(low: str, images_seen: int) -> Examples:
        config = stage(f"low={low}", "flip=false", f"batch_size={TRAIN}")
        return Batches(train_pairs, config, with_regions=False, device=CPU).at(images_seen)

    stored, fresh = lows("stored", 0), lows("fresh", 0)
    assert fresh.ids == stored.ids
    assert torch.equal(fresh.low, stored.low)
    later = lows("fresh", TRAIN)
    again = dict(zip(later.ids, later.low, strict=True))
    assert not any(torch.equal(again[name], row) for name, row in zip(fresh.ids, fresh.low, strict=True))


def test_a_fresh_batch_may_reach_over_the_end_of_an_epoch(train_pairs: PairSet) -> None:
    config = stage("low=fresh", f"batch_size={TRAIN}")
    half = Batches(train_pairs, config, with_regions=True, device=CPU)
    both = {e: half.at(e * TRAIN) for e in (0, 1)}
    across = half.at(4)
    assert set(across.epochs) == {0, 1}
    for row, (name, epoch) in enumerate(zip(across.ids, across.epochs, strict=True)):
        whole = both[epoch]
        assert torch.equal(across.low[row], whole.low[whole.ids.index(name)])
        assert torch.equal(across.clean[row], whole.clean[whole.ids.index(name)])


def test_every_picture_is_seen_equally_often_in_changing_order() -> None:
    places = [place for step in range(70) for place in order(7, 0, step * 4, 4)]
    for epoch in range(40):
        assert sorted(index for e, index in places if e == epoch) == list(range(7))
    orders = {tuple(index for e, index in places if e == epoch) for epoch in range(40)}
    assert len(orders) > 35
    assert order(7, 1, 0, 7) != order(7, 0, 0, 7)


@pytest.mark.slow
def test_a_flipped_face_has_flipped_regions_in_any_order(train_pairs: PairSet) -> None:
    """A box table that is changed in place gives the second reader of a face the regions of the first."""
    shuffle = random.Random(0)
    plain = reader(train_pairs, with_regions=True)(range(TRAIN))
    assert plain.regions is not None
    # Regions that differ from picture to picture, so that a mix-up shows.
    regions = torch.rand(TRAIN, 7, CLEAN_SIDE, CLEAN_SIDE, generator=torch.Generator().manual_seed(0))
    whole = Examples(plain.ids, [0] * TRAIN, plain.low.float() / 255, plain.clean.float() / 255, regions)
    kept = whole.low.clone(), whole.clean.clone(), regions.clone()
    for _ in range(1000):
        flags = torch.tensor([shuffle.random() < 0.5 for _ in range(TRAIN)])
        turned = mirrored(whole, flags)
        row = shuffle.randrange(TRAIN)
        assert turned.regions is not None
        wanted = (kept[0][row].flip(-1), kept[1][row].flip(-1), flip_regions(kept[2][row])) if flags[row] else None
        for mine, flipped, as_was in zip(
            (turned.low, turned.clean, turned.regions), wanted or [k[row] for k in kept], kept, strict=True
        ):
            assert torch.equal(mine[row], flipped if flags[row] else as_was[row])
    assert torch.equal(whole.regions if whole.regions is not None else regions, kept[2])


def test_half_of_the_pictures_are_flipped_anew_in_every_epoch(train_pairs: PairSet) -> None:
    config = stage(f"batch_size={TRAIN}")
    batches = Batches(train_pairs, config, with_regions=False, device=CPU)
    clean = {pair.id: pair.clean for pair in (train_pairs[i] for i in range(TRAIN))}
    flipped = [
        [
            not torch.equal(row, clean[name])
            for name, row in sorted(zip(e.ids, e.clean, strict=True), key=lambda p: p[0])
        ]
        for e in (batches.at(epoch * TRAIN) for epoch in range(60))
    ]
    count, n = sum(map(sum, flipped)), 60 * TRAIN
    assert abs(count - n / 2) < 5 * math.sqrt(n / 4)
    assert len({tuple(row) for row in flipped}) > 30


def test_recorded_regions_are_used_and_templates_elsewhere(train_pairs: PairSet) -> None:
    recorded = torch.rand(7, CLEAN_SIDE, CLEAN_SIDE, generator=torch.Generator().manual_seed(1))

    class Half(FourPairs):
        def batch(self, indices):
            batch = train_pairs.batch(indices)
            regions = [recorded if index % 2 else None for index in indices]
            return type(batch)(batch.ids, batch.sources, batch.low, batch.clean, regions, batch.params)

    half = Half(train_pairs)
    half.batch = lambda indices: Half.batch(half, indices)
    read = reader(half, with_regions=True)(range(4))
    assert read.regions is not None
    for index in range(4):
        wanted = recorded if index % 2 else template_regions(CLEAN_SIDE)
        assert (read.regions[index].float() / 255 - wanted).abs().max() <= 0.5 / 255 + 1e-6


def test_pairs_that_do_not_fit_into_memory_are_read_as_they_are_needed(train_pairs: PairSet) -> None:
    held = reader(train_pairs, with_regions=True)
    on_demand = reader(train_pairs, with_regions=True, limit_bytes=1)
    rows = [5, 0, 8, 5]
    a, b = held(rows), on_demand(rows)
    assert a.ids == b.ids == [train_pairs.ids[row] for row in rows]
    assert torch.equal(a.low, b.low)
    assert torch.equal(a.clean, b.clean)
    assert a.regions is not None
    assert b.regions is not None
    assert torch.equal(a.regions, b.regions)


class Spy(MaskStrategy):
    """Record what a strategy is given."""

    seen: Hints | None = None
    drawn: list[float]

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"regions", "low", "error", "progress"})

    def draw(self, height, width, generators, hints):
        type(self).seen = hints
        type(self).drawn = [float(torch.rand((), generator=stream)) for stream in generators]
        return torch.ones(len(generators), 1, height, width)


def test_mask_strategies_are_given_what_they_need(train_pairs: PairSet) -> None:
    config = stage('loss=["face_mask(beta=0)"]', "seed=7")
    with MASKS.temporary("spy", Spy):
        objective = Objective(config.loss, stage("mask=spy").mask, seed=7)
        assert objective.needs_regions
        examples = Batches(train_pairs, config, with_regions=True, device=CPU).at(TRAIN - 1)
        restored = torch.full_like(examples.clean, 0.5, requires_grad=True)
        objective({"restored": restored}, examples, 0.25)
    hints = Spy.seen
    assert hints is not None
    assert hints.progress == 0.25
    assert hints.low is not None
    assert hints.low.shape == examples.clean.shape
    assert hints.error is not None
    assert not hints.error.requires_grad
    assert torch.allclose(hints.error, (examples.clean - 0.5).abs().mean(dim=1, keepdim=True))
    wanted = [
        generators(7, [name], epoch, "mask")[0] for name, epoch in zip(examples.ids, examples.epochs, strict=True)
    ]
    assert Spy.drawn == [float(torch.rand((), generator=stream)) for stream in wanted]


def test_terms_are_weighed_and_repetitions_keep_apart() -> None:
    config = stage('loss=[{name="charbonnier", weight=2.0}, {name="charbonnier", eps=0.5}, "l1"]')
    objective = Objective(config.loss, None, seed=0)
    clean = torch.zeros(2, 3, 8, 8)
    examples = Examples(["a", "b"], [0, 0], torch.zeros(2, 3, 2, 2), clean, None)
    values = objective({"restored": clean + 0.1}, examples, 0.0)
    assert list(values) == ["charbonnier", "charbonnier_2", "l1"]
    wanted = 2 * math.hypot(0.1, 1e-3) + math.hypot(0.1, 0.5) + 0.1
    assert float(objective.total(values)) == pytest.approx(wanted, rel=1e-5)
    assert not objective.needs_regions


def test_the_average_is_warmed_up_and_copies_whole_numbers() -> None:
    model = Toy()
    average = Average(model, 0.9)
    expected = [model.head.bias[0].item()]
    for step in range(1, 30):
        with torch.no_grad():
            model.head.bias += 1
            model.table += 1
        average.update(model, step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected.append(decay * expected[-1] + (1 - decay) * model.head.bias[0].item())
    assert average.model.head.bias[0].item() == pytest.approx(expected[-1], rel=1e-5)
    assert torch.equal(average.model.table, model.table)
    assert not average.model.training
    plain = Average(model, 0.0)
    plain.update(model, 5)
    assert torch.equal(plain.model.head.bias, model.head.bias)


@pytest.mark.parametrize("warmup_steps", [0, 1, 5])
def test_the_rate_rises_then_falls_towards_zero(warmup_steps: int) -> None:
    rates = [learning_rate(step, 100, peak=2.0, warmup_steps=warmup_steps) for step in range(100)]
    top = max(0, warmup_steps - 1)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert (max(rates), rates[top]) == (2.0, 2.0)
    assert rates[-1] < 0.01


def test_a_run_that_ends_while_the_rate_rises_stays_below_the_peak() -> None:
    rates = [learning_rate(step, 100, peak=2.0, warmup_steps=200) for step in range(100)]
    assert all(before < after for before, after in itertools.pairwise(rates))
    assert 0 < rates[0] < rates[-1] < 2.0
