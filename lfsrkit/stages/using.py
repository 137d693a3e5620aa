"""What can be set about evaluation and about enhancing pictures."""

from lfsrkit.calls import Call
from lfsrkit.config import Config
from lfsrkit.stages.components import Landmarker, Metric, Positive, Split


class EvaluateConfig(Config):
    """Stage 4: what is measured."""

    split: Split = "test"
    """Which split of the pairs."""
    metrics: tuple[Metric, ...] = tuple(Call(name) for name in ("psnr", "ssim", "lpips", "psnr_y", "ssim_y"))
    """Metrics, in the order of the table."""
    blind: tuple[Metric, ...] = (Call("mean_luma"), Call("noise"))
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

    batch_size: Positive = 8
    """Pictures of one size at a time."""
    max_side: Positive = 512
    """Largest side of an input in pixels; a larger one is refused with a reason."""
