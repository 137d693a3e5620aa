"""Numbers that others have published, to be printed beside ours."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lfsrkit.errors import UsageError, did_you_mean

SUFFIX = ".toml"


@dataclass(frozen=True)
class Published:
    """One set of numbers of a published table."""

    about: str
    """Where it was published."""
    protocol: str
    """On what the numbers were measured, or ``unknown``."""
    methods: Mapping[str, str]
    """What the table calls a row, by the name that the row has here."""
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
    read = tables[table]
    sets = list(dict.fromkeys(key for row in read["rows"].values() for key in row if key != "method"))
    if part not in sets:
        raise UsageError(
            f"{table} has no {part!r}{did_you_mean(part, sets)}; write {table}/ and one of {', '.join(sets)}"
        )
    return Published(
        read["about"],
        read["protocol"],
        {row: values["method"] for row, values in read["rows"].items()},
        {row: dict(zip(read["metrics"], values[part], strict=True)) for row, values in read["rows"].items()},
    )


def _tables() -> dict[str, Any]:
    found = (path for path in files(__name__).iterdir() if path.name.endswith(SUFFIX))
    return {path.name.removesuffix(SUFFIX): tomllib.loads(path.read_text(encoding="utf-8")) for path in found}
