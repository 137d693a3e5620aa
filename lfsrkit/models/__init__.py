"""Models: what restores a picture, what it costs, and how its weights are kept."""

from lfsrkit.models.base import ModelInfo, Purpose, Restorer
from lfsrkit.models.choose import restorer_for
from lfsrkit.models.macs import count_macs, count_parameters
from lfsrkit.models.official import from_official
from lfsrkit.models.weights import load, read_header, save

__all__ = [
    "ModelInfo",
    "Purpose",
    "Restorer",
    "count_macs",
    "count_parameters",
    "from_official",
    "load",
    "read_header",
    "restorer_for",
    "save",
]
