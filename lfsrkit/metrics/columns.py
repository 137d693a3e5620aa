"""How scores are written wherever they are shown: the head of their column, their digits, and their better end."""

from dataclasses import dataclass
from typing import Literal

from lfsrkit.registries import METRICS

Better = Literal["higher", "lower"]

ABSENT = "-"
"""Stands where there is no value."""

_HEADS = {
    "auc_0.08": "AUC@0.08",
    "clean_faces": "share of clean faces found",
    "colour_bias": "colour bias",
    "face_score": "score of the detector",
    "faces_found": "share of faces found",
    "gt_mean_psnr": "GT-mean PSNR (dB)",
    "identity": "identity",
    "landmark_failures": "share of failures",
    "mean_luma": "mean luma",
    "noise": "noise",
}
"""Of columns whose names are no heads."""
_IN_LEVELS = ("colour_bias", "mean_luma", "noise")
"""Measured in 8-bit levels."""
_ENDS: dict[str, Better | None] = {
    "clean_faces": None,
    "colour_bias": "lower",
    "landmark_failures": "lower",
    "mean_luma": None,
    "nme": "lower",
}
"""Of columns that are no metric of the registry, or have no better end."""


@dataclass(frozen=True)
class ScoreColumn:
    """How the scores of one metric are written."""

    head: str
    digits: int
    """After the point."""
    better: Better | None
    """Which end is the better one, if one is."""

    def text(self, value: float | None) -> str:
        """Write a score.

        Args:
            value: None where there is none; NaN where the picture holds no number.
        """
        return ABSENT if value is None else f"{value:,.{self.digits}f}"


def score_column(metric: str) -> ScoreColumn:
    """Tell how the scores of a metric are written.

    Args:
        metric: Name in METRICS, or of what `lfsrkit.evaluation` measures beside them; PSNR of a region is like PSNR.

    Example:
        >>> score_column("psnr_eyes"), score_column("lpips").better
        (ScoreColumn(head='PSNR eyes (dB)', digits=2, better='higher'), 'lower')
        >>> score_column("psnr").text(24.49541), score_column("ssim").text(0.75871), score_column("ssim").text(None)
        ('24.50', '0.7587', '-')
    """
    digits = 2 if "psnr" in metric or metric in _IN_LEVELS else 4
    return ScoreColumn(_HEADS.get(metric) or _head(metric), digits, _better_end(metric))


def _head(metric: str) -> str:
    start, _, rest = metric.partition("_")
    words = f"{start.upper()} {rest.upper() if len(rest) == 1 else rest.replace('_', ' ')}".strip()
    return f"{words} (dB)" if "psnr" in metric else words


def _better_end(metric: str) -> Better | None:
    if metric in _ENDS:
        return _ENDS[metric]
    return "higher" if metric not in METRICS or METRICS[metric].higher_is_better else "lower"
