"""A short, fixed part of the fuzzing, and what the long one has found."""

import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from fuzz.run import rounds
from fuzz.targets import TARGETS, Target, refuses_or_reads
from lfsrkit.errors import DamagedFile, LfsrkitError, UsageError
from lfsrkit.images import encode_png
from lfsrkit.inference.photograph import read_photograph
from lfsrkit.regions import read_landmarks


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_damaged_examples_are_read_or_refused(name: str) -> None:
    rounds(TARGETS[name], examples=12, derandomize=True)


@pytest.mark.parametrize("name", TARGETS)
def test_examples_are_worth_damaging(name: str) -> None:
    """Some can be read whole, or every reader would pass that refuses all."""
    target = TARGETS[name]
    assert any(is_read(target, data) for data in target.seeds())


def is_read(target: Target, data: bytes) -> bool:
    try:
        target.read(data)
    except LfsrkitError:
        return False
    return True


def picture_with_a_bad_table() -> bytes:
    """A TIFF with 70,000 where only 16 bits can be written: the entry of the rows in a strip becomes another."""
    buffer = io.BytesIO()
    Pillow.fromarray(np.zeros((6, 8), np.uint8)).save(buffer, "TIFF")
    rows, other = struct.pack("<HHII", 278, 4, 1, 6), struct.pack("<HHII", 296, 4, 1, 70_000)
    assert rows in buffer.getvalue()
    return buffer.getvalue().replace(rows, other)


DEEP, LONG = b"[" * 100_000, b"9" * 5000
FOUND = {
    "a name too long for a path": ("names", b"bicubic(" + b"scale=4, " * 500 + b")"),
    "a list as a key": ("names", b"bicubic(scale={[1]: 1})"),
    "a manifest that nests too deep": ("manifests", DEEP),
    "a manifest with a number too long to read": ("manifests", b'{"scale": ' + LONG + b"}"),
    "a manifest that is a list": ("manifests", b"[]"),
    "a sidecar that is a list": ("sidecars", b"[1]"),
    "a plan that is a number": ("plans", b"3"),
    "a recipe that nests too deep": ("recipes", b"a = " + DEEP),
    "a recipe with a number too long to read": ("recipes", b"[train]\nsteps = " + LONG),
    "a recipe whose chain is no chain": ("recipes", b"[pairs]\ndegrade = true"),
    "a recipe whose table is a number": ("recipes", b"train = 3"),
    "an override with a number too long to read": ("overrides", b"steps=" + LONG),
    "an override that nests too deep": ("overrides", b"steps=" + DEEP),
    "landmarks that are an object": ("landmarks_json", b'{"1.png": {"a": 1}}'),
    "landmarks that nest too deep": ("landmarks_json", DEEP),
    "a line of the log without a step": ("run_log", b'{"a": 1}\n'),
    "a line of the log that is a number": ("run_log", b"3\n"),
    "a log that is no text": ("run_log", b"\xff\n"),
    "a pointer that is no text": ("run_pointer", b"\xff"),
    "a checkpoint of no step": ("run_meta", b'{"format": 1, "files": {}}'),
    "a checkpoint whose step is a list": ("run_meta", b'{"format": 1, "files": {}, "step": []}'),
    "pictures of a run that are no text": ("run_pictures", b"\xff"),
    "a configuration of a run whose table is a number": ("run_config", b"train = 3"),
    "a plan of a run whose data is a number": (
        "run_plan",
        b'{"steps": 2, "minutes": null, "seconds_per_step": null, "data": 3}',
    ),
    "weights whose record nests too deep": ("records_of_weights", DEEP),
    "a picture with a table that cannot be written again": ("images", picture_with_a_bad_table()),
}
"""What made readers fail, by what it was; found by long runs and by reading along."""


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_stays_mended(what: str) -> None:
    name, data = FOUND[what]
    refuses_or_reads(TARGETS[name], data)


def test_what_a_picture_says_beside_its_pixels_is_lost_with_a_word() -> None:
    photograph = read_photograph(picture_with_a_bad_table())
    assert photograph.exif is None
    assert photograph.lost == ("the EXIF of the input is damaged: it is left out",)


@pytest.mark.parametrize("landmarks", [3, {"a": 1}])
def test_columns_of_another_kind_are_refused(landmarks: object, tmp_path: Path) -> None:
    from pyarrow import Table
    from pyarrow.parquet import write_table

    write_table(Table.from_pylist([{"id": "1", "landmarks": landmarks}]), tmp_path / "marks.parquet")
    with pytest.raises(UsageError, match="cannot be read"):
        read_landmarks(tmp_path / "marks.parquet")


@pytest.mark.slow
@pytest.mark.parametrize("values", [{"num_feat": 5000}, {"num_feat": 4, "num_conv": 10_000_000}])
def test_weights_cannot_ask_for_a_network_that_fills_the_memory(values: dict[str, int]) -> None:
    params = {"scale": 4, "num_feat": 4, "num_conv": 1} | values
    record = {"format": 1, "name": "spandrel:Compact", "params": params}
    with pytest.raises(LfsrkitError, match=r"a network of more than 16,777,216 numbers, and holds 2,044"):
        TARGETS["records_of_weights"].read(json.dumps(record).encode())


def test_pictures_of_another_size_than_recorded_are_refused() -> None:
    large = encode_png(np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(DamagedFile, match="64x64 pixels instead of 8x8"):
        TARGETS["stored_pictures"].read(large)
