"""Weights under the names of their authors, which chaiNNer, ComfyUI and all other users of spandrel read."""

from pathlib import Path

import torch
from safetensors.torch import save as to_bytes
from torch import Tensor

from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.export.base import Exported, refuse_existing, trial_picture
from lfsrkit.files import write_whole
from lfsrkit.models import Restorer, load, read_header
from lfsrkit.models.official_keys import LAYOUTS
from lfsrkit.tensors import SUFFIX

KNOWN = ("swinir_m", "swinir_s")
"""Models that spandrel reads and runs as they are. It knows Omni-SR too, but gives it values from 0 to 1, where its
authors and the kit give it -1 to 1."""
ADAPTED = "spandrel:"
"""Before names of spandrel's own classes."""
TOLERANCE = 1e-4


def export_spandrel(model: str | Path, out: str | Path, *, allow_code: bool = False) -> Exported:
    """Write the weights of a published architecture under its authors' names, and read them with spandrel.

    Programs that read the file give pictures of the range that the network itself takes; what lfsrkit does around the
    network (padding, ranges other than 0..1) is not in it.

    Args:
        model: A run folder, a ``.safetensors`` file, or the name of weights that ship.
        out: File to write, ``NAME.safetensors``.
        allow_code: As in `lfsrkit.models.load`.

    Raises:
        UsageError: If spandrel does not know the architecture, or `out` has another suffix.
        OutputRefused: If `out` exists.
        LfsrkitError: If spandrel makes another picture of it; nothing is written then.
    """
    out = Path(out)
    if out.suffix != SUFFIX:
        raise UsageError(f"{out}: weights go into a {SUFFIX} file")
    refuse_existing(out)
    name = read_header(model).name
    if name not in KNOWN and not name.startswith(ADAPTED):
        known = f"{', '.join(KNOWN)} and {ADAPTED}NAME"
        raise UsageError(f"spandrel cannot run {name!r}, but {known}; programs that run ONNX take --to onnx")
    made = load(model, allow_code=allow_code)
    layout = LAYOUTS[KNOWN[0]]  # what spandrel builds is the authors' network behind a prefix
    weights = {layout.official(key): tensor.contiguous() for key, tensor in made.state_dict().items()}
    architecture, away = _read_again(made, weights)
    if not away <= TOLERANCE:
        raise LfsrkitError(f"spandrel makes pictures that differ by up to {away:.2g}; nothing was written")
    data = to_bytes(weights)
    write_whole(out, data)
    return Exported(out, {"architecture": architecture, "largest difference": float(f"{away:.2g}"), "bytes": len(data)})


def _read_again(made: Restorer, weights: dict[str, Tensor]) -> tuple[str, float]:
    from spandrel import ImageModelDescriptor, ModelLoader

    read = ModelLoader(device="cpu").load_from_state_dict(dict(weights))
    if not isinstance(read, ImageModelDescriptor) or read.scale != made.scale:
        raise LfsrkitError(f"spandrel reads the weights as another {read.architecture.name}; nothing was written")
    low = trial_picture(made, 16)
    with torch.inference_mode():
        return read.architecture.name, float((read(low) - made(low).clamp(0, 1)).abs().max())
