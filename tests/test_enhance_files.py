"""What a file says beside its pixels stays, and no file is overwritten or half there."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageCms

from lfsrkit.errors import OutputRefused
from lfsrkit.images import decode, to_bytes, to_float
from lfsrkit.inference import enhance
from lfsrkit.inference.photograph import Photograph, read_photograph, write_photograph
from lfsrkit.stages import EnhanceConfig
from tests.pictures import picture


def deep_png(values: np.ndarray) -> bytes:
    return cv2.imencode(".png", values[..., ::-1])[1].tobytes()


def with_chunk(png: bytes, name: bytes, content: bytes) -> bytes:
    """Put a chunk behind the head of a PNG."""
    body = name + content
    return png[:33] + struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body)) + png[33:]


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

    def test_of_a_tiff_the_camera_stays_and_its_structure_does_not(self, tmp_path: Path) -> None:
        dark = Pillow.fromarray((picture(0, 16, 24) // 3).astype(np.uint8))
        exif = dark.getexif()
        exif[0x010F], exif[0x0110], exif[0x0132] = "Maker", "Camera", "2025:01:02 03:04:05"
        exif.get_ifd(0x8769)[0x829A] = 0.02
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        dark.save(tmp_path / "a.tif", exif=exif.tobytes(), icc_profile=profile)
        photograph = read_photograph((tmp_path / "a.tif").read_bytes())
        for bits in (8, 16):
            write_photograph(tmp_path / "a.png", photograph.values, photograph, bits=bits)
            with Pillow.open(tmp_path / "a.png") as bright:
                kept = bright.getexif()
                assert set(kept) == {0x010F, 0x0110, 0x0132, 0x8769}
                assert (kept[0x0110], float(kept.get_ifd(0x8769)[0x829A])) == ("Camera", 0.02)

    def test_a_tiff_that_says_nothing_else_has_no_exif(self) -> None:
        data = io.BytesIO()
        Pillow.fromarray(picture(0, 16)).save(data, "TIFF")
        assert read_photograph(data.getvalue()).exif is None

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

    @pytest.mark.parametrize(
        ("orientation", "upright"),
        [
            (None, lambda values: values),
            (1, lambda values: values),
            (2, np.fliplr),
            (3, lambda values: np.rot90(values, 2)),
            (6, lambda values: np.rot90(values, -1)),
            (8, np.rot90),
        ],
    )
    def test_16_bits_are_read_beside_exif(
        self, orientation: int | None, upright: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        values = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), dtype=np.uint16)
        exif = Pillow.Exif()
        exif[0x0110] = "Camera"
        if orientation is not None:
            exif[0x0112] = orientation
        photograph = read_photograph(with_chunk(deep_png(values), b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")))
        expected = torch.from_numpy(upright(values).astype(np.float32) / 65535).permute(2, 0, 1)[None]
        assert torch.allclose(photograph.values, expected, atol=1e-6)

    def test_what_was_written_in_16_bits_with_exif_is_read_again(self, tmp_path: Path) -> None:
        exif = Pillow.Exif()
        exif[0x0110] = "Camera"
        values = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(0))
        write_photograph(tmp_path / "a.png", values, Photograph(values, exif.tobytes()), bits=16)
        again = read_photograph((tmp_path / "a.png").read_bytes())
        assert (again.values - values).abs().max() < 0.51 / 65535
        assert again.exif is not None

    def test_16_bits_with_a_transparent_colour_are_what_decode_makes_of_them(self) -> None:
        values = np.full((4, 4, 3), (257, 514, 1028), np.uint16)
        clear = with_chunk(deep_png(values), b"tRNS", struct.pack(">HHH", 257, 514, 1028))
        assert (read_photograph(clear).values == to_float(to_bytes([decode(clear)]))).all()

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
