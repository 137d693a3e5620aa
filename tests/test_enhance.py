"""Faces found, turned upright and pasted back, whole pictures, and half precision that fails."""

from typing import Any

import pytest
import torch
from torch.nn import functional

from lfsrkit import DETECTORS
from lfsrkit.detectors import Detector, FoundFace
from lfsrkit.errors import BadPicture
from lfsrkit.images import Pixels
from lfsrkit.inference.alignment import Placement, cut_out, paste, place
from lfsrkit.inference.enhancer import Enhancer, brightened
from lfsrkit.inference.restoring import NOTE, Restoring
from lfsrkit.models import ModelInfo, Restorer
from lfsrkit.stages import EnhanceConfig
from tests.photograph_cases import CPU, Marked, as_batch, points_of, seeded, turned
from tests.pictures import picture


class Stub(Detector):
    """Finds faces where it was told."""

    placements: tuple[Placement, ...] = ()

    def find(self, pixels: Pixels) -> list[FoundFace]:
        return [FoundFace(points_of(square), 0.9) for square in self.placements]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Any:
    with DETECTORS.temporary("stub", Stub):
        yield lambda *squares: monkeypatch.setattr(Stub, "placements", squares)


class TestAlignment:
    @pytest.mark.parametrize("degrees", [0.0, 12.0, -75.0])
    def test_the_square_is_found_again(self, degrees: float) -> None:
        square = turned(40, 30, 50, degrees)
        found = place(FoundFace(points_of(square), 1.0), "celeba")
        assert found.origin == pytest.approx(square.origin)
        assert found.turn == pytest.approx(square.turn)
        assert (found.side, found.degrees) == (pytest.approx(50), pytest.approx(degrees))

    def test_an_upright_face_is_cut_out_as_it_is(self) -> None:
        photograph = as_batch(picture(0, 80, 100))
        assert torch.allclose(cut_out(photograph, turned(20, 10, 32, 0), 32), photograph[..., 10:42, 20:52], atol=1e-5)

    def test_a_large_face_is_shrunk_as_in_training(self) -> None:
        face = as_batch(picture(0, 128))
        shrunk = functional.interpolate(face, (16, 16), mode="bicubic", antialias=True)
        assert torch.allclose(cut_out(face, turned(0, 0, 128, 0), 16), shrunk, atol=1e-4)

    def test_what_is_cut_out_and_pasted_back_is_where_it_was(self) -> None:
        photograph = brightened(as_batch(picture(0, 120)), 0.5)
        square, again = turned(40, 20, 60, 20), photograph.clone()
        paste(again, cut_out(photograph, square, 120), square, "celeba")
        # The picture carries noise of 4 levels, which does not survive being read between pixels twice.
        assert (again - photograph).abs().mean() < 2 / 255

    def test_the_mask_has_no_edge_and_nothing_outside_changes(self) -> None:
        canvas = torch.zeros(1, 3, 130, 130)
        paste(canvas, torch.ones(1, 3, 64, 64), turned(20, 20, 90, 0), "celeba")
        steps = torch.cat([canvas.diff(dim=-1).abs().flatten(), canvas.diff(dim=-2).abs().flatten()])
        assert canvas.max() == 1
        assert steps.max() < 0.2
        assert canvas[..., :20, :].max() == canvas[..., :20].max() == canvas[..., 110:, :].max() == 0

    def test_a_face_at_the_border_or_beyond_does_no_harm(self) -> None:
        canvas = torch.zeros(1, 3, 50, 50)
        paste(canvas, torch.ones(1, 3, 32, 32), turned(-20, -20, 60, 30), "celeba")
        paste(canvas, torch.ones(1, 3, 32, 32), turned(500, 500, 60, 30), "celeba")
        assert canvas.isfinite().all()


class TestModes:
    def restore(self, low: torch.Tensor, **settings: Any) -> tuple[Marked, Any]:
        model = Marked()
        config = EnhanceConfig(**{"detector": "stub", "low_side": 16, **settings})
        return model, Enhancer(Restoring(model, CPU), config).restore(low)

    def test_a_small_picture_is_a_face(self, stub: Any) -> None:
        stub(turned(0, 0, 20, 0))
        model, restored = self.restore(as_batch(picture(0, 32)))
        assert (restored.mode, restored.faces, model.sizes) == ("face", None, [(32, 32)])

    def test_the_faces_of_a_photograph_are_restored_and_nothing_else(self, stub: Any) -> None:
        stub(turned(20, 20, 40, 0), turned(100, 40, 24, 15))
        low = as_batch(picture(0, 120, 160)) ** 4
        model, restored = self.restore(low)
        assert (restored.mode, restored.faces, model.sizes) == ("faces", 2, [(16, 16), (16, 16)])
        assert restored.values.shape == (1, 3, 240, 320)
        green = (restored.values[0, 1] - restored.values[0, 0]) > 0.9
        # Middles of the two squares, at twice their place.
        assert green[80, 80]
        assert green[105, 218]
        assert green.float().mean() < 0.05
        assert not green[:40].any()
        background = brightened(low, 0.3)
        assert restored.values.mean() == pytest.approx(float(background.mean()), abs=0.05)
        assert float(low.mean()) < 0.2
        assert float(background.mean()) == pytest.approx(0.3, abs=0.01)

    def test_a_face_with_more_detail_than_the_model_makes_is_left_alone(self, stub: Any) -> None:
        stub(turned(10, 10, 90, 0))
        model, restored = self.restore(as_batch(picture(0, 120)))
        assert (restored.faces, model.sizes) == (0, [])
        assert "more detail than the 64 pixels" in restored.notes[0]

    def test_a_photograph_without_faces_says_so(self, stub: Any) -> None:
        stub()
        _, restored = self.restore(as_batch(picture(0, 120)), enlarge=3)
        assert restored.values.shape[-1] == 360
        assert "no face was found" in restored.notes[0]

    def test_whole_enlarges_by_the_scale_or_as_asked(self, stub: Any) -> None:
        low = as_batch(picture(0, 70, 90))
        assert self.restore(low, mode="whole")[1].values.shape == (1, 3, 280, 360)
        model, restored = self.restore(low, mode="whole", enlarge=1.5)
        assert restored.values.shape == (1, 3, 105, 135)
        tiles = [size for size in model.sizes if size != (96, 96)]  # the probe of `is_local`
        assert 0 < max(map(max, tiles)) <= 64

    def test_what_no_program_would_open_is_refused_before_it_is_made(self, stub: Any) -> None:
        with pytest.raises(BadPicture, match="choose a smaller enlarge"):
            self.restore(torch.zeros(1, 3, 3000, 4000), mode="whole", enlarge=8)

    def test_the_detector_sees_a_bright_copy(self, stub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[float] = []
        monkeypatch.setattr(Stub, "find", lambda _, pixels: seen.append(float(pixels.mean())) or [])
        self.restore(as_batch(picture(0, 120)) ** 6)
        assert seen[0] > 0.35 * 255


class Shaky(Restorer):
    """Not finite in half precision."""

    def __init__(self) -> None:
        super().__init__(ModelInfo("joint", (2,)), 2)
        self.grow = torch.nn.Conv2d(3, 3, 1, bias=False)
        torch.nn.init.constant_(self.grow.weight, 1e4)

    def _stages(self, low: torch.Tensor) -> dict[str, torch.Tensor]:
        large = low.repeat_interleave(2, -1).repeat_interleave(2, -2)
        grown = self.grow(self.grow(large))
        return {"restored": grown.float() / 9e8}


class TestPrecision:
    def test_what_overflows_in_half_precision_is_restored_again(self) -> None:
        low = as_batch(picture(0, 16))
        enhancer = Enhancer(Restoring(Shaky(), CPU, "fp16"), EnhanceConfig(precision="fp16"))
        restored = enhancer.restore(low)
        assert restored.notes == (NOTE,)
        exact = Enhancer(Restoring(Shaky(), CPU), EnhanceConfig()).restore(low)
        assert exact.notes == ()
        assert torch.equal(restored.values, exact.values)

    def test_bf16_needs_no_second_try(self) -> None:
        model, low = seeded("lfsrnet_tiny", scale=4), as_batch(picture(0, 16)) ** 2
        half, exact = (
            Enhancer(Restoring(model, CPU, precision), EnhanceConfig(precision=precision)).restore(low)
            for precision in ("bf16", "fp32")
        )
        assert half.notes == ()
        assert 0 < (half.values - exact.values).abs().mean() < 0.02

    def test_what_is_never_finite_is_named(self) -> None:
        class Broken(Marked):
            def _stages(self, low: torch.Tensor) -> dict[str, torch.Tensor]:
                return {"restored": super()._stages(low)["restored"] * torch.nan}

        with pytest.raises(BadPicture, match="not finite"):
            Restoring(Broken(), CPU)(torch.rand(1, 3, 4, 4))
