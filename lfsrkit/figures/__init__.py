"""Figures of the paper and of the data, drawn from any faces."""

from lfsrkit.figures.lighting import Lighting, lighting_picture, lighting_svg, measure_lighting, read_faces
from lfsrkit.figures.realism import realism_picture, realism_svg

__all__ = [
    "Lighting",
    "lighting_picture",
    "lighting_svg",
    "measure_lighting",
    "read_faces",
    "realism_picture",
    "realism_svg",
]
