"""Models for use elsewhere: small files of weights that ship, and the layouts of other programs."""

from lfsrkit.export.base import Exported
from lfsrkit.export.half import export_weights

__all__ = ["Exported", "export_weights"]
