"""All columns of a table: the metrics that are asked for, and what goes with them."""

import math
from collections.abc import Sequence
from typing import final

from torch import Tensor

from lfsrkit.calls import Call
from lfsrkit.errors import MissingWeights, TooSmall, UsageError
from lfsrkit.evaluation.alignment import FACE_COLUMNS, LEADING_COLUMN, Aligner, Columns, face_columns, misalignment
from lfsrkit.images import to_pixels
from lfsrkit.metrics import Metric, colour_bias, gt_mean_psnr
from lfsrkit.metrics.regional import regional_psnr
from lfsrkit.regions.landmarkers import Landmarker
from lfsrkit.registries import LANDMARKERS, METRICS
from lfsrkit.registry import NO_REFERENCE
from lfsrkit.stages import EvaluateConfig
from lfsrkit.types import Images


@final
class Meter:
    """Measures restored pictures against clean ones, with a note in place of what cannot be computed.

    Args:
        config: What is measured.
    """

    def __init__(self, config: EvaluateConfig) -> None:
        self._metrics = _Metrics(config.metrics)
        self._aligner = Aligner(LANDMARKERS.build(config.landmarker)) if config.alignment else None
        self._regions = config.regions

    @property
    def notes(self) -> tuple[str, ...]:
        """Why values are missing."""
        return tuple(self._metrics.notes)

    def __call__(self, restored: Images, clean: Images, regions: Sequence[Tensor | None] | None = None) -> Columns:
        """Measure a batch.

        Args:
            restored: On the CPU, 0 to 1.
            clean: Likewise.
            regions: Facial regions, for those who have them.
        """
        values = self._metrics(restored, clean)
        values["gt_mean_psnr"] = list(gt_mean_psnr(restored, clean).tolist())
        values["colour_bias"] = list(colour_bias(restored, clean).tolist())
        if self._regions:
            values |= regional_psnr(restored, clean, regions or [None] * len(clean))
        if self._aligner is not None:
            values |= self._aligner(to_pixels(restored), to_pixels(clean))
        return values

    def leading(self, values: Columns) -> str:
        """Name what tells how bad a picture is: the first metric with a value, then the alignment; empty if none has.

        Args:
            values: From a call.
        """
        name = self._metrics.leading(values)
        return LEADING_COLUMN if not name and self._aligner is not None else name

    def badness(self, values: Columns) -> list[float]:
        """Tell how bad each picture is, by the leading metric.

        Args:
            values: From a call.
        """
        if self.leading(values) == LEADING_COLUMN:
            return misalignment(values)
        return self._metrics.badness(values)


@final
class BlindMeter:
    """Measures pictures alone: metrics without reference, and how sure a detector is of a face.

    Args:
        config: What is measured.

    Raises:
        UsageError: If one of the metrics needs clean pictures.
    """

    def __init__(self, config: EvaluateConfig) -> None:
        comparing = [call.name for call in config.blind if NO_REFERENCE not in METRICS[call.name].all_tags]
        if comparing:
            known = ", ".join(METRICS.names(tag=NO_REFERENCE))
            raise UsageError(
                f"blind: {', '.join(comparing)} compares with clean pictures, and there are none; of the kit's own "
                f"metrics these need none: {known}"
            )
        self._metrics = _Metrics(config.blind)
        self._landmarker = self._opened(config.landmarker)

    @property
    def notes(self) -> tuple[str, ...]:
        """Why values are missing."""
        return tuple(self._metrics.notes)

    @property
    def names(self) -> list[str]:
        """The columns."""
        return [*self._metrics.names, *FACE_COLUMNS]

    def __call__(self, pictures: Images) -> Columns:
        """Measure a batch.

        Args:
            pictures: On the CPU, 0 to 1.
        """
        return self._metrics(pictures, pictures) | face_columns(self._landmarker, to_pixels(pictures))

    def leading(self, values: Columns) -> str:
        """Name what tells how bad a picture is: the detector's score, without a detector the first metric with a value.

        Args:
            values: From a call.
        """
        return self._metrics.leading(values) if self._landmarker is None else FACE_COLUMNS[0]

    def badness(self, values: Columns) -> list[float]:
        """Tell how bad each picture is; one in which no face is found is worst.

        Args:
            values: From a call.
        """
        if self._landmarker is None:
            return self._metrics.badness(values)
        return [float("inf") if score is None else -score for score in values[FACE_COLUMNS[0]]]

    def _opened(self, call: Call) -> Landmarker | None:
        try:
            return LANDMARKERS.build(call)
        except MissingWeights as error:
            self._metrics.notes.append(f"faces are not looked for: {error}")
            return None


def missing_metrics(config: EvaluateConfig) -> list[str]:
    """Name the metrics that cannot be computed here, for want of weights.

    Args:
        config: What is measured.
    """
    return [name for name, metric in _Metrics(config.metrics).opened.items() if metric is None]


@final
class _Metrics:
    """Registered metrics by name."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.opened: dict[str, Metric | None] = {}
        self.notes: list[str] = []
        for call in calls:
            if call.name in self.opened:
                raise UsageError(f"metrics: {call.name} is asked for twice, and a table has one column of a name")
            self.opened[call.name] = self._opened(call)

    @property
    def names(self) -> list[str]:
        return list(self.opened)

    def __call__(self, restored: Images, clean: Images) -> Columns:
        return {name: self._column(name, metric, restored, clean) for name, metric in self.opened.items()}

    def leading(self, values: Columns) -> str:
        usable = (name for name, metric in self.opened.items() if metric is not None)
        return next((name for name in usable if all(value is not None for value in values[name])), "")

    def badness(self, values: Columns) -> list[float]:
        if not (name := self.leading(values)):
            return [0.0] * len(next(iter(values.values())))
        sign = -1.0 if METRICS[name].higher_is_better else 1.0
        # What is no number is worst of all.
        return [float("inf") if math.isnan(value or 0.0) else sign * (value or 0.0) for value in values[name]]

    def _opened(self, call: Call) -> Metric | None:
        try:
            return METRICS.build(call)
        except MissingWeights as error:
            self.notes.append(f"{call.name} unavailable: {error}")
            return None

    def _column(self, name: str, metric: Metric | None, restored: Images, clean: Images) -> list[float | None]:
        if metric is None:
            return [None] * len(clean)
        try:
            return list(metric(restored, clean).tolist())
        except TooSmall as error:
            note = f"{name} unavailable: {error}"
            self.notes += [] if note in self.notes else [note]
            return [None] * len(clean)
