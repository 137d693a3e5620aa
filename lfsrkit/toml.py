"""TOML in and out: read without surprises, plain values written on as few lines as they need."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML.

    Args:
        text: A whole document.

    Raises:
        ValueError: If it is none, or nests deeper than Python can follow.

    Example:
        >>> parse_toml("steps = 3")
        {'steps': 3}
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it nests too deep") from None


def to_toml(tables: Mapping[str, Any], prefix: str = "") -> str:
    """Write plain values as TOML.

    Args:
        tables: Values and nested tables.
        prefix: Name of the table that they belong to.

    Example:
        >>> print(to_toml({"steps": 3, "optim": {"lr": 0.1}}))
        steps = 3
        <BLANKLINE>
        [optim]
        lr = 0.1
        <BLANKLINE>
    """
    lines = [f"{key} = {toml_value(value)}" for key, value in tables.items() if not isinstance(value, Mapping)]
    text = "\n".join(lines) + "\n" if lines else ""
    for key, value in tables.items():
        if isinstance(value, Mapping):
            name = f"{prefix}{key}"
            text += f"\n[{name}]\n" + to_toml(value, f"{name}.")
    return text


def toml_value(value: Any) -> str:
    """Write one value as TOML on one line.

    Args:
        value: Text, number, truth, path, call, list or table.
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)
