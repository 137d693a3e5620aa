"""Files that are there whole or not at all, and folders that are ours."""

import hashlib
import json
import math
import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Any, TextIO, TypeVar, cast

from lfsrkit.errors import DamagedFile, OutputRefused

T = TypeVar("T")

LOCK_FILE = ".lock"
"""In a folder that one process at a time writes into; it stays behind and means nothing by itself."""


@contextmanager
def appearing(path: Path, *, inside: Path | None = None, resumes: bool = False) -> Generator[Path]:
    """Give a temporary name; what is written under it is on the disk under its own one when the block has ended well.

    No other has the temporary name, so two processes may write one file at the same time; it ends in ``.tmp``.

    Args:
        path: Final name; its folder is made when missing.
        inside: Folder on the same file system for the temporary file, so that leftovers of killed processes can be
            cleared; that of `path` by default.
        resumes: Whether who is refused can run again and goes on; the message then says so.

    Raises:
        OutputRefused: If the disk is full or a folder cannot be written; no partial file is left.
    """
    temporary = (inside or path.parent) / f".{path.name}.{token_hex(4)}.tmp"
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("r+b") as stream:  # Windows flushes nothing that is open for reading only
            os.fsync(stream.fileno())
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)
    except OSError as error:
        hint = "; run again to go on" if resumes else ""
        raise OutputRefused(f"cannot write {path}: {error.strerror or error}{hint}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Args:
        path: Final name; its folder is made when missing.
        data: Contents.

    Raises:
        OutputRefused: As `appearing` does.
    """
    with appearing(path) as temporary:
        temporary.write_bytes(data)


def check_place(path: Path, inputs: Iterable[str] = ()) -> None:
    """Refuse a file that cannot be written, before the work for it is done; nothing is left behind.

    Args:
        path: Final name; its folder need not be there yet.
        inputs: What is read, files or not; none of it is overwritten.

    Raises:
        OutputRefused: If the name is that of a folder or of an input, or nothing can be written where the file or its
            folder would be.
    """
    if path.exists() and any(Path(given).exists() and path.samefile(given) for given in inputs):
        raise OutputRefused(f"{path} is one of the inputs and would be overwritten; name another file")
    if path.is_dir():
        raise OutputRefused(f"cannot write {path}: it is a folder; name a file")
    nearest = next(place for place in path.absolute().parents if place.exists())
    try:
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise OutputRefused(f"cannot write {path}: {nearest}: {error.strerror or error}") from error


@contextmanager
def growing_text(path: Path) -> Generator[TextIO]:
    """Write a text file bit by bit, however long it gets; it has its name when the block has ended well.

    Args:
        path: Final name; its folder is made when missing.

    Raises:
        OutputRefused: As `appearing` does.
    """
    with appearing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        yield stream


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, whole or not at all.

    Args:
        path: Where to.
        value: Plain values; numbers that are not finite become null.
    """
    text = json.dumps(finite(value), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Args:
        path: Where from.

    Raises:
        DamagedFile: If it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedFile(f"{path} is damaged: {error}") from error
    except RecursionError as error:
        raise DamagedFile(f"{path} is damaged: it nests too deep") from error


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Args:
        path: Where from.

    Raises:
        DamagedFile: If it is not JSON, or another value.
    """
    held = read_json(path)
    if not isinstance(held, dict):
        raise DamagedFile(f"{path} is damaged: it holds {type(held).__name__}, not an object")
    return held


def read_record(path: Path, record: type[T]) -> T:
    """Read a record that `write_json` wrote as an object.

    Args:
        path: Where from.
        record: A dataclass; its fields are the keys of the object, and their types those of the values.

    Raises:
        DamagedFile: If it is not JSON, or has other keys or values of other kinds.
    """
    return as_record(path, read_object(path), record)


def as_record(path: Path, held: Mapping[str, Any], record: type[T]) -> T:
    """Make a record of what an object in a file holds.

    Args:
        path: The file, for the message.
        held: The object.
        record: As in `read_record`.

    Raises:
        DamagedFile: If it has other keys or values of other kinds.
    """
    from pydantic import TypeAdapter, ValidationError

    known = {field.name for field in fields(cast(Any, record))}
    if unknown := [key for key in held if key not in known]:
        raise DamagedFile(f"{path} is damaged: {unknown[0]!r} is no part of this record")
    try:
        return TypeAdapter(record).validate_python(held)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise DamagedFile(f"{path} is damaged: {place}: {fault['msg']}") from error


def write_json_lines(path: Path, rows: Iterable[Any]) -> None:
    """Write one JSON value a line, whole or not at all.

    Args:
        path: Where to.
        rows: As in `json_line`.
    """
    write_whole(path, "".join(map(json_line, rows)).encode())


def read_json_lines(path: Path) -> list[Any]:
    """Read what `write_json_lines` wrote.

    Args:
        path: Where from.

    Raises:
        DamagedFile: If a line is not JSON.
    """
    try:
        # Not `splitlines`, which breaks at other characters, too, and names of files may have these.
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    except (ValueError, RecursionError) as error:
        raise DamagedFile(f"{path} is damaged: {error}") from error


def json_line(value: Any) -> str:
    r"""Write JSON on one line, with sorted keys and a line feed.

    Args:
        value: Plain values; numbers that are not finite become null.

    Example:
        >>> json_line({"loss": float("nan"), "epoch": 1})
        '{"epoch": 1, "loss": null}\n'
    """
    return json.dumps(finite(value), sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """Turn numbers that are not finite into None, which JSON has a word for; what is kept as JSON compares equal to it.

    Args:
        value: Plain values.

    Example:
        >>> finite({"psnr": float("inf"), "sizes": (1, 2.5)})
        {'psnr': None, 'sizes': [1, 2.5]}
    """
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def is_there(path: Path) -> bool:
    """Tell whether a path exists; text that is too long to be one does not.

    Args:
        path: Whatever was named.
    """
    try:
        return path.exists()
    except OSError:
        return False


def sha256_of(path: Path) -> str:
    """Hash a file without reading it into memory at once.

    Args:
        path: Any file.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def claim_folder(folder: Path, marker: str) -> None:
    """Make an output folder, or accept one that an earlier run of the same kind has made.

    Args:
        folder: Output folder.
        marker: Name inside it that shows that it is ours.

    Raises:
        OutputRefused: If it holds something else; nothing is ever cleared.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = not (folder / marker).exists() and any(path.name != LOCK_FILE for path in folder.iterdir())
    except OSError as error:
        raise OutputRefused(f"cannot use {folder} as output: {error.strerror or error}") from error
    if strangers:
        raise OutputRefused(f"{folder} holds something else (no {marker}); name an empty or a new folder")
