"""Folders of pictures that any tool has made: against clean ones, or alone."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import torch

from lfsrkit.errors import BadPicture, UsageError
from lfsrkit.evaluation.meter import BlindMeter, Meter
from lfsrkit.evaluation.scores import ImageScores, shared_out
from lfsrkit.images import Pixels, decode, to_bytes, to_float, to_pixels
from lfsrkit.ranks import Ranks
from lfsrkit.sheets import is_picture
from lfsrkit.stages import EvaluateConfig
from lfsrkit.types import Images

_CPU = torch.device("cpu")


def compare_folders(
    restored: str | Path, clean: str | Path, config: EvaluateConfig, *, low: str | Path | None = None
) -> Iterator[ImageScores]:
    """Measure the pictures of one folder against those of the same name in another.

    Args:
        restored: Pictures of any tool.
        clean: Their originals, of the same sizes.
        config: Metrics.
        low: What they were restored from, to be shown beside them; it may hold more.

    Raises:
        UsageError: If a picture of either folder has no partner, sizes do not match, or one cannot be read: numbers
            over fewer pictures than those of another tool could not be compared with them.
    """
    restored, clean = Path(restored), Path(clean)
    low = None if low is None else Path(low)
    yield from measure_folder(restored, clean, config, low=low)


def judge_folder(restored: str | Path, config: EvaluateConfig) -> Iterator[ImageScores]:
    """Measure the pictures of a folder alone; one that cannot be read has no values, and a note.

    Args:
        restored: Pictures of any tool, of any sizes.
        config: Metrics without reference, and the detector.

    Raises:
        UsageError: If there is no picture, or a metric needs clean ones.
    """
    restored = Path(restored)
    files = pictures_in(restored)
    names, meter = list(files), BlindMeter(config)

    def one(name: str) -> ImageScores:
        try:
            pixels = decode(files[name].read_bytes())
        except (BadPicture, OSError) as error:
            nothing = dict.fromkeys(meter.names)
            return ImageScores(name, name, nothing, float("inf"), notes=(f"{name}: {error}",))
        values = meter(_batch(pixels))
        return _scored(name, values, {"restored": pixels}, meter)

    yield from shared_out(len(names), config.batch_size, lambda places: [one(names[i]) for i in places], Ranks(_CPU))


def measure_folder(
    restored: Path,
    clean: Path,
    config: EvaluateConfig,
    *,
    low: Path | None = None,
    change: Callable[[Images], Images] | None = None,
) -> Iterator[ImageScores]:
    """Measure one folder against another.

    Args:
        restored: Pictures of any tool.
        clean: Their originals.
        config: Metrics.
        low: What they were restored from.
        change: What is done to the restored pictures first.

    Raises:
        UsageError: At once, if a picture of either folder has no partner; while measuring, if sizes do not match or
            one cannot be read.
    """
    folders = {"low": low, "restored": restored, "clean": clean}
    files = {key: pictures_in(folder) for key, folder in folders.items() if folder is not None}
    _check_partners(restored, files["restored"], clean, files["clean"])
    _check_partners(clean, files["clean"], restored, files["restored"])
    if low is not None:
        _check_partners(restored, files["restored"], low, files["low"])
    names, meter = list(files["restored"]), Meter(config)

    def one(name: str) -> ImageScores:
        pictures = {key: read(found[name]) for key, found in files.items()}
        _check_size(name, pictures["restored"], pictures["clean"])
        given = _batch(pictures["restored"])
        shown = given if change is None else change(given)
        values = meter(shown, _batch(pictures["clean"]))
        pictures["restored"] = to_pixels(shown)[0]
        return _scored(name, values, pictures, meter)

    return shared_out(len(names), config.batch_size, lambda places: [one(names[i]) for i in places], Ranks(_CPU))


def pictures_in(folder: Path) -> dict[str, Path]:
    """Find the pictures of a folder at any depth, in the order of their names; the kit's own sheets are left out.

    Args:
        folder: Where to look.

    Returns:
        Files by their names within the folder, without the endings.

    Raises:
        UsageError: If there is no such folder, or no picture in it, or two pictures of one name.
    """
    if not folder.is_dir():
        raise UsageError(f"no folder {str(folder)!r}")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if is_picture(path) and path.is_file():
            name = path.relative_to(folder).with_suffix("").as_posix()
            if name in found:
                raise UsageError(f"{found[name].name} and {path.name} in {path.parent} have one name; keep one of them")
            found[name] = path
    if not found:
        raise UsageError(f"no picture in {folder}")
    return dict(sorted(found.items()))


def read(path: Path) -> Pixels:
    """Decode a picture that has to be there.

    Args:
        path: Where it is.

    Raises:
        UsageError: If it cannot be read.
    """
    try:
        return decode(path.read_bytes())
    except (BadPicture, OSError) as error:
        raise UsageError(f"{path.name}: {error}") from None


def _check_partners(folder: Path, names: Collection[str], other: Path, known: Collection[str]) -> None:
    missing = [name for name in names if name not in known]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise UsageError(
            f"no picture in {other} for {len(missing)} of the {len(names)} in {folder}: "
            f"{', '.join(missing[:3])}{more}; pictures belong together by their names, without endings"
        )


def _check_size(name: str, restored: Pixels, clean: Pixels) -> None:
    if restored.shape != clean.shape:
        sizes = " and ".join(f"{p.shape[1]}x{p.shape[0]}" for p in (restored, clean))
        raise UsageError(f"{name}: restored and clean differ in size ({sizes})")


def _batch(pixels: Pixels) -> Images:
    return to_float(to_bytes([pixels]))


def _scored(
    name: str, values: dict[str, list[float | None]], shown: dict[str, Pixels], meter: Meter | BlindMeter
) -> ImageScores:
    single = {key: column[0] for key, column in values.items()}
    return ImageScores(name, name, single, meter.badness(values)[0], meter.leading(values), shown, meter.notes)
