"""Training: it learns, it repeats itself, it leaves the rest of the process alone, and it says what is wrong."""

import json
import math
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from lfsrkit import config as settings
from lfsrkit import pairs, training
from lfsrkit.errors import UsageError
from lfsrkit.losses import L1
from lfsrkit.masks.base import Hints, MaskStrategy
from lfsrkit.models import load, read_header
from lfsrkit.pairs import PairSet
from lfsrkit.regions import flip_regions, template_regions
from lfsrkit.registries import LOSSES, MASKS, MODELS
from lfsrkit.seeding import generators
from lfsrkit.stages import load_stage
from lfsrkit.training import budget
from lfsrkit.training.data import Batches, Examples, mirrored, order, reader
from lfsrkit.training.ema import Average
from lfsrkit.training.objective import Objective
from lfsrkit.training.schedule import learning_rate
from lfsrkit.training.setup import initial_model
from tests.training_cases import CLEAN_SIDE, TRAIN, VALIDATION, Toy, build_pairs, stage

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _toy() -> Iterator[None]:
    with MODELS.temporary("toy", Toy):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_pairs(tmp_path_factory.mktemp("built"))


@pytest.fixture
def train_pairs(folder: Path) -> PairSet:
    return pairs.open(folder, "train")


@pytest.fixture
def validation_pairs(folder: Path) -> PairSet:
    return pairs.open(folder, "validation")


class FourPairs:
    """The first four pairs of a split."""

    def __init__(self, whole: PairSet) -> None:
        self.ids, self.scale, self.chain = whole.ids[:4], whole.scale, whole.chain
        self.settings, self.sha256, self.clean_mean = whole.settings, whole.sha256, whole.clean_mean
        self.batch = whole.batch

    def __len__(self) -> int:
        return 4


def losses(records: list[training.TrainRecord]) -> list[tuple[int, float]]:
    return [(record.step, record.loss) for record in records]


def test_the_loss_falls_on_four_images(train_pairs: PairSet, tmp_path: Path) -> None:
    config = stage("steps=120", "log_every=20", "checkpoint_every=120", "optim.lr=1e-2", "model=toy(width=16)")
    records = list(training.train(config, FourPairs(train_pairs), None, tmp_path / "run", device="cpu"))
    assert records[-1].loss < 0.5 * records[0].loss
    assert records[-1].epoch == 120 * 4 // 4


def test_records_come_when_they_are_due(train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path) -> None:
    out = tmp_path / "run"
    records = list(training.train(stage(), train_pairs, validation_pairs, out, device="cpu"))
    wanted = [step for step in range(1, 24) if step % 4 == 0 or step % 6 == 0 or step % 5 == 0 or step == 23]
    assert [record.step for record in records] == wanted
    assert [record.step for record in records if record.validation] == [6, 12, 18, 23]
    assert {"psnr", "ssim"} == set(records[-1].validation or {})
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [(line["step"], line["loss"]) for line in lines] == losses(records)
    last = records[-1]
    assert (last.images_seen, last.epoch, last.steps) == (92, 92 // TRAIN, 23)
    assert 0 <= last.data_wait <= 1
    assert last.images_per_second == pytest.approx(4 * last.steps_per_second)
    assert [r.seconds for r in records] == sorted(r.seconds for r in records)
    assert (out / "sheets" / "step-000023.png").is_file()


def test_a_record_averages_over_the_steps_since_the_last_one(train_pairs: PairSet, tmp_path: Path) -> None:
    def run(every: int) -> list[float]:
        config = stage("steps=12", f"log_every={every}", "checkpoint_every=12")
        return [r.loss for r in training.train(config, train_pairs, None, tmp_path / str(every), device="cpu")]

    singles = run(1)
    assert run(4) == pytest.approx([sum(singles[start : start + 4]) / 4 for start in (0, 4, 8)], rel=1e-9)


def test_the_folder_explains_itself(train_pairs: PairSet, tmp_path: Path) -> None:
    out = tmp_path / "run"
    config = stage("steps=5", 'loss=["face_mask(alpha=0.5)"]', "mask=patch(ratio=0.25)", "optim.lr=3e-4")
    list(training.train(config, train_pairs, None, out, device="cpu"))
    assert load_stage("train", recipes=[out / "config.toml"]) == config
    header = read_header(out)
    assert (header.name, header.params) == ("toy", {"scale": 4})
    assert header.extra == {"step": "5", "data_sha256": train_pairs.sha256}
    meta = json.loads((out / "checkpoints" / "step-000005" / "meta.json").read_text())
    assert meta["config"] == settings.to_tables(config)
    assert meta["data"] == {"train": train_pairs.sha256}


def test_the_averaged_weights_are_saved_for_use(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path
) -> None:
    from lfsrkit.images import to_float
    from lfsrkit.registries import METRICS

    out = tmp_path / "run"
    *_, last = training.train(stage(), train_pairs, validation_pairs, out, device="cpu")
    batch = validation_pairs.batch(range(VALIDATION))
    with torch.no_grad():
        restored = load(out)(to_float(batch.low))
    psnr = METRICS.create("psnr")(restored, to_float(batch.clean)).mean()
    assert last.validation is not None
    assert last.validation["psnr"] == pytest.approx(float(psnr), abs=1e-9)


def test_the_seed_decides_the_run(train_pairs: PairSet, tmp_path: Path) -> None:
    def run(name: str, *overrides: str) -> list[tuple[int, float]]:
        config = stage("steps=8", "low=fresh", 'loss=["face_mask"]', *overrides)
        return losses(list(training.train(config, train_pairs, None, tmp_path / name, device="cpu")))

    first = run("a")
    torch.manual_seed(99)
    assert run("b") == first
    assert run("c", "seed=1") != first


def test_the_first_weights_depend_on_the_seed_alone() -> None:
    first, same, other = (initial_model(stage(f"seed={seed}"), 4).model.state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_global_random_states_are_left_alone(train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path) -> None:
    torch.manual_seed(5)
    np.random.seed(5)
    # Python's own generator is left out: the shape checks of the test run draw from it.
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    config = stage("low=fresh", 'loss=["face_mask"]')
    for _ in training.train(config, train_pairs, validation_pairs, tmp_path / "run", device="cpu"):
        assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]


def test_a_caller_may_stop_asking(train_pairs: PairSet, tmp_path: Path) -> None:
    stream = training.train(stage(), train_pairs, None, tmp_path / "run", device="cpu")
    assert [record.step for record in islice(stream, 2)] == [4, 5]
    stream.close()


def test_minutes_become_steps_once(train_pairs: PairSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, config = tmp_path / "run", stage("minutes=0.5", "log_every=1", "checkpoint_every=1")
    monkeypatch.setattr("lfsrkit.training.loop.time_steps", _counting := _Timer(seconds=7.5))
    first = next(training.train(config, train_pairs, None, out, device="cpu"))
    assert first.steps == 4
    assert _counting.calls == 1
    assert json.loads((out / "plan.json").read_text())["seconds_per_step"] == 7.5
    rest = list(training.train(config, train_pairs, None, out, resume=True, device="cpu"))
    assert [record.step for record in rest] == [2, 3, 4]
    assert _counting.calls == 1


def test_timing_changes_nothing(train_pairs: PairSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_steps = list(training.train(stage("steps=8"), train_pairs, None, tmp_path / "a", device="cpu"))
    monkeypatch.setattr("lfsrkit.training.loop.time_steps", _Timer(seconds=1 / 8, steps=23))
    config = stage("minutes=0.01666666666666667")
    by_minutes = list(training.train(config, train_pairs, None, tmp_path / "b", device="cpu"))
    assert losses(by_minutes) == losses(by_steps)


class _Timer:
    """Stand in for `time_steps`."""

    def __init__(self, seconds: float, steps: int = 1) -> None:
        self.seconds, self.steps, self.calls = seconds, steps, 0

    def __call__(self, step) -> float:
        self.calls += 1
        for _ in range(self.steps):
            step()
        return self.seconds


def test_a_step_is_timed_without_its_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(budget.time, "perf_counter", lambda: now[0])
    durations = iter([100.0] * budget.WARMUP_STEPS + [2.0] * budget.TIMED_STEPS)

    def step() -> None:
        now[0] += next(durations)

    assert budget.time_steps(step) == pytest.approx(2.0)


def test_a_non_finite_loss_is_named(train_pairs: PairSet, tmp_path: Path) -> None:
    bad = train_pairs.ids[2]

    class Bad(L1):
        seen: list[str]

        def compare(self, restored, clean, extras):
            values = super().compare(restored, clean, extras)
            return torch.where(_is(clean, train_pairs, 2), torch.inf, values)

    with LOSSES.temporary("bad", Bad):
        config = stage('loss=["charbonnier", "bad"]', "flip=false")
        with pytest.raises(training.NonFiniteError, match="'bad' is not finite") as caught:
            list(training.train(config, train_pairs, None, tmp_path / "run", device="cpu"))
    error = caught.value
    assert error.ids == [bad]
    assert error.batch == tmp_path / "run" / f"nonfinite-step-{error.step}.safetensors"
    assert str(error.batch) in str(error)
    with safe_open(error.batch, framework="pt") as opened:
        assert bad in json.loads(opened.metadata()["ids"])
        assert opened.get_tensor("low").shape == (4, 3, 8, 8)
        assert opened.get_tensor("clean").shape == (4, 3, 32, 32)


def _is(clean: torch.Tensor, whole: PairSet, index: int) -> torch.Tensor:
    return (clean == whole[index].clean).flatten(1).all(dim=1)


def test_a_non_finite_gradient_stops_before_the_weights_are_changed(train_pairs: PairSet, tmp_path: Path) -> None:
    class Steep(L1):
        def compare(self, restored, clean, extras):
            return (restored * 0).abs().mean(dim=(1, 2, 3)).sqrt()  # its slope at 0 is infinite

    with (
        LOSSES.temporary("steep", Steep),
        pytest.raises(training.NonFiniteError, match="step 1: the gradient is not finite"),
    ):
        list(training.train(stage('loss=["steep"]'), train_pairs, None, tmp_path / "run", device="cpu"))


@pytest.mark.parametrize(
    ("override", "message"),
    [("model=bicubic", "needs no training"), ("model=toy(scale=8)", "enlarges 8 times, but the pairs are 4 times")],
)
def test_unfit_models_are_refused_before_anything_is_written(
    train_pairs: PairSet, tmp_path: Path, override: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        next(training.train(stage(override), train_pairs, None, tmp_path / "run", device="cpu"))
    assert not (tmp_path / "run").exists()


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


@pytest.mark.parametrize("warmup_steps", [0, 1, 5, 200])
def test_the_rate_rises_then_falls_towards_zero(warmup_steps: int) -> None:
    rates = [learning_rate(step, 100, peak=2.0, warmup_steps=warmup_steps) for step in range(100)]
    top = min(warmup_steps, 100)
    assert rates[:top] == sorted(rates[:top])
    assert rates[max(0, top - 1) :] == sorted(rates[max(0, top - 1) :], reverse=True) or warmup_steps > 100
    assert max(rates) <= 2.0
    if warmup_steps < 100:
        assert max(rates) == 2.0
        assert rates[-1] < 0.01


def test_bf16_and_fp32_runs_live_in_one_process(train_pairs: PairSet, tmp_path: Path) -> None:
    def first_loss(precision: str) -> float:
        config = stage("steps=4", f"precision={precision}")
        return next(training.train(config, train_pairs, None, tmp_path / precision, device="cpu")).loss

    full, half = first_loss("fp32"), first_loss("bf16")
    assert full != half
    assert half == pytest.approx(full, rel=0.02)
