"""Which pictures a model has been trained on, so that nobody judges it by them without knowing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfsrkit.errors import DamagedFile, LfsrkitError, UsageError
from lfsrkit.files import is_there, write_whole
from lfsrkit.models.weights import CONFIG_FILE, file_in, read_header
from lfsrkit.pairs.batch import PairData
from lfsrkit.registries import MODELS
from lfsrkit.shipped import shipped_file
from lfsrkit.tensors import SUFFIX

PICTURES_FILE = "pictures.txt"
"""In the folder of a run: the identities of all pictures that it has learnt from, one a line."""

PICTURES_KEY = "pictures"
"""What exported weights call the same in their header, so that a copy of the file is known, too."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Seen:
    """How many of some pictures a model was trained on."""

    ids: tuple[str, ...] | None
    """Their identities; None where it is not known."""
    count: int
    """Of all pictures."""

    def __str__(self) -> str:
        return "not known" if self.ids is None else f"{len(self.ids)} of {self.count}"


def record_pictures(run: Path, ids: Iterable[str], init: Path | None = None) -> None:
    """Record what a run learns from, beside what it and the run that it began with have learnt from before.

    Nothing is recorded where the pictures of the latter are not known: then those of the run are not known either. The
    same holds for identities that are no SHA-256: they are those of no other set of pairs.

    Args:
        run: Folder of the run.
        ids: Identities of the training pictures.
        init: Where its first weights come from, if they were not drawn.

    Raises:
        DamagedFile: If a record is there that is none.
    """
    before = _read(run / PICTURES_FILE)
    first = before if before is not None else frozenset[str]() if init is None else trained_on(init)
    if first is None:
        return
    wanted = first.union(ids)
    if not all(map(_SHA256.fullmatch, wanted)):
        return
    if wanted != before:
        write_whole(run / PICTURES_FILE, "".join(f"{name}\n" for name in sorted(wanted)).encode())


def to_export(model: str | Path) -> dict[str, str]:
    """Give what weights that leave their run say of the pictures that they were trained on.

    Args:
        model: A run folder, a ``.safetensors`` file, or the name of weights that ship.

    Returns:
        More to record with `lfsrkit.models.save`; empty where nothing is known.
    """
    ids = trained_on(shipped_file(str(model)) or model)
    return {} if ids is None else {PICTURES_KEY: " ".join(sorted(ids))}


def trained_on(model: str | Path) -> frozenset[str] | None:
    """Read which pictures a model has been trained on.

    Args:
        model: A run folder, the folder of a checkpoint in it, or a file of weights.

    Returns:
        Identities of pictures, or None where no record lies in or beside the weights or in the folder of their run.

    Raises:
        DamagedFile: If a file of that name is there that is no record.
    """
    place = Path(model)
    if (exported := _in_header(place)) is not None:
        return exported
    beside = place if place.is_dir() else place.parent
    # A checkpoint lies two folders deep in its run.
    runs = [folder for folder in list(beside.parents)[1:2] if (folder / CONFIG_FILE).is_file()]
    found = (_read(folder / PICTURES_FILE) for folder in (beside, *runs))
    return next((ids for ids in found if ids is not None), None)


def seen_in_training(model: str | Path, pairs: PairData) -> Seen:
    """Tell how many pictures of a split a model was trained on.

    Args:
        model: A run folder, a ``.safetensors`` file, or a name.
        pairs: The split.
    """
    ids = pairs.ids
    known = trained_on(model) if is_there(Path(model)) else _of_name(str(model))
    return Seen(None if known is None else common(known, ids), len(ids))


def common(trained: Iterable[str], judged: Sequence[str]) -> tuple[str, ...]:
    """List the pictures of one split that are in another, too.

    Args:
        trained: Identities.
        judged: Identities.
    """
    known = frozenset(trained)
    return tuple(name for name in judged if name in known)


def refuse_seen(seen: Seen, what: str, *, force: bool, meant: bool = False) -> str:
    """Refuse pictures that were trained on, and write what a table has to say of it.

    Args:
        seen: From `seen_in_training`.
        what: What was trained, for the message.
        force: Go on all the same.
        meant: Go on without being forced, because the training split was asked for by name.

    Returns:
        Such as ``0 of 50``.

    Raises:
        UsageError: If some were, and nothing forces it.
    """
    if not seen.ids:
        return str(seen)
    if not force and not meant:
        raise UsageError(
            f"{what} was trained on {seen} of these pictures, such as {seen.ids[0]}; scores on them flatter it; "
            "take other pictures, or go on with --force, and the table will say so"
        )
    return f"{seen}{', forced' if force else ''}: scores on pictures that were trained on flatter"


def _of_name(name: str) -> frozenset[str] | None:
    """A name in the registry is that of a model which learns nothing; weights that ship lie beside their record."""
    if name.partition("(")[0].strip() in MODELS:
        return frozenset()
    shipped = shipped_file(name)
    return None if shipped is None else trained_on(shipped)


def _in_header(place: Path) -> frozenset[str] | None:
    if not (place.is_dir() and file_in(place)) and place.suffix != SUFFIX:
        return None
    try:
        return frozenset(read_header(place).extra[PICTURES_KEY].split())
    except (KeyError, LfsrkitError):  # weights of a run, of somebody else, or none
        return None


def _read(path: Path) -> frozenset[str] | None:
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{path} is damaged: {error}") from error
    if (odd := next((line for line in lines if not _SHA256.fullmatch(line)), None)) is not None:
        raise DamagedFile(
            f"{path} lists no pictures that a model was trained on: {odd[:40]!r} is no SHA-256; "
            "move it elsewhere if it is another file, restore it if it is damaged"
        )
    return frozenset(lines)
