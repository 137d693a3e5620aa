"""From what a user names to pictures, each with the file that its result goes to."""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfsrkit.errors import UsageError
from lfsrkit.sheets import is_picture, is_sheet

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v"})
"""A result of a video is an ``.mp4`` or, for Matroska and WebM, an ``.mkv``."""


@dataclass(frozen=True)
class Target:
    """An input and the file that its result goes to."""

    source: Path
    output: Path

    @property
    def is_video(self) -> bool:
        """Whether the input has the suffix of a video."""
        return _is_video(self.source)


def targets(inputs: str | Path | Sequence[str | Path], out: str | Path) -> list[Target]:
    """Pair every picture and video that is meant with the file that its result goes to.

    Args:
        inputs: Files, folders (at any depth) and patterns such as ``night/*.jpg``, without the kit's sheets in them.
        out: Folder for the results; two inputs of one name get results of different names.

    Raises:
        UsageError: If an input does not exist or would be overwritten.
    """
    out = Path(out)
    chosen: dict[Path, Path] = {}
    for given in [inputs] if isinstance(inputs, str | Path) else inputs:
        for source, name in _found(Path(given), out):
            target, number = out / name.with_suffix(_suffix(source)), 2
            while target in chosen or is_sheet(target):
                target, number = target.with_name(f"{name.stem}_{number}{target.suffix}"), number + 1
            if target.resolve() == source.resolve():
                raise UsageError(f"{source} would be overwritten; choose another --out")
            chosen[target] = source
    return [Target(source, target) for target, source in chosen.items()]


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES


def _suffix(source: Path) -> str:
    if not _is_video(source):
        return ".png"
    return ".mkv" if source.suffix.lower() in (".mkv", ".webm") else ".mp4"


def _found(given: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    if given.is_dir():
        made = out.resolve()
        found = (path for path in given.rglob("*") if is_picture(path) or _is_video(path))
        files = sorted(path for path in found if made not in path.resolve().parents)
        yield from ((path, path.relative_to(given)) for path in files)
    elif given.is_file():
        yield given, Path(given.name)
    else:
        matches = sorted(Path(match) for match in glob.glob(str(given), recursive=True))  # noqa: PTH207 - absolute patterns
        if not matches:
            raise UsageError(f"no file, folder or match for {str(given)!r}")
        yield from ((path, Path(path.name)) for path in matches if path.is_file() and not is_sheet(path))
