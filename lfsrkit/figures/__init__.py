"""Figures of the paper and of the data, drawn from any faces."""

from lfsrkit.figures.histograms import histogram_picture, histogram_svg
from lfsrkit.figures.lighting import Lighting, lighting_picture, lighting_svg, measure_lighting, read_faces

__all__ = [
    "Lighting",
    "histogram_picture",
    "histogram_svg",
    "lighting_picture",
    "lighting_svg",
    "measure_lighting",
    "read_faces",
]
