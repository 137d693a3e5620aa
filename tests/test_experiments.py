"""Experiments: what a row settles, rows times seeds, rows without training, and what may fail alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lfsrkit import training
from lfsrkit.calls import Call
from lfsrkit.errors import MissingWeights, OutputRefused, UsageError
from lfsrkit.experiments import (
    Entry,
    Search,
    check_entries,
    gather,
    judge_floors,
    make_entries,
    mask_rows,
    read_rate,
    read_scores,
    reference_of,
    run_entries,
)
from lfsrkit.experiments.scores import is_scored, sign_scores
from lfsrkit.experiments.settling import settled_config, trial_config
from lfsrkit.metrics import Psnr
from lfsrkit.pairs import PairSet
from lfsrkit.registries import LOSSES, MASKS, METRICS
from lfsrkit.stages import LossTerm, TrainConfig, load_stage
from lfsrkit.training.budget import read_plan
from tests.experiment_cases import judges
from tests.training_cases import Spoilt, stage

pytestmark = pytest.mark.usefixtures("toy")


def rows() -> dict[str, TrainConfig]:
    return {"plain": stage("steps=3"), "wide": stage("steps=3", "model=toy(width=12)")}


def test_rows_have_folders_of_their_own(tmp_path: Path) -> None:
    names = ["dln+edsr_baseline", "edsr_baseline+dln", "toy(width=8)"]
    entries = make_entries(dict.fromkeys(names, stage()), tmp_path)
    assert len({entry.folder for entry in entries}) == 3
    assert entries[0].run(3).relative_to(tmp_path).as_posix() == "runs/dln+edsr_baseline/seed-3"
    with pytest.raises(UsageError, match="differ too little"):
        make_entries(dict.fromkeys(["a(b=1)", "a/b=1"], stage()), tmp_path)


@pytest.mark.slow
def test_all_rows_of_one_seed_come_before_the_next(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path
) -> None:
    entries = make_entries({name: config.model_copy(update={"steps": 1}) for name, config in rows().items()}, tmp_path)
    events = run_entries(entries, [3, 1], judges(train_pairs, validation_pairs), device="cpu")
    judged = [(event.entry.name, event.seed) for event in events if event.doing == "judged"]
    assert judged == [("plain", 3), ("wide", 3), ("plain", 1), ("wide", 1)]


@pytest.mark.slow
def test_finished_runs_are_skipped_and_changed_ones_are_not(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path
) -> None:
    data = judges(train_pairs, validation_pairs)
    entries = make_entries(rows(), tmp_path)
    begun = [event.record for event in run_entries(entries, [0], data, device="cpu", stop=lambda: True)]
    assert [record.step for record in begun if record is not None] == [1]
    first = list(run_entries(entries, [0], data, device="cpu"))
    assert [event.entry.name for event in first if event.doing == "judged"] == ["plain", "wide"]
    again = [event.doing for event in run_entries(entries, [0], data, device="cpu")]
    assert again == ["finished before", "finished before"]
    found = read_scores(entries[0].run(0), "plain", 0)
    assert len(found.ids) == len(validation_pairs)
    assert {"psnr", "psnr_eyes", "psnr_background"} <= set(found.values)
    other = judges(train_pairs, validation_pairs, train_pairs)
    assert [event.doing for event in run_entries(entries[:1], [0], other, device="cpu")][-1] == "judged"
    assert len(read_scores(entries[0].run(0), "plain", 0).ids) == len(train_pairs)


@pytest.mark.slow
def test_a_row_without_a_bound_is_finished_once(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path
) -> None:
    """JSON has no word for the infinite bound; the records of row and run hold it all the same."""
    data = judges(train_pairs, validation_pairs)
    entries = make_entries({"free": stage("steps=1", "optim.clip_norm=inf")}, tmp_path)
    runs = [[event.doing for event in run_entries(entries, [0], data, device="cpu")] for _ in range(2)]
    assert runs[0][-1] == "judged"
    assert runs[1] == ["finished before"]


@pytest.mark.slow
def test_a_row_that_was_begun_otherwise_is_refused(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path
) -> None:
    data = judges(train_pairs, validation_pairs)
    list(run_entries(make_entries(rows(), tmp_path), [0], data, device="cpu"))
    longer = make_entries({"wide": stage("steps=4", "model=toy(width=12)")}, tmp_path)
    with pytest.raises(OutputRefused, match=r"train\.steps: 3 -> 4"):
        list(run_entries(longer, [0], data, device="cpu"))
    searching = make_entries(rows(), tmp_path, Search((1e-3, 1e-2)))
    with pytest.raises(OutputRefused, match=r"search\.rates"):
        list(run_entries(searching, [0], data, device="cpu"))


@pytest.fixture
def searched(train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path) -> Entry:
    config = stage("steps=12", "optim.warmup_steps=4")
    (entry,) = make_entries({"toy": config}, tmp_path, Search((1e-7, 1e-3, 1e-2), trial=0.5))
    list(run_entries([entry], [5, 6], judges(train_pairs, validation_pairs), device="cpu"))
    return entry


def test_the_rate_is_the_best_of_short_trials(searched: Entry) -> None:
    rate = read_rate(searched.folder)
    assert rate is not None
    assert set(rate.tried) == {"1e-07", "0.001", "0.01"}
    assert rate.tried[f"{rate.lr:g}"] == max(value for value in rate.tried.values() if value is not None)
    assert rate.lr > 1e-7  # with which nothing is learnt
    assert (rate.steps, rate.seconds > 0) == (6, True)
    for text, psnr in rate.tried.items():
        last = training.read_records(searched.folder / "trials" / text)[-1]
        assert (last["step"], last["validation"]["psnr"]) == (6, psnr)
    for seed in (5, 6):
        config = settled_config(searched, seed)
        assert config is not None
        assert (config.seed, config.steps, config.optim.lr) == (seed, 12, rate.lr)
        assert training.read_records(searched.run(seed))[-1]["step"] == 12


@pytest.mark.slow
def test_the_choice_of_a_rate_is_not_made_twice(
    searched: Entry, train_pairs: PairSet, validation_pairs: PairSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (searched.folder / "rate.json").read_text()
    monkeypatch.setattr("lfsrkit.experiments.settling.train", lambda *_, **__: pytest.fail("trained again"))
    list(run_entries([searched], [5, 7], judges(train_pairs, validation_pairs), device="cpu"))
    assert (searched.folder / "rate.json").read_text() == before


@pytest.mark.slow
def test_trials_go_on_where_they_were_stopped(train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path) -> None:
    data = judges(train_pairs, validation_pairs)
    search = Search((1e-3, 1e-2), trial=0.5)
    whole, stopped = (make_entries({"toy": stage("steps=12")}, tmp_path / name, search) for name in ("a", "b"))
    list(run_entries(whole, [0], data, device="cpu"))
    for _ in range(20):  # each time a few steps further
        steps = iter([False] * 4)
        events = list(run_entries(stopped, [0], data, device="cpu", stop=lambda steps=steps: next(steps, True)))
        if events[-1].doing == "judged":
            break
    else:
        pytest.fail("it never ended")
    rates = [read_rate(entry.folder) for (entry,) in (whole, stopped)]
    assert rates[0] is not None
    assert rates[1] == replace(rates[0], seconds=rates[1].seconds if rates[1] else 0)
    assert (stopped[0].run(0) / "model.safetensors").read_bytes() == (
        whole[0].run(0) / "model.safetensors"
    ).read_bytes()


def test_a_trial_is_the_same_training_only_shorter() -> None:
    config = stage("steps=200", "optim.warmup_steps=20", "checkpoint_every=500")
    short = trial_config(config, seed=9, steps=200, share=0.1, lr=3e-4)
    assert (short.steps, short.seed, short.optim.lr, short.optim.warmup_steps) == (20, 9, 3e-4, 2)
    assert (short.validate_every, short.checkpoint_every, short.minutes) == (20, 20, None)
    assert trial_config(config, seed=0, steps=3, share=0.1, lr=1.0).steps == 1


@pytest.mark.slow
def test_minutes_become_steps_once_for_all_seeds(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = judges(train_pairs, validation_pairs)
    entries = make_entries({"toy": stage("minutes=0.02")}, tmp_path, Search((1e-3,)))
    timed: list[str] = []
    monkeypatch.setattr("lfsrkit.experiments.settling.seconds_per_step", lambda *_, **__: timed.append("once") or 0.4)
    list(run_entries(entries, [0, 1], data, device="cpu"))
    plan = read_plan(entries[0].folder)
    assert plan is not None
    assert (timed, plan.steps, plan.minutes, plan.seconds_per_step) == (["once"], 3, 0.02, 0.4)
    assert [training.read_records(entries[0].run(seed))[-1]["steps"] for seed in (0, 1)] == [3, 3]


def test_the_time_of_a_step_is_measured_and_leaves_nothing(train_pairs: PairSet, tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    assert training.seconds_per_step(stage("minutes=1"), train_pairs, device="cpu", timed=2) > 0
    assert list(tmp_path.iterdir()) == []
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.slow
def test_a_row_that_diverges_fails_alone(train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path) -> None:
    data = judges(train_pairs, validation_pairs)
    spoilt = stage("steps=3").model_copy(update={"loss": (LossTerm.model_construct(term=Call("spoilt", {"call": 2})),)})
    with LOSSES.temporary("spoilt", Spoilt):
        entries = make_entries({"spoilt": spoilt, "plain": stage("steps=3")}, tmp_path)
        events = list(run_entries(entries, [0], data, device="cpu"))
        assert [(event.entry.name, event.doing) for event in events if event.doing in ("failed", "judged")] == [
            ("spoilt", "failed"),
            ("plain", "judged"),
        ]
        found = gather(entries, [0], data, [])
        assert list(found.facts) == ["plain"]
        assert "all seeds (failed: step 2: the loss term 'spoilt' is not finite" in found.unfinished["spoilt"]
        hopeless = make_entries({"spoilt": spoilt}, tmp_path / "searched", Search((1e-3, 1e-2), trial=1.0))
        (failed,) = [e for e in run_entries(hopeless, [0], data, device="cpu") if e.doing == "failed"]
        assert failed.reason == "the loss stayed finite with none of the rates 0.001, 0.01"


def test_what_cannot_be_trained_is_known_before(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path
) -> None:
    data = judges(train_pairs, validation_pairs)
    for config, reason in (
        (stage("model=bicubic"), "bicubic needs no training"),
        (stage("batch_size=4", "accumulate=3"), "cannot be divided"),
        (stage("model=swinir_m(scale=2)"), "enlarges 2 times"),
    ):
        with pytest.raises(UsageError, match=f"odd: .*{reason}"):
            check_entries(make_entries({"plain": stage(), "odd": config}, tmp_path), data)
    blind = replace(data, validation=None)
    with pytest.raises(UsageError, match="no validation split"):
        check_entries(make_entries(rows(), tmp_path, Search((1e-3, 1e-2))), blind)
    assert list(check_entries(make_entries(rows(), tmp_path, Search((1e-3,))), blind)) == ["plain", "wide"]


def test_the_floor_and_the_oracle_are_judged_once(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = judges(train_pairs, validation_pairs)
    floors = list(judge_floors(tmp_path, data, device="cpu"))
    assert [(floor.name, floor.missing) for floor in floors] == [("bicubic", ""), ("oracle", "")]
    psnr = {floor.name: read_scores(floor.folder, floor.name, 0).values["psnr"] for floor in floors}
    assert all(len(values) == len(validation_pairs) for values in psnr.values())
    monkeypatch.setattr("lfsrkit.experiments.floors.evaluate", lambda *_, **__: pytest.fail("judged again"))
    monkeypatch.setattr("lfsrkit.experiments.floors.measure", lambda *_, **__: pytest.fail("judged again"))
    assert list(judge_floors(tmp_path, data, device="cpu")) == floors


def test_scores_without_a_metric_that_can_now_be_measured_are_not_whole(tmp_path: Path) -> None:
    ready: list[bool] = []

    def moody() -> Psnr:
        if not ready:
            raise MissingWeights("not here")
        return Psnr()

    with METRICS.temporary("moody", moody):
        metrics = load_stage("evaluate", values={"metrics": ["psnr", "moody"]})
        sign_scores(tmp_path, {"of": 1}, metrics)
        assert (is_scored(tmp_path, {"of": 1}), is_scored(tmp_path, {"of": 1}, metrics)) == (True, True)
        assert not is_scored(tmp_path, {"of": 2})
        ready.append(True)
        assert (is_scored(tmp_path, {"of": 1}), is_scored(tmp_path, {"of": 1}, metrics)) == (True, False)


def test_the_reference_is_the_usual_one_or_the_first() -> None:
    assert reference_of(["a", "lfsrnet"], None) == "lfsrnet"
    assert reference_of(["a", "b"], None) == "a"
    assert reference_of(["a", "b"], "b") == "b"
    assert reference_of(["a", "b"], "lfsrnet") is None


def test_mask_rows_differ_in_the_mask_alone() -> None:
    config = stage("optim.lr=0.002")
    found = mask_rows(config)
    assert set(found) == {"none", *MASKS.names()} - {"invert", "schedule", "union"}
    assert [term.term.name for term in found["none"].loss] == ["charbonnier"]
    for name in set(found) - {"none"}:
        (term,) = found[name].loss
        assert (term.term.name, term.term.params, str(found[name].mask)) == ("face_mask", {"beta": 0.0}, name)
        assert found[name].model_copy(update={"loss": config.loss, "mask": None}) == config
    with pytest.raises(UsageError, match="did you mean 'patch'"):
        mask_rows(config, ["pach"])


def test_mask_rows_keep_the_loss_that_was_asked_for() -> None:
    found = mask_rows(stage('loss=[{name="face_mask_views", weight=2}, {name="ssim", weight=0.5}]'), ["none", "patch"])
    terms = {name: [(term.weight, str(term.term)) for term in row.loss] for name, row in found.items()}
    assert terms["patch"] == [(2.0, "face_mask_views"), (0.5, "ssim")]
    assert terms["none"] == [(2.0, "face_mask_views(alpha=0.0)"), (0.5, "ssim")]
    both = mask_rows(stage('loss=["charbonnier(eps=0.01)", "ssim"]'), ["patch"])["patch"].loss
    assert [str(term.term) for term in both] == ["face_mask(beta=0.0, eps=0.01)", "ssim"]
    with pytest.raises(UsageError, match=r"no term of the loss ssim uses a mask"):
        mask_rows(stage("loss=ssim"), ["patch"])


@pytest.mark.slow
def test_costs_are_those_of_the_model(train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path) -> None:
    entries = make_entries({"plain": stage("steps=1")}, tmp_path)
    list(run_entries(entries, [0], judges(train_pairs, validation_pairs), device="cpu"))
    costs = json.loads((entries[0].folder / "costs.json").read_text())
    # Two 3x3 convolutions on 8x8 pixels, 3 -> 8 -> 48 channels, and two numbers for each of 8 normalised channels.
    assert costs["macs"] == 64 * 9 * (3 * 8 + 8 * 48)
    assert costs["parameters"] == 9 * (3 * 8 + 8 * 48) + 8 + 48 + 16
    assert costs["milliseconds"] > 0
    assert costs["device"]
