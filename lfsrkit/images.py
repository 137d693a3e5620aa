"""Pictures in and out: safe decoding, lossless encoding, 8 bits and floats, resizing.

Arrays are uint8, RGB, (height, width, 3); tensors are as in `lfsrkit.types`.
"""

import base64
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, UnidentifiedImageError
from torch import Tensor

from lfsrkit.errors import BadPicture
from lfsrkit.files import write_whole
from lfsrkit.types import Bytes, Images

Pixels = NDArray[np.uint8]
"""A picture as an array (height, width, 3)."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
SMALLEST = 2
"""Side in pixels of the smallest picture that is read."""
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
PNG_LEVEL = 3
"""zlib level of PNG files; higher ones save little on photographs and cost time."""
SMALL_SIDE = 32
"""Pixels; below this side PNG is quicker than WebP, above it WebP is quicker and smaller."""

_EIGHT_BIT = frozenset({"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"})


def decode(data: bytes) -> Pixels:
    """Decode an encoded picture to upright 8-bit sRGB.

    EXIF orientation is applied, an embedded colour profile is converted to sRGB, 16-bit grey keeps its range,
    transparent pixels are laid over white.

    Args:
        data: A JPEG, PNG, WebP, BMP or TIFF file.

    Raises:
        BadPicture: With the reason, if it cannot be decoded or is not one still picture.
    """
    return np.asarray(decode_picture(data))


def decode_picture(data: bytes) -> Pillow.Image:
    """Decode as `decode` does, for those who only need a part of the picture: pixels are not copied out of Pillow.

    Args:
        data: A JPEG, PNG, WebP, BMP or TIFF file.

    Raises:
        BadPicture: As `decode`.
    """
    if not data:
        raise BadPicture("empty file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        try:
            with Pillow.open(io.BytesIO(data), formats=FORMATS) as picture:
                return _upright_rgb(picture)
        except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError):
            raise BadPicture(f"more than {Pillow.MAX_IMAGE_PIXELS} pixels") from None
        except UnidentifiedImageError:
            raise BadPicture(f"not a picture of a known format ({', '.join(FORMATS)})") from None
        except BadPicture:
            raise
        except Exception as error:  # decoders raise whatever a damaged file leads them to
            raise BadPicture(f"damaged: {type(error).__name__}: {error}") from None


def encode_lossless(pixels: Pixels) -> bytes:
    """Encode for a data set: WebP lossless at its quickest, or PNG below 32 pixels.

    What a picture takes in bytes, in milliseconds to encode and to decode (Pillow 13.0, one core; faces of CelebA, low
    ones with `fsr_gamma`; ``benchmarks/pairs_speed.py`` prints the table):

    ==============  ===================  ==================  =================
    codec           clean, 128 px        low, 32 px          low, 16 px
    ==============  ===================  ==================  =================
    PNG level 1     27,884  1.03  0.50   2,090  0.11  0.06   638  0.05  0.04
    PNG level 3     27,323  1.29  0.48   2,079  0.11  0.06   637  0.05  0.04
    WebP method 0   20,415  0.49  0.34   1,894  0.09  0.10   685  0.12  0.08
    WebP method 1   18,714  1.49  0.35   1,845  0.16  0.10   640  0.17  0.08
    WebP method 2   18,525  1.92  0.36   1,845  0.16  0.10   640  0.17  0.08
    ==============  ===================  ==================  =================

    So WebP method 0 (effort 0: more of it takes longer and saves nothing there) needs three quarters of the bytes of
    PNG, 40 % of the time to build and 70 % of the time to read; methods 1 and 2 save another 8 % for three times the
    time.

    Args:
        pixels: A picture.

    Example:
        >>> picture = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
        >>> bool((decode(encode_lossless(picture)) == picture).all())
        True
    """
    if min(pixels.shape[:2]) < SMALL_SIDE:
        return encode_png(pixels)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "WEBP", lossless=True, method=0, quality=0)
    return buffer.getvalue()


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode losslessly as PNG, which every program reads.

    Args:
        pixels: (height, width, 3), or (height, width) for grey.

    Example:
        >>> picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        >>> bool((decode(encode_png(picture)) == picture).all())
        True
    """
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "PNG", compress_level=PNG_LEVEL)
    return buffer.getvalue()


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """Write a picture as text that stands for its address in a page.

    Args:
        pixels: As for `encode_png`.

    Example:
        >>> data_uri(np.zeros((1, 1, 3), np.uint8))[:22]
        'data:image/png;base64,'
    """
    return "data:image/png;base64," + base64.b64encode(encode_png(pixels)).decode()


def resize(pixels: Pixels, height: int, width: int) -> Pixels:
    """Resize with Pillow's antialiased bicubic kernel (a = -0.5).

    Args:
        pixels: Any size.
        height: Wanted height in pixels.
        width: Wanted width in pixels.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Pillow.fromarray(pixels).resize((width, height), Pillow.Resampling.BICUBIC))


def cut(picture: Pillow.Image, crop: tuple[int, int, int, int], side: int) -> Pixels:
    """Cut a part out of a picture and resize it as `resize` does.

    Args:
        picture: RGB or grey.
        crop: Left, top, right and bottom in pixels; right and bottom are exclusive.
        side: Height and width of the result in pixels.
    """
    part = picture.crop(crop)
    return np.asarray(part if part.size == (side, side) else part.resize((side, side), Pillow.Resampling.BICUBIC))


def fitted(pixels: Pixels, side: int) -> Pixels:
    """Shrink a picture so that none of its sides is longer than wanted; a smaller one stays as it is.

    Args:
        pixels: uint8 (h, w, 3).
        side: Longest side of the result, in pixels.
    """
    height, width = pixels.shape[:2]
    factor = min(1.0, side / max(height, width))
    return resize(pixels, max(1, round(height * factor)), max(1, round(width * factor)))


def to_bytes(pixels: Sequence[Pixels]) -> Bytes:
    """Stack pictures of one size into an 8-bit batch.

    Args:
        pixels: Pictures of one size.
    """
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()


def to_pixels(batch: Tensor) -> list[Pixels]:
    """Split a batch into pictures.

    Args:
        batch: (n, 3, h, w), 8-bit, or float from 0 to 1, which is clamped and rounded.
    """
    stored = batch if batch.dtype == torch.uint8 else quantise(batch)
    return list(stored.permute(0, 2, 3, 1).contiguous().cpu().numpy())


def to_float(batch: Bytes, dtype: torch.dtype = torch.float32) -> Images:
    """Turn 8 bits into floats from 0 to 1.

    Args:
        batch: 8-bit pictures.
        dtype: Number format of the result.
    """
    return batch.to(dtype).div_(255)


def quantise(batch: Images) -> Bytes:
    """Clamp to 0..1 and round to 8 bits.

    Args:
        batch: Float pictures.
    """
    return batch.clamp(0, 1).mul_(255).round_().to(torch.uint8)


def write_png(path: Path, pixels: Pixels) -> None:
    """Write a PNG file, whole or not at all.

    Args:
        path: Where to.
        pixels: (height, width, 3).
    """
    write_whole(path, encode_png(pixels))


def _upright_rgb(picture: Any) -> Pillow.Image:
    frames = getattr(picture, "n_frames", 1)
    if frames != 1:
        raise BadPicture(f"animated or many pages: {frames} frames")
    if min(picture.size) < SMALLEST:
        raise BadPicture(f"only {picture.width}x{picture.height} pixels")
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    return _to_rgb(picture)


def _to_rgb(picture: Any) -> Any:
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):
        return _to_srgb(_from_16_bits(picture), profile)
    if picture.mode not in _EIGHT_BIT:
        raise BadPicture(f"pixel format {picture.mode!r} is not 8 or 16 bits")
    if not picture.has_transparency_data:
        return _to_srgb(picture, profile)
    layer = picture.convert("RGBA")
    # The colours first: the profile is theirs, while the white that shows through is that of sRGB.
    colours = _to_srgb(layer.convert("L" if picture.mode in ("L", "LA") else "RGB"), profile)
    colours.putalpha(layer.getchannel("A"))
    white = Pillow.new("RGBA", layer.size, (255, 255, 255, 255))
    return Pillow.alpha_composite(white, colours).convert("RGB")


def _from_16_bits(picture: Any) -> Any:
    values = np.asarray(picture).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise BadPicture("32-bit whole numbers beyond 16 bits")
    return Pillow.fromarray(((values + 128) // 257).clip(0, 255).astype(np.uint8))


def _to_srgb(picture: Any, profile: bytes | None) -> Any:
    """Give RGB; a profile that cannot be used is as good as none, and one beside Lab is not that of its values."""
    plain = picture if picture.mode in ("RGB", "CMYK", "L") else picture.convert("RGB")
    if profile and picture.mode != "LAB":
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            pass
    return plain if plain.mode == "RGB" else plain.convert("RGB")
