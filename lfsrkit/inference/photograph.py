"""Photographs in and out: their values in full depth, and what their files say beside them."""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

from lfsrkit.files import write_whole
from lfsrkit.images import PNG_LEVEL, Pixels, decode, to_bytes, to_float, to_pixels
from lfsrkit.types import Images

_PNG = b"\x89PNG\r\n\x1a\n"
_DEPTH_AT, _COLOUR_AT = 24, 25
_RGB = 2
_ORIENTATION = 0x0112
_STRUCTURE = frozenset(
    {*range(254, 267), 273, *range(277, 282), 284, *range(288, 294), 301, 317, *range(320, 348), *range(512, 533)}
)
"""Tags of TIFF that say how the pixels of the input are stored: sizes, strips, tiles, compression, colours."""
_APART = frozenset({700, 33723, 34377, 34675, 37724})
"""XMP, IPTC, Photoshop and ICC, which TIFF keeps among its tags and every other format apart from EXIF."""
_PIXEL_SIZES = (0xA002, 0xA003)
_EXIF_FOLDER = 0x8769


@dataclass(frozen=True, eq=False)
class Photograph:
    """An upright picture in sRGB, and what its file says beside the pixels."""

    values: Images
    """(1, 3, h, w), float32, 0 to 1."""
    exif: bytes | None = None
    """EXIF without what holds for the pixels of the file only: orientation, thumbnail, and how a TIFF stores them."""
    profile: bytes | None = None
    """ICC profile of the file; the values are sRGB all the same."""
    lost: tuple[str, ...] = ()
    """What the file says beside the pixels that cannot be kept."""

    @property
    def pixels(self) -> Pixels:
        """In 8 bits."""
        return to_pixels(self.values)[0]


def read_photograph(data: bytes) -> Photograph:
    """Decode a file; a PNG of 16 bits a channel keeps them.

    Args:
        data: A JPEG, PNG, WebP, BMP or TIFF file.

    Raises:
        BadPicture: As `lfsrkit.images.decode`.
    """
    pixels = decode(data)
    exif, profile, lost = _said_beside(data)
    deep = _deep_values(data) if profile is None else None
    values = to_float(to_bytes([pixels])) if deep is None else deep
    return Photograph(values, exif, profile, lost)


def write_photograph(path: Path, restored: Images, beside: Photograph, *, bits: int = 8) -> list[str]:
    """Write a PNG, whole or not at all, with the EXIF and the ICC profile of another picture.

    With 8 bits the values are converted back into the colours of the profile, which stays. In 16 bits, or where the
    profile is not one of RGB, they stay sRGB, which is what a PNG without a profile is.

    Args:
        path: Where to.
        restored: (1, 3, h, w), 0 to 1.
        beside: What was restored.
        bits: 8 or 16 a channel.

    Returns:
        What could not be kept.
    """
    exif = None if beside.exif is None else _with_size(beside.exif, *restored.shape[-2:])
    if bits == 16:
        write_whole(path, _png_of_16_bits(restored, exif))
        unfit = [] if beside.profile is None else ["16 bits: sRGB instead of the ICC profile of the input"]
        return [*beside.lost, *unfit]
    picture: Any = Pillow.fromarray(to_pixels(restored)[0])
    managed = None if beside.profile is None else _into_profile(picture, beside.profile)
    kept: dict[str, Any] = {} if managed is None else {"icc_profile": beside.profile}
    if exif is not None:
        kept["exif"] = exif
    buffer = io.BytesIO()
    (managed or picture).save(buffer, "PNG", compress_level=PNG_LEVEL, **kept)
    write_whole(path, buffer.getvalue())
    unusable = beside.profile is not None and managed is None
    return [*beside.lost, *(["the ICC profile of the input is not one of RGB: sRGB instead"] if unusable else [])]


def _said_beside(data: bytes) -> tuple[bytes | None, bytes | None, tuple[str, ...]]:
    with Pillow.open(io.BytesIO(data)) as picture:
        profile = picture.info.get("icc_profile") or None
        try:
            return _exif_of(picture), profile, ()
        except Exception:  # Pillow raises whatever a damaged table leads it to
            return None, profile, ("the EXIF of the input is damaged: it is left out",)


def _exif_of(picture: Any) -> bytes | None:
    exif = picture.getexif()
    for tag in (_ORIENTATION, *_STRUCTURE, *_APART):
        exif.pop(tag, None)
    if not exif:
        return None
    table = exif.tobytes()
    _with_size(table, 1, 1)  # what cannot be written with a result is found out before there is one
    return table


def _with_size(exif: bytes, height: int, width: int) -> bytes:
    """Correct what EXIF says of the size of the picture, if it says something."""
    table = Pillow.Exif()
    table.load(exif)
    folder = table.get_ifd(_EXIF_FOLDER)
    for tag, value in zip(_PIXEL_SIZES, (width, height), strict=True):
        if tag in folder:
            folder[tag] = value
    return table.tobytes()


def _deep_values(data: bytes) -> Images | None:
    """Decode an opaque PNG of 16 bits a channel, of which Pillow would keep 8."""
    deep = data[:8] == _PNG and len(data) > _COLOUR_AT and data[_DEPTH_AT] == 16 and data[_COLOUR_AT] == _RGB
    if not deep:
        return None
    high, low = (_bytes_of(data, order) for order in ("RGB;16B", "RGB;16L"))
    if high is None or low is None:
        return None
    values = high.astype(np.float32) * 256 + low
    return torch.from_numpy(values).permute(2, 0, 1)[None].div(65535).contiguous()


def _bytes_of(data: bytes, order: str) -> Pixels | None:
    """Decode one byte of every value, upright: what Pillow takes for the higher one depends on the order it is told."""
    with Pillow.open(io.BytesIO(data)) as picture:
        image: Any = picture
        image.tile = [part._replace(args=order) for part in image.tile]
        image.load()
        if image.has_transparency_data:
            return None
        return np.asarray(ImageOps.exif_transpose(image))


def _into_profile(picture: Any, profile: bytes) -> Any:
    try:
        target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"), target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _png_of_16_bits(restored: Images, exif: bytes | None) -> bytes:
    """Encode 16 bits a channel, which Pillow cannot."""
    values: NDArray[np.uint16] = (
        restored[0].clamp(0, 1).mul(65535).round().permute(1, 2, 0).to(torch.int32).cpu().numpy().astype(">u2")
    )
    height, width = values.shape[:2]
    rows = values.reshape(height, -1).view(np.uint8)
    above = np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
    up = np.full((height, 1), 2, np.uint8)  # filter 2 of the format: the difference to the row above
    body = np.concatenate([up, rows - above], axis=1).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 16, _RGB, 0, 0, 0)
    own = [] if exif is None else [_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))]
    chunks = [_chunk(b"IHDR", head), _chunk(b"sRGB", b"\0"), *own]
    return _PNG + b"".join([*chunks, _chunk(b"IDAT", zlib.compress(body, PNG_LEVEL)), _chunk(b"IEND", b"")])


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
