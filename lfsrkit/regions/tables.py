"""Landmarks of many pictures in one file: JSON, Parquet, or the text file of CelebA."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfsrkit.errors import UsageError
from lfsrkit.regions.drawing import Points
from lfsrkit.regions.lookup import Lookup
from lfsrkit.regions.outlines import check_points

NAMES = ("id", "source", "file_name")
"""Columns that say which picture a row is about: the SHA-256 of its file, or its name."""

LandmarkTable = Lookup[Points]
"""Landmarks by the hash or the name of a picture, in pixels of that picture."""

Rows = Iterator[tuple[str, Points]]


def read_landmarks(path: str | Path) -> LandmarkTable:
    """Read a table of landmarks.

    ==========  ========================================================================================
    suffix      content
    ==========  ========================================================================================
    .json       ``{"000001.jpg": [[x, y], ...], ...}``, or a list of objects with the fields of Parquet
    .parquet    ``landmarks`` and at least one of ``id`` (SHA-256 of the file), ``source``, ``file_name``;
                rows without landmarks, or with ``accepted`` = false, are left out
    .txt        ``list_landmarks_align_celeba.txt`` of CelebA, whose left is that of the picture
    ==========  ========================================================================================

    Places are in pixels of the picture, and the centre of its first pixel is at 0.5; those of CelebA, which count from
    the centres of pixels, are moved by half a pixel. Each row has 5, 68, 468 or 478 points as `landmark_regions` takes
    them.

    Args:
        path: The file.

    Raises:
        UsageError: If it cannot be read, or a row is not as it should be.

    References:
        Liu et al., Deep Learning Face Attributes in the Wild, ICCV 2015 (CelebA). https://arxiv.org/abs/1411.7766
    """
    path = Path(path)
    readers = {".json": _from_json, ".parquet": _from_parquet, ".txt": _from_celeba}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"landmarks {path}: write a name that ends in {', '.join(readers)}")
    try:
        table = Lookup(_checked(path, reader(path)))
    except UsageError:
        raise
    except Exception as error:  # readers raise whatever a damaged file leads them to
        raise UsageError(f"landmarks {path} cannot be read: {error}") from None
    if not len(table):
        raise UsageError(f"landmarks {path}: there are none")
    return table


def _checked(path: Path, rows: Rows) -> Rows:
    for name, points in rows:
        try:
            check_points(points)
        except UsageError as error:
            raise UsageError(f"landmarks {path}, {name}: {error}") from None
        yield name, points


def _from_json(path: Path) -> Rows:
    value: Any = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(value, Mapping):
        yield from ((name, np.asarray(points, np.float32)) for name, points in value.items())
    elif isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
        yield from (item for row in value for item in _row(row))
    else:
        raise ValueError("neither an object of landmarks by name nor a list of objects")


def _row(row: Mapping[str, Any]) -> Rows:
    names = [str(row[key]) for key in NAMES if row.get(key) is not None]
    if not names:
        raise ValueError(f"a row has none of the fields {', '.join(NAMES)}")
    if row.get("landmarks") is None or row.get("accepted") is False:
        return
    points = np.asarray(row["landmarks"], np.float32)
    yield from ((name, points) for name in names)


def _from_parquet(path: Path) -> Rows:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        present: list[str] = file.schema_arrow.names
        keys = [key for key in NAMES if key in present]
        if "landmarks" not in present or not keys:
            wanted = f"landmarks and one of {', '.join(NAMES)}"
            raise ValueError(f"it has the columns {', '.join(present)}; wanted: {wanted}")
        columns = [*keys, "landmarks", *(["accepted"] if "accepted" in present else [])]
        for batch in file.iter_batches(columns=columns):
            rows: dict[str, list[Any]] = {key: batch[key].to_pylist() for key in columns if key != "landmarks"}
            for number, points in enumerate(places_of(batch["landmarks"])):
                yield from _row({**{key: values[number] for key, values in rows.items()}, "landmarks": points})


def places_of(column: Any) -> list[Points | None]:
    """Read a column of landmarks without making a Python number of each.

    Args:
        column: Arrow array of lists of lists of two numbers; a row may be null.
    """
    flat = column.flatten().flatten()
    places = np.asarray(flat.to_numpy(zero_copy_only=False), np.float32).reshape(-1, 2)
    counts: Sequence[int | None] = column.value_lengths().to_pylist()
    ends = np.cumsum([count or 0 for count in counts])
    return [None if n is None else places[end - n : end] for n, end in zip(counts, ends, strict=True)]


def _from_celeba(path: Path) -> Rows:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if len(words) in (0, 1) or words[0].startswith("lefteye"):  # the number of pictures, then the names of columns
            continue
        if len(words) != 11:
            raise ValueError(f"line {number}: a name and ten numbers are wanted, as in list_landmarks_align_celeba.txt")
        yield words[0], np.asarray(words[1:], np.float32).reshape(5, 2) + 0.5
