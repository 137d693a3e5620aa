"""Which names read from a file may be used: none that would import something because the file says so."""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lfsrkit.calls import Call
from lfsrkit.errors import UsageError
from lfsrkit.registry import JOINED, Registry

_PREFIX = re.compile(r"\s*(\w+):")
LIBRARIES = frozenset({"kornia", "spandrel", "timm"})
"""Prefixes that reach into one known library only, whatever follows them."""
_CODE = "a file may not choose code that is imported; if you trust it, say --allow-code (in Python: allow_code=True)"


def refuse_code(path: Path, wanted: Iterable[tuple[Registry[Any], str]]) -> None:
    """Refuse names in a file that are more than plain names of what is already here.

    Plain names of components that ship with the kit, or that a plug-in loaded before has registered, pass, and so do
    those of known libraries (``timm:``). A name with another prefix (``learned:``) does not, nor does one from an
    installed plug-in that nothing has imported yet.

    Args:
        path: File or folder, for the message.
        wanted: Names, each with the registry that it would be looked up in.

    Raises:
        UsageError: With the name.
    """
    parts = [(registry, part) for registry, name in wanted for part in name.split(JOINED)]
    for registry, name in parts:
        prefix = _PREFIX.match(name)
        if prefix and prefix.group(1) not in LIBRARIES:
            raise UsageError(f"{path} asks for {name!r}: {_CODE}")
        if _would_import(registry, name):
            raise UsageError(f"{path} asks for {registry.kind} {name!r}, a plug-in that is not loaded: {_CODE}")


def names_of(calls: Iterable[Call]) -> Iterator[str]:
    """Name every component that calls make, those inside of others too.

    Args:
        calls: As read from text.

    Example:
        >>> from lfsrkit.calls import parse_chain
        >>> list(names_of(parse_chain("maybe(of=jpeg(), chance=.5) | quantise")))
        ['maybe', 'jpeg', 'quantise']
    """
    for call in calls:
        yield call.name
        yield from names_of(value for value in call.params.values() if isinstance(value, Call))


def _would_import(registry: Registry[Any], name: str) -> bool:
    points = [point for point in entry_points(group=registry.group) if point.name == name]
    if not points or registry[name].origin == "lfsrkit":
        return False
    return not any(point.module in sys.modules for point in points)
