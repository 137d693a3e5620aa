"""Figures of the paper and of the data, drawn from any faces."""

from lfsrkit.figures.figure import Figure, check_name
from lfsrkit.figures.lighting import Lighting, lighting_figure, measure_lighting, read_faces
from lfsrkit.figures.masks import Panel, Shown, mask_panels, masks_figure, show_face
from lfsrkit.figures.realism import realism_figure
from lfsrkit.figures.visual import Face, faces_of_folders, faces_of_pairs, visual_figure

__all__ = [
    "Face",
    "Figure",
    "Lighting",
    "Panel",
    "Shown",
    "check_name",
    "faces_of_folders",
    "faces_of_pairs",
    "lighting_figure",
    "mask_panels",
    "masks_figure",
    "measure_lighting",
    "read_faces",
    "realism_figure",
    "show_face",
    "visual_figure",
]
