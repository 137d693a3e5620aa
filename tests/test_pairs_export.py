"""Exports: the tools they are for read them, the bytes are the same every time, and no name leads out of the folder."""

import gc
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_cases import run
from PIL import Image

from lfsrkit import pairs
from lfsrkit.errors import DamagedFile, OutputRefused, UsageError
from lfsrkit.files import sha256_of
from lfsrkit.images import to_pixels


def export(folder: Path, out: Path, **options: Any) -> pairs.Exported:
    return list(pairs.export(folder, out, **options))[-1]


def files(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def record_anew(built: Path, more_rows: int = 0) -> None:
    """Let the record of a build fit shards that were changed, as whoever forges one would."""
    path = built / ".lfsrkit" / "manifest.json"
    record = json.loads(path.read_text())
    record["splits"]["test"] += more_rows
    record["shards"]["test-00000-of-00001"]["rows"] += more_rows
    for name, shard in record["shards"].items():
        shard["sha256"] = sha256_of(built / "data" / f"{name}.parquet")
    path.write_text(json.dumps(record))


def test_folders_hold_the_pictures_and_what_made_them(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export(built, out, to="folders") == pairs.Exported(16, 16)
    for split in ("train", "validation", "test"):
        data = pairs.open(built, split)
        table = [json.loads(line) for line in (out / split / "metadata.jsonl").read_text().splitlines()]
        assert [row["id"] for row in table] == data.ids
        assert sorted(path.stem for path in (out / split / "low").iterdir()) == sorted(data.ids)
        for index, (pair, row) in enumerate(zip(data, table, strict=True)):
            stored = data.batch([index])
            for kind, expected in (("low", stored.low), ("clean", stored.clean)):
                with Image.open(out / split / row[f"{kind}_file_name"]) as picture:
                    assert picture.format == "PNG"
                    assert (np.asarray(picture) == to_pixels(expected)[0]).all()
            assert (row["params"], row["source"], tuple(row["crop"])) == (pair.params, pair.source, pair.crop)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_imagefolder_opens_folders_as_pairs(built: Path, tmp_path: Path) -> None:
    import datasets

    export(built, tmp_path / "out", to="folders")
    found = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 12, "validation": 2, "test": 2}
    row, pair = found["test"][1], pairs.open(built, "test")[1]
    assert (row["low"].size, row["clean"].size) == ((8, 8), (32, 32))
    assert (row["id"], row["params"]) == (pair.id, pair.params)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_the_tar_files(built: Path, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    out = tmp_path / "out"
    assert export(built, out, to="webdataset") == pairs.Exported(16, 16)
    assert {"train-00000.tar", "train-00001.tar", "test-00000.tar"} < files(out).keys()
    shards = [str(path) for path in sorted(out.glob("train-*.tar"))]
    found = list(webdataset.WebDataset(shards, shardshuffle=False).decode("rgb8"))
    data = pairs.open(built, "train")
    assert [sample["__key__"] for sample in found] == data.ids
    for index, sample in enumerate(found):
        stored = data.batch([index])
        assert (sample["low.png"] == to_pixels(stored.low)[0]).all()
        assert (sample["clean.png"] == to_pixels(stored.clean)[0]).all()
        assert sample["json"]["params"] == stored.params[0]
    gc.collect()  # webdataset leaves its files open; they are to complain here, where it is ignored


@pytest.mark.parametrize("to", ["folders", "webdataset"])
def test_the_same_build_gives_the_same_bytes_in_any_order(to: str, built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "a", to=to)
    for split in ("test", "train", "validation"):
        export(built, tmp_path / "b", to=to, splits=[split])
    assert files(tmp_path / "a") == files(tmp_path / "b")


@pytest.mark.parametrize("to", ["folders", "webdataset"])
def test_an_interrupted_export_goes_on(to: str, built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "whole", to=to)
    started = pairs.export(built, tmp_path / "out", to=to)
    for _ in range(7):
        next(started)
    started.close()
    half = files(tmp_path / "out")
    assert not any(name.endswith(".tmp") for name in half)
    assert half.items() < files(tmp_path / "whole").items()
    assert export(built, tmp_path / "out", to=to) == pairs.Exported(16, 16)
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.parametrize("to", ["folders", "webdataset"])
def test_two_exports_at_once_do_not_disturb_each_other(to: str, built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(built, tmp_path / "whole", to=to)
    first = pairs.export(built, out, to=to)
    assert [next(first).pairs_done for _ in range(4)] == [0, 1, 2, 3]  # in the middle of the first file
    assert export(built, out, to=to) == list(first)[-1] == pairs.Exported(16, 16)
    assert files(out) == files(tmp_path / "whole")


def test_exports_of_two_splits_at_once_do_not_disturb_each_other(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    slow = pairs.export(built, out, to="webdataset", splits=["train"])
    for _ in range(4):
        next(slow)
    assert list(pairs.export(built, out, to="webdataset", splits=["test"]))[-1].pairs_done == 2
    assert list(slow)[-1].pairs_done == 12


def test_leftovers_of_a_killed_export_are_cleared_by_the_one_that_ends(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "out", to="webdataset", splits=["test"])
    left = tmp_path / "out" / ".lfsrkit-export" / "unfinished" / "train" / ".train-00000.tar.0123abcd.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a file")
    export(built, tmp_path / "out", to="webdataset")
    assert not left.parent.parent.exists()


def test_regions_of_drawn_faces_are_a_third_picture(tmp_path: Path) -> None:
    run("pairs", "build", "--faces", "synthetic:2", "--out", tmp_path / "p", "-s", "clean_size=32", "-s",
        "degrade=fsr_gamma(scale=4)", "-s", "splits={train=2}")  # fmt: skip
    export(tmp_path / "p", tmp_path / "out", to="folders")
    row = json.loads((tmp_path / "out" / "train" / "metadata.jsonl").read_text().splitlines()[0])
    with Image.open(tmp_path / "out" / "train" / row["regions_file_name"]) as picture:
        maps = np.asarray(picture.convert("L")).reshape(7, 32, 32) / 255
    pair = pairs.open(tmp_path / "p")[0]
    assert pair.regions is not None
    assert np.abs(maps - pair.regions.numpy()).max() < 1e-6
    assert np.asarray(row["landmarks"]).shape == (68, 2)


def test_an_output_that_is_not_ours_is_refused_and_kept(built: Path, tmp_path: Path) -> None:
    before = files(built)
    with pytest.raises(OutputRefused, match="holds something else"):
        export(built, built, to="folders")
    assert files(built) == before
    export(built, tmp_path / "out", to="folders", splits=["test"])
    with pytest.raises(OutputRefused, match="another export; it differs in to: 'folders' -> 'webdataset'"):
        export(built, tmp_path / "out", to="webdataset")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputRefused, match="as output"):
        export(built, tmp_path / "file" / "out", to="folders")


def test_wrong_requests_name_what_is_near(built: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'train'"):
        export(built, tmp_path / "out", to="folders", splits=["trian"])
    with pytest.raises(UsageError, match="did you mean 'folders'"):
        export(built, tmp_path / "out", to="folder")
    with pytest.raises(UsageError, match="no pairs there"):
        export(tmp_path, tmp_path / "out", to="folders")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "a/b", "deadbeef/../../escaped", "", "DEADBEEF.", "."])
@pytest.mark.parametrize("to", ["folders", "webdataset"])
def test_a_name_from_the_data_never_leads_out_of_the_folder(name: str, to: str, built: Path, tmp_path: Path) -> None:
    from pyarrow import parquet

    path = built / "data" / "test-00000-of-00001.parquet"
    rows = parquet.read_table(path)
    values = rows.to_pylist()
    values[0]["id"] = name
    parquet.write_table(type(rows).from_pylist(values, schema=rows.schema), path)
    record_anew(built)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(DamagedFile, match="no identity of a face"):
        export(built, tmp_path / "out", to=to, splits=["test"])
    new = set(tmp_path.rglob("*")) - before
    assert all(place.is_relative_to(tmp_path / "out") for place in new)
    assert not list((tmp_path / "out").rglob("*.png"))


@pytest.mark.parametrize("to", ["folders", "webdataset"])
@pytest.mark.parametrize("place", ["splits", "shards"])
def test_a_name_from_the_manifest_never_leads_out_of_the_folder(
    place: str, to: str, built: Path, tmp_path: Path
) -> None:
    path = built / ".lfsrkit" / "manifest.json"
    record = json.loads(path.read_text())
    name = "test" if place == "splits" else "test-00000-of-00001"
    record[place][f"../../escaped/{name}"] = record[place].pop(name)
    path.write_text(json.dumps(record))
    before = set(tmp_path.rglob("*"))
    with pytest.raises(DamagedFile, match=r"names no (split|shard)"):
        export(built, tmp_path / "out", to=to)
    assert set(tmp_path.rglob("*")) == before


def test_an_unreadable_shard_is_named(built: Path, tmp_path: Path) -> None:
    (built / "data" / "test-00000-of-00001.parquet").write_bytes(b"PAR1")
    record_anew(built)
    with pytest.raises(DamagedFile, match=r"test-00000-of-00001\.parquet cannot be read"):
        export(built, tmp_path / "out", to="folders")


@pytest.mark.parametrize("to", ["folders", "webdataset"])
def test_a_build_that_is_not_what_was_recorded_is_not_exported(to: str, built: Path, tmp_path: Path) -> None:
    record_anew(built, more_rows=1)
    with pytest.raises(DamagedFile, match=r"test-00000-of-00001\.parquet has 2 rows, but 3 .*pairs verify"):
        export(built, tmp_path / "out", to=to)
    assert any("has 2 rows" in fault for finding in pairs.verify(built) for fault in finding.faults)
    path = built / "data" / "train-00001-of-00002.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedFile, match=r"train-00001-of-00002\.parquet has changed .*pairs verify"):
        export(built, tmp_path / "other", to=to, splits=["train"])


@pytest.mark.parametrize("to", ["folders", "webdataset"])
@pytest.mark.parametrize("data", [b"no picture", b"\x89PNG\r\n\x1a\n but no more"])
def test_a_picture_that_cannot_be_decoded_is_named(data: bytes, to: str, built: Path, tmp_path: Path) -> None:
    from pyarrow import parquet

    path = built / "data" / "test-00000-of-00001.parquet"
    rows = parquet.read_table(path)
    values = rows.to_pylist()
    values[1]["clean"]["bytes"] = data
    parquet.write_table(type(rows).from_pylist(values, schema=rows.schema), path)
    record_anew(built)
    named = rf"test-00000-of-00001\.parquet: a picture of {values[1]['source']}: .*pairs verify"
    with pytest.raises(DamagedFile, match=named):
        export(built, tmp_path / "out", to=to)


def test_the_command_exports_what_it_says(built: Path, tmp_path: Path) -> None:
    request = ["pairs", "export", built, "--to", "webdataset", "--out", tmp_path / "out", "--split", "test"]
    planned = run(*request, "--dry-run")
    assert (planned.exit_code, "dry run" in planned.stdout, (tmp_path / "out").exists()) == (0, True, False)
    done = run(*request, "--json")
    assert json.loads(done.stdout)["splits"] == {"test": 2}
    assert "export: 2/2" in done.stderr
    assert [path.name for path in sorted((tmp_path / "out").glob("*.tar"))] == ["test-00000.tar"]
    assert run("pairs", "export", built, "--to", "zip", "--out", tmp_path / "x").exit_code == 2


def test_members_of_a_tar_carry_no_trace_of_the_machine(built: Path, tmp_path: Path) -> None:
    import tarfile

    export(built, tmp_path / "out", to="webdataset", splits=["test"])
    with tarfile.open(fileobj=io.BytesIO((tmp_path / "out" / "test-00000.tar").read_bytes())) as tar:
        facts = {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) for entry in tar.getmembers()}
    assert facts == {(0, 0, 0, "", "")}


def test_a_full_disk_leaves_no_half_file(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Callable[..., Path]
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    for to in ("folders", "webdataset"):
        with pytest.raises(OutputRefused, match=r"cannot write .*No space left"):
            export(built, tmp_path / to, to=to)
        assert not [path for path in (tmp_path / to).rglob("*") if path.is_file()]
