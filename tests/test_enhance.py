"""Real photographs: faces found and pasted back, whole pictures in tiles, and what a file says beside its pixels."""

import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageCms
from torch.nn import functional

from lfsrkit import DETECTORS, MODELS
from lfsrkit.detectors import Detector, FoundFace
from lfsrkit.errors import BadPicture, MissingWeights, OutputRefused
from lfsrkit.faces.synthetic import draw_face, sample_face
from lfsrkit.images import Pixels, decode, encode_png, resize
from lfsrkit.inference import Enhanced, enhance
from lfsrkit.inference.alignment import Placement, cut_out, paste, place
from lfsrkit.inference.photograph import read_photograph, write_photograph
from lfsrkit.inference.photographs import Photographs, brightened
from lfsrkit.inference.restoring import NOTE, Restoring
from lfsrkit.inference.tiles import Tiling, is_local, restore_tiled
from lfsrkit.models import ModelInfo, Restorer
from lfsrkit.models.edsr import Edsr
from lfsrkit.regions import template_points
from lfsrkit.stages import EnhanceConfig
from tests.pictures import picture

CELEBA = Path(__file__).parents[2] / "shared" / "faces" / "celeba"
CPU = torch.device("cpu")


def reason_of_absence() -> str | None:
    try:
        DETECTORS.create("blazeface")
    except MissingWeights as error:
        return str(error)
    return None


ABSENT = reason_of_absence()
needs_detector = pytest.mark.skipif(ABSENT is not None, reason=str(ABSENT))


def seeded(name: str, **params: Any) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MODELS.create(name, **params).eval()


def as_batch(pixels: Pixels) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def drawn(number: int, size: int) -> Pixels:
    return draw_face(sample_face(torch.Generator().manual_seed(number)), size).image


def points_of(square: Placement) -> np.ndarray:
    """Eyes and mouth of a face that fills a square of the framing."""
    five = template_points(1, "celeba")
    return square.origin + np.stack([five[0], five[1], five[3:].mean(axis=0)]) @ square.turn.T


def turned(x: float, y: float, side: float, degrees: float) -> Placement:
    a = np.radians(degrees)
    return Placement(np.array([x, y], float), float(side) * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]))


class Marked(Restorer):
    """Paints everything green, so that one sees where it was used."""

    def __init__(self, scale: int = 4) -> None:
        super().__init__(ModelInfo("joint", (2, 4, 8)), scale)
        self.sizes: list[tuple[int, ...]] = []

    def _stages(self, low: torch.Tensor) -> dict[str, torch.Tensor]:
        self.sizes.append(tuple(low.shape[-2:]))
        size = (low.shape[-2] * self.scale, low.shape[-1] * self.scale)
        green = torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1)
        return {"restored": green.expand(low.shape[0], 3, *size)}


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
        return model, Photographs(Restoring(model, CPU), config).restore(low)

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
        assert all(max(size) <= 64 for size in model.sizes if size != (96, 96))  # the probe of `is_local`

    def test_what_no_program_would_open_is_refused_before_it_is_made(self, stub: Any) -> None:
        with pytest.raises(BadPicture, match="choose a smaller -s enlarge"):
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
        photographs = Photographs(Restoring(Shaky(), CPU, "fp16"), EnhanceConfig(precision="fp16"))
        restored = photographs.restore(low)
        assert restored.notes == (NOTE,)
        exact = Photographs(Restoring(Shaky(), CPU), EnhanceConfig()).restore(low)
        assert exact.notes == ()
        assert torch.equal(restored.values, exact.values)

    def test_bf16_needs_no_second_try(self) -> None:
        model, low = seeded("lfsrnet_tiny", scale=4), as_batch(picture(0, 16)) ** 2
        half, exact = (
            Photographs(Restoring(model, CPU, precision), EnhanceConfig(precision=precision)).restore(low)
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


def joined(model: Restorer, low: torch.Tensor, tiling: Tiling, *, local: bool) -> torch.Tensor:
    return torch.cat(list(restore_tiled(Restoring(model, CPU), low, tiling, local=local)), dim=-2)


class TestTiles:
    @pytest.mark.parametrize("length", range(1, 200))
    def test_tiles_cover_a_side_and_no_three_meet(self, length: int) -> None:
        spans = Tiling(32, 8).spans(length)
        covered = np.zeros(length, int)
        for start, end in spans:
            assert 0 <= start < end <= length
            assert end - start <= 32
            covered[start:end] += 1
        assert covered.min() >= 1
        assert covered.max() <= 2
        assert all(first[1] - second[0] >= 8 for first, second in pairwise(spans))

    def test_a_local_model_gives_the_same_in_tiles(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = Edsr(2, channels=8, blocks=1).eval()
        low = as_batch(picture(0, 90, 131))
        assert is_local(Restoring(model, CPU))
        with torch.inference_mode():
            whole = model(low).clamp(0, 1)
        # Four convolutions of 3 x 3 in front of the shuffle and one after it see 5 pixels; 16 are shared.
        tiled = joined(model, low, Tiling(64, 16), local=True)
        away = (tiled - whole).abs()
        assert tiled.shape == whole.shape
        assert away.mean() < 1e-3
        assert away.max() < 0.05

    def test_constant_pictures_stay_constant(self) -> None:
        tiled = joined(Marked(2), torch.rand(1, 3, 70, 150), Tiling(32, 8), local=True)
        assert torch.allclose(tiled[:, 1], torch.ones(1), atol=1e-6)
        assert tiled[:, 0].abs().max() == 0

    @pytest.mark.parametrize("name", ["bicubic", "lfsrnet_tiny"])
    def test_seams_of_a_model_that_is_not_local_cannot_be_seen(self, name: str) -> None:
        model, tiling = seeded(name, scale=2), Tiling(64, 16)
        if name == "lfsrnet_tiny":
            with torch.no_grad():
                # As trained networks do, it shall look at the brightness of the whole picture.
                model.curve.predict[-1].weight.mul_(20)
        assert not is_local(Restoring(model, CPU))
        # Black on the left, bright on the right: alone, each tile would be lifted in its own way.
        low = torch.linspace(0, 1, 200).expand(1, 3, 100, 200) ** 2
        with torch.inference_mode():
            guide = model(functional.interpolate(low, (32, 64), mode="bicubic", antialias=True)).clamp(0, 1)
        wanted = functional.adaptive_avg_pool2d(guide, (5, 10))
        plain, level = (
            (functional.adaptive_avg_pool2d(joined(model, low, tiling, local=local), (5, 10)) - wanted).abs()
            for local in (True, False)
        )
        assert level.max() < 0.35 * plain.max()
        assert level.mean() < 0.02

    def test_the_network_never_sees_more_than_a_tile(self) -> None:
        model = Marked(2)
        joined(model, torch.rand(1, 3, 300, 40), Tiling(48, 12), local=False)
        assert max(max(size) for size in model.sizes) <= 48


class TestFiles:
    def test_exif_and_profile_stay_and_the_picture_is_upright(self, tmp_path: Path) -> None:
        dark = Pillow.fromarray((picture(0, 16, 24) // 3).astype(np.uint8))
        exif = dark.getexif()
        exif[0x0110], exif[0x0112], exif[0x0132] = "Camera", 6, "2025:01:02 03:04:05"
        exif.get_ifd(0x8769)[0xA002] = 24
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        dark.save(tmp_path / "a.jpg", exif=exif, icc_profile=profile, quality=95)
        result = next(enhance("bicubic(scale=2)", [tmp_path / "a.jpg"], tmp_path / "out", EnhanceConfig()))
        assert result.output is not None
        with Pillow.open(result.output) as bright:
            assert bright.size == (32, 48)
            kept = bright.getexif()
            assert (kept[0x0110], kept[0x0132], 0x0112 in kept) == ("Camera", "2025:01:02 03:04:05", False)
            assert kept.get_ifd(0x8769)[0xA002] == 32
            assert bright.info["icc_profile"] == profile

    def test_colours_of_another_profile_come_back(self, tmp_path: Path) -> None:
        linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        data = io.BytesIO()
        Pillow.fromarray(picture(0, 16)).save(data, "PNG", icc_profile=linear.tobytes())
        photograph = read_photograph(data.getvalue())
        notes = write_photograph(tmp_path / "a.png", photograph.values, photograph)
        assert "not one of RGB" in notes[0]
        with Pillow.open(tmp_path / "a.png") as written:
            assert "icc_profile" not in written.info

    def test_16_bits_go_in_and_come_out(self, tmp_path: Path) -> None:
        values = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), dtype=np.uint16)
        cv2.imwrite(str(tmp_path / "deep.png"), values)
        photograph = read_photograph((tmp_path / "deep.png").read_bytes())
        expected = torch.from_numpy(values[..., ::-1].astype(np.float32) / 65535).permute(2, 0, 1)[None]
        assert torch.allclose(photograph.values, expected, atol=1e-6)
        write_photograph(tmp_path / "again.png", photograph.values, photograph, bits=16)
        assert (cv2.imread(str(tmp_path / "again.png"), cv2.IMREAD_UNCHANGED) == values).all()

    def test_16_bits_keep_exif(self, tmp_path: Path) -> None:
        dark = Pillow.fromarray(picture(0, 8))
        exif = dark.getexif()
        exif[0x0110] = "Camera"
        dark.save(tmp_path / "a.png", exif=exif)
        result = next(enhance("bicubic(scale=2)", [tmp_path / "a.png"], tmp_path / "out", EnhanceConfig(bits=16)))
        assert result.output is not None
        with Pillow.open(result.output) as bright:
            bright.load()
            assert bright.getexif()[0x0110] == "Camera"
        deep = cv2.imread(str(result.output), cv2.IMREAD_UNCHANGED)
        assert (deep.dtype, deep.shape) == (np.uint16, (16, 16, 3))
        assert (deep % 257 != 0).any()

    def test_existing_outputs_are_refused_before_anything_is_done(
        self, folder: Callable[..., Path], tmp_path: Path
    ) -> None:
        place_, out = folder(3, 8), tmp_path / "out"
        out.mkdir()
        (out / "002.png").write_bytes(b"mine")
        with pytest.raises(OutputRefused, match=r"002\.png exist already; nothing was done"):
            list(enhance("bicubic", [place_], out, EnhanceConfig(), existing="refuse"))
        assert [path.name for path in out.iterdir()] == ["002.png"]
        results = {r.source.name: r for r in enhance("bicubic", [place_], out, EnhanceConfig())}
        assert (results["002.png"].skipped, results["001.png"].skipped) == (True, False)
        assert (out / "002.png").read_bytes() == b"mine"

    def test_an_interrupted_run_leaves_whole_files_and_goes_on(
        self, folder: Callable[..., Path], tmp_path: Path
    ) -> None:
        place_, out = folder(3, 8), tmp_path / "out"
        run = enhance("bicubic", [place_], out, EnhanceConfig())
        next(run)
        run.close()
        assert [path.name for path in out.iterdir()] == ["000.png"]
        assert decode((out / "000.png").read_bytes()).shape == (64, 64, 3)
        assert [r.skipped for r in enhance("bicubic", [place_], out, EnhanceConfig())] == [True, False, False]


def dark_collage(faces: list[Pixels], side: int, height: int = 360, width: int = 540) -> tuple[Pixels, list[Placement]]:
    """Put faces of one size into a large dark picture."""
    sheet, squares = np.full((height, width, 3), (90, 85, 80), np.uint8), []
    places = [(x, y) for y in range(20, height - side, side + 40) for x in range(20, width - side, side + 40)]
    for face, (x, y) in zip(faces, places, strict=False):
        sheet[y : y + side, x : x + side] = resize(face, side, side)
        squares.append(turned(x, y, side, 0))
    noise = np.random.default_rng(0).normal(0, 0.01, sheet.shape)
    return ((sheet / 255) ** 2.5 + noise).clip(0, 1).__mul__(255).round().astype(np.uint8), squares


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
