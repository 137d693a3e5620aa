"""Which names read from a file may be used: none that would import something because the file says so."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lfsrkit.errors import UsageError
from lfsrkit.registries import BACKBONES, MODELS
from lfsrkit.registry import JOINED, Registry

_PREFIX = re.compile(r"\s*(\w+):")
LIBRARIES = frozenset({"kornia", "spandrel", "timm"})
"""Prefixes that reach into one known library only, whatever follows them."""
_CODE = "a file may not choose code that is imported; if you trust it, load it with allow_code=True"


def refuse_code(path: Path, name: str, params: Mapping[str, Any]) -> None:
    """Refuse names in a file of weights that are more than plain names of what is already here.

    Plain names of components that ship with the kit, or that a plug-in loaded before has registered, pass, and so do
    those of known libraries (``timm:``). A name with another prefix (``learned:``) does not, nor does one from an
    installed plug-in that nothing has imported yet.

    Args:
        path: File, for the message.
        name: Name of the model.
        params: Parameters of the model; texts anywhere inside are looked at.

    Raises:
        UsageError: With the name.
    """
    for text in (part for value in (name, *_texts(params)) for part in value.split(JOINED)):
        prefix = _PREFIX.match(text)
        if prefix and prefix.group(1) not in LIBRARIES:
            raise UsageError(f"{path} asks for {text!r}: {_CODE}")
    suspects = [*((MODELS, part) for part in name.split(JOINED)), *((BACKBONES, text) for text in _texts(params))]
    for registry, text in suspects:
        if _would_import(registry, text):
            raise UsageError(f"{path} asks for {registry.kind} {text!r}, a plug-in that is not loaded: {_CODE}")


def _would_import(registry: Registry[Any], name: str) -> bool:
    points = [point for point in entry_points(group=registry.group) if point.name == name]
    if not points or registry[name].origin == "lfsrkit":
        return False
    return not any(point.module in sys.modules for point in points)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (*_texts(key), *_texts(inner))
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)
