"""Faces from anything that Hugging Face `datasets` opens: hub names, local Parquet files, image folders."""

import hashlib
from pathlib import Path
from typing import Any, final

from lfsrkit.errors import BadPicture, UsageError
from lfsrkit.faces.base import FaceRef, FaceSource, Listing, Rejected, SourcePicture, without_duplicates
from lfsrkit.images import decode_picture


@final
class HubSource(FaceSource):
    """One image column of a data set.

    Args:
        name: A hub name, a local folder, or a local Parquet file.
        split: Split to read; by default all rows of ``train``, or of the only split.
        column: Image column; by default ``clean``, or the only image column.

    Raises:
        UsageError: If it cannot be opened, or split or column do not exist.
    """

    def __init__(self, name: str, split: str | None = None, column: str | None = None) -> None:
        self.name = name
        rows = _split_of(_open(name), name, split)
        self.column = _column_of(rows, name, column)
        from datasets import Image

        self.rows = rows.select_columns([self.column]).cast_column(self.column, Image(decode=False))

    def find(self) -> Listing:
        """Hash the encoded bytes of every row."""
        refs: list[FaceRef] = []
        rejected: list[Rejected] = []
        for index in range(len(self.rows)):
            try:
                refs.append(FaceRef(hashlib.sha256(self._bytes(index)).hexdigest(), f"{index:09d}", index))
            except BadPicture as error:
                rejected.append(Rejected(f"{index:09d}", str(error)))
        listing = without_duplicates(refs)
        return Listing(listing.refs, sorted([*listing.rejected, *rejected]))

    def read(self, ref: FaceRef) -> SourcePicture:
        """Decode one row.

        Args:
            ref: From `find`.

        Raises:
            BadPicture: If it is empty or cannot be decoded.
        """
        return SourcePicture(decode_picture(self._bytes(ref.index)))

    def _bytes(self, index: int) -> bytes:
        cell = self.rows[index][self.column]
        if cell and cell.get("bytes"):
            return cell["bytes"]
        try:
            return Path(cell["path"]).read_bytes() if cell and cell.get("path") else b""
        except OSError as error:
            raise BadPicture(f"cannot be read: {error.strerror or error}") from None


def parse_hub(spec: str) -> tuple[str, str | None, str | None]:
    """Split ``NAME[:SPLIT][:COLUMN]``.

    Args:
        spec: What stands behind ``hub:``; a drive letter of Windows stays with the name.

    Example:
        >>> parse_hub("nielsr/faces:train:image"), parse_hub("C:/faces.parquet")
        (('nielsr/faces', 'train', 'image'), ('C:/faces.parquet', None, None))
    """
    head, rest = (spec[:2], spec[2:]) if spec[1:3] in (":/", ":\\") else ("", spec)
    name, split, column, *_ = [*rest.split(":"), "", ""]
    return head + name, split or None, column or None


def _open(name: str) -> Any:
    import datasets

    if not name.strip():
        raise UsageError("hub: names no data set; write hub:OWNER/NAME, or hub:FILE.parquet for a file of this machine")
    try:
        if Path(name).is_file():
            return datasets.load_dataset(Path(name).suffix.lstrip(".") or "parquet", data_files=name)
        return datasets.load_dataset(name)
    except Exception as error:  # datasets raises errors of many packages for a name that does not work
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(f"hub:{name} cannot be opened: {type(error).__name__}: {reason}") from error


def _split_of(splits: Any, name: str, split: str | None) -> Any:
    known = list(splits)
    if split is None and "train" not in known and len(known) > 1:
        raise UsageError(f"hub:{name}: name a split as hub:NAME:SPLIT; splits: {', '.join(known)}")
    chosen = split or ("train" if "train" in known else known[0])
    if chosen not in known:
        raise UsageError(f"hub:{name} has no split {chosen!r}; it has {', '.join(known)}")
    return splits[chosen]


def _column_of(rows: Any, name: str, column: str | None) -> str:
    from datasets import Image

    pictures = [key for key, feature in rows.features.items() if isinstance(feature, Image)]
    if column is not None and column in pictures:
        return column
    if column is None and ("clean" in pictures or len(pictures) == 1):
        return "clean" if "clean" in pictures else pictures[0]
    listed = ", ".join(pictures) or "none"
    raise UsageError(f"hub:{name}: name an image column as hub:NAME:SPLIT:COLUMN; image columns: {listed}")
