"""Joint low-light enhancement and face super-resolution: from faces to pairs, to trained models, to readable faces."""

from importlib import import_module
from typing import Any

from lfsrkit.registries import BACKBONES, DEGRADATIONS, DETECTORS, LANDMARKERS, LOSSES, MASKS, METRICS, MODELS

__version__ = "0.1.0"

_STAGES = (
    "degradations",
    "detectors",
    "evaluation",
    "experiments",
    "export",
    "faces",
    "figures",
    "images",
    "inference",
    "losses",
    "masks",
    "metrics",
    "models",
    "pairs",
    "realism",
    "regions",
    "training",
)

__all__ = [
    "BACKBONES",
    "DEGRADATIONS",
    "DETECTORS",
    "LANDMARKERS",
    "LOSSES",
    "MASKS",
    "METRICS",
    "MODELS",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import a stage on first use, so that ``import lfsrkit`` costs nothing."""
    if name in _STAGES:
        return import_module(f"lfsrkit.{name}")
    raise AttributeError(f"module 'lfsrkit' has no attribute {name!r}")
