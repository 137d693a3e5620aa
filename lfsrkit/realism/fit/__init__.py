"""A chain fitted to a user's own dark pictures, cause by cause, by simulation."""

from lfsrkit.realism.fit.coding import quality_of_file, quality_of_pixels
from lfsrkit.realism.fit.grain import Grain
from lfsrkit.realism.fit.guess import Coding, Guess
from lfsrkit.realism.fit.result import Fit, fit, recipe_text, refuse_other
from lfsrkit.realism.fit.search import search
from lfsrkit.realism.fit.spread import Spread

__all__ = [
    "Coding",
    "Fit",
    "Grain",
    "Guess",
    "Spread",
    "fit",
    "quality_of_file",
    "quality_of_pixels",
    "recipe_text",
    "refuse_other",
    "search",
]
