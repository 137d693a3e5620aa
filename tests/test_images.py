"""Decoding: every odd picture is converted correctly or refused with a reason."""

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import picture
from PIL import Image, ImageCms

from lfsrkit.errors import BadPicture
from lfsrkit.images import decode, encode_png, quantise, resize, to_bytes, to_float, to_pixels
from lfsrkit.sheets import contact_sheet


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


FACE = picture(1, 24, 16)
RGB = Image.fromarray(FACE)


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_come_back_as_they_were(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    assert (decode(encoded(RGB, form, **options)) == FACE).all()


def test_jpeg_is_what_pillow_decodes() -> None:
    data = encoded(RGB, "JPEG", quality=90)
    assert (decode(data) == np.asarray(Image.open(io.BytesIO(data)))).all()


def test_exif_orientation_is_honoured() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert (decode(encoded(RGB, "PNG", exif=exif)) == np.rot90(FACE, -1)).all()


def test_grey_and_palette_are_converted() -> None:
    grey = decode(encoded(RGB.convert("L")))
    assert (grey == np.asarray(RGB.convert("L"))[..., None]).all()
    palette = RGB.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    assert (decode(encoded(palette)) == np.asarray(palette.convert("RGB"))).all()


def test_cmyk_is_converted() -> None:
    cmyk = RGB.convert("CMYK")
    assert np.abs(decode(encoded(cmyk, "TIFF")).astype(int) - np.asarray(cmyk.convert("RGB"))).max() == 0


def test_16_bit_grey_keeps_its_range() -> None:
    values = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    found = decode(encoded(Image.fromarray(values)))
    assert (found[..., 0] == np.round(values / 257)).all()
    assert (found[0, 0, 0], found[-1, -1, 0]) == (0, 255)


def test_transparency_lies_over_white() -> None:
    layer = np.dstack([FACE, np.zeros(FACE.shape[:2], np.uint8)])
    layer[:12, :, 3] = 255
    found = decode(encoded(Image.fromarray(layer)))
    assert (found[:12] == FACE[:12]).all()
    assert (found[12:] == 255).all()


def test_a_profile_is_converted_to_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.abs(decode(encoded(RGB, icc_profile=profile)).astype(int) - FACE).max() <= 1
    assert (decode(encoded(RGB, icc_profile=b"nonsense")) == FACE).all()


def profile_of(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2 with nothing but what is asked for."""
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", place + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s", place + len(body), 0x02400000, b"mntr", space, b"XYZ ", b"acsp")
    white = struct.pack(">iii", 63190, 65536, 54061)  # D50, as the format asks for
    return head.ljust(68, b"\0") + white.ljust(60, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">iii", *(round(value * 65536) for value in values))


LINEAR = b"curv\0\0\0\0\0\0\0\0"
CURVE = b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(2.2 * 256))
WHITE, RED, GREEN, BLUE = (
    xyz(0.9642, 1.0, 0.8249),
    xyz(0.4361, 0.2225, 0.0139),
    xyz(0.3851, 0.7169, 0.0971),
    xyz(0.1431, 0.0606, 0.7141),
)
SWAPPED = profile_of(
    b"RGB ",
    {b"wtpt": WHITE, b"rXYZ": BLUE, b"gXYZ": GREEN, b"bXYZ": RED, b"rTRC": CURVE, b"gTRC": CURVE, b"bTRC": CURVE},
)
LINEAR_GREY = profile_of(b"GRAY", {b"wtpt": WHITE, b"kTRC": LINEAR})


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_profile_is_that_of_the_colours_in_every_mode(mode: str) -> None:
    flat = Image.new("RGB", (4, 4), (204, 51, 0)).convert(mode)
    found = decode(encoded(flat, icc_profile=SWAPPED))
    assert np.abs(found.astype(int) - (0, 51, 204)).max() <= 6  # the curve is not quite that of sRGB


def test_transparency_lies_over_white_of_srgb() -> None:
    layer = np.full((3, 4, 4), (200, 40, 10, 255), np.uint8)
    layer[:, :, 3] = np.array([[0], [128], [255]])
    clear, half, full = decode(encoded(Image.fromarray(layer), icc_profile=SWAPPED)).astype(int)
    assert (clear == 255).all()
    assert np.abs(half - (255 + (full - 255) * 128 / 255)).max() <= 1
    colours = Image.fromarray(layer[..., :3])
    assert (full == decode(encoded(colours, icc_profile=SWAPPED))[2]).all()
    keyed = decode(encoded(colours, icc_profile=SWAPPED, transparency=(200, 40, 10)))
    assert (keyed == 255).all()


def test_a_profile_of_grey_is_used_with_and_without_transparency() -> None:
    grey = Image.fromarray(np.arange(16, 256, 16, dtype=np.uint8).reshape(3, 5))
    plain = decode(encoded(grey, icc_profile=LINEAR_GREY))
    assert (plain[..., 0] > np.asarray(grey)).all()  # linear light is lighter in sRGB
    assert (decode(encoded(grey.convert("LA"), icc_profile=LINEAR_GREY)) == plain).all()
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    assert (decode(encoded(deep, icc_profile=LINEAR_GREY)) == plain).all()


def bomb(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"just some text", "not a picture"),
        (encoded(RGB)[:-100], "damaged"),
        (encoded(picture_image := Image.fromarray(picture(2, 64)), "JPEG")[:400], "damaged"),
        (encoded(RGB.crop((0, 0, 1, 1))), "1x1"),
        (bomb(20000, 20000), "pixels"),
        (bomb(12000, 9000), "pixels"),
        (encoded(RGB, "PNG", save_all=True, append_images=[RGB.rotate(90)]), "animated"),
        (encoded(RGB, "WEBP", save_all=True, append_images=[RGB.transpose(1)]), "animated"),
        (encoded(RGB, "TIFF", save_all=True, append_images=[RGB]), "pages"),
        (encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"), "'F'"),
        (encoded(RGB, "GIF"), "not a picture"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadPicture, match=reason):
        decode(data)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_never_gives_another_error(noise: bytes, place: int) -> None:
    data = bytearray(encoded(RGB, "JPEG"))
    data[place : place + len(noise)] = noise
    with suppress(BadPicture):
        assert decode(bytes(data)).ndim == 3


def test_bytes_and_floats_round_trip() -> None:
    batch = to_bytes([FACE, FACE[::-1].copy()])
    assert (quantise(to_float(batch)) == batch).all()
    assert (to_pixels(to_float(batch, torch.float64))[0] == FACE).all()
    assert to_pixels(torch.full((1, 3, 2, 2), 7.0))[0].max() == 255


def test_resize_is_pillows_bicubic() -> None:
    assert (resize(FACE, 12, 8) == np.asarray(RGB.resize((8, 12), Image.Resampling.BICUBIC))).all()


def test_a_sheet_holds_pictures_of_several_sizes() -> None:
    sheet = contact_sheet([(picture(0, 8), picture(0, 32))], ("low", "clean"))
    assert sheet.shape == (16 + 4 + 36, 4 + 2 * 36, 3)
    assert (decode(encode_png(sheet)) == sheet).all()
