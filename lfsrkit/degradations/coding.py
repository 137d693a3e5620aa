"""Lossy coding."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from PIL import Image as Pillow

from lfsrkit.degradations.base import Degradation, Params, straight_through
from lfsrkit.degradations.draws import Draws, IntRange, integers, outside, require, unknown
from lfsrkit.images import Pixels, quantise, to_bytes, to_float, to_pixels
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]


@dataclass(frozen=True)
class Jpeg(Degradation):
    """Compress as JPEG and decode again.

    The picture is rounded to 8 bits, coded by libjpeg with its standard tables scaled to the drawn quality, and
    decoded. Exact coding runs on the CPU, a picture at a time, and has no gradient. The differentiable codec only
    resembles JPEG (34 to 43 dB from libjpeg) and is ten times slower: take it where a gradient is wanted.

    Args:
        quality: Range of the libjpeg quality, 1 (worst) to 100, whole numbers, both ends included.
        exact: True for libjpeg, False for the differentiable codec.
        subsampling: Chroma resolution: ``"4:4:4"`` full, ``"4:2:2"`` halved across, ``"4:2:0"`` halved both ways.

    Raises:
        BadParameters: If the quality is out of range, or the differentiable codec is asked for other than 4:2:0.

    References:
        Wallace, The JPEG Still Picture Compression Standard, Communications of the ACM 1991.
        https://doi.org/10.1145/103085.103089

        Reich, Debnath, Patel, Chakradhar, Differentiable JPEG: The Devil is in the Details, WACV 2024
        (``exact=False``). https://arxiv.org/abs/2309.06978

    Example:
        >>> import torch
        >>> Jpeg(quality=90).sample(2, torch.Generator())
        {'quality': [90, 90]}
    """

    quality: IntRange = (60, 100)
    exact: bool = True
    subsampling: Subsampling = "4:2:0"

    def __post_init__(self) -> None:
        unmet = not self.exact and self.subsampling != "4:2:0"
        require(
            "jpeg",
            outside("quality", self.quality, 1, 100),
            unknown("subsampling", self.subsampling, get_args(Subsampling)),
            "exact = False: the differentiable codec knows subsampling='4:2:0' only" if unmet else None,
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the qualities."""
        return {"quality": integers(self.quality, Draws.of(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        """Code and decode every picture with its own quality."""
        if not self.exact:
            return _resembling(images, params)
        return recoded(images, self._coded, params["quality"])

    def neutral(self, n: int) -> Params | None:
        """None: even quality 100 rounds."""
        return None

    def tags(self, listed: frozenset[str]) -> frozenset[str]:
        """The differentiable codec works on any device."""
        return listed if self.exact else listed - {"cpu_only"} | {"differentiable"}

    def _coded(self, pixels: Pixels, quality: int) -> Pixels:
        return jpeg_coded(pixels, quality, self.subsampling)


@dataclass(frozen=True)
class Webp(Degradation):
    """Compress as lossy WebP and decode again.

    The picture is rounded to 8 bits, coded by libwebp as a VP8 key frame (4:2:0, predicted blocks) and decoded: what
    web services and messengers do to a photograph. It blurs dark texture more than JPEG does and leaves no blocks.

    Args:
        quality: Range of the libwebp quality, 0 (worst) to 100, whole numbers, both ends included (the default is our
            reading).
        method: Effort of the search, 0 (fast) to 6 (small).

    Raises:
        BadParameters: If an argument is out of range.

    References:
        Bankoski, Koleszar, Quillio, Salonen, Wilkins, Xu, VP8 Data Format and Decoding Guide, RFC 6386, 2011.
        https://www.rfc-editor.org/rfc/rfc6386

    Example:
        >>> import torch
        >>> Webp(quality=80).sample(2, torch.Generator())
        {'quality': [80, 80]}
    """

    quality: IntRange = (50, 95)
    method: int = 4

    def __post_init__(self) -> None:
        require("webp", outside("quality", self.quality, 0, 100), outside("method", self.method, 0, 6))

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the qualities."""
        return {"quality": integers(self.quality, Draws.of(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        """Code and decode every picture with its own quality."""
        return recoded(images, self._coded, params["quality"])

    def neutral(self, n: int) -> Params | None:
        """None: even quality 100 halves the resolution of the chroma."""
        return None

    def _coded(self, pixels: Pixels, quality: int) -> Pixels:
        return _through_file(pixels, "WEBP", quality=quality, method=self.method)


def recoded(images: Images, coded: Callable[[Pixels, int], Pixels], strengths: list[int]) -> Resized:
    """Round pictures to 8 bits and pass each through a codec with its own strength, on the CPU.

    Args:
        images: sRGB, 0 to 1, on any device.
        coded: Codes one picture and decodes it again.
        strengths: Quality or the like, one per picture.
    """
    pairs = zip(to_pixels(images), strengths, strict=True)
    return to_float(to_bytes([coded(pixels, strength) for pixels, strength in pairs]), images.dtype).to(images)


def jpeg_coded(pixels: Pixels, quality: int, subsampling: Subsampling = "4:2:0") -> Pixels:
    """Compress a picture as JPEG by libjpeg and decode it again.

    The codec that comes with kornia gives the bits of Pillow's in a quarter of the time on small pictures.

    Args:
        pixels: The picture.
        quality: 1 (worst) to 100.
        subsampling: As in `Jpeg`.
    """
    from kornia_rs.io import (  # pyright: ignore[reportMissingModuleSource]
        decode_image_jpegturbo,
        encode_image_jpegturbo,
    )

    return decode_image_jpegturbo(encode_image_jpegturbo(pixels, quality, subsampling), "rgb")


def _through_file(pixels: Pixels, form: str, **options: Any) -> Pixels:
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, form, **options)
    return np.asarray(Pillow.open(buffer))


def _resembling(images: Images, params: Params) -> Resized:
    """Code one picture at a time, so that none depends on its neighbours in the batch."""
    from kornia.enhance import jpeg_codec_differentiable

    stored = straight_through(images, to_float(quantise(images), images.dtype))
    pairs = zip(stored.split(1), images.new_tensor(params["quality"]).split(1), strict=True)
    return torch.cat([jpeg_codec_differentiable(picture, quality) for picture, quality in pairs]).clamp(0, 1)
