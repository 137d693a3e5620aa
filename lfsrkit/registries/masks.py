"""Mask strategies that ship."""

from lfsrkit.registry import Row

MASKS: dict[str, Row] = {
    "block": Row("lfsrkit.masks.blocks:Block", "Pile up blocks of patches until an exact share of them is selected"),
    "box": Row("lfsrkit.masks.blocks:Box", "Select one box anywhere in the picture"),
    "checkerboard": Row("lfsrkit.masks.patterns:Checkerboard", "Select every second square of a checkerboard"),
    "dark": Row(
        "lfsrkit.masks.guided:Dark",
        "Select the patches where the low picture is darkest, an exact share of them",
    ),
    "face_biased": Row(
        "lfsrkit.masks.facial:FaceBiased", "Select patches at random, those on facial components more often"
    ),
    "facial_region": Row("lfsrkit.masks.facial:FacialRegion", "Select named parts of the face"),
    "grid": Row("lfsrkit.masks.patterns:Squares", "Select squares on a regular grid"),
    "hard": Row(
        "lfsrkit.masks.guided:Hard", "Select the patches where the current error is largest, an exact share of them"
    ),
    "invert": Row("lfsrkit.masks.combined:Invert", "Select what another strategy does not select"),
    "patch": Row("lfsrkit.masks.uniform:Patch", "Select square patches at random, an exact share of them"),
    "random": Row("lfsrkit.masks.uniform:RandomPixels", "Select pixels at random, an exact share of them"),
    "schedule": Row(
        "lfsrkit.masks.combined:Schedule",
        "Change the ratio of a strategy, or go over to another one, in the course of training",
    ),
    "simmim": Row("lfsrkit.masks.blocks:SimMim", "Select coarse square patches at random, a share of them rounded up"),
    "stripes": Row("lfsrkit.masks.patterns:Stripes", "Select rows or columns in regular stripes"),
    "strokes": Row("lfsrkit.masks.strokes:Strokes", "Select free-form brush strokes"),
    "union": Row("lfsrkit.masks.combined:Union", "Select what either of two strategies selects"),
}
