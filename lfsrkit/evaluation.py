"""Stage 4, evaluation: a model on a split of pairs, or one folder of pictures against another, picture by picture."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev

import torch
from torch import Tensor

from lfsrkit.calls import Call
from lfsrkit.errors import BadPicture, MissingWeights, UsageError
from lfsrkit.files import write_json, write_whole
from lfsrkit.images import SUFFIXES, Pixels, contact_sheet, decode, to_bytes, to_float, to_pixels, write_png
from lfsrkit.metrics import Metric, colour_bias, gt_mean_psnr
from lfsrkit.metrics.regional import regional_psnr
from lfsrkit.models import Restorer, restorer_for
from lfsrkit.pairs.batch import PairData
from lfsrkit.registries import METRICS
from lfsrkit.stages import EvaluateConfig

SHOWN = 8
"""Pictures of a contact sheet."""


@dataclass(frozen=True)
class ImageScores:
    """What was measured on one picture."""

    id: str
    source: str
    values: Mapping[str, float | None]
    """By name of the metric; None where the metric is not available."""
    shown: tuple[Pixels, ...] = field(default=(), repr=False)
    """Low, restored and clean picture, for the first few."""
    notes: tuple[str, ...] = ()
    """Why a value is missing."""


@dataclass(frozen=True)
class Summary:
    """Means over the pictures."""

    count: int
    mean: dict[str, float | None]
    spread: dict[str, float | None]
    """Standard deviation over the pictures."""
    notes: list[str]


def evaluate(
    model: str | Path | Restorer,
    pairs: PairData,
    config: EvaluateConfig,
    *,
    device: str = "auto",
    allow_code: bool = False,
) -> Iterator[ImageScores]:
    """Restore every low picture of a split and measure it; memory does not grow with the number of pictures.

    Args:
        model: A run folder, a ``.safetensors`` file, a name that needs no training, or a model.
        pairs: The split.
        config: Metrics and batch size.
        device: Where to compute; ``auto`` = an accelerator if there is one.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Raises:
        UsageError: If the model's scale is not that of the pairs.
    """
    from lfsrkit.devices import choose_device

    place = choose_device(device)
    made = restorer_for(model, scale=pairs.scale, target_mean=pairs.clean_mean, allow_code=allow_code)
    restorer = made.to(place).eval()
    meter = _Meter(config.metrics)
    for start in range(0, len(pairs), config.batch_size):
        batch = pairs.batch(range(start, min(start + config.batch_size, len(pairs))))
        with torch.inference_mode():
            restored = restorer(to_float(batch.low).to(place)).float().clamp(0, 1).cpu()
        values = meter(restored, to_float(batch.clean))
        if config.regions:
            values |= regional_psnr(restored, to_float(batch.clean), batch.regions)
        pictures = [to_pixels(batch.low), to_pixels(restored), to_pixels(batch.clean)]
        for i, (name, source) in enumerate(zip(batch.ids, batch.sources, strict=True)):
            shown = tuple(column[i] for column in pictures) if start + i < SHOWN else ()
            yield ImageScores(name, source, {key: value[i] for key, value in values.items()}, shown, meter.notes)


def compare_folders(restored: Path, clean: Path, config: EvaluateConfig) -> Iterator[ImageScores]:
    """Measure the pictures of one folder against those of the same name in another.

    Args:
        restored: Pictures of any tool.
        clean: Their originals, of the same sizes.
        config: Metrics.

    Raises:
        UsageError: If names or sizes do not match.
    """
    mine, theirs = _pictures_in(restored), _pictures_in(clean)
    missing = sorted(mine.keys() - theirs.keys())
    if missing or not mine:
        reason = f"no clean picture for {', '.join(missing[:3])}" if missing else f"no picture in {restored}"
        raise UsageError(f"{reason}; both folders need the same names")
    meter = _Meter(config.metrics)
    for i, name in enumerate(sorted(mine)):
        pair = [_read(mine[name]), _read(theirs[name])]
        if pair[0].shape != pair[1].shape:
            sizes = " and ".join(f"{p.shape[1]}x{p.shape[0]}" for p in pair)
            raise UsageError(f"{name}: restored and clean differ in size ({sizes})")
        values = meter(to_float(to_bytes(pair[:1])), to_float(to_bytes(pair[1:])))
        shown = tuple(pair) if i < SHOWN else ()
        yield ImageScores(name, name, {key: value[0] for key, value in values.items()}, shown, meter.notes)


def summarise(rows: Sequence[ImageScores]) -> Summary:
    """Average over the pictures.

    Args:
        rows: From `evaluate` or `compare_folders`.

    Raises:
        UsageError: If there is none.
    """
    if not rows:
        raise UsageError("nothing was measured: there is no picture")
    columns = {key: [row.values[key] for row in rows] for key in rows[0].values}
    known = {key: [value for value in column if value is not None] for key, column in columns.items()}
    return Summary(
        count=len(rows),
        mean={key: fmean(column) if column else None for key, column in known.items()},
        spread={key: _spread(column) for key, column in known.items()},
        notes=sorted({note for row in rows for note in row.notes}),
    )


def write_results(out: Path, rows: Sequence[ImageScores], summary: Summary) -> None:
    """Write one line per picture as CSV, the means as JSON, and a contact sheet.

    Args:
        out: Folder.
        rows: What was measured.
        summary: Their means.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "source", *rows[0].values])
    writer.writerows([row.id, row.source, *map(_written, row.values.values())] for row in rows)
    write_whole(out / "per_image.csv", text.getvalue().encode())
    write_json(out / "results.json", vars(summary))
    shown = [row.shown for row in rows if row.shown]
    if shown:
        titles = ["low", "restored", "clean"][-len(shown[0]) :] if len(shown[0]) == 3 else ["restored", "clean"]
        write_png(out / "sheet.png", contact_sheet(shown, titles))


class _Meter:
    """All metrics of a table, with a note in place of one that cannot be computed."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.metrics: dict[str, Metric | None] = {}
        notes: list[str] = []
        for call in calls:
            try:
                self.metrics[call.name] = METRICS.build(call)
            except MissingWeights as error:
                self.metrics[call.name] = None
                notes.append(f"{call.name} unavailable: {error}")
        self.notes = tuple(notes)

    def __call__(self, restored: Tensor, clean: Tensor) -> dict[str, list[float | None]]:
        values = {name: self._column(metric, restored, clean) for name, metric in self.metrics.items()}
        values["gt_mean_psnr"] = list(gt_mean_psnr(restored, clean).tolist())
        values["colour_bias"] = list(colour_bias(restored, clean).tolist())
        return values

    def _column(self, metric: Metric | None, restored: Tensor, clean: Tensor) -> list[float | None]:
        return [None] * len(clean) if metric is None else list(metric(restored, clean).tolist())


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _spread(column: Sequence[float]) -> float | None:
    finite = [value for value in column if math.isfinite(value)]
    return stdev(finite) if len(finite) > 1 else None


def _pictures_in(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UsageError(f"no folder {str(folder)!r}")
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in files}


def _read(path: Path) -> Pixels:
    try:
        return decode(path.read_bytes())
    except (BadPicture, OSError) as error:
        raise UsageError(f"{path.name}: {error}") from None
