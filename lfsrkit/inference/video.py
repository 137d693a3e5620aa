"""Videos, frame by frame: brightness is steadied, sound is copied, and the file is there whole or not at all."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch.nn import functional

from lfsrkit.errors import BadPicture, OutputRefused, UsageError
from lfsrkit.files import appearing
from lfsrkit.images import Pixels, to_bytes, to_float, to_pixels
from lfsrkit.types import Images, Resized

RATE_FACTOR = "18"
"""Of libx264, 0 (best) to 51: hardly to be told from the frames that went in."""
_SHARE = 0.15
"""Share of a new frame in the brightening that is kept."""
_CUT = 0.5
"""Change of a frame, in shares of its brightness, from which on it is another scene."""
_BLACK = 1 / 255
_CONTAINERS = {".mp4": "mp4", ".mkv": "matroska"}
_THUMBNAIL = (16, 16)

Restore = Callable[[Images], Resized]


@final
class Cuts:
    """Tell where another scene begins: the frame differs from the one before by half of its brightness."""

    def __init__(self) -> None:
        self._thumbnail: Images | None = None

    def __call__(self, low: Images) -> bool:
        """Look at the next frame.

        Args:
            low: Frame as it was.
        """
        before, now = self._thumbnail, functional.adaptive_avg_pool2d(low, _THUMBNAIL)
        self._thumbnail = now
        return before is not None and bool((now - before).abs().mean() > _CUT * (before.mean() + _BLACK))


@final
class Steady:
    r"""Keep the brightening of a video from flickering.

    What is steadied is how much brighter a frame became, $\log(\bar r / \bar l)$, with an exponential mean over the
    frames of a scene; a light that is switched on in the video changes $\bar l$ and is seen at once.
    """

    def __init__(self) -> None:
        self._lift: float | None = None
        self._cuts = Cuts()

    def __call__(self, low: Images, restored: Resized) -> Resized:
        """Give a restored frame the brightening of its scene.

        Args:
            low: Frame as it was.
            restored: What became of it.
        """
        lift = float(torch.log((restored.mean() + _BLACK) / (low.mean() + _BLACK)))
        if self._cuts(low) or self._lift is None:
            self._lift = lift
        self._lift += _SHARE * (lift - self._lift)
        return (restored * float(np.exp(self._lift - lift))).clamp(0, 1)


def enhance_video(restore: Restore, source: Path, output: Path) -> int:
    """Restore a video; every track of sound is copied as it is.

    Args:
        restore: What is done with a frame, (1, 3, h, w).
        source: Any file that FFmpeg reads.
        output: ``.mp4`` or ``.mkv``, H.264.

    Returns:
        The number of frames.

    Raises:
        UsageError: If PyAV is not installed, or the name of the output ends otherwise.
        BadPicture: If the file is no video, or is damaged.
        OutputRefused: If the disk is full or the folder cannot be written; no partial file is left.
    """
    av = _av()
    container = _CONTAINERS.get(output.suffix.lower())
    if container is None:
        raise UsageError(f"{output}: a video is written as {' or '.join(_CONTAINERS)}")
    try:
        with (
            appearing(output) as unfinished,
            _opened(av, source) as given,
            av.open(str(unfinished), "w", format=container) as made,
        ):
            return _copy(av, restore, given, made)
    except av.FFmpegError as error:
        raise OutputRefused(f"cannot write {output}: {error}") from error


def _opened(av: Any, source: Path) -> Any:
    with _reading(av):
        return av.open(str(source))


@contextmanager
def _reading(av: Any) -> Generator[None]:
    """Tell faults of what is read from those of what is written; FFmpeg has the same errors for both."""
    try:
        yield
    except av.FFmpegError as error:
        raise BadPicture(f"cannot be read as a video: {error}") from None


def _packets(av: Any, given: Any, tracks: list[Any]) -> Iterator[Any]:
    packets = given.demux(tracks)
    while True:
        with _reading(av):
            packet = next(packets, None)
        if packet is None:
            return
        yield packet


def _frames(av: Any, packet: Any) -> Any:
    with _reading(av):
        return packet.decode()


def _copy(av: Any, restore: Restore, given: Any, made: Any) -> int:
    if not given.streams.video:
        raise BadPicture("there is no track of pictures in it")
    shown = given.streams.video[0]
    encoder = made.add_stream("libx264", rate=shown.average_rate or 25, options={"crf": RATE_FACTOR})
    encoder.pix_fmt = "yuv420p"
    sound = {track.index: made.add_stream_from_template(track) for track in given.streams.audio}
    steady, count = Steady(), 0
    early: list[Any] = []  # sound before the first frame: writing it would settle the size of the frames
    for packet in _packets(av, given, [shown, *given.streams.audio]):
        if packet.stream.index != shown.index:
            if packet.dts is not None:  # the last packet of a track is empty
                packet.stream = sound[packet.stream.index]
                made.mux(packet) if count else early.append(packet)
            continue
        for frame in _frames(av, packet):
            low = to_float(to_bytes([frame.to_ndarray(format="rgb24")]))
            bright = _even(to_pixels(steady(low, restore(low)))[0])
            if not count:
                encoder.height, encoder.width = bright.shape[:2]
                encoder.codec_context.time_base = shown.time_base
            made.mux(encoder.encode(_like(av, bright, frame)))
            made.mux(early)
            early.clear()
            count += 1
    made.mux(encoder.encode(None))
    if not count:
        raise BadPicture("there is no frame in it")
    return count


def _like(av: Any, pixels: Pixels, frame: Any) -> Any:
    """Make a frame that is shown when another one was."""
    new = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    new.pts, new.time_base = frame.pts, frame.time_base
    return new


def _even(pixels: Pixels) -> Pixels:
    """Repeat the last row and column where a side is odd, which H.264 does not take."""
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))


def _av() -> Any:
    try:
        import av
    except ImportError:
        raise UsageError("videos need PyAV: pip install 'lfsrkit[video]'") from None
    return av
