"""Which pictures a model was trained on: recorded by the run, inherited with its weights, asked before it is judged."""

from pathlib import Path

import pytest

from lfsrkit import pairs, training
from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.experiments import open_judges
from lfsrkit.export import export_hub, export_weights
from lfsrkit.pairs import PairSet
from lfsrkit.seen import Seen, common, record_pictures, refuse_seen, seen_in_training, trained_on
from lfsrkit.shipped import FOLDER, shipped_names
from lfsrkit.stages import EvaluateConfig
from tests.experiment_cases import build, write_protocol
from tests.training_cases import FourPairs, last_checkpoint, stage

pytestmark = pytest.mark.usefixtures("toy")
ONE, OTHER = "1f" * 32, "2e" * 32


def run(out: Path, data: pairs.PairData, *overrides: str) -> Path:
    for _ in training.train(stage("steps=2", *overrides), data, None, out, device="cpu", resume=True, force=True):
        pass
    return out


def test_a_run_records_its_pictures_and_those_it_began_with(train_pairs: PairSet, tmp_path: Path) -> None:
    some, all_ids = FourPairs(train_pairs), set(train_pairs.ids)
    first = run(tmp_path / "first", some)
    assert trained_on(first) == set(some.ids) == trained_on(first / "model.safetensors")
    assert trained_on(last_checkpoint(first) / "ema.safetensors") == set(some.ids)
    assert seen_in_training(first, train_pairs) == Seen(tuple(some.ids), len(train_pairs))
    assert trained_on(run(first, train_pairs)) == all_ids
    second = run(tmp_path / "second", some, f"init={first}")
    assert trained_on(second) == all_ids
    (first / "pictures.txt").unlink()
    third = run(tmp_path / "third", some, f"init={first / 'model.safetensors'}")
    assert trained_on(third) is None
    assert str(seen_in_training(third, train_pairs)) == "not known"


def test_names_that_learn_nothing_have_seen_nothing(train_pairs: PairSet) -> None:
    assert seen_in_training("bicubic(scale=4)", train_pairs) == Seen((), len(train_pairs))


def test_recording_again_changes_nothing(tmp_path: Path) -> None:
    record_pictures(tmp_path, [OTHER, ONE])
    before = (tmp_path / "pictures.txt").stat().st_mtime_ns
    record_pictures(tmp_path, [ONE])
    assert (tmp_path / "pictures.txt").stat().st_mtime_ns == before
    assert (tmp_path / "pictures.txt").read_text() == f"{ONE}\n{OTHER}\n"


def test_identities_that_nobody_else_has_are_not_recorded(tmp_path: Path) -> None:
    record_pictures(tmp_path, [ONE, "first.png"])
    assert trained_on(tmp_path) is None


def test_a_record_counts_for_the_weights_beside_it_and_in_its_run_alone(tmp_path: Path) -> None:
    (tmp_path / "pictures.txt").write_text(f"{ONE}\n")
    deep = tmp_path / "checkpoints" / "step-000001"
    deep.mkdir(parents=True)
    assert trained_on(tmp_path / "net.safetensors") == {ONE} == trained_on(tmp_path)
    assert trained_on(deep / "ema.safetensors") is None
    (tmp_path / "config.toml").touch()
    assert trained_on(deep / "ema.safetensors") == {ONE} == trained_on(deep)
    assert trained_on(deep.parent / "net.safetensors") is None


@pytest.mark.parametrize("text", ["holiday list of mine\n", f"{ONE}\n{ONE[:-1]}\n", f"{ONE} {OTHER}\n", "\n"])
def test_a_list_of_something_else_is_no_record(text: str, tmp_path: Path) -> None:
    (tmp_path / "pictures.txt").write_text(text)
    with pytest.raises(DamagedFile, match=r"pictures\.txt lists no pictures .* is no SHA-256"):
        trained_on(tmp_path / "net.safetensors")


def test_pictures_that_were_seen_are_refused_unless_forced() -> None:
    seen = Seen(common(["a", "b"], ["c", "b"]), 2)
    assert seen.ids == ("b",)
    with pytest.raises(UsageError, match="runs/x was trained on 1 of 2 of these pictures, such as b"):
        refuse_seen(seen, "runs/x", force=False)
    assert refuse_seen(seen, "runs/x", force=True).startswith("1 of 2, forced: scores")
    assert refuse_seen(seen, "runs/x", force=False, meant=True).startswith("1 of 2: scores")
    assert refuse_seen(Seen((), 2), "runs/x", force=False) == "0 of 2"
    assert refuse_seen(Seen(None, 2), "runs/x", force=False) == "not known"


@pytest.mark.slow
def test_splits_that_share_pictures_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build(write_protocol(tmp_path), tmp_path)
    assert open_judges(folder, "test", EvaluateConfig())[1] == "0 of 4"
    shared = pairs.open(folder, "train").ids[0]
    monkeypatch.setattr(
        PairSet, "ids", property(lambda self: self._ids if self.split == "train" else [shared, *self._ids[1:]])
    )
    with pytest.raises(UsageError, match="every row was trained on 1 of 4"):
        open_judges(folder, "test", EvaluateConfig())
    assert open_judges(folder, "test", EvaluateConfig(), force=True)[1].startswith("1 of 4, forced")


@pytest.mark.parametrize("name", shipped_names())
def test_weights_that_ship_say_what_they_were_trained_on(name: str, train_pairs: PairSet) -> None:
    assert str(seen_in_training(name, train_pairs)) == f"0 of {len(train_pairs.ids)}"
    assert len(trained_on(FOLDER / f"{name}.safetensors") or ()) == 700


def test_exported_weights_keep_the_record_wherever_they_are_copied(train_pairs: PairSet, tmp_path: Path) -> None:
    some = FourPairs(train_pairs)
    first = run(tmp_path / "first", some)
    half = export_weights(first, tmp_path / "elsewhere" / "half.safetensors").path
    hub = export_hub(first, tmp_path / "hub").path
    assert trained_on(half) == trained_on(hub) == trained_on(hub / "model.safetensors") == set(some.ids)
    assert some.ids[0] not in (export_hub(half, tmp_path / "again").path / "README.md").read_text()
    assert trained_on(tmp_path / "again") == set(some.ids)
    assert trained_on(run(tmp_path / "second", train_pairs, f"init={half}")) == set(train_pairs.ids)
