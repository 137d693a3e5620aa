"""ONNX: one file for any size of picture, run and compared before it is handed out."""

import logging
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, final

import torch
from torch import Tensor, nn

from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.export.base import Exported, refuse_existing, trial_picture
from lfsrkit.export.translations import translations
from lfsrkit.export.windows import windows_of_any_size
from lfsrkit.files import write_whole
from lfsrkit.models import Restorer
from lfsrkit.types import Images

TOLERANCE = 1e-3
"""Largest difference to torch of a restored picture, values from 0 to 1: a quarter of an 8-bit level."""
_SUFFIX = ".onnx"
_SIDES = (17, 19)
"""Height and width in pixels of the picture that is traced: beyond the least of every network, and no multiple of a
window, so that each pads them."""
_SECONDS = 0.5


@final
class _Clamped(nn.Module):
    """What is exported: pictures in, pictures from 0 to 1 out."""

    def __init__(self, model: Restorer) -> None:
        super().__init__()
        self.model = model

    def forward(self, low: Tensor) -> Tensor:
        return self.model(low).clamp(0, 1)


def export_onnx(model: Restorer, out: str | Path, *, side: int | None = None) -> Exported:
    """Export a model to ONNX and verify it with onnxruntime at several sizes.

    The input ``low`` is (n, 3, h, w), float32 RGB from 0 to 1; the output ``restored`` is (n, 3, scale h, scale w),
    clamped to 0..1. Batch, height and width are free. Where an architecture cannot be exported so, the error says what
    works: one fixed size.

    Args:
        model: In eval mode, on the CPU.
        out: File to write, ``NAME.onnx``.
        side: Export for square pictures of this side in pixels alone; by default any size is possible.

    Raises:
        UsageError: If `out` has another suffix, or a package is missing.
        OutputRefused: If `out` exists.
        LfsrkitError: If the model cannot be exported, or gives something else than in torch; nothing is written then.
    """
    out = Path(out)
    if out.suffix != _SUFFIX:
        raise UsageError(f"{out}: ONNX goes into an {_SUFFIX} file")
    refuse_existing(out)
    runtime = _onnxruntime()
    data = _exported(_Clamped(model.eval()), side)
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    sizes = [(side, side)] if side else _tried_sizes(model)
    away = max(_difference(model, session, size, side) for size in sizes)
    if not away <= TOLERANCE:
        raise LfsrkitError(
            f"onnxruntime gives pictures that differ by up to {away:.2g} from torch's; nothing was written"
        )
    write_whole(out, data)
    typical = trial_picture(model, side)
    times = _milliseconds(model, session, typical)
    facts = {
        "sizes": f"{side}x{side} alone" if side else "any, and any number of pictures",
        "tried": ", ".join(f"{height}x{width}" for height, width in sizes),
        "largest difference to torch": float(f"{away:.2g}"),
        f"ms a picture of {typical.shape[-1]} px, torch": round(times[0], 2),
        f"ms a picture of {typical.shape[-1]} px, onnxruntime": round(times[1], 2),
        "bytes": len(data),
    }
    return Exported(out, facts)


def _exported(model: _Clamped, side: int | None) -> bytes:
    height, width = (side, side) if side else _SIDES
    low = trial_picture(model.model, height, width)
    if side is None:
        low = low.repeat(2, 1, 1, 1)
    dynamic = None if side else {"low": dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)}
    try:
        with _quiet(), windows_of_any_size(model):
            program = torch.onnx.export(
                model,
                (low,),
                dynamo=True,
                input_names=["low"],
                output_names=["restored"],
                dynamic_shapes=dynamic,
                custom_translation_table=translations(),
                verbose=False,
            )
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise LfsrkitError(
            f"torch cannot export this model{_advice(side)}: {type(error).__name__}: {reason}"
        ) from error
    if program is None:
        raise LfsrkitError(f"torch cannot export this model{_advice(side)}")
    return program.model_proto.SerializeToString()


def _advice(side: int | None) -> str:
    return "" if side else " for any size; one fixed size may work: --size N"


def _difference(model: Restorer, session: Any, size: tuple[int, int], side: int | None) -> float:
    low = trial_picture(model, *size)
    with torch.inference_mode():
        expected = model(low).clamp(0, 1)
    try:
        restored = torch.from_numpy(session.run(None, {"low": low.numpy()})[0])
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise LfsrkitError(f"onnxruntime fails at {size[0]}x{size[1]} pixels{_advice(side)}: {reason}") from error
    if restored.shape != expected.shape:
        raise LfsrkitError(
            f"onnxruntime gives {tuple(restored.shape)} where torch gives {tuple(expected.shape)}{_advice(side)}"
        )
    return float((restored - expected).abs().max())


def _tried_sizes(model: Restorer) -> list[tuple[int, int]]:
    """Square and not, smaller and larger than traced, divisible by windows and not."""
    typical = trial_picture(model).shape[-1]
    return [(typical, typical), (5, 8), (17, 12), (24, 40)]


def _milliseconds(model: Restorer, session: Any, low: Images) -> tuple[float, float]:
    """Time both in turns, so that what else the machine does hits them alike."""
    times: tuple[list[float], list[float]] = ([], [])
    given = {"low": low.numpy()}
    end = time.perf_counter() + _SECONDS
    while not times[0] or time.perf_counter() < end:
        start = time.perf_counter()
        with torch.inference_mode():
            model(low)
        middle = time.perf_counter()
        session.run(None, given)
        times[0].append(middle - start)
        times[1].append(time.perf_counter() - middle)
    return 1e3 * median(times[0]), 1e3 * median(times[1])


def _onnxruntime() -> Any:
    try:
        import onnxruntime
        import onnxscript  # noqa: F401  # pyright: ignore[reportUnusedImport] - torch's exporter needs it
    except ImportError as error:
        raise UsageError(f"ONNX needs {error.name}: pip install 'lfsrkit[onnx]'") from None
    return onnxruntime


@contextmanager
def _quiet() -> Generator[None]:
    """Silence what the exporter has to say about itself."""
    loud = logging.getLogger("torch.onnx")
    level = loud.level
    loud.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        loud.setLevel(level)
