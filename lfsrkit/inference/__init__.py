"""Stage 5, inference: enhance pictures; nothing is overwritten, and what cannot be enhanced is named."""

from lfsrkit.inference.run import SHEET, Enhanced, enhance
from lfsrkit.inference.sources import Target, targets

__all__ = ["SHEET", "Enhanced", "Target", "enhance", "targets"]
