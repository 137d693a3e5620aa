"""Faces from a folder of pictures, at any depth, or from one picture file."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import final

from lfsrkit.errors import BadPicture, UsageError
from lfsrkit.faces.base import FaceRef, FaceSource, Listing, Rejected, SourcePicture, without_duplicates
from lfsrkit.files import sha256_of
from lfsrkit.images import decode_picture
from lfsrkit.sheets import is_picture

BUILD_RECORDS = ".lfsrkit"
"""Folder in which a build of pairs keeps its records."""


@final
class FolderSource(FaceSource):
    """All pictures below a folder (JPEG, PNG, WebP, BMP, TIFF) but the kit's own sheets, links followed once.

    Args:
        folder: Where they are.

    Raises:
        UsageError: If there is no such folder, or pairs were built there: its pictures are sheets, not faces.
    """

    def __init__(self, folder: Path) -> None:
        try:
            exists = folder.is_dir()
        except OSError as error:
            raise UsageError(f"folder {str(folder)!r} cannot be read: {error.strerror}") from None
        if not exists:
            raise UsageError(f"no folder {str(folder)!r}; faces come from a folder, synthetic:N or hub:NAME")
        if (folder / BUILD_RECORDS).is_dir():
            raise UsageError(
                f"{str(folder)!r} holds pairs that were built, no faces; name the faces they were built from"
            )
        self.folder = folder

    def find(self) -> Listing:
        """Hash every file; what cannot be read is rejected with its reason."""
        troubles: list[Rejected] = []
        files = sorted(self._files(troubles))
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(self._identify, files))
        listing = without_duplicates(item for item in found if isinstance(item, FaceRef))
        troubles += [item for item in found if isinstance(item, Rejected)]
        return Listing(listing.refs, sorted([*listing.rejected, *troubles]))

    def read(self, ref: FaceRef) -> SourcePicture:
        """Decode one file.

        Args:
            ref: From `find`.

        Raises:
            BadPicture: If it disappeared, has changed, cannot be read, or cannot be decoded.
        """
        data = _read(self.folder / ref.source)
        if hashlib.sha256(data).hexdigest() != ref.id:
            raise BadPicture("it has changed since it was found")
        return SourcePicture(decode_picture(data))

    def _files(self, troubles: list[Rejected]) -> Iterator[Path]:
        def note(error: OSError) -> None:
            troubles.append(Rejected(self._name(Path(error.filename)), f"cannot be read: {error.strerror}"))

        seen: set[str] = set()
        for place, folders, names in os.walk(self.folder, onerror=note, followlinks=True):
            real = os.path.realpath(place)
            if real in seen:
                folders.clear()
                continue
            seen.add(real)
            folders.sort()
            yield from (Path(place, name) for name in names if is_picture(Path(name)))

    def _identify(self, path: Path) -> FaceRef | Rejected:
        name = self._name(path)
        if path.relative_to(self.folder).as_posix() != name:
            return Rejected(name, "its name is not UTF-8; rename it")
        try:
            return FaceRef(sha256_of(path), name)
        except OSError as error:
            return Rejected(name, f"cannot be read: {error.strerror or error}")

    def _name(self, path: Path) -> str:
        """Name a file as a record can hold it: bytes that are no UTF-8 are spelt out."""
        return os.fsencode(path.relative_to(self.folder).as_posix()).decode(errors="backslashreplace")


@final
class FileSource(FaceSource):
    """One picture file, called as it is given.

    Args:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self) -> Listing:
        """Hash the file; one that cannot be read is found all the same, so that `read` tells why."""
        try:
            return Listing([FaceRef(sha256_of(self.path), str(self.path))])
        except OSError:
            return Listing([FaceRef("", str(self.path))])

    def read(self, ref: FaceRef) -> SourcePicture:
        """Decode it.

        Args:
            ref: From `find`.

        Raises:
            BadPicture: If it cannot be read or decoded.
        """
        return SourcePicture(decode_picture(_read(self.path)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPicture(f"cannot be read: {error.strerror or error}") from None
