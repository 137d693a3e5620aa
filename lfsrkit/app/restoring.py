"""One uploaded picture, restored as `lfsrkit enhance` does it, with what is shown beside it."""

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lfsrkit.app.limits import Limits
from lfsrkit.devices import choose_device
from lfsrkit.images import Pixels, fitted, resize, to_pixels
from lfsrkit.inference.enhancer import Enhancer, Outcome
from lfsrkit.inference.photograph import Photograph, read_photograph, write_photograph
from lfsrkit.inference.restoring import Restoring
from lfsrkit.models import Restorer
from lfsrkit.stages import EnhanceConfig

SHOWN_SIDE = 1600
"""Longest side in pixels of what a browser is sent to look at; the download has all of it."""


@dataclass(frozen=True, eq=False)
class Restored:
    """A picture before and after."""

    photograph: Photograph
    """As it was sent."""
    outcome: Outcome
    seconds: float
    """What finding and restoring took."""

    @cached_property
    def shown(self) -> tuple[Pixels, Pixels]:
        """Before and after at one size: the low picture by a plain enlargement, and the restored one."""
        after = fitted(to_pixels(self.outcome.values)[0], SHOWN_SIDE)
        return resize(self.photograph.pixels, *after.shape[:2]), after

    @property
    def facts(self) -> dict[str, str]:
        """What can be said of it in words."""
        low, restored = self.photograph.values, self.outcome.values
        return {
            "size": f"{low.shape[3]}x{low.shape[2]} to {restored.shape[3]}x{restored.shape[2]} pixels",
            "mean brightness": f"{255 * low.mean():.0f} to {255 * restored.mean():.0f} of 255",
            "restored": self._what,
            "time": f"{self.seconds:.2f} s",
        }

    @property
    def _what(self) -> str:
        faces = self.outcome.faces or 0
        found = f"{faces} face{'' if faces == 1 else 's'} of a photograph"
        return {"face": "one face", "faces": found, "whole": "the whole picture"}[self.outcome.mode]

    def save(self, path: Path) -> list[str]:
        """Write a PNG with EXIF and colour profile of the picture that was sent.

        Args:
            path: Where to.

        Returns:
            What could not be kept.
        """
        return write_photograph(path, self.outcome.values, self.photograph)


def restore_upload(
    data: bytes, model: Restorer, limits: Limits, *, config: EnhanceConfig | None = None, device: str = "auto"
) -> Restored:
    """Restore a picture that somebody has sent.

    Args:
        data: A picture file.
        model: In eval mode, on the device.
        limits: What is refused.
        config: How; by default a small picture is one face, and in a larger one faces are found.
        device: Where the model is.

    Raises:
        BadPicture: With the reason, if the file is no picture or too large, or the model gives no finite numbers.
        MissingWeights: If faces are to be found and the detector is not on this machine.
    """
    limits.check(data)
    photograph = read_photograph(data)
    enhancer = Enhancer(Restoring(model, choose_device(device)), config or EnhanceConfig())
    start = time.perf_counter()
    outcome = enhancer.restore(photograph.values)
    return Restored(photograph, outcome, time.perf_counter() - start)
