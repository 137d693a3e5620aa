"""What can be set about evaluation and about enhancing pictures."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from lfsrkit.calls import Call
from lfsrkit.config import Config
from lfsrkit.stages.components import Detector, Landmarker, Metric, Positive, Split, one_or_more
from lfsrkit.stages.training import Precision

EnhanceMode = Literal["auto", "face", "faces", "whole"]


class EvaluateConfig(Config):
    """Stage 4: what is measured."""

    split: Split = "test"
    """Which split of the pairs."""
    metrics: Annotated[tuple[Metric, ...], BeforeValidator(one_or_more)] = tuple(
        Call(name) for name in ("psnr", "ssim", "lpips", "psnr_y", "ssim_y")
    )
    """Metrics, in the order of the table."""
    blind: Annotated[tuple[Metric, ...], BeforeValidator(one_or_more)] = (Call("mean_luma"), Call("noise"))
    """Metrics of pictures alone, where there are no clean ones: those tagged ``no_reference``."""
    landmarker: Landmarker = Call("face_mesh")
    """What finds 68 landmarks: for the alignment, and to look for faces where there are no clean pictures."""
    alignment: bool = False
    """Error of the landmarks against those found on the clean picture, beside the metrics."""
    regions: bool = False
    """PSNR of eyes, brows, nose, mouth, skin and background beside them; for pairs, whose regions are known."""
    batch_size: Positive = 16
    """Pictures at a time."""


class EnhanceConfig(Config):
    """Stage 5: how pictures are enhanced."""

    mode: EnhanceMode = "auto"
    """``face``: the picture is one face, framed as in training; ``faces``: find the faces of a photograph, restore
    each and paste it back; ``whole``: restore all of it, tile by tile; ``auto``: ``face`` up to twice the size of
    the faces that the model was trained on, else ``faces``."""
    enlarge: Annotated[float, Field(gt=0, le=16)] | None = None
    """Factor between the input and the result, in ``faces`` and ``whole``; by default 2 and the scale of the model."""
    bits: Literal[8, 16] = 8
    """Bits a channel of the PNG files that are written."""
    precision: Precision = "fp32"
    """Number format; what is not finite in ``bf16`` or ``fp16`` is restored again in ``fp32``."""
    max_side: Positive = 512
    """Largest side in pixels of a picture that is taken as one face; a larger one is refused with a reason."""
    detector: Detector = Call("blazeface")
    """What finds the faces of a photograph."""
    framing: Literal["celeba", "ffhq", "arcface"] = "celeba"
    """How the faces were framed that the model was trained on."""
    low_side: Positive | None = None
    """Side in pixels of the dark faces that the model was trained on; by default 128 divided by its scale."""
    background: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Mean brightness that a photograph is lifted to round its faces; a brighter one stays as it is."""
    tile: Annotated[int, Field(ge=32)] = 64
    """Side of a tile in ``whole``, in pixels of the input."""
    overlap: Positive = 16
    """Of neighbouring tiles, in pixels of the input; at most a quarter of a tile."""

    @model_validator(mode="after")
    def _check_overlap(self) -> "EnhanceConfig":
        if self.overlap * 4 > self.tile:
            raise ValueError(f"overlap is {self.overlap}; at most a quarter of tile = {self.tile} is possible")
        return self
