"""Faces in videos: they do not tremble, they do not lag behind, and they do not come and go."""

from pathlib import Path

import numpy as np
import pytest

from lfsrkit import DETECTORS
from lfsrkit.detectors import Detector, FoundFace
from lfsrkit.images import Pixels
from lfsrkit.inference import enhance
from lfsrkit.inference.alignment import Placement
from lfsrkit.inference.following import Following
from lfsrkit.stages import EnhanceConfig
from tests.photograph_cases import Marked, points_of, turned
from tests.test_enhance_video import FRAMES, frames_of, make_video


def trembling(count: int, seed: int = 0) -> list[Placement]:
    """One face that stays, as a detector sees it: off by a pixel or two of 80."""
    rng = np.random.default_rng(seed)
    return [turned(*rng.normal(50, 1, 2), rng.normal(80, 1), rng.normal(0, 1)) for _ in range(count)]


def test_trembling_is_smoothed() -> None:
    following, found = Following(), trembling(200)
    places = [following([one])[0] for one in found]
    for what in (lambda one: one.origin[0], lambda one: one.side, lambda one: one.degrees):
        # An exponential mean with the share 0.3 leaves sqrt(0.3 / 1.7) = 0.42 of the deviation.
        assert np.std([what(one) for one in places[20:]]) < 0.6 * np.std([what(one) for one in found[20:]])
        assert np.mean([what(one) for one in places]) == pytest.approx(np.mean([what(one) for one in found]), abs=0.3)


def test_a_face_that_walks_is_not_delayed() -> None:
    following = Following()
    for frame in range(30):
        (place,) = following([turned(10 * frame, 20, 80, 0)])
        assert place.origin[0] == pytest.approx(10 * frame)


def test_two_faces_are_not_taken_for_each_other() -> None:
    following = Following()
    first, second = turned(0, 0, 80, 0), turned(30, 0, 30, 0)
    for found in ([first], [second], [first, second], [second, first]):
        places = following(found)
        assert {round(one.side) for one in places} == ({80} if found == [first] else {30, 80})


def test_a_face_that_is_missed_for_a_moment_stays_and_then_goes() -> None:
    following = Following()
    following([turned(10, 10, 80, 0)])
    assert [len(following([])) for _ in range(5)] == [1, 1, 1, 0, 0]
    following([turned(10, 10, 80, 0)])
    following.forget()
    assert following([]) == []


class Winking(Detector):
    """Finds a face in every second frame only."""

    def __init__(self) -> None:
        self._frames = 0

    def find(self, pixels: Pixels) -> list[FoundFace]:
        self._frames += 1
        return [FoundFace(points_of(turned(20, 10, 32, 0)), 0.9)] if self._frames % 2 else []


class Blind(Detector):
    """Finds nobody."""

    def find(self, pixels: Pixels) -> list[FoundFace]:
        return []


def test_a_video_without_faces_says_so(tmp_path: Path) -> None:
    source = make_video(tmp_path / "night.mp4", 48, 72)
    with DETECTORS.temporary("blind", Blind):
        result = next(enhance(Marked(), source, tmp_path / "out", EnhanceConfig(mode="faces", detector="blind")))
    assert result.notes[0] == f"{FRAMES} frames"
    assert result.notes[1].startswith(f"{FRAMES} of {FRAMES} frames, such as: no face was found")


def test_a_face_of_a_video_does_not_come_and_go(tmp_path: Path) -> None:
    source = make_video(tmp_path / "night.mp4", 48, 72)
    with DETECTORS.temporary("winking", Winking):
        config = EnhanceConfig(mode="faces", detector="winking", low_side=16)
        result = next(enhance(Marked(), [source], tmp_path / "out", config))
    assert (result.faces, result.reason) == (1, None)
    assert result.output is not None
    middles = [frame[52, 72].astype(int) for frame in frames_of(result.output)]
    assert [bool(middle[1] - middle[0] > 100) for middle in middles] == [True] * FRAMES
