"""Building pairs: the same bytes whatever the batch, worker or order; bad pictures are left out with a reason."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from command_cases import run as command
from pairs_cases import SMALL, plan_of, run
from pictures import picture

from lfsrkit import pairs
from lfsrkit.errors import DamagedFile, OutputRefused, UsageError
from lfsrkit.files import sha256_of
from lfsrkit.images import decode, encode_lossless, encode_png, quantise
from lfsrkit.pairs.shard import ROW_GROUP
from lfsrkit.stages import load_stage

Folder = Callable[..., Path]


def shards(out: Path) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in sorted((out / "data").iterdir())}


@pytest.mark.slow
def test_batch_size_workers_and_order_do_not_change_a_byte(folder: Folder, tmp_path: Path) -> None:
    place = folder(40)
    first = run(plan_of(place), tmp_path / "a", workers=0, batch_size=32)
    names = list(place.iterdir())
    random.Random(0).shuffle(names)
    other = tmp_path / "other"
    for name in names:
        other.mkdir(exist_ok=True)
        shutil.copy(name, other / name.name)
    second = run(plan_of(other), tmp_path / "b", workers=2, batch_size=3)
    assert first.manifest is not None
    assert second.manifest is not None
    assert shards(tmp_path / "a") == shards(tmp_path / "b")
    assert first.manifest.sha256 == second.manifest.sha256
    assert first.faces_done == second.faces_done == 40


def test_another_seed_gives_other_low_pictures(folder: Folder, tmp_path: Path) -> None:
    place = folder(4)
    splits = {"train": 4}
    for seed in (0, 1):
        run(plan_of(place, splits=splits, seed=seed), tmp_path / str(seed), workers=0)
    a, b = (pairs.open(tmp_path / str(seed)) for seed in (0, 1))
    assert a.ids == b.ids
    assert all((x.clean == y.clean).all() and not torch.equal(x.low, y.low) for x, y in zip(a, b, strict=True))


@pytest.mark.slow
def test_datasets_opens_a_build_as_it_is(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    found = datasets.load_dataset(str(built), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 12, "validation": 2, "test": 2}
    assert set(found["train"]["id"]).isdisjoint(found["test"]["id"])
    row = found["train"][0]
    assert (row["low"].size, row["clean"].size, row["split"]) == ((8, 8), (32, 32), "train")
    assert row["params"]["0_downsample"] == {"kernel": "bicubic", "scale": 4}
    assert 1.5 <= row["params"]["1_gamma_linear"]["gamma"] <= 5


def test_a_pair_holds_all_that_made_it(built: Path) -> None:
    found = pairs.open(built, "test")
    pair = found[-1]
    assert pair.id == found.ids[1]
    assert (pair.low.shape, pair.clean.shape) == ((3, 8, 8), (3, 32, 32))
    assert pair.crop == (0, 0, 32, 32)
    assert pair.landmarks is None
    again = found.chain.apply(
        pair.clean[None].double(), {k: {n: [v] for n, v in p.items()} for k, p in pair.params.items()}
    )
    assert (quantise(again)[0] == quantise(pair.low[None])[0]).all()
    with pytest.raises(IndexError):
        found[2]


def test_live_pairs_equal_built_ones(folder: Folder, tmp_path: Path) -> None:
    config = load_stage("pairs", values={"faces": str(folder(12)), **SMALL, "splits": {"train": 9, "test": 3}})
    run(pairs.make_plan(config), tmp_path / "out", workers=0)
    stored, live = pairs.open(tmp_path / "out"), pairs.live(config)
    assert stored.ids == live.ids
    order = list(reversed(range(len(live))))
    a, b = stored.batch(order), live.batch(order)
    assert (a.low == b.low).all()
    assert (a.clean == b.clean).all()
    assert a.params == b.params
    for split in ("train", "test"):
        assert pairs.live(config, split).clean_mean == stored.clean_mean


def test_drawn_faces_keep_landmarks_and_regions(tmp_path: Path) -> None:
    values = {"faces": "synthetic:3", "clean_size": 32, "degrade": "fsr_gamma(scale=4)", "splits": {"train": 3}}
    run(pairs.make_plan(load_stage("pairs", values=values)), tmp_path / "out", workers=0)
    pair = pairs.open(tmp_path / "out")[0]
    assert pair.landmarks is not None
    assert pair.landmarks.shape == (68, 2)
    assert pair.regions is not None
    assert pair.regions.shape == (7, 32, 32)
    assert "drawings" in (tmp_path / "out" / "README.md").read_text()


def test_row_groups_are_small(folder: Folder, tmp_path: Path) -> None:
    from pyarrow.parquet import ParquetFile

    run(plan_of(folder(ROW_GROUP + 5), splits={"train": ROW_GROUP + 5}, shard_size=99), tmp_path / "out", workers=0)
    data = ParquetFile(next((tmp_path / "out" / "data").iterdir())).metadata
    assert [data.row_group(i).num_rows for i in range(data.num_row_groups)] == [ROW_GROUP, 5]


def test_bad_pictures_are_quarantined_with_a_reason(folder: Folder, tmp_path: Path) -> None:
    place = folder(6)
    whole = encode_png(picture(3))
    bad = {"cut.png": whole[:-60], "empty.jpg": b"", "text.png": b"hello", "tiny.png": encode_png(picture(7, 2))}
    for name, data in bad.items():
        (place / name).write_bytes(data)
    (place / "twin.png").write_bytes((place / "000.png").read_bytes())
    progress = run(plan_of(place, splits={"train": 0.7, "test": 0.3}), tmp_path / "out", workers=0)
    lines = (tmp_path / "out" / ".lfsrkit" / "rejected.jsonl").read_text().splitlines()
    reasons = {line["source"]: line["reason"] for line in map(json.loads, lines)}
    assert reasons.keys() == {*bad, "twin.png"}
    assert reasons["twin.png"] == "same picture as 000.png"
    assert "damaged" in reasons["cut.png"]
    assert progress.manifest is not None
    assert (progress.manifest.rejected, sum(progress.manifest.splits.values())) == (5, 6)


@pytest.mark.slow
def test_datasets_opens_a_build_whose_pictures_of_one_split_were_all_rejected(folder: Folder, tmp_path: Path) -> None:
    import datasets

    place = folder(6)
    plan = plan_of(place, splits={"train": 5, "test": 1})
    (place / plan.tasks[-1].refs[0].source).unlink()
    run(plan, tmp_path / "out", workers=0)
    found = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 5}


@pytest.mark.parametrize("bad", [0, 6])
def test_a_build_says_which_split_got_fewer_pictures_than_were_asked_for(
    bad: int, folder: Folder, tmp_path: Path
) -> None:
    place = folder(6)
    for number in range(bad):
        (place / f"bad{number}.png").write_bytes(f"text {number}".encode())
    done = command("pairs", "build", "--faces", place, "--out", tmp_path / "out", "--workers", 0,
                   "-s", "clean_size=32", "-s", f"splits={{train={6 + bad}}}")  # fmt: skip
    assert done.exit_code == 0
    assert ("train has 6 of 12" in done.stdout, "fewer" in done.stdout) == (bool(bad), bool(bad))


def test_a_file_that_disappears_does_not_stop_the_build(folder: Folder, tmp_path: Path) -> None:
    place = folder(6)
    plan = plan_of(place, splits={"train": 6})
    (place / "002.png").unlink()
    progress = run(plan, tmp_path / "out", workers=0)
    assert progress.manifest is not None
    assert progress.manifest.splits == {"train": 5}
    assert "cannot be read" in (tmp_path / "out" / ".lfsrkit" / "rejected.jsonl").read_text()


def test_shards_tell_the_versions_that_made_them(built: Path) -> None:
    sidecars = sorted((built / ".lfsrkit" / "shards").glob("train-*.json"))
    own = json.loads(sidecars[0].read_text())
    sidecars[0].write_text(json.dumps(own | {"versions": own["versions"] | {"kornia": "0.0.1"}}))
    splits = {"train": 12, "validation": 2, "test": 2}
    manifest = run(plan_of(built.parent / "faces", degrade="fsr_gamma(scale=4)", splits=splits), built).manifest
    assert manifest is not None
    assert manifest.versions == own["versions"] | {"kornia": f"0.0.1, {own['versions']['kornia']}"}


def test_names_with_other_line_breaks_are_listed(folder: Folder, tmp_path: Path) -> None:
    faces = folder(8)
    (faces / "a\u2028b.png").write_bytes(b"no picture")
    run(plan_of(faces, splits={"train": 9}), tmp_path / "out", workers=0)
    assert [item.source for item in pairs.read_rejected(tmp_path / "out")] == ["a\u2028b.png"]


def test_finished_shards_are_skipped_and_damaged_ones_made_again(built: Path) -> None:
    before = shards(built)
    values = {"degrade": "fsr_gamma(scale=4)", "splits": {"train": 12, "validation": 2, "test": 2}}
    plan = plan_of(built.parent / "faces", **values)
    assert run(plan, built).faces_skipped == 16
    victim = built / "data" / "train-00001-of-00002.parquet"
    victim.write_bytes(victim.read_bytes()[:-10])
    assert next(f.check for f in pairs.verify(built) if f.faults) == "shards have their recorded hashes"
    assert run(plan, built, workers=0).faces_skipped == 12
    assert shards(built) == before
    assert not any(finding.faults for finding in pairs.verify(built))


def test_a_build_stays_on_one_kind_of_device(folder: Folder, tmp_path: Path) -> None:
    plan = plan_of(folder(20))
    assert plan.on("cpu") == plan
    run(plan, tmp_path / "out", workers=0)
    with pytest.raises(OutputRefused, match="device"):
        run(plan.on("cuda:0"), tmp_path / "out", workers=0)


def test_parts_make_the_whole(folder: Folder, tmp_path: Path) -> None:
    plan = plan_of(folder(20))
    assert run(plan, tmp_path / "p", workers=0, part=(1, 2)).manifest is None
    with pytest.raises(UsageError, match="not finished"):
        pairs.open(tmp_path / "p")
    assert run(plan, tmp_path / "p", workers=0, part=(2, 2)).manifest == run(plan, tmp_path / "w", workers=0).manifest


def test_an_unreadable_shard_is_named(built: Path) -> None:
    (built / "data" / "test-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedFile, match=r"test-00000-of-00001\.parquet cannot be read"):
        pairs.open(built, "test")[0]


@pytest.mark.parametrize("side", [8, 31, 32, 40])
def test_stored_pictures_are_lossless(side: int) -> None:
    face = picture(5, side)
    data = encode_lossless(face)
    assert (decode(data) == face).all()
    assert data.startswith(b"\x89PNG" if side < 32 else b"RIFF")


def test_the_card_keeps_its_table_whatever_the_folder_is_called(folder: Folder, tmp_path: Path) -> None:
    import yaml

    run(plan_of(folder(4, name="a|b`c\nd"), splits={"train": 4}), tmp_path / "out", workers=0)
    _, head, text = (tmp_path / "out" / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(head)["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    assert "| faces | `folder:a\\|b'c d` |" in text.splitlines()


def test_global_random_states_are_left_alone(folder: Folder, tmp_path: Path) -> None:
    import numpy as np

    torch.manual_seed(3)
    np.random.seed(3)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    run(plan_of(folder(4), splits={"train": 4}), tmp_path / "out", workers=0)
    assert (torch.get_rng_state() == before[0]).all()
    assert (np.random.get_state()[1] == before[1]).all()
