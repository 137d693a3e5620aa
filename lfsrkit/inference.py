"""Stage 5, inference: enhance picture files; nothing is overwritten, and what cannot be enhanced is named."""

import glob
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from lfsrkit.devices import choose_device
from lfsrkit.errors import BadPicture, OutputRefused, UsageError
from lfsrkit.images import SUFFIXES, Pixels, contact_sheet, decode, resize, to_bytes, to_float, to_pixels, write_png
from lfsrkit.models import Restorer, restorer_for
from lfsrkit.stages import EnhanceConfig

SHEET = "_sheet.png"
SHOWN = 12


@dataclass(frozen=True)
class Enhanced:
    """What became of one input."""

    source: Path
    output: Path | None
    reason: str | None = None
    """Why there is no output."""
    seconds: float = 0.0
    shown: tuple[Pixels, ...] = field(default=(), repr=False)
    """Low and restored picture."""


def enhance(
    model: str | Path | Restorer,
    inputs: Sequence[Path],
    out: Path,
    config: EnhanceConfig,
    *,
    device: str = "auto",
    allow_code: bool = False,
) -> Iterator[Enhanced]:
    """Enhance pictures of small dark faces and write them as PNG under the same names.

    Args:
        model: A run folder, a ``.safetensors`` file, a name that needs no training, or a model.
        inputs: Files, folders (at any depth) and patterns such as ``night/*.jpg``.
        out: Folder for the results and a contact sheet.
        config: Limits.
        device: Where to compute.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Raises:
        UsageError: If an input does not exist or the output folder is one of the inputs.
    """
    place = choose_device(device)
    restorer = restorer_for(model, allow_code=allow_code).to(place).eval()
    shown: list[tuple[Pixels, ...]] = []
    for source, target in targets(inputs, out):
        result = _enhanced(restorer, place, source, target, config)
        if result.shown and len(shown) < SHOWN:
            shown.append(result.shown)
        yield result
    if shown:
        write_png(out / SHEET, contact_sheet(shown, ("low", "enlarged", "restored")))


def restore(model: Restorer, low: Pixels, place: torch.device) -> Pixels:
    """Restore one picture.

    Args:
        model: In eval mode, on ``place``.
        low: Dark and small.
        place: Device.
    """
    with torch.inference_mode():
        return to_pixels(model(to_float(to_bytes([low])).to(place)).float())[0]


def _enhanced(model: Restorer, place: torch.device, source: Path, target: Path, config: EnhanceConfig) -> Enhanced:
    start = time.perf_counter()
    if target.exists():
        return Enhanced(source, None, f"{target} exists already; nothing is overwritten")
    try:
        low = decode(source.read_bytes())
        if max(low.shape[:2]) > config.max_side:
            size = f"{low.shape[1]}x{low.shape[0]}"
            raise BadPicture(f"{size} pixels; crop the face first (sides up to max_side = {config.max_side})")
        restored = restore(model, low, place)
        write_png(target, restored)
    except OSError as error:
        return Enhanced(source, None, f"cannot be read: {error.strerror or error}")
    except (BadPicture, OutputRefused) as error:
        return Enhanced(source, None, str(error))
    large = resize(low, *restored.shape[:2])
    return Enhanced(source, target, None, time.perf_counter() - start, (low, large, restored))


def targets(inputs: Sequence[Path], out: Path) -> list[tuple[Path, Path]]:
    """Pair every picture that is meant with the file that its result goes to.

    Args:
        inputs: Files, folders and patterns.
        out: Folder for the results.

    Raises:
        UsageError: If an input does not exist or would be overwritten.
    """
    chosen: dict[Path, Path] = {}
    for given in inputs:
        for source, name in _found(given, out):
            target, number = out / name.with_suffix(".png"), 2
            while target in chosen:
                target, number = out / name.with_name(f"{name.stem}_{number}.png"), number + 1
            if target.resolve() == source.resolve():
                raise UsageError(f"{source} would be overwritten; choose another --out")
            chosen[target] = source
    return [(source, target) for target, source in chosen.items()]


def _found(given: Path, out: Path) -> list[tuple[Path, Path]]:
    if given.is_dir():
        files = sorted(p for p in given.rglob("*") if p.suffix.lower() in SUFFIXES and out not in p.parents)
        return [(path, path.relative_to(given)) for path in files]
    if given.is_file():
        return [(given, Path(given.name))]
    matches = sorted(Path(match) for match in glob.glob(str(given), recursive=True))  # noqa: PTH207 - absolute patterns
    if not matches:
        raise UsageError(f"no file, folder or match for {str(given)!r}")
    return [(path, Path(path.name)) for path in matches if path.is_file()]
