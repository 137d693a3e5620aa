"""Lossy coding."""

import io
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from PIL import Image as Pillow

from lfsrkit.degradations.base import Degradation, Params, straight_through
from lfsrkit.degradations.draws import IntRange, integers, outside, require
from lfsrkit.images import Pixels, quantise, to_bytes, to_float, to_pixels
from lfsrkit.seeding import Streams, streams
from lfsrkit.types import Images, Resized

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]


@dataclass(frozen=True)
class Jpeg(Degradation):
    """Compress as JPEG and decode again.

    The picture is rounded to 8 bits, coded by libjpeg with its standard tables scaled to the drawn quality, and
    decoded. Exact coding runs on the CPU, a picture at a time, and has no gradient. The differentiable codec runs on
    any device but only resembles JPEG (34 to 43 dB from libjpeg), and its last bits depend on the batch: never build
    pairs with it.

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
        known = get_args(Subsampling)
        unknown = self.subsampling not in known
        unmet = not self.exact and self.subsampling != "4:2:0"
        require(
            "jpeg",
            outside("quality", self.quality, 1, 100),
            f"subsampling = {self.subsampling!r}: give one of {', '.join(known)}" if unknown else None,
            "exact = False: the differentiable codec knows subsampling='4:2:0' only" if unmet else None,
        )

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the qualities."""
        return {"quality": integers(self.quality, streams(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        """Code and decode every picture with its own quality."""
        if not self.exact:
            return _resembling(images, params)
        coded = zip(to_pixels(images), params["quality"], strict=True)
        return to_float(to_bytes([self._coded(pixels, quality) for pixels, quality in coded]), images.dtype).to(images)

    def neutral(self, n: int) -> Params | None:
        """None: even quality 100 rounds."""
        return None

    def _coded(self, pixels: Pixels, quality: int) -> Pixels:
        buffer = io.BytesIO()
        Pillow.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=self.subsampling)
        return np.asarray(Pillow.open(buffer))


def _resembling(images: Images, params: Params) -> Resized:
    from kornia.enhance import jpeg_codec_differentiable

    stored = straight_through(images, to_float(quantise(images), images.dtype))
    return jpeg_codec_differentiable(stored, images.new_tensor(params["quality"])).clamp(0, 1)
