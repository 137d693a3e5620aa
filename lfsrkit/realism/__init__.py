"""Realism: what dark pictures look like in numbers, and whether synthetic ones look like real ones."""

from lfsrkit.realism.bands import BANDS, DARK_ENOUGH, Band, within
from lfsrkit.realism.grain import Noise
from lfsrkit.realism.luminance import jensen_shannon, luminance_histogram, wasserstein
from lfsrkit.realism.measures import MEASURES, Measure
from lfsrkit.realism.profile import Distances, Profile, distances, profile_pairs, profile_pictures, quantiles

__all__ = [
    "BANDS",
    "DARK_ENOUGH",
    "MEASURES",
    "Band",
    "Distances",
    "Measure",
    "Noise",
    "Profile",
    "distances",
    "jensen_shannon",
    "luminance_histogram",
    "profile_pairs",
    "profile_pictures",
    "quantiles",
    "wasserstein",
    "within",
]
