"""The table of everything that ships: names, one line each, tags. Nothing is imported until a name is used."""

from typing import TYPE_CHECKING

from lfsrkit.registries import degradations, detectors, masks, measures, models
from lfsrkit.registry import Registry

if TYPE_CHECKING:
    from torch import nn

    from lfsrkit.degradations.base import Degradation
    from lfsrkit.detectors import Detector
    from lfsrkit.losses import Loss
    from lfsrkit.masks.base import MaskStrategy
    from lfsrkit.metrics import Metric
    from lfsrkit.models.base import Restorer
    from lfsrkit.regions.landmarkers import Landmarker

DEGRADATIONS: "Registry[Degradation]" = Registry(
    "degradation",
    group="lfsrkit.degradations",
    rows=degradations.DEGRADATIONS,
    adapters=degradations.ADAPTED_DEGRADATIONS,
)

MASKS: "Registry[MaskStrategy]" = Registry("mask", group="lfsrkit.masks", rows=masks.MASKS)

BACKBONES: "Registry[nn.Module]" = Registry(
    "backbone", group="lfsrkit.backbones", rows=models.BACKBONES, adapters=models.ADAPTED_BACKBONES
)

MODELS: "Registry[Restorer]" = Registry(
    "model", group="lfsrkit.models", rows=models.MODELS, adapters=models.ADAPTED_MODELS
)

LOSSES: "Registry[Loss]" = Registry("loss", group="lfsrkit.losses", rows=measures.LOSSES)

METRICS: "Registry[Metric]" = Registry("metric", group="lfsrkit.metrics", rows=measures.METRICS)

LANDMARKERS: "Registry[Landmarker]" = Registry("landmarker", group="lfsrkit.landmarkers", rows=detectors.LANDMARKERS)

DETECTORS: "Registry[Detector]" = Registry("detector", group="lfsrkit.detectors", rows=detectors.DETECTORS)

REGISTRIES = {
    "degradations": DEGRADATIONS,
    "masks": MASKS,
    "backbones": BACKBONES,
    "models": MODELS,
    "losses": LOSSES,
    "metrics": METRICS,
    "landmarkers": LANDMARKERS,
    "detectors": DETECTORS,
}
"""Every registry by the word that the command line uses."""
