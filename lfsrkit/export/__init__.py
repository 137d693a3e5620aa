"""Models for use elsewhere: small files of weights that ship, ONNX, the hub, and the layouts of other programs."""

from lfsrkit.export.base import Exported
from lfsrkit.export.half import export_weights
from lfsrkit.export.hub import Push, export_hub, plan_push, push
from lfsrkit.export.onnx import export_onnx
from lfsrkit.export.spandrel import export_spandrel

__all__ = [
    "Exported",
    "Push",
    "export_hub",
    "export_onnx",
    "export_spandrel",
    "export_weights",
    "plan_push",
    "push",
]
