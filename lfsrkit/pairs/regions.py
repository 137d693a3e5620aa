"""Regions of framed faces; for those that come without, looked up in the files that the configuration names."""

from dataclasses import replace

import torch

from lfsrkit.faces import FaceRef, FramedFace, SourcePicture
from lfsrkit.regions import (
    RegionFiles,
    View,
    bytes_to_regions,
    opened,
    regions_for,
    regions_to_bytes,
    template_regions,
)
from lfsrkit.types import Regions


def with_regions(face: FramedFace, picture: SourcePicture, ref: FaceRef, files: RegionFiles) -> FramedFace:
    """Add the regions that are known of a face; one of which nothing is known keeps none.

    An average face is not recorded: who needs regions puts it in, and sees from its absence that nothing was known.

    Args:
        face: The clean face.
        picture: From which it was cut out.
        ref: Under which names its regions are looked up.
        files: Where they are looked up.

    Raises:
        BadPicture: If there is a parsing map but it cannot be used.
    """
    if face.regions is not None or (face.landmarks is None and files == RegionFiles()):
        return face
    view = View(*picture.image.size, face.crop, face.clean.shape[0])
    found = regions_for(view, (ref.id, ref.source), opened(files), landmarks=face.landmarks)
    return face if found.origin == "template" else replace(face, regions=regions_to_bytes(found.maps).numpy())


def maps_of(face: FramedFace) -> Regions:
    """Give the regions of a face, as a batch of one; those of an average face where none are known.

    Args:
        face: The clean face.
    """
    if face.regions is None:
        return template_regions(face.clean.shape[0])[None]
    return bytes_to_regions(torch.from_numpy(face.regions))[None]
