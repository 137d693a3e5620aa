"""One uploaded picture, restored, with what is shown beside it."""

import time
from dataclasses import dataclass

from lfsrkit.app.limits import Limits
from lfsrkit.devices import choose_device
from lfsrkit.errors import BadPicture
from lfsrkit.images import Pixels, decode, resize, to_bytes, to_float, to_pixels
from lfsrkit.inference.restoring import Restoring
from lfsrkit.models import Restorer


@dataclass(frozen=True)
class Restored:
    """A picture before and after."""

    low: Pixels
    enlarged: Pixels
    """The low picture at the size of the restored one, by a plain enlargement."""
    restored: Pixels
    seconds: float
    """What the model took."""

    @property
    def facts(self) -> dict[str, str]:
        """What can be said of it in words."""
        return {
            "size": f"{_size(self.low)} to {_size(self.restored)} pixels",
            "mean brightness": f"{self.low.mean():.0f} to {self.restored.mean():.0f} of 255",
            "time": f"{self.seconds:.2f} s",
        }


def restore_upload(data: bytes, model: Restorer, limits: Limits, *, device: str = "auto") -> Restored:
    """Restore a picture that somebody has sent.

    Args:
        data: A picture file.
        model: In eval mode, on the device.
        limits: What is refused.
        device: Where the model is.

    Raises:
        BadPicture: With the reason, if the file is no picture or too large, or the model gives no finite numbers.
    """
    limits.check(data)
    low = decode(data)
    if max(low.shape[:2]) > limits.side:
        raise BadPicture(f"{_size(low)} pixels; crop the face first (sides up to {limits.side})")
    restore = Restoring(model, choose_device(device))
    start = time.perf_counter()
    restored = to_pixels(restore(to_float(to_bytes([low]))))[0]
    seconds = time.perf_counter() - start
    return Restored(low, resize(low, *restored.shape[:2]), restored, seconds)


def _size(pixels: Pixels) -> str:
    return f"{pixels.shape[1]}x{pixels.shape[0]}"
