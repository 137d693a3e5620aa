"""Detectors: where the faces of a photograph are."""

from lfsrkit.detectors.base import Detector, FoundFace

__all__ = ["Detector", "FoundFace"]
