"""Folders that one process at a time writes into; the system lets go of them when a process dies, however it does."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lfsrkit.errors import OutputRefused
from lfsrkit.files import LOCK_FILE, claim_folder
from lfsrkit.ranks import is_first_process


@contextmanager
def held(folder: Path, marker: str) -> Generator[None]:
    """Claim an output folder and keep other processes out of it within a block; of several ranks the first one does.

    Args:
        folder: Output folder.
        marker: Name inside it that shows that it is ours.

    Raises:
        OutputRefused: If it holds something else, cannot be written, or another process holds it.
    """
    if not is_first_process():
        yield
        return
    claim_folder(folder, marker)
    lock = FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise OutputRefused(f"another process trains in {folder}; let it end, or name another folder") from None
    except OSError as error:
        raise OutputRefused(f"cannot use {folder} as output: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()
