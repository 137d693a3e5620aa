"""Models on the pairs of a split."""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from lfsrkit.devices import choose_device
from lfsrkit.evaluation.meter import Meter
from lfsrkit.evaluation.scores import ImageScores, shared_out
from lfsrkit.images import to_float, to_pixels
from lfsrkit.models import Restorer, restorer_for
from lfsrkit.pairs.batch import Batch, PairData
from lfsrkit.ranks import Ranks
from lfsrkit.stages import EvaluateConfig

Restore = Callable[[Batch], Tensor]
"""From pairs to restored pictures (n, 3, h, w), on any device, not clamped."""


def evaluate(
    model: str | Path | Restorer,
    pairs: PairData,
    config: EvaluateConfig,
    *,
    device: str = "auto",
    allow_code: bool = False,
) -> Iterator[ImageScores]:
    """Restore every low picture of a split and measure it; memory does not grow with the number of pictures.

    Several processes that ``torchrun`` has started share the pictures; each of them is given all scores.

    Args:
        model: A run folder, a ``.safetensors`` file, a name that needs no training, or a model.
        pairs: The split.
        config: Metrics and batch size.
        device: Where to compute; ``auto`` = an accelerator if there is one.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Raises:
        UsageError: If the model's scale is not that of the pairs.
    """
    ranks = Ranks(choose_device(device))
    made = restorer_for(model, scale=pairs.scale, target_mean=pairs.clean_mean, allow_code=allow_code)
    restorer = made.to(ranks.device).eval()
    yield from measure(lambda batch: restorer(to_float(batch.low).to(ranks.device)), pairs, config, ranks=ranks)


def measure(
    restore: Restore, pairs: PairData, config: EvaluateConfig, *, ranks: Ranks | None = None
) -> Iterator[ImageScores]:
    """Measure whatever restores the pictures of a split.

    Args:
        restore: Gives the restored pictures of a batch.
        pairs: The split.
        config: Metrics and batch size.
        ranks: The processes that share the pictures; by default those of this run, on the CPU.
    """
    meter = Meter(config)

    def measured(places: range) -> list[ImageScores]:
        batch = pairs.batch(places)
        with torch.inference_mode():
            restored = restore(batch).float().clamp(0, 1).cpu()
        values = meter(restored, to_float(batch.clean), batch.regions)
        columns = {"low": to_pixels(batch.low), "restored": to_pixels(restored), "clean": to_pixels(batch.clean)}
        return [
            ImageScores(
                id=batch.ids[i],
                source=batch.sources[i],
                values={key: column[i] for key, column in values.items()},
                badness=badness,
                leading=meter.leading(values),
                shown={name: pictures[i] for name, pictures in columns.items()},
                notes=meter.notes,
            )
            for i, badness in enumerate(meter.badness(values))
        ]

    yield from shared_out(len(pairs), config.batch_size, measured, ranks or Ranks(torch.device("cpu")))
