"""TOML in and out: read without surprises, plain values written on as few lines as they need."""

import json
import math
import re
import tomllib
from collections.abc import Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


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
        prefix: Name of the table that they belong to, as TOML writes it, and a dot.

    Example:
        >>> print(to_toml({"steps": 3, "optim": {"lr": 0.1}}))
        steps = 3
        <BLANKLINE>
        [optim]
        lr = 0.1
        <BLANKLINE>
    """
    lines = [f"{_key(key)} = {toml_value(value)}" for key, value in tables.items() if not isinstance(value, Mapping)]
    text = "\n".join(lines) + "\n" if lines else ""
    for key, value in tables.items():
        if isinstance(value, Mapping):
            name = f"{prefix}{_key(key)}"
            text += f"\n[{name}]\n" + to_toml(value, f"{name}.")
    return text


def toml_value(value: Any) -> str:
    """Write one value as TOML on one line.

    Args:
        value: Text, number, truth, path, call, list or table.
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # inf, -inf and nan are TOML's words, too
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return _quoted(str(value))


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    # TOML wants DEL to be escaped as all control characters are; JSON lets it stand.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
