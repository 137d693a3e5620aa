"""Weights in 16 bits: half the size, to ship with a package or to hand on."""

from copy import deepcopy
from pathlib import Path

import torch

from lfsrkit.errors import OutputRefused, UsageError
from lfsrkit.export.base import Exported, refuse_existing, trial_picture
from lfsrkit.models import Restorer, load, read_header, save
from lfsrkit.seen import to_export
from lfsrkit.tensors import SUFFIX


def export_weights(model: str | Path, out: str | Path, *, allow_code: bool = False) -> Exported:
    """Write the weights of a run in 16 bits, with what is needed to make the model again, and try them.

    They are read as any other weights are: `lfsrkit.models.load` computes with them in 32 bits.

    Args:
        model: A run folder, a ``.safetensors`` file, or the name of weights that ship.
        out: File to write, ``NAME.safetensors``; in ``lfsrkit/weights`` it ships under this name.
        allow_code: As in `lfsrkit.models.load`.

    Raises:
        UsageError: If there is no such model, or `out` has another suffix.
        OutputRefused: If `out` exists, or numbers of the model do not fit into 16 bits.
    """
    out = Path(out)
    if out.suffix != SUFFIX:
        raise UsageError(f"{out}: weights go into a {SUFFIX} file")
    refuse_existing(out)
    header, exact = read_header(model), load(model, allow_code=allow_code)
    halved = deepcopy(exact).half()
    _refuse_overflow(halved)
    extra = {**header.extra, "numbers": "float16", "made_by": f"lfsrkit {header.version}", **to_export(model)}
    save(halved, out, name=header.name, params=header.params, extra=extra)
    levels = _largest_change(exact, load(out, allow_code=allow_code))
    return Exported(out, {"bytes": out.stat().st_size, "largest change of 255 levels": round(levels, 3)})


def _refuse_overflow(model: Restorer) -> None:
    lost = [key for key, tensor in model.state_dict().items() if not tensor.isfinite().all()]
    if lost:
        raise OutputRefused(f"numbers of {', '.join(lost[:3])} do not fit into 16 bits")


def _largest_change(exact: Restorer, rounded: Restorer) -> float:
    low = trial_picture(exact)
    with torch.inference_mode():
        return 255 * float((exact(low).clamp(0, 1) - rounded(low).clamp(0, 1)).abs().max())
