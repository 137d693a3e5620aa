"""The seven facial regions of any picture: from parsing maps, landmarks, a face mesh, or an average face.

Left and right are those of the picture, not of the person. Pixel ``i`` covers ``[i, i + 1)``, so its centre is at
``i + 0.5``, for landmarks as well.
"""

from lfsrkit.regions.landmarks import landmark_regions
from lfsrkit.regions.mirror import flip_landmarks, flip_regions
from lfsrkit.regions.names import COMPONENTS, GROUPS, REGIONS, RegionMaps, region_indices, region_union
from lfsrkit.regions.parsing import NUMBERINGS, Bisenet, CelebAMaskHQ, ParsingFolder, label_mask, parsing_regions
from lfsrkit.regions.sources import FoundRegions, RegionFiles, RegionSources, View, opened, regions_for
from lfsrkit.regions.storage import bytes_to_regions, grey_to_regions, regions_to_bytes, regions_to_grey
from lfsrkit.regions.tables import LandmarkTable, read_landmarks
from lfsrkit.regions.template import template_points, template_regions

__all__ = [
    "COMPONENTS",
    "GROUPS",
    "NUMBERINGS",
    "REGIONS",
    "Bisenet",
    "CelebAMaskHQ",
    "FoundRegions",
    "LandmarkTable",
    "ParsingFolder",
    "RegionFiles",
    "RegionMaps",
    "RegionSources",
    "View",
    "bytes_to_regions",
    "flip_landmarks",
    "flip_regions",
    "grey_to_regions",
    "label_mask",
    "landmark_regions",
    "opened",
    "parsing_regions",
    "read_landmarks",
    "region_indices",
    "region_union",
    "regions_for",
    "regions_to_bytes",
    "regions_to_grey",
    "template_points",
    "template_regions",
]
