"""Checkpoints and resuming: nothing is lost, nothing is mixed up, damage is named."""

import os
import re
from itertools import islice
from pathlib import Path

import pytest
import torch

from lfsrkit import pairs, training
from lfsrkit.errors import DamagedFile, OutputRefused, UsageError
from lfsrkit.models.weights import load, read_header
from lfsrkit.pairs import PairSet
from lfsrkit.registries import MODELS
from lfsrkit.training import checkpoint as checkpoints
from lfsrkit.training.validation import Validation
from tests.training_cases import HARD, SCALE, Toy, assert_same_run, measured, stage

pytestmark = pytest.mark.usefixtures("toy")


@pytest.fixture
def data(toy_folder: Path) -> tuple[PairSet, PairSet]:
    return pairs.open(toy_folder, "train"), pairs.open(toy_folder, "validation")


@pytest.fixture(scope="module")
def whole(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing has interrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    with MODELS.temporary("toy", Toy):
        for _ in training.train(
            stage(*HARD), pairs.open(toy_folder, "train"), pairs.open(toy_folder, "validation"), out, device="cpu"
        ):
            pass
    return out


@pytest.mark.slow
@pytest.mark.parametrize("records", [1, 2, 3, 6])
def test_resumed_equals_uninterrupted(data: tuple[PairSet, PairSet], whole: Path, tmp_path: Path, records: int) -> None:
    out, config = tmp_path / "run", stage(*HARD)
    stream = training.train(config, *data, out, device="cpu")
    seen = list(islice(stream, records))
    stream.close()
    rest = list(training.train(config, *data, out, resume=True, device="cpu"))
    start = max((r.step for r in seen if r.checkpoint is not None), default=0)
    assert start < rest[0].step <= start + 4
    assert_same_run(out, whole)


@pytest.mark.slow
@pytest.mark.parametrize("after", [3, 4, 7, 11])
def test_a_stop_request_saves_where_it_is(
    data: tuple[PairSet, PairSet], whole: Path, tmp_path: Path, after: int
) -> None:
    out, config = tmp_path / "run", stage(*HARD)
    asked = iter(range(1, 100))
    records = list(training.train(config, *data, out, device="cpu", stop=lambda: next(asked) >= after))
    assert records[-1].step == after
    assert records[-1].checkpoint == out / "checkpoints" / f"step-{after:06d}"
    rest = list(training.train(config, *data, out, resume=True, device="cpu"))
    assert after < rest[0].step <= after + 4
    assert_same_run(out, whole)
    assert rest[0].seconds > records[-1].seconds


def test_a_finished_run_has_nothing_to_resume(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    out, config = tmp_path / "run", stage("steps=5")
    list(training.train(config, *data, out, device="cpu"))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")}
    lines = measured(out)
    assert list(training.train(config, *data, out, resume=True, device="cpu")) == []
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")} == before
    assert measured(out) == lines


def test_resuming_begins_where_there_is_nothing(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    assert next(training.train(stage(), *data, tmp_path / "new", resume=True, device="cpu")).step == 4


@pytest.mark.slow
def test_torn_and_later_lines_of_the_log_are_cut(data: tuple[PairSet, PairSet], whole: Path, tmp_path: Path) -> None:
    out, config = tmp_path / "run", stage(*HARD)
    stream = training.train(config, *data, out, device="cpu")
    assert [record.step for record in islice(stream, 4)] == [4, 5, 6, 8]
    stream.close()
    with (out / "metrics.jsonl").open("a") as log:
        log.write('{"step": 10, "loss": 0.')
    list(training.train(config, *data, out, resume=True, device="cpu"))
    assert measured(out) == measured(whole)


def test_a_strange_folder_is_refused_and_left_alone(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for resume in (False, True):
        with pytest.raises(OutputRefused, match="holds something else"):
            next(training.train(stage(), *data, tmp_path, resume=resume, force=True, device="cpu"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.toml").write_text("[tool]\n")
    with pytest.raises(OutputRefused, match="holds something else"):
        next(training.train(stage(), *data, tmp_path / "other", resume=True, force=True, device="cpu"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["config.toml", "other", "thesis.txt"]


def test_a_run_is_not_overwritten(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    out = tmp_path / "run"
    next(training.train(stage(), *data, out, device="cpu"))
    with pytest.raises(OutputRefused, match="--resume"):
        next(training.train(stage(), *data, out, device="cpu"))


@pytest.mark.slow
def test_another_configuration_is_refused_with_the_difference(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    out = tmp_path / "run"
    list(training.train(stage("steps=5"), *data, out, device="cpu"))
    changed = stage("steps=9", "optim.lr=5e-4")
    with pytest.raises(OutputRefused, match=r"optim\.lr: 0\.001 -> 0\.0005; steps: 5 -> 9.*--force"):
        next(training.train(changed, *data, out, resume=True, device="cpu"))
    rest = list(training.train(changed, *data, out, resume=True, force=True, device="cpu"))
    assert [record.step for record in rest] == [6, 8, 9]
    assert list(training.train(changed, *data, out, resume=True, device="cpu")) == []


def test_other_data_are_refused(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    out, (train_pairs, _) = tmp_path / "run", data
    next(training.train(stage(), *data, out, device="cpu"))
    with pytest.raises(OutputRefused, match=r"data\.validation: '\w+' -> None"):
        next(training.train(stage(), train_pairs, None, out, resume=True, device="cpu"))


def test_weights_of_another_model_cannot_be_forced(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    out = tmp_path / "run"
    list(training.train(stage("steps=5"), *data, out, device="cpu"))
    with pytest.raises(UsageError, match="weights of another model"):
        next(training.train(stage("model=toy(width=4)"), *data, out, resume=True, force=True, device="cpu"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.safetensors", "ema.safetensors", "trainer.pt"])
@pytest.mark.parametrize("damage", ["one bit", "cut", "gone"])
def test_a_damaged_checkpoint_is_named(data: tuple[PairSet, PairSet], tmp_path: Path, name: str, damage: str) -> None:
    out = tmp_path / "run"
    list(training.train(stage("steps=10", "keep=5"), *data, out, device="cpu"))
    path = out / "checkpoints" / "step-000010" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    match damage:
        case "one bit":
            path.write_bytes(content)
        case "cut":
            path.write_bytes(content[:-7])
        case _:
            path.unlink()
    with pytest.raises(DamagedFile, match=rf"step-000010.{name} is .*go on from step-000006 with --force"):
        next(training.train(stage("steps=10", "keep=5"), *data, out, resume=True, device="cpu"))
    told: list[str] = []
    forced = training.train(
        stage("steps=10", "keep=5"), *data, out, resume=True, force=True, device="cpu", tell=told.append
    )
    assert [record.step for record in forced] == [8, 10]
    assert len(told) == 1
    assert re.search(rf"step-000010.{name} is .*; set aside as damaged-step-000010", told[0])
    assert (out / "checkpoints" / "damaged-step-000010" / "meta.json").is_file()
    assert list(training.train(stage("steps=10", "keep=5"), *data, out, resume=True, device="cpu")) == []


def test_force_does_not_begin_anew(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    out = tmp_path / "run"
    list(training.train(stage("steps=5"), *data, out, device="cpu"))
    (out / "checkpoints" / "step-000005" / "meta.json").write_text("{}")
    with pytest.raises(DamagedFile, match="holds no whole checkpoint"):
        next(training.train(stage("steps=5"), *data, out, resume=True, force=True, device="cpu"))


@pytest.mark.slow
def test_a_crash_while_saving_leaves_the_checkpoint_before(
    data: tuple[PairSet, PairSet], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, config = tmp_path / "run", stage(*HARD)
    stream = training.train(config, *data, out, device="cpu")
    list(islice(stream, 3))
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "write_json", _crash)
        with pytest.raises(KeyboardInterrupt):
            list(stream)
    last = training.read_checkpoint(out)
    assert last is not None
    assert last.step == 6
    list(training.train(config, *data, out, resume=True, device="cpu"))
    assert_same_run(out, whole)
    assert not [path for path in out.rglob("*") if "unfinished" in path.name or path.suffix == ".tmp"]


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_full_disk_is_one_clear_error(
    data: tuple[PairSet, PairSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    stream = training.train(stage(), *data, tmp_path / "run", device="cpu")
    next(stream)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputRefused, match="No space left on device"):
        next(stream)


@pytest.mark.slow
def test_the_newest_and_the_best_are_kept(
    data: tuple[PairSet, PairSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    scores = iter([10.0, 30.0, float("nan"), 20.0, 30.0, 25.0])
    monkeypatch.setattr(Validation, "measure", lambda *_: {"psnr": next(scores), "ssim": 0.5})
    config = stage("steps=30", "validate_every=5", "checkpoint_every=5", "keep=2")
    stream = training.train(config, *data, out, device="cpu")
    for record in stream:
        if record.step == 15:
            stream.close()
    list(training.train(config, *data, out, resume=True, device="cpu"))
    kept = sorted(path.name for path in (out / "checkpoints").glob("step-*"))
    assert kept == ["step-000010", "step-000025", "step-000030"]
    found = training.read_checkpoint(out, "best")
    assert found is not None
    assert found.step == 10


def test_an_improvement_is_saved_even_between_checkpoints(data: tuple[PairSet, PairSet], tmp_path: Path) -> None:
    out = tmp_path / "run"
    config = stage("steps=7", "validate_every=3", "checkpoint_every=100")
    records = list(training.train(config, *data, out, device="cpu"))
    improved, top = [], float("-inf")
    for record in records:
        if record.validation and record.validation["psnr"] > top:
            top = record.validation["psnr"]
            improved.append(record.step)
    assert improved[0] == 3
    assert [record.step for record in records if record.checkpoint] == sorted({*improved, 7})


def test_a_checkpoint_is_a_model(whole: Path) -> None:
    last = training.read_checkpoint(whole, "last")
    assert last is not None
    for name in ("model.safetensors", "ema.safetensors"):
        header = read_header(last.path / name)
        assert (header.name, header.params["scale"]) == ("toy", SCALE)
        assert header.extra["step"] == str(last.step)
    for of_run, of_checkpoint in zip(load(whole).parameters(), load(last.path).parameters(), strict=True):
        assert torch.equal(of_run, of_checkpoint), "both mean the average"
    raw = load(last.path / "model.safetensors").parameters()
    assert not all(torch.equal(a, b) for a, b in zip(load(whole).parameters(), raw, strict=True))
