"""Validation during training: two metrics and a contact sheet, from the averaged weights on the stored pictures."""

from pathlib import Path
from typing import final

import torch

from lfsrkit.images import quantise, to_float, to_pixels, write_png
from lfsrkit.models.base import Restorer
from lfsrkit.pairs.batch import PairData
from lfsrkit.ranks import Ranks
from lfsrkit.registries import METRICS
from lfsrkit.sheets import contact_sheet
from lfsrkit.training.pictures import Cache, reader
from lfsrkit.types import Images, Resized

METRIC_NAMES = ("psnr", "ssim")
SHOWN = 6
"""Faces on a contact sheet."""


@final
class Validation:
    """Measure a model on a split.

    Args:
        pairs: The validation split.
        batch_size: Pictures at a time, in each process.
        ranks: The processes among which the batches are dealt, and the device of this one.
        cache: Whether decoded pictures are kept, as in `reader`.
    """

    def __init__(self, pairs: PairData, *, batch_size: int, ranks: Ranks, cache: Cache) -> None:
        self._count, self._batch_size, self._ranks = len(pairs), batch_size, ranks
        self._read = reader(pairs, with_regions=False, cache=cache)
        self._metrics = {name: METRICS.create(name) for name in METRIC_NAMES}

    def measure(self, model: Restorer) -> dict[str, float]:
        """Average the metrics over the split; each process sums over its batches, and then the sums are added.

        Args:
            model: In eval mode, on the device; the same in all processes.
        """
        sums = dict.fromkeys(self._metrics, 0.0)
        stride = self._batch_size * self._ranks.count
        for start in range(self._batch_size * self._ranks.index, self._count, stride):
            chosen = self._read(range(start, min(start + self._batch_size, self._count)))
            restored = self._restored(model, to_float(chosen.low))
            clean = to_float(chosen.clean)
            for name, metric in self._metrics.items():
                sums[name] += float(metric(restored, clean).sum())
        totals = self._ranks.total(list(sums.values()))
        return {name: total / self._count for name, total in zip(sums, totals, strict=True)}

    def write_sheet(self, model: Restorer, path: Path) -> None:
        """Draw low, restored and clean pictures of the first faces.

        Args:
            model: In eval mode, on the device.
            path: A PNG file.
        """
        chosen = self._read(range(min(SHOWN, self._count)))
        restored = quantise(self._restored(model, to_float(chosen.low)))
        columns = [to_pixels(pictures) for pictures in (chosen.low, restored, chosen.clean)]
        write_png(path, contact_sheet(list(zip(*columns, strict=True)), ("low", "restored", "clean")))

    @torch.no_grad()
    def _restored(self, model: Restorer, low: Images) -> Resized:
        return model(low.to(self._ranks.device)).float().cpu()
