"""Faces in dark photographs: found where they are, and nowhere else."""

from pathlib import Path

import numpy as np
import pytest

from lfsrkit import DETECTORS
from lfsrkit.detectors import FoundFace
from lfsrkit.images import decode, encode_png
from lfsrkit.inference import Enhanced, enhance
from lfsrkit.inference.alignment import Placement, place
from lfsrkit.inference.enhancer import brightened
from lfsrkit.stages import EnhanceConfig
from tests.photograph_cases import as_batch, dark_collage, drawn, needs_detector
from tests.pictures import picture

CELEBA = Path(__file__).parents[2] / "shared" / "faces" / "celeba"


def hits(found: list[FoundFace], squares: list[Placement]) -> int:
    """Count squares with a face whose middle and size are right."""

    def is_there(square: Placement) -> bool:
        placements = [place(face, "celeba") for face in found]
        return any(
            np.hypot(*(one.corners().mean(axis=0) - square.corners().mean(axis=0))) < 0.15 * square.side
            and 0.75 < one.side / square.side < 1.33
            for one in placements
        )

    return sum(map(is_there, squares))


@needs_detector
class TestBlazeFace:
    def test_drawn_faces_are_found_in_the_dark(self) -> None:
        dark, squares = dark_collage([drawn(number, 128) for number in range(6)], 80)
        bright = (brightened(as_batch(dark), 0.4)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
        found = DETECTORS.create("blazeface").find(bright)
        assert hits(found, squares) == len(found) == 6

    def test_nothing_is_found_where_nothing_is(self) -> None:
        assert DETECTORS.create("blazeface").find(picture(0, 200, 300)) == []

    def test_a_photograph_goes_through_the_whole_chain(self, tmp_path: Path) -> None:
        dark, _ = dark_collage([drawn(number, 128) for number in range(2)], 60, 160, 240)
        (tmp_path / "a.png").write_bytes(encode_png(dark))
        settings = EnhanceConfig(low_side=32)
        result: Enhanced = next(enhance("bicubic(scale=4)", [tmp_path / "a.png"], tmp_path / "out", settings))
        assert (result.mode, result.faces, result.notes) == ("faces", 2, ())
        assert result.output is not None
        assert decode(result.output.read_bytes()).shape == (320, 480, 3)

    @pytest.mark.reference
    @pytest.mark.slow
    def test_real_faces_are_found_in_the_dark(self) -> None:
        faces = [decode(path.read_bytes())[20:198] for path in sorted(CELEBA.glob("*.jpg"))[:15]]
        dark, squares = dark_collage(faces, 64)
        bright = (brightened(as_batch(dark), 0.4)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
        found = DETECTORS.create("blazeface").find(bright)
        assert hits(found, squares) >= 0.8 * len(squares)
        assert len(found) <= len(squares)
