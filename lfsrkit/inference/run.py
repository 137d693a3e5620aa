"""A run over many inputs: each is restored, written whole, and told about."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from lfsrkit.devices import choose_device
from lfsrkit.errors import BadPicture, OutputRefused
from lfsrkit.files import check_place
from lfsrkit.images import Pixels, fitted, resize, to_pixels, write_png
from lfsrkit.inference.enhancer import Enhancer
from lfsrkit.inference.following import Following
from lfsrkit.inference.photograph import read_photograph, write_photograph
from lfsrkit.inference.restoring import Restoring
from lfsrkit.inference.sources import Target, targets
from lfsrkit.inference.video import Cuts, enhance_video
from lfsrkit.models import Restorer, restorer_for
from lfsrkit.sheets import ENHANCED, contact_sheet
from lfsrkit.stages import EnhanceConfig
from lfsrkit.types import Images, Resized

SHOWN = 12
_SHOWN_SIDE = 512
"""Largest side in pixels of a picture on the sheet."""

Existing = Literal["skip", "refuse"]


@dataclass(frozen=True)
class Enhanced:
    """What became of one input."""

    source: Path
    output: Path | None
    reason: str | None = None
    """Why there is no output."""
    seconds: float = 0.0
    skipped: bool = False
    """Whether the output was there already."""
    mode: str | None = None
    """How it was restored: ``face``, ``faces`` or ``whole``."""
    faces: int | None = None
    """How many faces were restored, where they were looked for; the most in a frame of a video."""
    notes: tuple[str, ...] = ()
    """What to know of the output."""
    shown: tuple[Pixels, ...] = field(default=(), repr=False)
    """Low, enlarged and restored picture, until they are on the sheet."""


def enhance(
    model: str | Path | Restorer,
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    config: EnhanceConfig,
    *,
    device: str = "auto",
    existing: Existing = "skip",
    allow_code: bool = False,
) -> Iterator[Enhanced]:
    """Enhance dark pictures and write them as PNG under the same names, and videos.

    Args:
        model: A run folder, a ``.safetensors`` file, the name of weights that ship or of a model that needs no
            training, or a model.
        inputs: Files, folders (at any depth) and patterns such as ``night/*.jpg``.
        out: Folder for the results and a contact sheet.
        config: What to do with a picture.
        device: Where to compute.
        existing: What to do where an output is there already: ``skip`` this input, or ``refuse`` to begin.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Raises:
        UsageError: If an input does not exist or would be overwritten.
        OutputRefused: If nothing can be written to `out`, or an output exists and `existing` is ``refuse``.
    """
    out = Path(out)
    chosen = targets(inputs, out)
    check_place(out / ENHANCED)
    if existing == "refuse":
        _refuse_existing(chosen)
    restorer = restorer_for(model, allow_code=allow_code)
    enhancer = Enhancer(Restoring(restorer, choose_device(device), config.precision), config)
    shown: list[tuple[Pixels, ...]] = []
    for target in chosen:
        result = _enhanced(enhancer, target, config)
        if result.shown and len(shown) < SHOWN:
            shown.append(result.shown)
        yield replace(result, shown=())
    if shown:
        write_png(out / ENHANCED, contact_sheet(shown, ("low", "enlarged", "restored")))


def _refuse_existing(chosen: list[Target]) -> None:
    there = [target.output for target in chosen if target.output.exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise OutputRefused(f"{there[0]}{more} exist already; nothing was done (--existing skip leaves them)")


def _enhanced(enhancer: Enhancer, target: Target, config: EnhanceConfig) -> Enhanced:
    start = time.perf_counter()
    if target.output.exists():
        return Enhanced(target.source, None, f"{target.output} exists already; it was left as it is", skipped=True)
    try:
        done = _video(enhancer, target) if target.is_video else _picture(enhancer, target, config)
    except OSError as error:
        return Enhanced(target.source, None, f"cannot be read: {error.strerror or error}")
    except (BadPicture, OutputRefused) as error:
        return Enhanced(target.source, None, str(error))
    return replace(done, seconds=time.perf_counter() - start)


def _video(enhancer: Enhancer, target: Target) -> Enhanced:
    faces, remarks = list[int](), list[str]()
    cuts, following = Cuts(), Following()

    def restore(low: Images) -> Resized:
        if cuts(low):
            following.forget()
        restored = enhancer.restore(low, following)
        faces.append(restored.faces or 0)
        remarks.extend(restored.notes[:1])
        return restored.values

    count = enhance_video(restore, target.source, target.output)
    said = (f"{len(remarks)} of {count} frames, such as: {remarks[0]}",) if remarks else ()
    return Enhanced(target.source, target.output, faces=max(faces), notes=(f"{count} frames", *said))


def _picture(enhancer: Enhancer, target: Target, config: EnhanceConfig) -> Enhanced:
    picture = read_photograph(target.source.read_bytes())
    restored = enhancer.restore(picture.values)
    lost = write_photograph(target.output, restored.values, picture, bits=config.bits)
    low, large = picture.pixels, to_pixels(restored.values)[0]
    return Enhanced(
        target.source,
        target.output,
        mode=restored.mode,
        faces=restored.faces,
        notes=(*restored.notes, *lost),
        shown=tuple(fitted(one, _SHOWN_SIDE) for one in (low, resize(low, *large.shape[:2]), large)),
    )
