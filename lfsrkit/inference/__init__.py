"""Stage 5, inference: enhance pictures; nothing is overwritten, and what cannot be enhanced is named."""

from lfsrkit.inference.run import Enhanced, enhance
from lfsrkit.inference.sources import Target, targets

__all__ = ["Enhanced", "Target", "enhance", "targets"]
