"""What a file of weights may name."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lfsrkit.registries import BACKBONES, MODELS
from lfsrkit.trust import refuse_code


def refuse_model_by_code(path: Path, name: str, params: Mapping[str, Any]) -> None:
    """Refuse a file of weights whose names would import code.

    Args:
        path: File, for the message.
        name: Name of the model.
        params: Parameters of the model; texts anywhere inside are looked at.

    Raises:
        UsageError: With the name.
    """
    refuse_code(path, [(MODELS, name), *((BACKBONES, text) for text in _texts(params))])


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (*_texts(key), *_texts(inner))
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)
