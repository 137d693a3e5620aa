"""`pairs.verify` sees what is not as it was built, and allows another device than the CPU its rounding."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pairs_cases import plan_of, run
from pictures import picture

from lfsrkit import pairs
from lfsrkit.files import sha256_of
from lfsrkit.images import Pixels, decode, encode_png
from lfsrkit.pairs.identity import content_hash_of

Folder = Callable[..., Path]


def faults_with(built: Path, change: Callable[[Pixels], Pixels]) -> list[str]:
    """What is wrong with a build of which one low picture was changed."""
    from pyarrow import parquet

    path = built / "data" / "test-00000-of-00001.parquet"
    rows = parquet.read_table(path)
    values = rows.to_pylist()
    low = values[0]["low"]
    low["bytes"] = encode_png(change(decode(low["bytes"])))
    parquet.write_table(type(rows).from_pylist(values, schema=rows.schema), path)
    return [fault for finding in pairs.verify(built) for fault in finding.faults]


def test_verify_sees_a_changed_low_picture(built: Path) -> None:
    changed, other = faults_with(built, lambda low: low ^ 1)
    assert "has changed" in changed
    assert "not what its recorded parameters give" in other


def test_verify_allows_another_device_its_rounding(folder: Folder, tmp_path: Path) -> None:
    run(plan_of(folder(8), splits={"train": 6, "test": 2}).on("cuda:0"), tmp_path / "out", workers=0)
    assert len(faults_with(tmp_path / "out", lambda low: low ^ 1)) == 1, "the hash of the shard, as it has changed"
    assert len(faults_with(tmp_path / "out", lambda _: picture(99, 8))) == 2


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("sha256", "0" * 64, "sha256 is not that"),
        ("clean_mean", 0.1, "clean_mean is 0.1"),
        ("rejected", 3, "3 pictures were rejected, 0 are listed"),
    ],
)
def test_verify_sees_a_changed_record(key: str, value: Any, said: str, built: Path) -> None:
    path = built / ".lfsrkit" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    (fault,) = [fault for finding in pairs.verify(built) for fault in finding.faults]
    assert said in fault


def test_verify_sees_a_face_in_two_splits(built: Path) -> None:
    shutil.copy(built / "data" / "test-00000-of-00001.parquet", built / "data" / "validation-00000-of-00001.parquet")
    faults = {finding.check: finding.faults for finding in pairs.verify(built)}
    assert len(faults["no face is in two splits"]) == 2


def test_verify_sees_another_data_hash_than_that_of_the_pictures(built: Path) -> None:
    path = built / ".lfsrkit" / "manifest.json"
    record = json.loads(path.read_text())
    record["shards"]["test-00000-of-00001"]["content_sha256"] = "0" * 64
    path.write_text(json.dumps(record))
    told, found = [fault for finding in pairs.verify(built) for fault in finding.faults]
    assert "sha256 is not that" in told
    assert "holds other pictures than those whose hash is recorded" in found


def test_the_data_hash_is_that_of_pictures_and_not_of_files(built: Path) -> None:
    from pyarrow import parquet

    path = built / "data" / "test-00000-of-00001.parquet"
    rows = parquet.read_table(path)
    values, before = rows.to_pylist(), (sha256_of(path), content_hash_of(path))
    for kind in ("low", "clean"):
        for row in values:
            row[kind]["bytes"] = encode_png(decode(row[kind]["bytes"]))
    parquet.write_table(type(rows).from_pylist(values, schema=rows.schema), path, compression="zstd")
    assert sha256_of(path) != before[0]
    assert content_hash_of(path) == before[1]
    values[0]["clean"]["bytes"] = encode_png(decode(values[0]["clean"]["bytes"]) ^ 1)
    parquet.write_table(type(rows).from_pylist(values, schema=rows.schema), path)
    assert content_hash_of(path) != before[1]
