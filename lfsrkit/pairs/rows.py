"""The rows of a shard: their columns, and how they are read back from a file that may be damaged or forged."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, final

import torch
from pydantic import TypeAdapter, ValidationError

from lfsrkit.degradations.base import split
from lfsrkit.degradations.chain import Chain
from lfsrkit.errors import DamagedFile, LfsrkitError
from lfsrkit.files import sha256_of
from lfsrkit.pairs.manifest import StoredShard

ROW_GROUP = 32
"""Rows that a reader has to fetch together; small, because a row holds pictures."""


@dataclass(frozen=True)
class StoredPicture:
    """A picture as `datasets` stores it."""

    bytes: bytes
    """The file."""
    path: str | None = None


@dataclass(frozen=True)
class Row:
    """A pair as it is stored."""

    id: str
    source: str
    low: StoredPicture
    clean: StoredPicture
    split: str
    params: dict[str, Any]
    landmarks: list[tuple[float, float]] | None
    crop: tuple[int, int, int, int]
    regions: StoredPicture | None


_ROWS, _NAMES = TypeAdapter(list[Row]), TypeAdapter(list[str])


def row_schema(chain: Chain) -> Any:
    """Make the Arrow schema of the rows, with the notes from which `datasets` decodes the pictures.

    Args:
        chain: The degradation; decides the columns of the parameters.
    """
    from datasets import Features, Image, List, Value

    example = split(chain.sample(1, torch.Generator().manual_seed(0)), 1)[0]
    columns = {
        "id": Value("string"),
        "source": Value("string"),
        "low": Image(),
        "clean": Image(),
        "split": Value("string"),
        "params": _features(example),
        "landmarks": List(List(Value("float32"))),
        "crop": List(Value("int32")),
        "regions": Image(),
    }
    return Features(columns).arrow_schema


@final
class ShardFile:
    """A finished shard, row group by row group; whatever is wrong with the file is one error.

    Args:
        path: The Parquet file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def group_ends(self) -> list[int]:
        """Number of the row behind each row group.

        Raises:
            DamagedFile: If the file cannot be read.
        """
        with self._readable():
            data = self._file.metadata
            return list(accumulate(data.row_group(group).num_rows for group in range(data.num_row_groups)))

    def group(self, number: int) -> list[Row]:
        """Read the rows of a group.

        Args:
            number: Of the row group.

        Raises:
            DamagedFile: If the file cannot be read, or a row is not as rows are.
        """
        with self._readable():
            return _ROWS.validate_python(self._file.read_row_group(number).to_pylist())

    def rows(self) -> Iterator[Row]:
        """Read all rows, with one group in memory at a time.

        Raises:
            DamagedFile: As `group`.
        """
        for number in range(len(self.group_ends)):
            yield from self.group(number)

    def names(self, column: Literal["id", "source"] = "id") -> list[str]:
        """Read the identities alone, or the names within the source.

        Args:
            column: Which of them.

        Raises:
            DamagedFile: If the file cannot be read.
        """
        with self._readable():
            return _NAMES.validate_python(self._file.read(columns=[column])[column].to_pylist())

    @cached_property
    def _file(self) -> Any:
        from pyarrow.parquet import ParquetFile

        return ParquetFile(self.path, memory_map=True)

    @contextmanager
    def _readable(self) -> Generator[None]:
        try:
            yield
        except LfsrkitError:
            raise
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"]))
            raise DamagedFile(f"{self.path} holds other rows than a build writes: {place}: {fault['msg']}") from error
        except Exception as error:  # Arrow raises whatever a damaged file leads it to
            raise DamagedFile(f"{self.path} cannot be read: {error}; run `lfsrkit pairs verify`") from error


def shard_fault(path: Path, stored: StoredShard) -> str | None:
    """Say in what a shard is not what was recorded of it; reads the whole file.

    Args:
        path: The Parquet file.
        stored: Its record.
    """
    if not path.is_file():
        return f"{path.name} is missing"
    if sha256_of(path) != stored.sha256:
        return f"{path.name} has changed since it was built"
    rows = sum(ShardFile(path).group_ends[-1:])
    return None if rows == stored.rows else f"{path.name} has {rows} rows, but {stored.rows} are recorded"


def _features(value: Any) -> Any:
    from datasets import List, Value

    if isinstance(value, Mapping):
        return {key: _features(item) for key, item in value.items()}
    if isinstance(value, list):
        return List(_features(value[0]))
    kinds = {bool: "bool", int: "int64", float: "float64", str: "string"}
    return Value(kinds[type(value)])
