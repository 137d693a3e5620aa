"""Video coding: pictures that were cut out of a compressed recording."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from lfsrkit.degradations.base import Degradation, Params
from lfsrkit.degradations.coding import recoded
from lfsrkit.degradations.draws import Draws, IntRange, integers, outside, require
from lfsrkit.errors import UsageError
from lfsrkit.images import Pixels
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

_FRAMES_PER_SECOND = 25


@dataclass(frozen=True)
class H264(Degradation):
    """Compress as H.264 video and take the last frame.

    The picture is rounded to 8 bits, repeated as in a still scene, coded by libx264 (4:2:0, without look-ahead, as a
    live camera does), and the last frame is decoded; in a long scene later frames refine the first one. Sides are
    padded to even numbers with the last row and column, and cropped again. Needs PyAV:
    ``pip install 'lfsrkit[video]'``.

    Args:
        crf: Range of the constant rate factor, 0 (best) to 51, whole numbers, both ends included; 23 is the usual
            setting, 40 a bad surveillance camera (our reading).
        frames: How many times the picture is repeated, 1 to 30; 1 is a single key frame.

    Raises:
        BadParameters: If an argument is out of range.
        UsageError: If PyAV is not installed.

    References:
        Wiegand, Sullivan, Bjøntegaard, Luthra, Overview of the H.264/AVC Video Coding Standard, IEEE TCSVT 2003.
        https://doi.org/10.1109/TCSVT.2003.815165

    Example:
        >>> import torch
        >>> H264(crf=30).sample(2, torch.Generator())
        {'crf': [30, 30]}
    """

    crf: IntRange = (23, 40)
    frames: int = 3

    def __post_init__(self) -> None:
        require("h264", outside("crf", self.crf, 0, 51), outside("frames", self.frames, 1, 30))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the rate factors."""
        return {"crf": integers(self.crf, Draws.of(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        """Code and decode every picture with its own rate factor."""
        return recoded(images, self._coded, params["crf"])

    def neutral(self, n: int) -> Params | None:
        """None: even the best rate factor halves the resolution of the chroma."""
        return None

    def _coded(self, pixels: Pixels, crf: int) -> Pixels:
        av = _av()
        height, width = pixels.shape[:2]
        even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        last = _decoded(av, _encoded(av, even, crf, self.frames))[-1]
        return last.to_ndarray(format="rgb24")[:height, :width]


def _encoded(av: Any, pixels: Pixels, crf: int, count: int) -> list[Any]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = pixels.shape[:2]
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, _FRAMES_PER_SECOND)
    encoder.framerate = _FRAMES_PER_SECOND
    encoder.thread_count = 1
    # Look-ahead would not only be unlike a camera: with it, libx264 now and then gives other bytes for the same frames.
    encoder.options = {"crf": str(crf), "tune": "zerolatency"}
    return _all_of(encoder.encode, (_frame(av, pixels, number) for number in range(count)))


def _frame(av: Any, pixels: Pixels, number: int) -> Any:
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts = number
    return frame


def _decoded(av: Any, packets: list[Any]) -> list[Any]:
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    return _all_of(decoder.decode, packets)


def _all_of(step: Callable[[Any], Iterable[Any]], items: Iterable[Any]) -> list[Any]:
    """Feed a codec, then ask with None for what it still holds back."""
    return [made for item in (*items, None) for made in step(item)]


def _av() -> Any:
    try:
        import av
    except ImportError:
        raise UsageError("h264 needs PyAV: pip install 'lfsrkit[video]'") from None
    return av
