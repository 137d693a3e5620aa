"""Videos: sound kept, brightness steady, whole or not there."""

import os
import signal
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from lfsrkit import MODELS
from lfsrkit.errors import BadPicture, OutputRefused, UsageError
from lfsrkit.inference import enhance
from lfsrkit.inference.video import Steady, enhance_video
from lfsrkit.stages import EnhanceConfig
from tests.pictures import picture

FRAMES, RATE, SOUND_RATE = 10, 10, 16000


def make_video(path: Path, height: int = 16, width: int = 24) -> Path:
    """A dark still scene with a tone."""
    with av.open(str(path), "w") as made:
        video: Any = made.add_stream("libx264", rate=RATE, options={"crf": "10"})
        video.height, video.width, video.pix_fmt = height, width, "yuv420p"
        sound: Any = made.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray((picture(0, height, width) // 4).astype(np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            made.mux(video.encode(frame))
        made.mux(video.encode(None))
        wave = np.sin(np.arange(SOUND_RATE) * 0.2).astype(np.float32)[None]
        for start in range(0, SOUND_RATE, 1000):
            tone = av.AudioFrame.from_ndarray(wave[:, start : start + 1000].copy(), format="fltp", layout="mono")
            tone.sample_rate, tone.pts, tone.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
            made.mux(sound.encode(tone))
        made.mux(sound.encode(None))
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]


def sound_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as opened:
        return [bytes(packet) for packet in opened.demux(opened.streams.audio[0]) if packet.dts is not None]


def test_a_video_becomes_brighter_and_larger_and_keeps_its_sound(tmp_path: Path) -> None:
    source = make_video(tmp_path / "night.mp4")
    result = next(enhance("bicubic(scale=2)", [source], tmp_path / "out", EnhanceConfig(mode="whole")))
    assert result.output == tmp_path / "out" / "night.mp4"
    assert result.notes == (f"{FRAMES} frames",)
    low, bright = frames_of(source), frames_of(result.output)
    assert [frame.shape for frame in bright] == [(32, 48, 3)] * FRAMES
    assert np.mean(bright) > 1.5 * np.mean(low)
    assert sound_of(result.output) == sound_of(source)
    assert [path.name for path in result.output.parent.iterdir()] == ["night.mp4"]
    again = next(enhance("bicubic(scale=2)", [source], tmp_path / "out", EnhanceConfig(mode="whole")))
    assert again.skipped


def test_an_interrupted_video_leaves_nothing(tmp_path: Path) -> None:
    source, seen = make_video(tmp_path / "night.mp4"), []

    def restore(low: torch.Tensor) -> torch.Tensor:
        seen.append(low)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return low

    with pytest.raises(KeyboardInterrupt):
        enhance_video(restore, source, tmp_path / "out" / "night.mp4")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs limits of POSIX")
def test_what_cannot_be_written_is_no_fault_of_the_video(tmp_path: Path) -> None:
    import resource

    source = make_video(tmp_path / "night.mp4")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputRefused, match=r"cannot write .*night"):
        enhance_video(lambda low: low, source, tmp_path / "file" / "night.mp4")
    with pytest.raises(UsageError, match=r"\.mp4 or \.mkv"):
        enhance_video(lambda low: low, source, tmp_path / "out" / "night.gif")
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        with pytest.raises(OutputRefused, match=r"cannot write .*night"):
            enhance_video(lambda low: low, source, tmp_path / "out" / "night.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_video_that_breaks_off_is_a_bad_picture(tmp_path: Path) -> None:
    data = make_video(tmp_path / "night.mp4").read_bytes()
    (tmp_path / "night.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadPicture, match="cannot be read as a video"):
        enhance_video(lambda low: low, tmp_path / "night.mp4", tmp_path / "out" / "night.mp4")


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "night.mp4").write_bytes(b"no video at all")
    result = next(enhance("bicubic", [tmp_path / "night.mp4"], tmp_path / "out", EnhanceConfig()))
    assert result.output is None
    assert "as a video" in str(result.reason)


def test_flicker_of_the_model_is_steadied_and_a_lamp_is_not() -> None:
    steady, rng = Steady(), np.random.default_rng(0)
    low = torch.full((1, 3, 8, 8), 0.05)
    given = [0.4 * float(factor) for factor in rng.uniform(0.8, 1.2, 60)]
    out = [float(steady(low, torch.full((1, 3, 8, 8), mean)).mean()) for mean in given]
    assert np.std(out[20:]) < 0.4 * np.std(given[20:])
    # A lamp makes the dark frame brighter: the restored one follows at once.
    lamp = float(steady(2 * low, torch.full((1, 3, 8, 8), 0.8)).mean())
    assert lamp == pytest.approx(0.8, rel=0.15)


def test_a_cut_begins_anew() -> None:
    steady = Steady()
    dark, other = torch.full((1, 3, 8, 8), 0.02), torch.full((1, 3, 8, 8), 0.5)
    for _ in range(5):
        steady(dark, torch.full((1, 3, 8, 8), 0.4))
    shown = steady(other, torch.full((1, 3, 8, 8), 0.55))
    assert float(shown.mean()) == pytest.approx(0.55, abs=1e-3)


def test_sides_that_are_odd_are_filled_up(tmp_path: Path) -> None:
    source = make_video(tmp_path / "night.mkv")
    model = MODELS.create("bicubic", scale=2)
    result = next(enhance(model, [source], tmp_path / "out", EnhanceConfig(mode="whole", enlarge=1.45)))
    assert result.output == tmp_path / "out" / "night.mkv"
    assert frames_of(result.output)[0].shape == (24, 36, 3)
