"""Numbers that others have published, to be printed beside ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from pydantic import TypeAdapter

from lfsrkit.errors import DamagedFile, UsageError, did_you_mean
from lfsrkit.toml import parse_toml

SUFFIX = ".toml"

_METHOD = "method"


@dataclass(frozen=True)
class Published:
    """One set of numbers of a published table."""

    about: str
    """Where it was published."""
    protocol: str
    """On what the numbers were measured, or ``unknown``."""
    values: Mapping[str, Mapping[str, float]]
    """Numbers by row and metric."""


def read_published(name: str) -> Published:
    """Read published numbers that ship with the kit.

    Args:
        name: ``TABLE/SET``, such as ``table2/set 1``.

    Raises:
        UsageError: If there is no such table or set.

    Example:
        >>> read_published("table2/set 1").values["lfsrnet"]["psnr"]
        24.4954
    """
    table, _, part = name.partition("/")
    tables = _tables()
    if table not in tables:
        raise UsageError(f"no published table {table!r}{did_you_mean(table, tables)}; there is {', '.join(tables)}")
    sets = published_sets(tables[table])
    if part not in sets:
        raise UsageError(
            f"{table} has no {part!r}{did_you_mean(part, sets)}; write {table}/ and one of {', '.join(sets)}"
        )
    return sets[part]


def published_sets(text: str) -> dict[str, Published]:
    """Read a published table; which numbers a set lacks is not made up.

    Args:
        text: TOML with ``about``, ``protocol``, ``metrics``, and for each of the ``rows`` the ``method`` and a list of
            numbers by set, one for each metric.

    Raises:
        DamagedFile: If it is anything else.
    """
    try:
        table = TypeAdapter(_Table).validate_python(parse_toml(text))
        sets = dict.fromkeys(name for row in table.rows.values() for name in row if name != _METHOD)
        return {name: _published(table, name) for name in sets}
    except ValueError as error:
        raise DamagedFile(f"this is no published table: {error}") from error


@dataclass(frozen=True)
class _Table:
    """What a file holds."""

    about: str
    protocol: str
    metrics: list[str]
    rows: dict[str, dict[str, str | list[float]]]


def _published(table: _Table, name: str) -> Published:
    numbers = {row: values[name] for row, values in table.rows.items() if name in values}
    values = {row: dict(zip(table.metrics, map(float, found), strict=True)) for row, found in numbers.items()}
    return Published(table.about, table.protocol, values)


def _tables() -> dict[str, str]:
    found = (path for path in files(__name__).iterdir() if path.name.endswith(SUFFIX))
    return {path.name.removesuffix(SUFFIX): path.read_text(encoding="utf-8") for path in found}
